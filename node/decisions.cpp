// What operators decide about targets and what checks find out about them; and what a group must agree in.
#include <fmt/format.h>

#include <algorithm>

#include "core/hash.h"
#include "node/node.h"
#include "node/words.h"

namespace waymark {

namespace {

u32 number_of(const std::string& name) { return zone_of(name.data(), u32(name.size())); }

}  // namespace

u32 Node::effective_weight(const ServiceConfig& service, const TargetConfig& target, u32 slot) const {
  const Decision decision = slots_.decision(slot);
  if (decision.drained || down_.contains(name_of(service.name, target.name))) return 0;
  return decision.weight == kNoWeight ? target.weight : decision.weight;
}

// After the choice no longer names them: nobody who begins a flow is told of a death that is not his server's.
void Node::mark_down() {
  for (u32 slot : slots_.used()) {
    u64& word = live_.targets[slot].route;
    const bool down = down_.contains(name_of(slots_.service(slot), slots_.target(slot)));
    store(word, down ? word | kTargetDown : word & ~kTargetDown);
  }
}

void Node::set_down(std::set<std::string> targets, Time now) {
  if (targets == down_) return;
  down_ = std::move(targets);
  ++changes_;
  for (u32 slot : slots_.used()) {  // before the choice names them again
    u64& word = live_.targets[slot].route;
    if (!down_.contains(name_of(slots_.service(slot), slots_.target(slot)))) store(word, word & ~kTargetDown);
  }
  choices_dirty_ = true;
  install_choices(now);
}

Status Node::decide(const std::string& target, const std::function<void(Decision&)>& change, Time now) {
  u64 version = 0;
  for (u32 slot : slots_.used()) version = std::max(version, slots_.decision(slot).version);
  bool found = false;
  for (auto& [name, slot] : target_slots_) {
    if (slots_.service(slot) == kFellows) continue;
    if (name != target && name.substr(name.find('/') + 1) != target) continue;
    Decision decision = slots_.decision(slot);
    change(decision);
    decision.version = version + 1;
    decision.origin = number_of(config_.name);
    slots_.decide(slots_.service(slot), slots_.target(slot), decision);
    found = true;
  }
  if (!found) return Error{fmt::format("no target is called \"{}\"", target)};
  ++changes_;
  choices_dirty_ = true;
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
  for (auto& [name, slot] : target_slots_)
    if (const Decision decision = slots_.decision(slot); decision.version)
      all.push_back({slots_.service(slot), slots_.target(slot), decision});
  return all;
}

// Also of a target that is not configured here yet: whoever told it may have read the new configuration before us.
bool Node::learn(const Decided& news, Time now) {
  if (!news.decision.newer_than(slots_.decided(news.service, news.target))) return false;
  slots_.decide(news.service, news.target, news.decision);
  if (!target_slots_.contains(name_of(news.service, news.target))) return false;
  ++changes_;
  choices_dirty_ = true;
  install_choices(now);
  return true;
}

std::vector<std::pair<std::string, bool>> Node::live_services() const {
  std::vector<std::pair<std::string, bool>> all;
  for (const ServiceConfig& service : config_.service)
    all.push_back({service.name, std::any_of(service.target.begin(), service.target.end(), [&](auto& target) {
                     return !down_.contains(name_of(service.name, target.name));
                   })});
  return all;
}

u64 Node::pool_digest() const {
  u64 digest = 0;  // a sum: the order of services does not matter
  for (const ServiceConfig& service : config_.service) {
    u64 h = mix(number_of(service.name) | u64(service.affinity) << 32);
    for (const Address& a : service.address) h = mix(h ^ mix(a.high ^ mix(a.low)));
    for (const PortRange& r : service.ports) h = mix(h ^ (u64(r.protocol) << 32 | u32(r.first) << 16 | r.last));
    u64 members = mix(table_size(service.target.size()));
    for (const TargetConfig& target : service.target) {
      const u32 slot = target_slots_.at(name_of(service.name, target.name));
      const u64 state = slots_.decision(slot).drained | u64(down_.contains(name_of(service.name, target.name))) << 1;
      members += mix(member_hash(target.address, target.port) ^
                     mix(u64(effective_weight(service, target, slot)) << 2 | state));
    }
    digest += mix(h ^ members);
  }
  return digest;
}

u64 Node::history_digest() const {
  u64 digest = 0;
  for (const ServiceConfig& service : config_.service)
    for (const TargetConfig& target : service.target) {
      const u32 index = live_.targets[target_slots_.at(name_of(service.name, target.name))].service;
      digest += mix(number_of(service.name) ^ choices_.history(index));
      break;
    }
  return digest;
}

}  // namespace waymark
