// What the node does for the firewall's flows (core/firewall/): lets idle ones go, counts them by whose they are, and
// begins and ends time of grace. It shares the tables with packets, as the sweep of the pins does (node/sweep.h).
#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "base/time.h"
#include "config/config.h"
#include "dataplane/flow_env.h"
#include "group/flow_mirror.h"
#include "node/sweep_rounds.h"

namespace waymark {

// What a configuration says of them. Idle times in stamps; a flow that has been silent for longer goes.
struct FlowPlan {
  struct Owner {
    u32 number, place;  // FirewallPolicy::owner and count
    bool operator==(const Owner&) const = default;
  };
  FirewallSettings settings{};  // `buckets` is 0 where nothing is guarded
  u32 stamp_shift = 0;
  u32 open = 1, exchange = 1, ending = 1, reset = 1, ping = 1;
  u32 grace = 0;              // ticks; 0: none
  Duration birth_unit{};      // of what addresses say of a flow's beginning; 0: they do not
  std::vector<Owner> owners;  // by number
  std::vector<u64> holds;     // whose flows come here: gateways' ids, sorted
};
FlowPlan flow_plan(const Config& config, const Image& image, const Meta& meta);

// After how many stamps without a packet a flow of this stage goes. Of embryos the plan's settings say so.
u32 idle_stamps(const FlowPlan& plan, firewall::Stage stage);

constexpr u32 kFlowAges = 9;  // of eight bits

// The flows as the last whole sweep found them.
struct FlowsSwept {
  struct Owned {
    u32 owner;
    u64 flows, half_open;
  };
  u64 number = 0;  // of the sweep, from 1 on; 0: there was none yet
  u64 flows = 0, half_open = 0, expired = 0;
  std::array<u64, firewall::kStages> stages{};  // of both
  // Where their addresses say when they began: of those that the inside began, how many are 0, 1, 2 to 3, 4 to 7 and so
  // on units old. Flows that lived longer than the field can say count as young ones.
  std::array<u64, kFlowAges> ages{};
  std::vector<Owned> owned;  // by owner
};

class FlowKeeper {
 public:
  explicit FlowKeeper(Live& live);

  // Another configuration is in force. What owners have is moved to their new places.
  void configure(FlowPlan plan, Time now);

  // Whether a plan has ids that the one in force has not: their flows have been another machine's.
  bool takes(const FlowPlan& plan) const;

  // To be called where the tables know none of the flows that there are: they are new, or another machine's. Packets
  // find flows again in their middle from now on, for as long as the plan says. False where that is not at all.
  bool begin_grace(const FlowPlan& plan, u32 ticks);
  u32 grace_left(u32 ticks) const;  // ticks; 0: there is none
  // Whether it ended since the last call.
  bool take_grace_ended() { return std::exchange(grace_ended_, false); }

  // What is due: a part of a sweep, the end of grace, the clock of births. `wall`: the time since 1970.
  void tick(Time now, u32 ticks, u32 ticks_per_second, Duration wall = {});
  Time deadline() const { return rounds_ ? std::min({rounds_.deadline(), grace_due_, birth_due_}) : Time::max(); }

  const FlowPlan& plan() const { return plan_; }
  group::FlowTimes times(u32 ticks) const;  // for as long as the plan stays
  u32 birth_at(u32 ticks) const;            // what addresses say of flows that begin then
  const FlowsSwept& swept() const { return swept_; }
  u64 taken(const FlowPlan::Owner& owner) const;  // flows that count against its limit: the swept, and those since

 private:
  void move_counts(FlowPlan& before);
  void end_grace(Time now, u32 ticks, u32 ticks_per_second);
  void tell_birth(Time now, u32 ticks, u32 ticks_per_second, Duration wall);
  void begin_sweep();
  void end_sweep();
  void count(const ExactRecord4& record, bool embryo, u32 birth);

  Live& live_;
  FlowPlan plan_;
  SweepRounds<firewall::Flows, firewall::Embryos> rounds_;  // none where nothing is guarded
  FlowsSwept counting_, swept_;
  std::vector<u64> before_;  // what table::flow_counts said when the sweep began, as in plan_.owners
  Time grace_due_{0}, birth_due_{0};
  bool grace_ended_ = false;
};

}  // namespace waymark
