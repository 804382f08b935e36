// Flows of the firewall's between members: who shares them, and what goes out (group/flow_mirror.h).
#include <fmt/format.h>

#include "group/connection.h"

namespace waymark::group {

namespace {

constexpr u32 kPullBuckets = 2 << 10;  // sent at once, of all flows, at most

}  // namespace

FlowTimes Group::flow_times() const { return needs_.flows ? needs_.flows(now_) : FlowTimes{}; }

u32 Group::shared_flow_buckets() const { return config_.mirror && needs_.flows ? u32(live_.flows.size()) : 0; }

// Flows have the same buckets at both where keys and sizes are the same.
void Group::review_flow_sharing(Member& member) {
  if (!member.link || !member.digest || !digest_) return;
  const u32 ours = shared_flow_buckets();
  const bool shares = ours && ours == member.flow_buckets && digest_->key == member.digest->key;
  member.flows_unshared = shares || !ours || !member.flow_buckets ? ""
                          : ours != member.flow_buckets
                              ? fmt::format("its table of flows has {} buckets, ours {}", member.flow_buckets, ours)
                              : "its keys of flows are others";
  if (shares && !member.shares_flows) {
    if (!std::exchange(scanning_flows_, true)) flow_scanner_.prime(live_);
    tell(member, FlowPull{});
  }
  if (!shares || !member.shares_flows) member.mirrored_flows = false;  // until all have come
  member.shares_flows = shares;
}

// A reload may share them no more, or again.
void Group::tell_flow_table() {
  if (std::exchange(told_flow_buckets_, shared_flow_buckets()) == shared_flow_buckets()) return;
  tell_all(FlowTable{told_flow_buckets_});
  for (const auto& member : members_) review_flow_sharing(*member);
}

void Group::look_for_flows() {
  FlowChanges changes;
  flow_scanner_.scan(live_, flow_times(), u32(live_.flows.size()) / kSlices + 1, changes);
  for (const auto& member : members_) {
    if (!member->shares_flows) continue;
    if (link_of(*member)->waiting() > kQueueHigh) {
      member->flows_asked = true;  // what it misses now is among all
    } else {
      member->flows_sent += changes.flows.size();
      tell(*member, changes.flows);
      tell(*member, changes.gone);
    }
    send_flows(*member);
  }
}

void Group::send_flows(Member& member) {
  const Connection* c = link_of(member);
  if (!member.sending_flows && member.flows_asked && c->waiting() < kQueuePull) {
    member.sending_flows = 0;
    member.flows_asked = false;
  }
  if (!member.sending_flows || c->waiting() >= kQueuePull) return;
  std::vector<FlowRecord> flows;
  const bool end = read_flows(live_, *member.sending_flows, kPullBuckets, flows);
  member.flows_sent += flows.size();
  tell(member, flows);
  if (!end) return;
  tell(member, FlowPullEnd{});
  member.sending_flows.reset();
}

}  // namespace waymark::group
