// A draft's services and targets are recognised among the slots that there are (DESIGN.md, "Slots and incarnations").
#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "core/outer.h"
#include "node/slots.h"
#include "node/words.h"

namespace waymark {

namespace {

bool alike(const KnownService& a, const KnownService& b) { return a.scope == b.scope && a.realm == b.realm; }

}  // namespace

Result<std::vector<u32>> Slots::claim(const std::vector<KnownService>& services) {
  std::vector<bool> was_configured(kMaxServices);
  used_.each([&](u32 slot) {
    if (const u32 index = live_.targets[slot].service; index < kMaxServices && live_.slot_names[slot].configured)
      was_configured[index] = true;
  });
  std::unordered_multimap<u64, u32> by_scope;
  std::unordered_multimap<std::string_view, u32> by_name;
  index_taken_.each([&](u32 index) {
    by_scope.emplace(indices_[index].scope, index);
    by_name.emplace(indices_[index].name, index);
  });
  constexpr u32 kNone = ~0u;
  std::vector<u32> indices(services.size(), kNone);
  std::vector<bool> claimed(kMaxServices);
  // Of several that are alike in `from`, one that was configured goes first.
  const auto take = [&](std::size_t i, const auto& from, const auto& key, const auto& fits) {
    u32 best = kNone;
    const auto [first, end] = from.equal_range(key);
    for (auto at = first; at != end; ++at)
      if (const u32 index = at->second; !claimed[index] && fits(indices_[index]))
        if (best == kNone || std::pair(!was_configured[index], index) < std::pair(!was_configured[best], best))
          best = index;
    if (best != kNone) claimed[indices[i] = best] = true;
  };
  const auto each_left = [&](const auto& f) {
    for (std::size_t i = 0; i < services.size(); ++i)
      if (indices[i] == kNone) f(i, services[i]);
  };
  each_left([&](std::size_t i, const KnownService& s) {
    take(i, by_scope, s.scope, [&](const Index& known) { return alike(known, s) && known.name == s.name; });
  });
  each_left([&](std::size_t i, const KnownService& s) {
    take(i, by_scope, s.scope, [&](const Index& known) { return alike(known, s); });
  });
  each_left([&](std::size_t i, const KnownService& s) {
    take(i, by_name, std::string_view(s.name), [](const Index&) { return true; });
  });
  index_taken_.each([&](u32 index) { indices_[index].moved = !claimed[index]; });
  for (std::size_t i = 0; i < services.size(); ++i) {
    if (indices[i] != kNone) {
      indices_[indices[i]].moved = !alike(indices_[indices[i]], services[i]);
      continue;
    }
    const u32 index = indices[i] = index_taken_.lowest_free();
    if (index >= kMaxServices) return Error{fmt::format("more than {} services are in use", kMaxServices)};
    index_taken_.insert(index);
    static_cast<KnownService&>(indices_[index]) = services[i];
    indices_[index].moved = true;
    index_of_.emplace(services[i].name, index);
  }
  gather_heirlooms();
  return indices;
}

void Slots::gather_heirlooms() {
  heirlooms_.clear();
  used_.each([&](u32 slot) {
    const Target& target = live_.targets[slot];
    if (target.service >= kMaxServices || !indices_[target.service].moved || !live_.slot_names[slot].configured) return;
    Heirloom& at_end = heirlooms_[target.end];
    at_end.decision.keep_newer(decision(slot));
    at_end.slots.push_back(slot);
  });
}

// What a target inherits, beside what its slot has already (`own`; 0: none).
Slots::Heirloom Slots::heirloom(u32 index, const KnownService& service, const TargetSpec& spec, u32 own) const {
  Heirloom all{own ? decision(own) : Decision()};
  if (!decided_.empty())
    if (const auto known = decided_.find(name_of(service.name, spec.name)); known != decided_.end())
      all.decision.keep_newer(known->second);
  const u64 end = end_hash(spec.address, encapsulation_of(spec));
  const auto take = [&](u32 slot) {
    if (drafted_.contains(slot)) return;  // it goes on itself
    all.decision.keep_newer(decision(slot));
    all.slots.push_back(slot);
  };
  if (!own) {
    each_called(index, spec.name, take);
    const auto [first, last] = by_identity_.equal_range(identity_of(index, end));
    std::for_each(first, last, [&](auto& same_end) { take(same_end.second); });
  }
  if (!indices_[index].moved) return all;
  const auto left = heirlooms_.find(end);
  if (left == heirlooms_.end()) return all;
  all.decision.keep_newer(left->second.decision);
  all.slots.insert(all.slots.end(), left->second.slots.begin(), left->second.slots.end());
  return all;
}

// The service's slot of this tunnel that no other spec of the draft has; 0: there is none.
u32 Slots::find(u32 index, const TargetSpec& spec, bool by_name) const {
  Target wanted{};
  set_outer(wanted, spec.source, spec.address, encapsulation_of(spec));
  const auto [first, last] = by_identity_.equal_range(identity_of(index, wanted.end));
  u32 found = 0;
  for (auto at = first; at != last; ++at) {
    const u32 slot = at->second;
    const Target& t = live_.targets[slot];
    if (drafted_.contains(slot) || t.service != index || t.end != wanted.end || t.tunnel != wanted.tunnel) continue;
    if (!std::equal(std::begin(t.outer), std::end(t.outer), std::begin(wanted.outer))) continue;
    if (by_name ? target(slot) == spec.name : !found || slot < found) found = slot;
  }
  return found;
}

Result<std::vector<Slots::Acquired>> Slots::acquire(u32 index, const KnownService& service,
                                                    const std::vector<TargetSpec>& specs, const Numbers& down) {
  std::vector<Acquired> all(specs.size());
  for (const bool by_name : {true, false})
    for (std::size_t i = 0; i < specs.size(); ++i)
      if (!all[i].slot)
        if (const u32 slot = all[i].slot = find(index, specs[i], by_name)) drafted_.insert(slot);
  for (std::size_t i = 0; i < specs.size(); ++i) {
    const TargetSpec& spec = specs[i];
    Acquired& acquired = all[i];
    const Heirloom inherited = heirloom(index, service, spec, acquired.slot);
    acquired.decision = inherited.decision;
    if (acquired.slot) continue;
    acquired.fresh = true;
    acquired.down =
        std::any_of(inherited.slots.begin(), inherited.slots.end(), [&](u32 s) { return down.contains(s); });
    const u32 slot = acquired.slot = used_.lowest_free();
    if (slot >= live_.targets.size())
      return Error{
          fmt::format("all {} target slots are in use; slots of removed targets are freed when their flows end",
                      live_.targets.size() - 1)};
    SlotName& names = live_.slot_names[slot];
    put_name(names.service, indices_[index].name);  // call_services() knows another one
    put_name(names.target, spec.name);
    names.scope = indices_[index].scope;
    names.realm = u8(indices_[index].realm);
    names.configured = 0;
    put(slot, acquired.decision);
    Target target{};
    set_outer(target, spec.source, spec.address, encapsulation_of(spec));
    target.service = index;
    target.in_use = 1;
    names.incarnation = ++live_.meta[0].next_incarnation;
    live_.targets[slot] = target;
    remember(slot);
    drafted_.insert(slot);
  }
  return all;
}

std::vector<SharedSlot> Slots::shared() const {
  constexpr u32 kSeveral = ~0u;
  std::unordered_map<u64, u32> services;  // by end: the one, or kSeveral
  used_.each([&](u32 slot) {
    const Target& t = live_.targets[slot];
    const auto [known, is_new] = services.emplace(t.end, t.service);
    if (!is_new && known->second != t.service) known->second = kSeveral;
  });
  std::vector<SharedSlot> all;
  std::unordered_set<u64> seen;  // one slot for each service and end, and that is the draft's where it has one
  for (const bool drafted : {true, false})
    used_.each([&](u32 slot) {
      const Target& t = live_.targets[slot];
      if (slot && drafted_.contains(slot) == drafted && services.at(t.end) == kSeveral &&
          seen.insert(identity_of(t.service, t.end)).second)
        all.push_back({slot, t.service, t.end});
    });
  return all;
}

}  // namespace waymark
