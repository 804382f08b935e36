#include "node/slots.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "core/hash.h"
#include "node/words.h"

namespace waymark {

namespace {

void put_name(char (&field)[kNameLength], const std::string& name) {
  std::memset(field, 0, sizeof field);
  std::memcpy(field, name.data(), std::min<std::size_t>(name.size(), kNameLength - 1));
}

u64 hash_bytes(u64 h, const void* data, std::size_t size) {  // FNV-1a, 64 bits
  for (std::size_t i = 0; i < size; ++i) h = (h ^ static_cast<const u8*>(data)[i]) * 0x100000001b3ull;
  return h;
}

u64 identity_of(const TargetKey& key) {
  u64 h = 0xcbf29ce484222325ull;
  h = hash_bytes(h, key.service.c_str(), key.service.size() + 1);
  h = hash_bytes(h, key.target.c_str(), key.target.size() + 1);
  h = hash_bytes(h, &key.source, sizeof key.source);
  h = hash_bytes(h, &key.destination, sizeof key.destination);
  h = hash_bytes(h, &key.tunnel, sizeof key.tunnel);
  h = hash_bytes(h, &key.port, sizeof key.port);
  return mix(h);
}

}  // namespace

std::string Slots::name(u32 slot) const { return name_of(service(slot), target(slot)); }

Slots::Slots(Live& live) : live_(live), slots_(live.targets.size()), index_taken_(kMaxServices) {
  for (u32 slot = 1; slot < live_.targets.size(); ++slot)
    if (live_.targets[slot].in_use) remember(slot);
}

void Slots::remember(u32 slot) {
  const Target& target = live_.targets[slot];
  used_.insert(std::lower_bound(used_.begin(), used_.end(), slot), slot);
  by_identity_[target.identity] = slot;
  ++services_.try_emplace(service(slot), ServiceState{target.service, 0}).first->second.slots;
  if (target.service < kMaxServices) index_taken_[target.service] = true;
  if (const Decision found = decision(slot); found.newer_than(decided_[name(slot)])) decided_[name(slot)] = found;
}

void Slots::forget(u32 slot) {
  used_.erase(std::lower_bound(used_.begin(), used_.end(), slot));
  by_identity_.erase(live_.targets[slot].identity);
  --services_.at(service(slot)).slots;
  live_.targets[slot].in_use = 0;
  live_.slot_names[slot] = {};
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
}

void Slots::decide(const std::string& of, const std::string& called, const Decision& decision) {
  decided_[name_of(of, called)] = decision;
  for (u32 slot : used_)
    if (service(slot) == of && target(slot) == called) put(slot, decision);
}

Result<u32> Slots::service_index(const std::string& service) {
  if (auto known = services_.find(service); known != services_.end()) return known->second.index;
  const u32 index = u32(std::find(index_taken_.begin(), index_taken_.end(), false) - index_taken_.begin());
  if (index >= kMaxServices) return Error{fmt::format("more than {} services are in use", kMaxServices)};
  index_taken_[index] = true;
  services_[service] = {index, 0};
  return index;
}

Result<u32> Slots::acquire(const TargetKey& key) {
  const u64 identity = identity_of(key);
  if (auto known = by_identity_.find(identity); known != by_identity_.end()) return known->second;
  const Result<u32> index = service_index(key.service);
  if (!index) return index.error();
  u32 slot = 1;  // slot 0 means none
  if (!used_.empty() && used_.back() == used_.size())
    slot = u32(used_.size()) + 1;  // no gap
  else
    while (live_.targets[slot].in_use) ++slot;
  if (slot >= live_.targets.size())
    return Error{fmt::format("all {} target slots are in use; slots of removed targets are freed when their flows end",
                             live_.targets.size() - 1)};
  SlotName& names = live_.slot_names[slot];
  put_name(names.service, key.service);
  put_name(names.target, key.target);
  put(slot, decided_[name_of(key.service, key.target)]);
  Target target{};
  target.outer_source = key.source;
  target.outer_destination = key.destination;
  target.service = *index;
  target.port = wire16(key.port);
  target.tunnel = u8(key.tunnel);
  target.in_use = 1;
  target.identity = identity;
  target.incarnation = ++live_.meta[0].next_incarnation;
  live_.targets[slot] = target;
  slots_[slot] = {};
  remember(slot);
  return slot;
}

void Slots::configure(const std::vector<u32>& slots) {
  for (State& state : slots_) state.configured = false;
  for (u32 slot : slots) slots_[slot].configured = true;
  std::erase_if(services_, [&](auto& entry) {
    if (entry.second.slots) return false;
    index_taken_[entry.second.index] = false;
    return true;
  });
}

std::vector<u32> Slots::release(const std::vector<u32>& pins) {
  std::vector<u32> freed;
  for (u32 slot : used_) {
    State& state = slots_[slot];
    if (state.configured || pins[slot]) {
      state.quiet_sweeps = 0;
    } else if (++state.quiet_sweeps >= 2) {  // two: a packet may have chosen it just before the choice was flipped
      freed.push_back(slot);
    }
  }
  for (u32 slot : freed) forget(slot);
  return freed;
}

}  // namespace waymark
