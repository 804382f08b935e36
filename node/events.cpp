#include "node/events.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/address_text.h"
#include "core/hash.h"
#include "node/words.h"

namespace waymark {

namespace {

// Decisions carry a number for the node that they were made at.
std::string by_whom(const Config& config, u64 origin) {
  if (origin == group::origin_of(config.name)) return "by an operator here";
  if (config.group)
    for (const MemberConfig& member : config.group->member)
      if (origin == group::origin_of(member.name)) return fmt::format("by an operator at member {}", member.name);
  return "by an operator at another member";
}

std::string configured_weight(const Config& config, const Decided& d) {
  for (const ServiceConfig& service : config.service) {
    if (service.name != d.service) continue;
    for (const TargetConfig& target : service.target)
      if (target.name == d.target) return std::to_string(target.weight);
  }
  return "its configured weight";
}

}  // namespace

void NodeEvents::tell(Event event) {
  if (events_.size() >= kMost) events_.pop_front();
  events_.push_back(std::move(event));
}

void NodeEvents::tell(std::vector<Event> events) {
  for (Event& event : events) tell(std::move(event));
}

std::vector<Event> NodeEvents::take() {
  std::vector<Event> out(std::make_move_iterator(events_.begin()), std::make_move_iterator(events_.end()));
  events_.clear();
  return out;
}

void NodeEvents::configured(const Config& config, const std::vector<Decided>& decisions) {
  if (configured_) return decided(config, decisions);
  configured_ = true;
  for (const Decided& d : decisions) decided_[name_of(d.service, d.target)] = d.decision;
}

void NodeEvents::decided(const Config& config, const std::vector<Decided>& decisions) {
  for (const Decided& d : decisions) {
    const std::string name = name_of(d.service, d.target);
    Decision& before = decided_[name];
    const std::string by = by_whom(config, d.decision.origin);
    if (d.decision.drained != before.drained) {
      if (d.decision.drained)
        tell({Severity::info, "target.drained", name, fmt::format("{} is drained {}", name, by)});
      else
        tell({Severity::info, "target.undrained", name, fmt::format("{} takes new flows again, {}", name, by)});
    }
    if (d.decision.weight != before.weight) {
      const auto words = [&](u32 w) { return w == kNoWeight ? configured_weight(config, d) : std::to_string(w); };
      tell({Severity::info, "target.weight", name,
            fmt::format("weight of {} is {} instead of {}{}, {}", name, words(d.decision.weight), words(before.weight),
                        d.decision.weight == kNoWeight ? ", as configured" : "", by)});
    }
    before = d.decision;
  }
}

void NodeEvents::health(const std::vector<Health::Change>& changes, const Health::Unrenewed& unrenewed) {
  for (const Health::Change& c : changes) {
    const std::string name = c.target.empty() ? c.service : name_of(c.service, c.target);
    const bool held = c.after == Wellness::down && !c.down;
    const bool was_held = c.before == Wellness::down && !c.was_down;
    const std::string why = c.why.empty() ? std::string() : ": " + c.why;
    if (c.down && !c.was_down)
      tell({Severity::warning, "target.down", name,
            fmt::format("{} is down{}{}", name, c.own ? "" : ", as another member or daemon found", why)});
    else if (held && !was_held)
      tell({Severity::warning, "target.held", name,
            fmt::format("{} fails its checks{}; fail_static keeps it in", name, why)});
    else if (c.after == Wellness::up && c.before != Wellness::up)
      tell({Severity::info, "target.up", name,
            fmt::format("{} is up{}", name, c.own ? "" : ", as another member or daemon found")});
  }
  if ((unrenewed.count > 0) == checks_unknown_) return;
  checks_unknown_ = unrenewed.count > 0;
  if (checks_unknown_)
    tell({Severity::warning, "checks.unknown", "",
          fmt::format("this machine cannot carry out a check, and the last verdict holds: {}", unrenewed.why)});
  else
    tell({Severity::info, "checks.known", "", "all checks are carried out again"});
}

void NodeEvents::next_hop(const NextHop& hop, HopNews news, const Node::Behind& targets) {
  const std::string name = text(hop.target);
  std::string whose;
  for (const std::string& target : targets.first) whose += (whose.empty() ? " (" : ", ") + target;
  if (targets.all > targets.first.size()) whose += fmt::format(" and {} more", targets.all - targets.first.size());
  if (!whose.empty()) whose += ")";
  if (news == HopNews::lost)
    tell({Severity::warning, "next_hop.lost", name,
          fmt::format("the next hop to {}{} is lost: {}", name, whose, hop.why)});
  else if (hop.usable)
    tell({Severity::info, "next_hop.found", name, fmt::format("the next hop to {}{} is found", name, whose)});
  else
    tell(
        {Severity::info, "next_hop.found", name, fmt::format("the kernel forwards to {}{}: {}", name, whose, hop.why)});
}

void NodeEvents::pops(const std::vector<Watch::Change>& changes) {
  for (const Watch::Change& c : changes) {
    const std::string name = fmt::format("POP {}", c.pop);
    if (c.up)
      tell({Severity::info, "pop.answers", name, fmt::format("{} answers again", name)});
    else
      tell({Severity::warning, "pop.silent", name, fmt::format("{} is silent: {}", name, c.why)});
  }
}

}  // namespace waymark
