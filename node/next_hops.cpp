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
    ends_[end_of_.at(outer_destination(live_.targets[slot]))].adjacency = adjacency;
    route(slot, adjacency);
  });
  // Adjacencies that a daemon before us left without a user.
  for (u32 i = 1; i < live_.adjacencies.size(); ++i)
    if (!used_.contains(i) && live_.adjacencies[i].interface) live_.adjacencies[i] = {};
}

void NextHops::add(u32 slot) {
  const Address address = outer_destination(live_.targets[slot]);
  const auto [at, is_new] = end_of_.try_emplace(address, u32(ends_.size()));
  if (is_new) ends_.push_back({address});
  TunnelEnd& end = ends_[at->second];
  next_[slot] = end.first;
  before_[slot] = 0;
  if (end.first) before_[end.first] = slot;
  end.first = slot;
  if (end.adjacency) route(slot, end.adjacency);
}

void NextHops::remove(u32 slot, Time now) {
  const auto at = end_of_.find(outer_destination(live_.targets[slot]));
  TunnelEnd& end = ends_[at->second];
  if (next_[slot]) before_[next_[slot]] = before_[slot];
  (before_[slot] ? next_[before_[slot]] : end.first) = next_[slot];
  next_[slot] = before_[slot] = 0;
  if (end.first) return;
  retire(end.adjacency, now);
  if (&end != &ends_.back()) {
    end = std::move(ends_.back());
    end_of_[end.address] = at->second;
  }
  ends_.pop_back();
  end_of_.erase(at);
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
  const auto at = end_of_.find(hop.target);
  if (at == end_of_.end()) return HopNews::none;
  TunnelEnd& end = ends_[at->second];
  const u32 old = end.adjacency;
  end.adjacency = 0;
  end.text = hop.why;
  if (hop.usable) {
    if (const u32 fresh = free_adjacency()) {
      Adjacency& a = live_.adjacencies[fresh];
      a = {};
      a.valid_until = valid_until;
      a.destination = hop.destination;
      a.source = hop.source;
      a.mtu = hop.mtu;
      a.gateway = hop.gateway;
      store(a.interface, hop.interface);
      used_.insert(fresh);
      known_.insert(fresh);
      end.adjacency = fresh;
      end.text = fmt::format("{} mtu {}", waymark::text(hop.destination), hop.mtu);
    } else {
      end.text = "all adjacency slots are in use";
    }
  }
  for (u32 slot = end.first; slot; slot = next_[slot]) route(slot, end.adjacency);
  retire(old, now);
  if (!hop.usable && hop.reach == NextHop::Reach::pending) return HopNews::none;
  const bool reached = hop.usable || hop.reach == NextHop::Reach::kernel;
  if (std::exchange(end.reached, reached) == reached) return HopNews::none;
  return reached ? HopNews::found : HopNews::lost;
}

std::vector<u32> NextHops::slots_at(const Address& address) const {
  std::vector<u32> all;
  if (const auto at = end_of_.find(address); at != end_of_.end())
    for (u32 slot = ends_[at->second].first; slot; slot = next_[slot]) all.push_back(slot);
  return all;
}

bool NextHops::lost(const Address& address) const {
  const auto at = end_of_.find(address);
  return at != end_of_.end() && ends_[at->second].reached == false;
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
  all.reserve(ends_.size());
  for (const TunnelEnd& end : ends_) all.push_back(end.address);
  return all;
}

Address NextHops::source(const Address& address) const {
  return outer_source(live_.targets[ends_[end_of_.at(address)].first]);
}

std::string NextHops::text(const Address& address, bool by_mac) const {
  const auto at = end_of_.find(address);
  if (at == end_of_.end()) return {};
  const TunnelEnd& end = ends_[at->second];
  const bool off_link = by_mac && end.adjacency && live_.adjacencies[end.adjacency].gateway;
  if (off_link) return "its route has a gateway: packets are dropped, as only its MAC could lead there";
  if (end.adjacency && !end.text.empty()) return end.text;
  return (end.text.empty() ? "not asked yet" : end.text) + (by_mac ? ": packets are dropped" : ": the kernel routes");
}

}  // namespace waymark
