#include "rtnetlink/tracker.h"

#include <algorithm>
#include <utility>

#include "rtnetlink/decide.h"

namespace waymark {

namespace {

using State = NeighbourFact::State;

u64 mask(u32 bits) { return bits == 0 ? 0 : bits >= 64 ? ~0ull : ~0ull << (64 - bits); }

Duration keep_alive(const Hop& hop) {
  return Tracker::kKeepAlive + Duration(hash_of(hop) % u64(Tracker::kSpread.count()));
}

Duration backoff(u32 attempts) { return std::chrono::seconds(attempts < 4 ? 1u << attempts : 15u); }

bool usable(const NeighbourFact* fact) { return fact && fact->state == State::usable; }

}  // namespace

void Tracker::watch(std::vector<Address> wanted) {
  std::sort(wanted.begin(), wanted.end(), InOrder());
  wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
  std::vector<Target> merged;
  merged.reserve(wanted.size());
  auto old = targets_.begin();
  for (const Address& address : wanted) {
    while (old != targets_.end() && before(old->address, address)) ++old;
    if (old != targets_.end() && old->address == address) {
      merged.push_back(std::move(*old++));
    } else {
      merged.push_back({.address = address});
      next_lookup_ = Time{};  // what is new does not wait for the gap between rounds
    }
  }
  targets_ = std::move(merged);

  // Everything that held positions is built anew.
  queue_.clear();
  stale_.clear();
  for (auto& [hop, state] : hops_) state.targets.clear();
  for (u32 i = 0; i < targets_.size(); ++i) {
    Target& target = targets_[i];
    if (std::exchange(target.queued, false) || !target.known) enqueue(i);
    if (std::exchange(target.stale, false)) mark(i);
    if (auto hop = std::exchange(target.hop, {})) attach(i, hop);
  }
  std::erase_if(hops_, [](const auto& entry) { return entry.second.targets.empty(); });
}

void Tracker::set_links(const std::vector<LinkInfo>& links) {
  std::vector<u32> gone;
  for (const auto& known : links_)
    if (std::none_of(links.begin(), links.end(), [&](const LinkInfo& l) { return l.index == known.first; }))
      gone.push_back(known.first);
  for (u32 index : gone) drop_link(index);
  for (const LinkInfo& link : links) set_link(link);
}

void Tracker::set_link(const LinkInfo& fact) {
  auto [entry, added] = links_.try_emplace(fact.index);
  const LinkInfo old = std::exchange(entry->second, fact);
  if (!added && old == fact) return;
  mark_interface(fact.index);
  // The kernel removes and revives IPv4 routes with their interface without a word about each.
  if (added || old.up != fact.up || old.carrier != fact.carrier) touch_routes();
}

void Tracker::drop_link(u32 index) {
  if (!links_.erase(index)) return;
  mark_interface(index);
  touch_routes();
}

void Tracker::set_neighbours(const std::vector<NeighbourFact>& neighbours) {
  std::unordered_map<Hop, bool, HopHash> there;
  for (const NeighbourFact& fact : neighbours) there[fact.hop] = true;
  std::vector<Hop> gone;
  for (const auto& [hop, fact] : neighbours_)
    if (!there.count(hop)) gone.push_back(hop);
  for (const Hop& hop : gone) set_neighbour({.hop = hop});
  for (const NeighbourFact& fact : neighbours) set_neighbour(fact);
}

void Tracker::set_neighbour(const NeighbourFact& fact) {
  const NeighbourFact* known = neighbour(fact.hop);
  const NeighbourFact old = known ? *known : NeighbourFact{.hop = fact.hop};
  if (fact.state == State::unknown)
    neighbours_.erase(fact.hop);
  else
    neighbours_[fact.hop] = fact;

  const auto found = hops_.find(fact.hop);
  if (found == hops_.end() || old == fact) return;
  HopState& state = found->second;
  for (u32 target : state.targets) mark(target);
  if (usable(&fact)) state.error = 0;
  if (usable(&old) == usable(&fact)) return;
  state.attempts = 0;
  plan(fact.hop, state, state.probed + (usable(&fact) ? keep_alive(fact.hop) : backoff(0)));
}

void Tracker::touch_routes() {
  if (queue_.size() == targets_.size()) return;
  for (u32 i = 0; i < targets_.size(); ++i) enqueue(i);
}

void Tracker::touch_routes(const Address& prefix, u32 length) {
  if (queue_.size() == targets_.size()) return;
  const u64 high = mask(std::min(length, 64u)), low = mask(length > 64 ? length - 64 : 0);
  const auto [a, b] = number(prefix);
  const std::pair first{a & high, b & low}, last{a | ~high, b | ~low};
  auto target = std::lower_bound(targets_.begin(), targets_.end(), first,
                                 [](const Target& t, const auto& n) { return number(t.address) < n; });
  for (; target != targets_.end() && number(target->address) <= last; ++target) enqueue(u32(target - targets_.begin()));
}

std::vector<Address> Tracker::lookups(Time now) {
  std::vector<Address> out;
  if (queue_.empty() || now < next_lookup_) return out;
  const u32 count = std::min(u32(queue_.size()), kLookupsPerRound);
  for (u32 i = 0; i < count; ++i) {
    targets_[queue_[i]].queued = false;
    out.push_back(targets_[queue_[i]].address);
  }
  queue_.erase(queue_.begin(), queue_.begin() + count);
  next_lookup_ = now + kLookupGap;
  return out;
}

void Tracker::set_route(const Address& address, const RouteFact& route) {
  const auto found = std::lower_bound(targets_.begin(), targets_.end(), address,
                                      [](const Target& t, const Address& a) { return before(t.address, a); });
  if (found == targets_.end() || !(found->address == address)) return;
  if (std::exchange(found->known, true) && found->route == route) return;
  found->route = route;
  mark(u32(found - targets_.begin()));
}

std::vector<Hop> Tracker::probes(Time now) {
  attach_stale();
  std::vector<Hop> out;
  while (!due_.empty() && due_.begin()->first <= now && out.size() < kProbesPerRound) {
    const auto [due, hop] = *due_.begin();
    due_.erase(due_.begin());
    const auto found = hops_.find(hop);
    if (found == hops_.end() || found->second.due != due) continue;
    HopState& state = found->second;
    const NeighbourFact* fact = neighbour(hop);
    state.probed = now;
    plan(hop, state, now + (usable(fact) ? keep_alive(hop) : backoff(state.attempts++)));
    if (!fact || !fact->kept) out.push_back(hop);
  }
  return out;
}

void Tracker::probed(const Hop& hop, int error) {
  const auto found = hops_.find(hop);
  if (found == hops_.end() || std::exchange(found->second.error, error) == error) return;
  for (u32 target : found->second.targets) mark(target);
}

std::vector<Resolution> Tracker::changes() {
  attach_stale();
  std::vector<Resolution> out;
  for (u32 i : stale_) {
    Target& target = targets_[i];
    target.stale = false;
    if (!target.known) continue;
    const int error = target.hop ? hops_.at(*target.hop).error : 0;
    Resolution now = decide(target.address, target.route, link(target.route.interface),
                            target.hop ? neighbour(*target.hop) : nullptr, error);
    if (target.told == now) continue;
    out.push_back(now);
    target.told = std::move(now);
  }
  stale_.clear();
  return out;
}

Time Tracker::deadline() const {
  const Time lookup = queue_.empty() ? kNever : next_lookup_;
  return due_.empty() ? lookup : std::min(lookup, due_.begin()->first);
}

void Tracker::enqueue(u32 target) {
  if (!std::exchange(targets_[target].queued, true)) queue_.push_back(target);
}

void Tracker::mark(u32 target) {
  if (!std::exchange(targets_[target].stale, true)) stale_.push_back(target);
}

void Tracker::mark_interface(u32 index) {
  for (u32 i = 0; i < targets_.size(); ++i)
    if (targets_[i].route.interface == index) mark(i);
}

void Tracker::attach_stale() {
  for (u32 i : stale_) {
    const Target& target = targets_[i];
    if (!target.known) continue;
    const bool clear = obstacle(target.address, target.route, link(target.route.interface)).empty();
    attach(i, clear ? std::optional(next_hop(target.address, target.route)) : std::nullopt);
  }
}

void Tracker::attach(u32 index, const std::optional<Hop>& hop) {
  Target& target = targets_[index];
  if (target.hop == hop) return;
  if (target.hop) {
    const auto left = hops_.find(*target.hop);
    auto& list = left->second.targets;
    targets_[list.back()].place = target.place;
    list[target.place] = list.back();
    list.pop_back();
    if (list.empty()) hops_.erase(left);
  }
  target.hop = hop;
  if (!hop) return;
  const auto [entry, added] = hops_.try_emplace(*hop);
  if (added) plan(*hop, entry->second, Time{});
  target.place = u32(entry->second.targets.size());
  entry->second.targets.push_back(index);
}

void Tracker::plan(const Hop& hop, HopState& state, Time due) {
  state.due = due;
  due_.emplace(due, hop);
}

const LinkInfo* Tracker::link(u32 index) const {
  const auto found = links_.find(index);
  return found == links_.end() ? nullptr : &found->second;
}

const NeighbourFact* Tracker::neighbour(const Hop& hop) const {
  const auto found = neighbours_.find(hop);
  return found == neighbours_.end() ? nullptr : &found->second;
}

}  // namespace waymark
