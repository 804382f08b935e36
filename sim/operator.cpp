// The operator: what a service's pool is to be, told to one director or written into the files of all.
#include <fmt/format.h>

#include "sim/world.h"

namespace waymark::sim {

namespace {

using namespace std::chrono_literals;

}  // namespace

// Whether each service has a living, undrained target beside this host.
bool World::can_do_without(u32 h) {
  for (u32 s = 0; s < plan_.services.size(); ++s) {
    u32 others = 0;
    for (const Membership& m : plan_.services[s].pool)
      others += m.host != h && m.weight && !drained_.contains({s, m.host}) && alive(m.host, host(m.host).life);
    if (!others) return false;
  }
  return alive(h, host(h).life);
}

// Each director reads its file anew, some sooner than others.
void World::reload(Duration spread) {
  for (u32 d = 0; d < plan_.directors; ++d)
    events_.after(random_.between(0s, spread), [this, d] {
      Machine& m = director(d);
      if (!m.up) return;
      m.file = plan_.director(d);
      if (m.control) hear(m, [this, &m] { load(m); });
    });
}

// Whether a director calls something otherwise than the file that the operator wrote last.
bool World::renaming() const {
  const auto names = [](const Config& file) {
    std::vector<std::string> all;
    for (const ServiceConfig& s : file.service)
      for (const TargetConfig& t : s.target) all.push_back(s.name + "/" + t.name);
    return all;
  };
  for (u32 d = 0; d < plan_.directors; ++d) {
    const Machine& m = machines_[d];
    if (m.up && names(m.control ? m.control->node().config() : m.file) != names(plan_.director(d))) return true;
  }
  return false;
}

// By any director that runs; it tells the others. Not while a name means nothing yet, or nothing any more, to one of
// them: a decision is told by name.
void World::command(u32 service, u32 host_number, Order order) {
  if (renaming()) {
    events_.after(100ms, [this, service, host_number, order] { command(service, host_number, order); });
    return;
  }
  std::vector<u32> able;
  for (u32 d = 0; d < plan_.directors; ++d)
    if (director(d).control && !director(d).stranger && director(d).control->awaited().empty()) able.push_back(d);
  if (able.empty()) return;
  Machine& m = director(random_.pick(able));
  hear(m, [this, &m, service, host_number, order] {
    for (const std::string& name : plan_.targets_in(m.control->node().config(), service, host_number))
      (void)order(*m.control, name, local(m));
    carry_out(m);
    arm(m, 0s);
  });
}

void World::set_drained(u32 service, u32 host_number, bool on) {
  on ? (void)drained_.insert({service, host_number}) : (void)drained_.erase({service, host_number});
  command(service, host_number,
          [on](Control& control, const std::string& name, Time now) { return control.drain(name, on, now); });
}

// Not while a director is away that would come back with the new file alone, nor while one has other names: a target
// that is removed with the reload that gives its port to another service is lost to that port's flows.
void World::remove(u32 index, u32 chosen, Duration spread) {
  for (u32 d = 0; d < plan_.directors; ++d)
    if (!director(d).control || !director(d).control->awaited().empty() || renaming()) {
      events_.after(1s, [this, index, chosen, spread] { remove(index, chosen, spread); });
      return;
    }
  ServicePlan& service = plan_.services[index];
  std::erase_if(service.pool, [&](auto& m) { return m.host == chosen; });
  drained_.erase({index, chosen});
  reload(spread);
  events_.after(spread, [this] { removing_ = false; });
}

void World::change_pool() {
  const u32 index = random_.below(u32(plan_.services.size()));
  ServicePlan& service = plan_.services[index];
  std::vector<u32> spare, in;
  for (u32 h : service.hosts) {
    const bool member = std::any_of(service.pool.begin(), service.pool.end(), [&](auto& m) { return m.host == h; });
    (member ? in : spare).push_back(h);
  }
  const u32 chosen = random_.pick(in);
  Membership& member =
      *std::find_if(service.pool.begin(), service.pool.end(), [&](auto& m) { return m.host == chosen; });
  std::string name = service.name + "/" + plan_.host_name(chosen), what;
  const bool slow = plan_.mode != Mode::candidates;  // more than one generation of the pool
  const Duration spread = random_.chance(0.3) ? random_.between(300ms, 3s) : 100ms;
  Duration lasts = spread;
  const u32 kind = random_.below(5);
  if (kind == 0 && !spare.empty()) {
    const u32 added = random_.pick(spare);
    service.pool.push_back({added, 10});
    name = service.name + "/" + plan_.host_name(added);
    reload(spread);
    events_.after(spread + 50ms, [this, index, added] { set_drained(index, added, false); });
    lasts += 200ms;
    what = "is added";
  } else if (kind == 1 && service.pool.size() > 2 && can_do_without(chosen) && slow && !removing_) {
    set_drained(index, chosen, true);
    const Duration later = random_.between(200ms, 4s);
    lasts += later;
    removing_ = true;
    events_.after(later, [this, index, chosen, spread] { remove(index, chosen, spread); });
    what = "is drained, then removed";
  } else if (kind == 2 && can_do_without(chosen)) {
    const bool on = !drained_.contains({index, chosen});
    set_drained(index, chosen, on);
    what = on ? "is drained" : "is not drained any more";
    if (on && slow && random_.chance(0.5)) {
      const Duration later = random_.between(50ms, 3s);
      lasts += later;
      events_.after(later, [this, index, chosen] { set_drained(index, chosen, false); });
      what = "is drained for a moment";
    }
  } else if (kind == 3) {
    const u32 weight = 1 + random_.below(40);
    command(index, chosen, [weight](Control& control, const std::string& target, Time now) {
      return control.reweigh(target, weight, now);
    });
    what = fmt::format("is weighted {} on one director", weight);
  } else {
    member.weight = 1 + random_.below(40);
    reload(spread);
    what = fmt::format("is weighted {}", member.weight);
  }
  pool_changed_ = events_.now() + lasts;
  happen(Fault::pool_change, events_.now() + lasts, fmt::format("{} {} within {} ms", name, what, lasts / 1ms));
}

// Other names, and other services for the same ports, here and there with other weights in the same file: no flow may
// notice. A port goes to another service only where no target that was removed has flows yet (DESIGN.md, "Slots and
// incarnations"), and without the mirror only where one pool is enough to know: a new service has no second candidates.
void World::regroup() {
  enum : u32 { zone = 1, services = 2, targets = 4, ports = 8 };
  u32 what = 1 + random_.below(15);
  if ((what & ports) && (lingering() || !generations_apart())) what = what == ports ? u32(services) : what & ~ports;
  std::vector<std::string> parts;
  if (what & zone) ++plan_.zone_renamed, parts.push_back("the zone");
  if (what & targets) ++plan_.targets_renamed, parts.push_back("targets");
  if (what & services) {
    for (ServicePlan& service : plan_.services) ++service.renamed;
    parts.push_back("services");
  }
  std::string text = parts.empty() ? "" : fmt::format("{} renamed", fmt::join(parts, " and "));
  if (what & ports) {
    ServicePlan& service = plan_.services[0];
    service.apart = !service.apart;
    service.keeper = random_.below(u32(service.ports.size()) + 1);
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", service.name, service.apart ? "split" : "merged");
  }
  const bool weigh = plan_.mode != Mode::candidates && random_.chance(0.5);
  for (ServicePlan& service : plan_.services)
    for (Membership& m : service.pool)
      if (weigh) m.weight = 1 + random_.below(40);
  const Duration spread = random_.chance(0.3) ? random_.between(300ms, 3s) : 100ms;
  reload(spread);
  if (weigh) pool_changed_ = events_.now() + spread;
  happen(Fault::regroup, events_.now() + spread,
         fmt::format("{}{} within {} ms", text, weigh ? " and weighted" : "", spread / 1ms));
}

}  // namespace waymark::sim
