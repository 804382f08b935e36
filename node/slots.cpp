#include "node/slots.h"

#include <algorithm>
#include <utility>

#include "core/outer.h"
#include "node/words.h"

namespace waymark {

u64 Slots::identity_of(u32 index, u64 end) { return mix(end ^ mix(index)); }

u64 Slots::name_hash(u32 index, std::string_view target) {
  return mix(std::hash<std::string_view>()(target) ^ mix(index));
}

Slots::Slots(Live& live)
    : live_(live),
      slots_(live.targets.size()),
      used_(live.targets.size()),
      configured_(live.targets.size()),
      drafted_(live.targets.size()),
      index_taken_(kMaxServices),
      indices_(kMaxServices) {
  used_.insert(0);  // means none
  for (u32 slot = 1; slot < live_.targets.size(); ++slot) {
    Target& target = live_.targets[slot];
    if (!target.in_use) continue;
    if (!target.end) target.end = end_hash(outer_destination(target), number(target.port));  // of an older build
    remember(slot);
    latest_version_ = std::max(latest_version_, decision(slot).version);
    if (target.service >= kMaxServices) continue;
    const SlotName& names = live_.slot_names[slot];
    Index& index = indices_[target.service];
    if (index.slots > 1 && !names.configured) continue;
    static_cast<KnownService&>(index) = {std::string(service(slot)), names.scope, names.realm};
  }
  for (u32 slot = 1; slot < live_.targets.size(); ++slot)  // of two services with one name, that of the configuration
    if (in_use(slot) && live_.slot_names[slot].configured)
      index_of_.emplace(service(slot), live_.targets[slot].service);
  index_taken_.each([&](u32 index) {
    index_of_.emplace(indices_[index].name, index);
    indices_[index].regrouped = true;  // nobody knows
  });
}

void Slots::remember(u32 slot) {
  const Target& target = live_.targets[slot];
  used_.insert(slot);
  by_identity_.emplace(identity_of(target.service, target.end), slot);
  if (target.service < kMaxServices) {
    ++indices_[target.service].slots;
    index_taken_.insert(target.service);
  }
  link(slot);
}

void Slots::link(u32 slot) {
  u32& first = by_name_[name_hash(live_.targets[slot].service, target(slot))];
  slots_[slot].before = 0;
  slots_[slot].next = first;
  if (first) slots_[first].before = slot;
  first = slot;
}

void Slots::unlink(u32 slot) {
  const u32 next = std::exchange(slots_[slot].next, 0), before = std::exchange(slots_[slot].before, 0);
  if (next) slots_[next].before = before;
  if (before)
    slots_[before].next = next;
  else if (const auto at = by_name_.find(name_hash(live_.targets[slot].service, target(slot))); next)
    at->second = next;
  else
    by_name_.erase(at);
}

void Slots::release(u32 slot) {
  const Target& gone = live_.targets[slot];
  if (const Decision last = decision(slot); last.version)
    decided_[name_of(service(slot), target(slot))].keep_newer(last);
  used_.erase(slot);
  const auto [first, end] = by_identity_.equal_range(identity_of(gone.service, gone.end));
  if (const auto at = std::find_if(first, end, [&](auto& entry) { return entry.second == slot; }); at != end)
    by_identity_.erase(at);
  if (gone.service < kMaxServices) --indices_[gone.service].slots;
  unlink(slot);
  slots_[slot] = {};
  live_.targets[slot].in_use = 0;
  live_.slot_names[slot] = {};
  ++live_.meta[0].next_incarnation;  // whoever watches the slots sees that there is news
}

Decision Slots::decision(u32 slot) const {
  const SlotName& names = live_.slot_names[slot];
  return {names.drained != 0, names.weight, names.version, names.origin};
}

Decision Slots::decided(std::string_view of, std::string_view called) const {
  const auto found = decided_.find(name_of(of, called));
  Decision latest = found == decided_.end() ? Decision() : found->second;
  each_named(of, called, [&](u32 slot) { latest.keep_newer(decision(slot)); });
  return latest;
}

void Slots::put(u32 slot, const Decision& decision) {
  SlotName& names = live_.slot_names[slot];
  names.drained = decision.drained;
  names.weight = decision.weight;
  names.version = decision.version;
  names.origin = decision.origin;
  latest_version_ = std::max(latest_version_, decision.version);
}

void Slots::decide(std::string_view of, std::string_view called, const Decision& decision) {
  bool any = false;
  each_named(of, called, [&](u32 slot) {
    put(slot, decision);
    any = true;
  });
  if (!any) decided_[name_of(of, called)] = decision;
}

std::vector<KnownService> Slots::known() const {
  std::vector<KnownService> all;
  index_taken_.each([&](u32 index) {
    if (indices_[index].slots) all.push_back(indices_[index]);
  });
  return all;
}

void Slots::call_services(const std::vector<KnownService>& services, const std::vector<u32>& indices) {
  std::vector<bool> changed(kMaxServices);
  bool any = false;
  index_of_.clear();
  for (std::size_t i = 0; i < services.size(); ++i) {
    Index& known = indices_[indices[i]];
    index_of_.emplace(services[i].name, indices[i]);
    static_cast<KnownService&>(known) = services[i];
    changed[indices[i]] = any = true;
    if (known.moved && !heirlooms_.empty()) known.regrouped = true, known.sweeps = 0;
  }
  index_taken_.each([&](u32 index) { index_of_.emplace(indices_[index].name, index); });
  if (!any) return;
  bool news = false;
  used_.each([&](u32 slot) {
    const u32 index = live_.targets[slot].service;
    if (!slot || index >= kMaxServices || !changed[index]) return;
    SlotName& names = live_.slot_names[slot];
    const Index& known = indices_[index];
    if (names.scope == known.scope && names.realm == known.realm && service(slot) == known.name) return;
    put_name(names.service, known.name);
    names.scope = known.scope;
    names.realm = u8(known.realm);
    news = true;
  });
  if (news) ++live_.meta[0].next_incarnation;
}

void Slots::call(u32 slot, std::string_view name) {
  if (target(slot) == name) return;
  unlink(slot);
  put_name(live_.slot_names[slot].target, name);
  link(slot);
}

void Slots::configure(const std::vector<u32>& slots) {
  configured_ = Numbers(live_.targets.size());
  drafted_ = Numbers(live_.targets.size());
  heirlooms_.clear();
  for (u32 slot : slots) configured_.insert(slot);
  index_taken_.each([&](u32 index) {
    if (indices_[index].slots) return;
    if (const auto at = index_of_.find(indices_[index].name); at != index_of_.end() && at->second == index)
      index_of_.erase(at);
    indices_[index] = {};
    index_taken_.erase(index);
  });
}

// The ends to which pins of any service lead that a regrouped one may take over.
std::unordered_set<u64> Slots::awaited_ends(const std::vector<u32>& pins, u32 idle) {
  std::unordered_set<u64> ends;
  bool any = false;
  index_taken_.each([&](u32 index) {
    Index& service = indices_[index];
    if (service.regrouped && ++service.sweeps > idle) service.regrouped = false;
    any |= service.regrouped;
  });
  if (!any) return ends;
  used_.each([&](u32 slot) {
    if (slot < pins.size() && pins[slot]) ends.insert(live_.targets[slot].end);
  });
  return ends;
}

void Slots::record_configured() {
  used_.each([&](u32 slot) { live_.slot_names[slot].configured = configured(slot); });
}

std::vector<u32> Slots::unused(const std::vector<u32>& pins, std::size_t most, u32 idle) {
  const std::unordered_set<u64> awaited = awaited_ends(pins, idle);
  std::vector<u32> found;
  used_.each([&](u32 slot) {
    if (slot == 0) return;
    u32& quiet = slots_[slot].quiet_sweeps;
    const Target& target = live_.targets[slot];
    const bool awaits =
        target.service < kMaxServices && indices_[target.service].regrouped && awaited.contains(target.end);
    if (configured(slot) || drafted_.contains(slot) || (slot < pins.size() && pins[slot]) || awaits)
      quiet = 0;
    else if (++quiet >= 2 && found.size() < most)  // two: a packet may have chosen it just before the choice flipped
      found.push_back(slot);
  });
  return found;
}

}  // namespace waymark
