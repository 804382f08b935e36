#include "node/next_hops.h"

#include <fmt/format.h>

#include <utility>

#include "base/address_text.h"
#include "core/outer.h"
#include "node/words.h"

namespace waymark {

namespace {

constexpr Duration kPause = std::chrono::seconds(1);  // before a retired adjacency's slot is written again

}  // namespace

NextHops::NextHops(Live& live, const Numbers& slots)
    : live_(live),
      next_(live.targets.size()),
      before_(live.targets.size()),
      used_(live.adjacencies.size()),
      known_(live.adjacencies.size()) {
  used_.insert(0);  // means that the kernel routes
  slots.each([&](u32 slot) {
    if (slot == 0) return;
    const u32 adjacency = u32(live_.targets[slot].route);
    add(slot);
    if (!adjacency || adjacency >= used_.most()) return;
    used_.insert(adjacency);
    ways_[way_of_.at(outer_destination(live_.targets[slot]))].adjacency = adjacency;
    route(slot, adjacency);
  });
  // Adjacencies that a daemon before us left without a user.
  for (u32 i = 1; i < live_.adjacencies.size(); ++i)
    if (!used_.contains(i) && live_.adjacencies[i].interface) live_.adjacencies[i] = {};
}

void NextHops::add(u32 slot) {
  const Address address = outer_destination(live_.targets[slot]);
  const auto [at, is_new] = way_of_.try_emplace(address, u32(ways_.size()));
  if (is_new) ways_.push_back({address});
  Way& way = ways_[at->second];
  next_[slot] = way.first;
  before_[slot] = 0;
  if (way.first) before_[way.first] = slot;
  way.first = slot;
  if (way.adjacency) route(slot, way.adjacency);
}

void NextHops::remove(u32 slot, Time now) {
  const auto at = way_of_.find(outer_destination(live_.targets[slot]));
  Way& way = ways_[at->second];
  if (next_[slot]) before_[next_[slot]] = before_[slot];
  (before_[slot] ? next_[before_[slot]] : way.first) = next_[slot];
  next_[slot] = before_[slot] = 0;
  if (way.first) return;
  retire(way.adjacency, now);
  if (&way != &ways_.back()) {
    way = std::move(ways_.back());
    way_of_[way.address] = at->second;
  }
  ways_.pop_back();
  way_of_.erase(at);
}

void NextHops::route(u32 slot, u32 adjacency) {
  u64& word = live_.targets[slot].route;
  store(word, (word & kTargetDown) | adjacency);
}

u32 NextHops::free_adjacency() {
  u32 found = used_.free_from(last_ + 1);
  if (found == used_.most()) found = used_.free_from(1);
  if (found == used_.most()) return 0;
  return last_ = found;
}

void NextHops::retire(u32 adjacency, Time now) {
  if (!adjacency) return;
  known_.erase(adjacency);
  retired_.push_back({now + kPause, adjacency});
}

HopNews NextHops::take(const NextHop& hop, u32 valid_until, Time now) {
  const auto at = way_of_.find(hop.target);
  if (at == way_of_.end()) return HopNews::none;
  Way& way = ways_[at->second];
  const u32 old = way.adjacency;
  way.adjacency = 0;
  way.text = hop.why + ": the kernel routes";
  if (hop.usable) {
    if (const u32 fresh = free_adjacency()) {
      Adjacency& a = live_.adjacencies[fresh];
      a = {};
      a.valid_until = valid_until;
      a.destination = hop.destination;
      a.source = hop.source;
      a.mtu = hop.mtu;
      store(a.interface, hop.interface);
      used_.insert(fresh);
      known_.insert(fresh);
      way.adjacency = fresh;
      way.text = fmt::format("{} mtu {}", waymark::text(hop.destination), hop.mtu);
    } else {
      way.text = "all adjacency slots are in use: the kernel routes";
    }
  }
  for (u32 slot = way.first; slot; slot = next_[slot]) route(slot, way.adjacency);
  retire(old, now);
  if (!hop.usable && hop.reach == NextHop::Reach::pending) return HopNews::none;
  const bool reached = hop.usable || hop.reach == NextHop::Reach::kernel;
  if (std::exchange(way.reached, reached) == reached) return HopNews::none;
  return reached ? HopNews::found : HopNews::lost;
}

std::vector<u32> NextHops::slots_at(const Address& address) const {
  std::vector<u32> all;
  if (const auto at = way_of_.find(address); at != way_of_.end())
    for (u32 slot = ways_[at->second].first; slot; slot = next_[slot]) all.push_back(slot);
  return all;
}

void NextHops::renew(u32 valid_until) {
  known_.each([&](u32 adjacency) { store(live_.adjacencies[adjacency].valid_until, valid_until); });
}

void NextHops::tidy(Time now) {
  for (; !retired_.empty() && retired_.front().first <= now; retired_.pop_front()) {
    const u32 adjacency = retired_.front().second;
    live_.adjacencies[adjacency] = {};
    used_.erase(adjacency);
  }
}

std::vector<Address> NextHops::wanted() const {
  std::vector<Address> all;
  all.reserve(ways_.size());
  for (const Way& way : ways_) all.push_back(way.address);
  return all;
}

std::string NextHops::text(const Address& address) const {
  const auto at = way_of_.find(address);
  if (at == way_of_.end()) return {};
  const std::string& text = ways_[at->second].text;
  return text.empty() ? "not asked yet: the kernel routes" : text;
}

}  // namespace waymark
