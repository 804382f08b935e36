#include "node/slots.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "core/hash.h"
#include "core/outer.h"
#include "node/words.h"

namespace waymark {

namespace {

void put_name(char (&field)[kNameLength], std::string_view name) {
  std::memset(field, 0, sizeof field);
  std::memcpy(field, name.data(), std::min<std::size_t>(name.size(), kNameLength - 1));
}

u64 hash_bytes(u64 h, const void* data, std::size_t size) {  // FNV-1a, 64 bits
  for (std::size_t i = 0; i < size; ++i) h = (h ^ static_cast<const u8*>(data)[i]) * 0x100000001b3ull;
  return h;
}

u64 identity_of(const TargetKey& key) {
  u64 h = 0xcbf29ce484222325ull;
  h = hash_bytes(h, key.service.data(), key.service.size());
  h = hash_bytes(h, "", 1);
  h = hash_bytes(h, key.target.data(), key.target.size());
  h = hash_bytes(h, "", 1);
  h = hash_bytes(h, &key.source, sizeof key.source);
  h = hash_bytes(h, &key.destination, sizeof key.destination);
  h = hash_bytes(h, &key.tunnel, sizeof key.tunnel);
  h = hash_bytes(h, &key.port, sizeof key.port);
  return mix(h);
}

}  // namespace

u64 Slots::hash_of(std::string_view service, std::string_view target) {
  return mix(std::hash<std::string_view>()(service) ^ mix(std::hash<std::string_view>()(target)));
}

Slots::Slots(Live& live)
    : live_(live),
      slots_(live.targets.size()),
      used_(live.targets.size()),
      configured_(live.targets.size()),
      drafted_(live.targets.size()),
      index_taken_(kMaxServices),
      slots_of_(kMaxServices) {
  used_.insert(0);  // means none
  for (u32 slot = 1; slot < live_.targets.size(); ++slot) {
    if (!live_.targets[slot].in_use) continue;
    remember(slot);
    services_.try_emplace(std::string(service(slot)), live_.targets[slot].service);
    const Decision found = decision(slot);
    Decision& known = decided_[name_of(service(slot), target(slot))];
    if (found.newer_than(known)) known = found;
    latest_version_ = std::max(latest_version_, found.version);
  }
  std::erase_if(decided_, [](const auto& entry) { return entry.second.version == 0; });
}

void Slots::remember(u32 slot) {
  used_.insert(slot);
  by_identity_[live_.slot_names[slot].identity] = slot;
  if (const u32 index = live_.targets[slot].service; index < kMaxServices) {
    ++slots_of_[index];
    index_taken_.insert(index);
  }
  u32& first = by_name_[hash_of(service(slot), target(slot))];
  slots_[slot].next = first;
  if (first) slots_[first].before = slot;
  first = slot;
}

void Slots::release(u32 slot) {
  const Target& gone = live_.targets[slot];
  used_.erase(slot);
  if (const auto at = by_identity_.find(live_.slot_names[slot].identity);
      at != by_identity_.end() && at->second == slot)
    by_identity_.erase(at);
  if (gone.service < kMaxServices) --slots_of_[gone.service];
  const State state = std::exchange(slots_[slot], {});
  if (state.next) slots_[state.next].before = state.before;
  if (state.before)
    slots_[state.before].next = state.next;
  else if (const auto at = by_name_.find(hash_of(service(slot), target(slot))); state.next)
    at->second = state.next;
  else
    by_name_.erase(at);
  live_.targets[slot].in_use = 0;
  live_.slot_names[slot] = {};
  ++live_.meta[0].next_incarnation;  // whoever watches the slots sees that there is news
}

Decision Slots::decision(u32 slot) const {
  const SlotName& names = live_.slot_names[slot];
  return {names.drained != 0, names.weight, names.version, names.origin};
}

Decision Slots::decided(const std::string& of, const std::string& called) const {
  const auto found = decided_.find(name_of(of, called));
  return found == decided_.end() ? Decision() : found->second;
}

void Slots::put(u32 slot, const Decision& decision) {
  SlotName& names = live_.slot_names[slot];
  names.drained = decision.drained;
  names.weight = decision.weight;
  names.version = decision.version;
  names.origin = decision.origin;
  latest_version_ = std::max(latest_version_, decision.version);
}

void Slots::decide(const std::string& of, const std::string& called, const Decision& decision) {
  decided_[name_of(of, called)] = decision;
  each_named(of, called, [&](u32 slot) { put(slot, decision); });
}

Result<u32> Slots::service_index(std::string_view service) {
  if (const auto known = services_.find(service); known != services_.end()) return known->second;
  const u32 index = index_taken_.lowest_free();
  if (index >= kMaxServices) return Error{fmt::format("more than {} services are in use", kMaxServices)};
  index_taken_.insert(index);
  services_.emplace(service, index);
  return index;
}

Result<Slots::Acquired> Slots::acquire(const TargetKey& key, u32 index) {
  const u64 identity = identity_of(key);
  if (const auto known = by_identity_.find(identity); known != by_identity_.end()) {
    drafted_.insert(known->second);
    return Acquired{known->second, false};
  }
  const u32 slot = used_.lowest_free();
  if (slot >= live_.targets.size())
    return Error{fmt::format("all {} target slots are in use; slots of removed targets are freed when their flows end",
                             live_.targets.size() - 1)};
  SlotName& names = live_.slot_names[slot];
  put_name(names.service, key.service);
  put_name(names.target, key.target);
  put(slot, decided_.empty() ? Decision() : decided(std::string(key.service), std::string(key.target)));
  Target target{};
  set_outer(target, key.source, key.destination, u8(key.tunnel), key.port);
  target.service = index;
  target.in_use = 1;
  names.identity = identity;
  names.incarnation = ++live_.meta[0].next_incarnation;
  live_.targets[slot] = target;
  remember(slot);
  drafted_.insert(slot);
  return Acquired{slot, true};
}

void Slots::configure(const std::vector<u32>& slots) {
  configured_ = Numbers(live_.targets.size());
  drafted_ = Numbers(live_.targets.size());
  for (u32 slot : slots) configured_.insert(slot);
  std::erase_if(services_, [&](auto& entry) {
    if (entry.second >= kMaxServices || slots_of_[entry.second]) return false;
    index_taken_.erase(entry.second);
    return true;
  });
}

std::vector<u32> Slots::unused(const std::vector<u32>& pins, std::size_t most) {
  std::vector<u32> found;
  used_.each([&](u32 slot) {
    if (slot == 0) return;
    u32& quiet = slots_[slot].quiet_sweeps;
    if (configured(slot) || drafted_.contains(slot) || (slot < pins.size() && pins[slot]))
      quiet = 0;
    else if (++quiet >= 2 && found.size() < most)  // two: a packet may have chosen it just before the choice flipped
      found.push_back(slot);
  });
  return found;
}

}  // namespace waymark
