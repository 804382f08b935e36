// Flows of edges between members: who shares them, and what goes out (group/edge_flows.h). As sharing_flows.cpp.
#include <fmt/format.h>

#include "group/connection.h"

namespace waymark::group {

namespace {

constexpr u32 kPullBuckets = 1 << 10;  // sent at once, of all flows, at most

}  // namespace

u32 Group::shared_edge_buckets() const { return config_.mirror && needs_.edges ? needs_.edges->buckets() : 0; }

// A flow has the same place at both where keys and sizes are the same.
void Group::review_edge_sharing(Member& member) {
  if (!member.link || !member.digest || !digest_) return;
  EdgeShare& edges = member.edges;
  const u32 ours = shared_edge_buckets();
  const bool shares = ours && ours == edges.buckets && digest_->key == member.digest->key;
  edges.unshared = shares || !ours || !edges.buckets ? ""
                   : ours != edges.buckets
                       ? fmt::format("its tables of an edge's flows have {} buckets, ours {}", edges.buckets, ours)
                       : "its keys of flows are others";
  if (shares && !edges.shares) {
    if (!std::exchange(scanning_edges_, true)) needs_.edges->prime();
    tell(member, EdgePull{});
  }
  if (!shares || !edges.shares) edges.mirrored = false;  // until all have come
  edges.shares = shares;
}

void Group::tell_edge_table() {
  if (std::exchange(told_edge_buckets_, shared_edge_buckets()) == shared_edge_buckets()) return;
  tell_all(EdgeTable{told_edge_buckets_});
  for (const auto& member : members_) review_edge_sharing(*member);
}

void Group::look_for_edge_flows(Time now) {
  EdgeChanges changes;
  needs_.edges->scan(now, kSlices, changes);
  for (const auto& member : members_) {
    EdgeShare& edges = member->edges;
    if (!edges.shares) continue;
    if (link_of(*member)->waiting() > kQueueHigh) {
      edges.asked = true;  // what it misses now is among all
    } else {
      edges.sent += changes.flows.size();
      tell(*member, changes.flows);
      tell(*member, changes.gone);
    }
    send_edge_flows(*member);
  }
}

void Group::send_edge_flows(Member& member) {
  EdgeShare& edges = member.edges;
  const Connection* c = link_of(member);
  if (!edges.sending && edges.asked && c->waiting() < kQueuePull) {
    edges.sending = 0;
    edges.asked = false;
  }
  if (!edges.sending || c->waiting() >= kQueuePull) return;
  std::vector<EdgeFlowRecord> flows;
  const bool end = needs_.edges->read_all(*edges.sending, kPullBuckets, flows);
  edges.sent += flows.size();
  tell(member, flows);
  if (!end) return;
  tell(member, EdgePullEnd{});
  edges.sending.reset();
}

}  // namespace waymark::group
