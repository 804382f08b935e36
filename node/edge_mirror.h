// An edge's flows that members of a group lend each other, so that whoever carries another's prefix knows its flows.
//
// Each prefix has a region of the table, at every member that may carry it, and a flow stands at the same place of its
// prefix's region everywhere: so its own address, which names the place, is the same flow's at each of them. Only the
// member whose prefix it is begins flows there, so no two ever want one place. Keys and the table's size are the
// group's. Of IPv4 a pool has such a region, and the numbers of its addresses besides.
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

#include "node/edge_mirror_regions.h"

namespace waymark {

class EdgeMirror : public group::EdgeFlows {
 public:
  // `regions`: as they are in force at that time.
  EdgeMirror(Live& live, std::function<EdgeRegions(Time)> regions)
      : regions_(std::move(regions)), six_(live, counts_), four_(live, counts_) {}

  u32 buckets() const override;
  void prime() override;
  void scan(Time now, u32 slices, EdgeChanges& out) override;
  bool read_all(u32& next, u32 buckets, std::vector<EdgeFlowRecord>& out) override;
  void apply(const std::vector<EdgeFlowRecord>& flows, Time now) override;
  void erase(const std::vector<GoneEdgeFlow>& gone, Time now) override;

  u64 lent() const override { return six_.lent() + four_.lent(); }
  const EdgeMirrorCounts& counts() const { return counts_; }

 private:
  std::function<EdgeRegions(Time)> regions_;
  EdgeMirrorCounts counts_;
  EdgeRegionsMirror<edge::Six> six_;
  EdgeRegionsMirror<edge::Four> four_;
};

}  // namespace waymark
