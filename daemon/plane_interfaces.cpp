// Interfaces: what the kernel says is on each, and what is done where that is not what should be.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "daemon/log.h"
#include "daemon/plane.h"
#include "engine/xdp/links.h"
#include "node/compile.h"

namespace waymark {

namespace {

std::vector<std::string> names_in(const Config& config) {
  std::vector<std::string> names;  // in order, each once: VLANs share theirs
  for (const InterfaceConfig& i : config.engine.interfaces)
    if (std::find(names.begin(), names.end(), i.name) == names.end()) names.push_back(i.name);
  return names;
}

InterfaceFacts facts_of(const LinkInfo& link) { return {link.name, link.index, link.mac, link.mtu}; }

// An interface that was made anew has another index, and one with another MAC takes other frames: both are in the
// image.
bool same(const InterfaceFacts& a, const InterfaceFacts& b) {
  return a.name == b.name && a.index == b.index && a.mtu == b.mtu && std::equal(a.mac.byte, a.mac.byte + 6, b.mac.byte);
}

bool names(const std::vector<std::string>& all, const std::string& name) {
  return std::find(all.begin(), all.end(), name) != all.end();
}

}  // namespace

Result<std::vector<Plane::Seen>> Plane::look(const Config& config) {
  const std::vector<std::string> names = names_in(config);
  for (int tries = 2;; --tries) {  // a socket that failed is opened anew
    if (!requests_) {
      auto opened = netlink::Requests::open();
      if (!opened) return opened.error();
      requests_ = std::move(*opened);
    }
    auto found = requests_->links_named(names);
    if (found) {
      std::vector<Seen> seen;
      for (std::size_t i = 0; i < names.size(); ++i) seen.push_back({names[i], std::move((*found)[i])});
      return seen;
    }
    requests_.reset();
    if (tries == 1) return found.error();
  }
}

// The configured interfaces that are there. Those that are missing are attached when they come, and a node that starts
// may find none of them yet; but to go over from what is served to none that is there, or ever was, is a mistake.
Result<std::vector<InterfaceFacts>> Plane::facts_for(const Change& change) {
  const auto seen = look(*change.config);
  if (!seen) return seen.error();
  std::vector<InterfaceFacts> facts;
  std::vector<std::string> missing;
  for (const Seen& s : *seen)
    if (s.link)
      facts.push_back(facts_of(*s.link));
    else
      missing.push_back(s.name);
  const std::vector<std::string> before = config_ ? names_in(*config_) : std::vector<std::string>();
  const bool known =
      std::any_of(missing.begin(), missing.end(), [&](const std::string& name) { return names(before, name); });
  if (facts.empty() && !missing.empty() && !known && (config_ || change.takes_over))
    return Error{missing.size() == 1 ? fmt::format("interface {} does not exist", missing[0])
                                     : fmt::format("none of the interfaces {} exists", fmt::join(missing, ", "))};
  return facts;
}

// Where an operator asks for an interface that was not asked for before, he is told why it cannot be had. One that is
// lost for a while stops nothing else.
std::vector<Attachment> Plane::attachments_for(const Change& change) const {
  const std::vector<std::string> before = config_ ? names_in(*config_) : std::vector<std::string>();
  std::vector<Attachment> out;
  for (const InterfaceFacts& f : change.facts)
    out.push_back(
        {f.index, f.name, change.config->engine.mode, change.asked && !change.adopts && !names(before, f.name)});
  return out;
}

void Plane::check_interfaces() {
  const auto seen = look(*config_);
  const std::string failed = seen ? "" : seen.error().sentence;
  if (failed != look_failed_ && !failed.empty()) log::warning(fmt::format("{}; tried again every second", failed));
  look_failed_ = failed;
  if (!seen) return;
  stale_ = false;
  for (const auto& [name, link] : *seen) {
    if (!link) {
      note(name, fmt::format("interface {} is missing; the program will attach when it appears", name));
      continue;
    }
    const InterfaceFacts facts = facts_of(*link);
    if (std::none_of(interfaces_.begin(), interfaces_.end(), [&](const InterfaceFacts& f) { return same(f, facts); })) {
      stale_ = true;  // told when it is loaded
      continue;
    }
    if (link->xdp_program == engine_.load()->program.id) {
      note(name, "");
      continue;
    }
    const Status served = engine_.serve({link->index, name, config_->engine.mode, false});
    note(name, served ? "" : served.error().sentence);
    if (served)
      control_->tell({Severity::warning, "interface.attached", name,
                      fmt::format("interface {} had lost its program; it was attached again", name)});
  }
  const std::vector<std::string> configured = names_in(*config_);
  std::erase_if(obstacles_, [&](const auto& o) { return !names(configured, o.first); });
}

// One line when it changes, and one when it is over.
void Plane::note(const std::string& interface, const std::string& obstacle) {
  std::string& before = obstacles_[interface];
  if (before == obstacle) return;
  if (obstacle.empty())
    control_->tell(
        {Severity::info, "interface.attached", interface, fmt::format("interface {} is served again", interface)});
  else
    control_->tell({Severity::warning, "interface.lost", interface, obstacle});
  before = obstacle;
}

void Plane::say_what_is_attached() {
  const auto ms = [](Duration d) { return std::chrono::duration<double, std::milli>(d).count(); };
  control_->tell({Severity::info, "program.loaded", "",
                  fmt::format("{}; loaded in {:.1f} ms, swapped in {:.1f} ms", in_words(), ms(engine_.load()->loading),
                              ms(engine_.load()->swapping))});
  for (const InterfaceFacts& f : interfaces_)
    if (const std::string low = unreached_mtu(*config_, f.name, f.mtu); !low.empty()) log::warning(low);
  for (const Attached& a : engine_.load()->interfaces)
    if (!a.fallback.empty() && fallbacks_told_.insert(a.name).second)
      control_->tell({Severity::warning, "interface.attached", a.name,
                      fmt::format("interface {} is served in generic mode: {}", a.name, a.fallback)});
}

// As the kernel has it at this moment.
std::vector<AttachedInterface> Plane::interfaces() {
  std::vector<AttachedInterface> out;
  const Load* load = engine_.load();
  const auto seen = look(*config_);
  if (!seen || !load) return out;
  for (const auto& [name, link] : *seen) {
    AttachedInterface view{name, 0, InterfaceState::missing, "", ""};
    if (link) {
      view.index = link->index;
      view.state = !link->xdp_program                      ? InterfaceState::bare
                   : link->xdp_program != load->program.id ? InterfaceState::held
                   : link->xdp_generic                     ? InterfaceState::generic
                                                           : InterfaceState::native;
      if (view.state == InterfaceState::held) view.holder = program_name(link->xdp_program);
      for (const Attached& a : load->interfaces)
        if (a.interface == link->index && view.state == InterfaceState::generic) view.note = a.fallback;
    }
    out.push_back(std::move(view));
  }
  return out;
}

}  // namespace waymark
