// What a plane tells of itself.
#include <fmt/format.h>

#include <algorithm>

#include "daemon/plane.h"

namespace waymark {

std::string Plane::in_words() const {
  if (!engine_.load()) return "nothing is loaded";
  std::string text = "program " + engine_.load()->program.tag;
  const char* before = " on ";
  for (const Attached& a : engine_.load()->interfaces) {
    text += fmt::format("{}{} ({})", before, a.name, a.mode == XdpMode::native ? "native" : "generic");
    before = ", ";
  }
  return text;
}

std::optional<Pin> Plane::find_pin(const FlowQuery& f) {
  return control_->node().find_pin(f.zone, f.protocol, f.source, f.source_port, f.destination, f.destination_port);
}

void Plane::describe(Snapshot& s) {
  const Meta& meta = engine_.live().meta[0];
  s.generation = control_->node().generation();
  s.pin_buckets = meta.pin_buckets;
  s.embryo_buckets = meta.embryo_buckets;
  s.targets = control_->node().targets();
  // A slot without pins that no configuration names is on its way back to the free ones.
  std::erase_if(s.targets, [](const TargetView& t) { return !t.configured && t.pins == 0; });
  s.swept = control_->node().swept();
  s.now = boot_time();
  s.awaited = control_->awaited();
  s.health = control_->health().views();
  s.checks = control_->health().load(s.now);
  s.unrenewed = control_->health().unrenewed();
  if (control_->group()) s.group = control_->group()->view();
  s.announced = control_->announce().views();
  u32 slots = 0;
  for (const TargetView& t : s.targets) slots = std::max(slots, t.slot + 1);
  s.read_counters = [tables = engine_.tables(), slots](Snapshot& into) {
    into.traffic = tables->target_traffic(slots);
    into.counters = tables->counters();
  };
  if (const Load* load = engine_.load()) {
    s.program_tag = load->program.tag;
    for (const Attached& a : load->interfaces)
      s.interfaces.push_back({a.name, a.interface, a.mode == XdpMode::native, a.fallback});
  }
  for (const Address& target : control_->node().next_hops_wanted()) {
    AdjacencyView view{target, false, "", {}, {}, 0, "not asked yet"};
    if (const auto it = next_hops_.find({target.high, target.low}); it != next_hops_.end()) {
      const Resolution& r = it->second;
      view.why = r.why;
      if (r.adjacency) {
        const auto name = interface_names_.find(r.adjacency->interface);
        view.usable = true;
        view.interface =
            name == interface_names_.end() ? fmt::format("interface {}", r.adjacency->interface) : name->second;
        view.source = r.adjacency->source;
        view.destination = r.adjacency->destination;
        view.mtu = r.adjacency->mtu;
      }
    }
    s.adjacencies.push_back(std::move(view));
  }
  if (punts_) s.punts = punts_->counts();
  for (const std::string& name : missing_) s.warnings.push_back(fmt::format("interface {} is gone", name));
}

}  // namespace waymark
