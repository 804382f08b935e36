// What a group asks of whoever keeps an edge's flows (node/edge_mirror.h), to share them among its members.
#pragma once

#include <vector>

#include "base/time.h"
#include "group/message.h"

namespace waymark::group {

struct EdgeChanges {
  std::vector<EdgeFlowRecord> flows;
  std::vector<GoneEdgeFlow> gone;
};

struct EdgeMirrorCounts {
  u64 applied = 0;    // inserted or changed
  u64 refreshed = 0;  // known; used again
  u64 kept = 0;       // ours stands
  u64 erased = 0;     //
  u64 unknown = 0;    // of a prefix that has no region here
  u64 refused = 0;    // no flow that could be
  u64 raced = 0;      // a packet was there first
};

class EdgeFlows {
 public:
  virtual ~EdgeFlows() = default;
  virtual u32 buckets() const = 0;  // that each prefix has; 0: there is no edge, or none to share with
  virtual void prime() = 0;         // what stands in the table now is no news
  // Looks at one of `slices` parts, from where it stopped, and appends what changed there.
  virtual void scan(Time now, u32 slices, EdgeChanges& out) = 0;
  // The flows of so many buckets from `next` on, lent ones too; true at the end.
  virtual bool read_all(u32& next, u32 buckets, std::vector<EdgeFlowRecord>& out) = 0;
  virtual u64 lent() const = 0;  // flows that others told, and whose packets do not come by here
  virtual void apply(const std::vector<EdgeFlowRecord>& flows, Time now) = 0;
  virtual void erase(const std::vector<GoneEdgeFlow>& gone, Time now) = 0;
};

}  // namespace waymark::group
