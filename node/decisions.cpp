// What operators decide about targets and what checks find out about them; and what a group must agree in.
#include <fmt/format.h>

#include <utility>

#include "core/hash.h"
#include "node/node.h"
#include "node/words.h"

namespace waymark {

// Once the choice no longer names them: nobody who begins a flow is told of a death that is not his server's. Those of
// services whose choice is still to come wait.
void Node::mark_down(const Numbers& waiting) {
  unmarked_.each([&](u32 slot) {
    const Target& target = live_.targets[slot];
    if (waiting.contains(target.service)) return;
    unmarked_.erase(slot);
    u64& word = live_.targets[slot].route;
    store(word, word | kTargetDown);
  });
}

void Node::set_down(std::span<const TargetHealth> verdicts, Time now) {
  bool news = false;
  for (const TargetHealth& v : verdicts) {
    const std::string name = name_of(v.service, v.target);
    if (v.down ? !down_.insert(name).second : !down_.erase(name)) continue;
    news = true;
    slots_.each_named(v.service, v.target, [&](u32 slot) {
      if (v.down) {
        down_slots_.insert(slot);
        unmarked_.insert(slot);
        return;
      }
      down_slots_.erase(slot);
      unmarked_.erase(slot);
      u64& word = live_.targets[slot].route;  // before the choice names them again
      store(word, word & ~kTargetDown);
    });
    if (const u32 at = roster_->find(v.service, v.target); at != Roster::kNone) touch(at);
  }
  if (!news) return;
  ++changes_;
  install_choices(now);
  if (!choices_due()) mark_down(dirty_);  // of targets that no configuration names
}

Status Node::decide(const std::string& target, const std::function<void(Decision&)>& change, Time now) {
  const u64 version = slots_.latest_version() + 1;
  const std::vector<u32> found = roster_->find_all(target);
  if (found.empty()) return Error{fmt::format("no target is called \"{}\"", target)};
  for (u32 at : found) {
    const u32 slot = roster_->targets[at].slot;
    Decision decision = slots_.decision(slot);
    change(decision);
    decision.version = version;
    decision.origin = group::origin_of(config().name);
    const std::string service(slots_.service(slot)), called(slots_.target(slot));
    slots_.decide(service, called, decision);
    news_.decided.push_back({service, called, decision});
    touch(at);
  }
  ++changes_;
  install_choices(now);
  return Done{};
}

Status Node::drain(const std::string& target, bool on, Time now) {
  return decide(
      target, [&](Decision& d) { d.drained = on; }, now);
}

Status Node::reweigh(const std::string& target, std::optional<u32> weight, Time now) {
  return decide(
      target, [&](Decision& d) { d.weight = weight.value_or(kNoWeight); }, now);
}

std::vector<Decided> Node::decisions() const {
  std::vector<Decided> all;
  for (const Roster::TargetEntry& target : roster_->targets)
    if (const Decision decision = slots_.decision(target.slot); decision.version)
      all.push_back({std::string(slots_.service(target.slot)), std::string(slots_.target(target.slot)), decision});
  return all;
}

// Also of a target that is not configured here yet: whoever told it may have read the new configuration before us.
bool Node::learn(const Decided& news, Time now) {
  if (!news.decision.newer_than(slots_.decided(news.service, news.target))) return false;
  slots_.decide(news.service, news.target, news.decision);
  const u32 at = roster_->find(news.service, news.target);
  if (at == Roster::kNone) return false;
  news_.decided.push_back(news);
  touch(at);
  ++changes_;
  install_choices(now);
  return true;
}

std::vector<std::pair<std::string, bool>> Node::live_services() const {
  std::vector<std::pair<std::string, bool>> all;
  for (u32 i = 0; i < roster_->services.size(); ++i) all.push_back({roster_->serves->service[i].name, alive_[i] > 0});
  return all;
}

bool Node::is_live(const std::string& service) const {
  const auto at = roster_->service_named.find(service);
  return at != roster_->service_named.end() && alive_[at->second] > 0;
}

// A decision or verdict about a target: its pool's choice is to be made, and what is summed up is another.
void Node::touch(u32 target) {
  const u32 service = roster_->targets[target].service;
  dirty_.insert(roster_->services[service].index);
  const bool lived = alive_[service];
  count(target);
  if (lived != (alive_[service] > 0)) news_.live.push_back({roster_->serves->service[service].name, !lived});
}

// The sums below do not depend on the order of services, nor of targets. `target_share_` is 0 before a target counts,
// and its lowest bit says whether it counts among the living.
void Node::count(u32 target) {
  const Roster::TargetEntry& entry = roster_->targets[target];
  const Roster::ServiceEntry& service = roster_->services[entry.service];
  const bool down = down_slots_.contains(entry.slot);
  const u64 state = slots_.decision(entry.slot).drained | u64(down) << 1;
  u64 &share = service_share_[entry.service], &own = target_share_[target];
  pool_digest_ -= mix(service.digest ^ share);
  const u64 next = mix(entry.end ^ mix(u64(effective_weight(target)) << 2 | state));
  share += next - std::exchange(own, next);
  pool_digest_ += mix(service.digest ^ share);
  if (alive_here_[target] == !down) return;
  alive_here_[target] = !down;
  alive_[entry.service] += down ? u32(-1) : 1;
}

void Node::count_history(u32 service) {
  const Roster::ServiceEntry& entry = roster_->services[service];
  const u64 next = entry.count ? mix(entry.digest ^ choices_.history(entry.index)) : 0;
  history_digest_ += next - std::exchange(history_share_[service], next);
}

void Node::count_all() {
  const Roster& roster = *roster_;
  pool_digest_ = history_digest_ = 0;
  target_share_.assign(roster.targets.size(), 0);
  alive_here_.assign(roster.targets.size(), false);
  service_share_.clear();
  alive_.assign(roster.services.size(), 0);
  history_share_.assign(roster.services.size(), 0);
  for (u32 i = 0; i < roster.services.size(); ++i) {
    service_share_.push_back(mix(table_size(roster.services[i].count)));
    pool_digest_ += mix(roster.services[i].digest ^ service_share_[i]);
    count_history(i);
  }
  for (u32 i = 0; i < roster.targets.size(); ++i) count(i);
}

}  // namespace waymark
