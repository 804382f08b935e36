// An edge's flows that members of a group lend each other, so that whoever carries another's prefix knows its flows.
//
// Each prefix has a region of the table, at every member that may carry it, and a flow stands at the same place of its
// prefix's region everywhere: so its own address, which names the place, is the same flow's at each of them. Only the
// member whose prefix it is begins flows there, so no two ever want one place. Keys and the table's size are the
// group's.
//
// As the firewall's (group/flow_mirror.h): a shadow says what was told of each place, and packets tell nobody anything.
// Told are flows whose server has answered, when they are new, when they come to another stage or server, when their
// use was told a quarter of their idle time ago, and when they are gone. What a member told goes into the shadow as
// well, so that it is not told back; the first packet of such a flow that comes by here makes it ours to tell of. What
// changes a flow without a new stamp (a FIN within the same 16 s) is told with the next, or by its end.
//
// What a member that lies can do: have clients' packets sent to servers of its choice by flows that we never saw, and
// fill or empty the regions of prefixes that are not ours. It cannot end a flow of our own prefix whose packets come by
// here, nor change more than its stage, nor put one where its own address would not name it.
#pragma once

#include <functional>
#include <vector>

#include "dataplane/image.h"
#include "group/edge_flows.h"
#include "roles/edge/packet_flow.h"

namespace waymark {

using group::EdgeChanges;
using group::EdgeFlowRecord;
using group::EdgeMirrorCounts;
using group::GoneEdgeFlow;

// The table as it is divided, and times.
struct EdgeRegions {
  edge::OwnSettings settings{};  // whose `buckets` each region has
  std::vector<u64> prefixes;     // of the regions, in their order; the first is this node's own
  u32 stamp = 0;                 // the present one
  std::function<u32(edge::Stage)> idle;
};

class EdgeMirror : public group::EdgeFlows {
 public:
  // `regions`: as they are in force at that time.
  EdgeMirror(Live& live, std::function<EdgeRegions(Time)> regions) : live_(live), regions_(std::move(regions)) {}

  u32 buckets() const override;
  void prime() override;
  void scan(Time now, u32 slices, EdgeChanges& out) override;
  bool read_all(u32& next, u32 buckets, std::vector<EdgeFlowRecord>& out) override;
  void apply(const std::vector<EdgeFlowRecord>& flows, Time now) override;
  void erase(const std::vector<GoneEdgeFlow>& gone, Time now) override;

  u64 lent() const override { return lent_; }
  const EdgeMirrorCounts& counts() const { return counts_; }

 private:
  struct Told {
    u64 word = 0;    // the index word, as it was seen
    u64 user = 0;    // of the flow that was told, or lent; 0: none
    u64 server = 0;  // a hash of it, and of the stage
    u16 stamp = 0;   // that was told last
    bool lent = false;
  };
  void look_at(const EdgeRegions& regions, u32 place, EdgeChanges& out);
  void apply_one(const EdgeFlowRecord& record, const EdgeRegions& regions);
  bool put(const EdgeFlowRecord& record, const EdgeRegions& regions, u32 region);
  void forget_told(Told& told);

  Live& live_;
  std::function<EdgeRegions(Time)> regions_;
  std::vector<Told> told_;  // by place in the whole table
  u32 next_ = 0;
  u64 lent_ = 0;
  EdgeMirrorCounts counts_;
};

}  // namespace waymark
