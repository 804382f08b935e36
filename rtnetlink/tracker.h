// The set of watched targets, what the kernel last said about each, and what must be asked next. No I/O, no clock.
//
// A target needs a route; its route names a *hop*, an address on an interface whose MAC the kernel must know. Facts
// come in by the set_ and touch_ calls; lookups() and probes() say what to ask now; changes() gives what came of it.
// XDP sends past the kernel, which would forget neighbours that it does not see used: each hop is probed at first,
// every 20 to 25 s while it answers, and after 1, 2, 4, 8, then every 15 s while it does not.
#pragma once

#include <map>
#include <unordered_map>
#include <vector>

#include "base/time.h"
#include "rtnetlink/facts.h"

namespace waymark {

class Tracker {
 public:
  static constexpr u32 kLookupsPerRound = 512, kProbesPerRound = 256;
  static constexpr Duration kLookupGap = std::chrono::milliseconds(10);  // bounds what a storm of routes can cost
  static constexpr Duration kKeepAlive = std::chrono::seconds(20), kSpread = std::chrono::seconds(5);
  static constexpr Time kNever = Time::max();

  void watch(std::vector<Address> targets);

  void set_links(const std::vector<LinkInfo>& links);  // all there are; the others are gone
  void set_link(const LinkInfo& link);
  void drop_link(u32 index);
  void set_neighbours(const std::vector<NeighbourFact>& neighbours);  // all there are
  void set_neighbour(const NeighbourFact& fact);                      // State::unknown: it is gone
  void touch_routes();                                                // any answer may have changed
  void touch_routes(const Address& prefix, u32 length);               // length of 128 bits, IPv4 as mapped

  std::vector<Address> lookups(Time now);  // ask for these routes, and give each answer to set_route()
  void set_route(const Address& target, const RouteFact& route);
  std::vector<Hop> probes(Time now);       // ask the kernel to use these, and give each outcome to probed()
  void probed(const Hop& hop, int error);  // 0: asked

  const LinkInfo* link(u32 index) const;

  std::vector<Resolution> changes();  // since the last call
  Time deadline() const;              // when lookups() or probes() next has something; kNever for nothing

 private:
  struct Target {
    Address address;
    RouteFact route = {};
    bool known = false, queued = false, stale = false;  // route looked up; to be looked up; to be decided again
    std::optional<Hop> hop = {};
    u32 place = 0;  // in the hop's list
    std::optional<Resolution> told = {};
  };
  struct HopState {
    std::vector<u32> targets;
    Time due{}, probed{};
    u32 attempts = 0;  // unanswered
    int error = 0;
  };
  struct HopHash {
    std::size_t operator()(const Hop& hop) const { return hash_of(hop); }
  };

  void enqueue(u32 target);
  void mark(u32 target);
  void mark_interface(u32 index);
  void attach_stale();
  void attach(u32 target, const std::optional<Hop>& hop);
  void plan(const Hop& hop, HopState& state, Time due);
  const NeighbourFact* neighbour(const Hop& hop) const;

  std::vector<Target> targets_;  // in the order of their bytes
  std::vector<u32> queue_, stale_;
  Time next_lookup_{};
  std::map<u32, LinkInfo> links_;
  std::unordered_map<Hop, NeighbourFact, HopHash> neighbours_;
  std::unordered_map<Hop, HopState, HopHash> hops_;
  std::multimap<Time, Hop> due_;  // may hold entries that a later plan() replaced
};

}  // namespace waymark
