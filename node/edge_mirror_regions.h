// One family's part of an edge's mirror (node/edge_mirror.h): its regions, and what was told of each place of them.
#pragma once

#include <functional>
#include <vector>

#include "dataplane/image.h"
#include "group/edge_flows.h"
#include "roles/edge/packet_family.h"

namespace waymark {

using group::EdgeChanges;
using group::EdgeFlowRecord;
using group::EdgeMirrorCounts;
using group::GoneEdgeFlow;

// Whose addresses IPv4 flows of a region share, by their places in the pool of all.
struct EdgePool {
  u64 name;  // as members know it: no upper half of an IPv6 address that is routed
  u32 first, count;
};

// The tables as they are divided, and times. Of either family the first region is this node's own.
struct EdgeRegions {
  edge::OwnSettings settings{};  // whose `buckets` and `buckets4` each region has
  std::vector<u64> prefixes;     // of IPv6's regions, in their order
  std::vector<EdgePool> pools;   // of IPv4's
  u32 stamp = 0;                 // the present one
  std::function<u32(edge::Stage)> idle;
};

template <class F>
class EdgeRegionsMirror {
 public:
  EdgeRegionsMirror(Live& live, EdgeMirrorCounts& counts) : live_(live), counts_(counts) {}

  void prime(const EdgeRegions& regions);
  void scan(const EdgeRegions& regions, u32 slices, EdgeChanges& out);
  // The flows of one bucket of all; false: there is none of this number.
  bool read(const EdgeRegions& regions, u32 bucket, std::vector<EdgeFlowRecord>& out) const;
  // False where no region here is the record's.
  bool apply(const EdgeRegions& regions, const EdgeFlowRecord& record);
  bool erase(const EdgeRegions& regions, const GoneEdgeFlow& gone);
  u64 lent() const { return lent_; }

 private:
  using Table = typename F::Table;
  struct Told {
    u64 word = 0;    // the index word, as it was seen
    u64 user = 0;    // of the flow that was told, or lent; 0: none
    u64 server = 0;  // a hash of it, and of the stage
    u16 stamp = 0;   // that was told last
    bool lent = false;
  };
  struct Seen;
  struct Place;
  void look_at(const EdgeRegions& regions, u32 at, EdgeChanges& out);
  bool put(const EdgeFlowRecord& record, const EdgeRegions& regions, const Place& at, const PinPlace& home);
  bool change(const EdgeFlowRecord& record, const EdgeRegions& regions, const Place& place, const Seen& here);
  void forget_told(Told& told);
  bool is_sized() const { return told_.size() == places(); }
  std::size_t places() const;

  Live& live_;
  EdgeMirrorCounts& counts_;
  std::vector<Told> told_;  // by place in the whole table
  u32 next_ = 0;
  u64 lent_ = 0;
};

}  // namespace waymark
