// What the node does for the edge's flows: lets idle ones go, and sets clients' counters right. It shares the tables
// with packets, as for the firewall's (node/flows.h).
#pragma once

#include <array>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "config/config.h"
#include "dataplane/image.h"
#include "node/edge_mirror.h"
#include "node/edge_services.h"
#include "node/sweep_rounds.h"
#include "roles/edge/packet_begin.h"

namespace waymark {

// What a configuration says of them. Idle times in stamps; a flow that has been silent for longer goes.
struct EdgePlan {
  edge::OwnSettings settings{};  // no buckets where there is no edge
  u32 stamp_shift = 0;
  u32 open = 1, datagram = 1, ending = 1, half_open = 1;
  std::shared_ptr<const EdgeLoad> load = std::make_shared<EdgeLoad>();
  std::shared_ptr<const EdgeServices> services = std::make_shared<EdgeServices>();
  std::vector<std::string> names;  // of the services
  std::vector<EdgePool> pools;     // of IPv4's regions
};
EdgePlan edge_plan(const Config& config, const Image& image, const Meta& meta);
u32 idle_stamps(const EdgePlan& plan, edge::Stage stage);

// The flows as the last whole sweep found them.
struct EdgeSwept {
  u64 number = 0;  // of the sweep, from 1 on; 0: there was none yet
  u64 flows = 0, half_open = 0, learnt = 0, expired = 0;
  u64 flows4 = 0;  // of IPv4, among `flows`
  std::array<u64, edge::kStages> stages{};
  std::map<std::string, u64> services;  // flows of each, half-open ones among them
};

class EdgeKeeper {
 public:
  explicit EdgeKeeper(Live& live) : live_(live) {}

  void configure(const EdgePlan& plan);  // another one is in force
  void tick(Time now, u32 ticks);        // a part of a sweep, where that is due
  Time deadline() const {
    if (turn_ == kNoTurn) return Time::max();
    return turn_ < kFour ? rounds_[turn_].deadline() : rounds4_[turn_ - kFour].deadline();
  }
  const EdgePlan& plan() const { return plan_; }
  EdgeRegions regions(u32 ticks) const;  // for as long as the plan stays
  const EdgeSwept& swept() const { return swept_; }

 private:
  // Whose turn it is: a sweep is of IPv6's regions, one after the other, and then of IPv4's.
  static constexpr u32 kFour = edge::kMostRegions, kNoTurn = 2 * kFour;
  u32 turn_from(u32 turn) const;  // the first that has anything to sweep

  template <class F, class E>
  bool part(SweepRounds<typename F::Table>& rounds, E env, Time now, u32 ticks);
  void begin();
  void count(u64 state, const edge::Known& flow, bool tentative);
  void end();

  Live& live_;
  EdgePlan plan_;
  std::array<SweepRounds<edge::Flows>, edge::kMostRegions> rounds_;
  std::array<SweepRounds<edge::Flows4>, edge::kMostRegions> rounds4_;
  u32 turn_ = kNoTurn;
  EdgeSwept counting_, swept_;
  std::vector<u64> of_services_;       // as plan_.names; empty where another load began in the middle of this round
  std::vector<u64> counted_, before_;  // of table::edge_uses: what this round found, what it said when it began
};

}  // namespace waymark
