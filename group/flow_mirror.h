// The firewall's flows that members lend each other, so that whoever takes another's work knows its flows.
//
// As with pins (group/mirror.h) the scanner compares an index with a shadow and tells what changed, and packets tell
// nobody anything. Told are flows in which both sides have spoken: those of packets here, not those that others lent.
// A flow is told when it is new; when its stamp moves and its stage is another, or its use was told a quarter of its
// idle time ago; and when it is gone. What changes a flow without a new stamp (a FIN within the same 16 s) is told with
// the next, or by its end.
//
// The applier puts what a member told into our table, flagged `lent`: the first packet that comes by here makes the
// flow ours (core/firewall/admit.h). Members share the hash and the table's size, so a flow has the same two buckets
// everywhere, and one that is gone is named by bucket and fingerprint.
//
// What a member that lies can do: let flows in through any tenant's firewall, for it is asked whose flows there are;
// fill the table; and take back what third members lent. It cannot touch a flow that is ours, nor lend one that is half
// open or that no packet could have begun.
#pragma once

#include <functional>
#include <vector>

#include "dataplane/flow_env.h"
#include "group/message.h"

namespace waymark::group {

// What the firewall's configuration says of flows: sizes and times, and after how many stamps one in this stage goes.
struct FlowTimes {
  ExactLimits limits{};  // `buckets` is 0 where nothing is guarded
  u32 stamp = 0;         // the present one
  std::function<u32(firewall::Stage)> idle;
};

struct FlowChanges {
  std::vector<FlowRecord> flows;
  std::vector<GoneFlow> gone;
};

class FlowScanner {
 public:
  void prime(Live& live);  // what stands in the table now is no news
  // Looks at so many buckets, from where it stopped, and appends what changed there; true where that ended a pass.
  bool scan(Live& live, const FlowTimes& times, u32 buckets, FlowChanges& out);
  u64 lent() const { return lent_; }  // flows that others lent us, as seen by the passes

 private:
  struct Told {
    u64 word;   // the index word, as it was seen
    u16 stamp;  // that was told last
    u8 stage;   // likewise; 0: nothing was told
    bool lent;
  };
  void look_at(FlowEnv& env, u32 bucket, const FlowTimes& times, FlowChanges& out);

  std::vector<Told> told_;  // by way
  u32 next_ = 0;
  u64 lent_ = 0;
};

// For a member that asks for everything: the flows of so many buckets from `next` on, lent ones too; true at the end.
bool read_flows(Live& live, u32& next, u32 buckets, std::vector<FlowRecord>& out);

struct FlowMirrorCounts {
  u64 applied = 0;    // inserted or changed
  u64 refreshed = 0;  // known; used again
  u64 kept = 0;       // ours
  u64 erased = 0;     //
  u64 full = 0;       // no room
  u64 refused = 0;    // no flow that could be
  u64 raced = 0;      // a packet was there first
};

class FlowApplier {
 public:
  explicit FlowApplier(Live& live) : live_(live) {}
  void apply(const std::vector<FlowRecord>& flows, const FlowTimes& times);
  void erase(const std::vector<GoneFlow>& gone, const FlowTimes& times);
  const FlowMirrorCounts& counts() const { return counts_; }

 private:
  void apply_one(const FlowRecord& record, const FlowTimes& times);

  Live& live_;
  FlowMirrorCounts counts_;
};

}  // namespace waymark::group
