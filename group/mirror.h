// Pins that directors lend each other, so that a flow which comes to another director finds its target there.
//
// The Scanner compares the table with a shadow of what it saw before, slice by slice, and tells what changed: packets
// write pins without telling anybody, and reading 10 MB in order costs less than one word more in each packet. The
// shadow is a table of the same shape; where the table has a bucket's spill filter, it has the stamps that were told
// last of the seven pins. A pin's use is told anew only each quarter of its idle time.
//
// The Applier puts what a peer told into our table, flagged `mirrored`: the first packet of the flow makes it ours
// (core/pins.h), and a pin of ours may take its way where all else is full. Slots mean something on their own node
// only; both sides translate them into identities, made of the target's address and port, and of what its service is.
//
// What a peer that lies can do. It can lend pins of flows that have no pin here: the first that opens such a flow anew
// goes by our own choice, so the lie reaches only flows that began elsewhere, at the peer if anywhere. It can name any
// target of ours, but packets follow a pin only to targets of their own service. It can fill ways: they yield to our
// own pins, and nobody moves out for good. It can correct pins that we ourselves made in the middle of a flow and do
// not trust (`adopted`), or whose flow is over: closing, or of a target that is dead. It can take back, or overwrite,
// what third members lent: those flows are then as if that third had lent nothing. It cannot touch a pin that is ours
// and sure, nor make a word that is no pin: bucket, state and slot are checked, and the rest of a word is made here.
// What is refused is counted by peer.
#pragma once

#include <functional>
#include <unordered_map>
#include <vector>

#include "core/pins.h"
#include "dataplane/image.h"
#include "group/message.h"

namespace waymark::group {

// After how many stamps without a packet the pin of a slot goes.
using IdleStamps = std::function<u32(u32 slot, PinState state)>;

// Stamps that look a few ahead of ours were written by packets after we had read the clock.
constexpr u32 kStampsAhead = 8;

// A flow's first bucket, from where its word stands: a pin's, or one of an exact index.
inline u32 first_bucket(u32 bucket, u64 word, u32 buckets) {
  return word >> 63 ? partner(bucket, u32(word), buckets) : bucket;
}

// The same on all members, whatever their slots, own addresses and names: where the tunnel ends (Target::end), and in
// the lowest 16 bits a hint at the service (SlotName::scope), as members may be configured one after the other. Never
// 0.
u64 identity_of_target(u64 scope, u64 end);

// What our slots stand for.
class SlotIdentities {
 public:
  std::vector<SlotIdentity> refresh(const Live& live);  // what has changed since the last call
  std::vector<SlotIdentity> all() const;
  // The slot of that service's target, else of another's that ends in the same place: the flow's first packet moves its
  // pin to the right one (target_of_pin in roles/director/packet_flow.h). 0: we have no such target.
  u32 slot_of(u64 identity) const;
  bool knows(u32 slot) const { return slot < slots_.size() && slots_[slot].identity != 0; }

 private:
  struct Slot {
    u64 identity = 0;  // 0: free
    u32 incarnation = 0;
  };
  std::vector<Slot> slots_;
  u32 newest_ = 0;                                     // Meta::next_incarnation at the last refresh; 0: unknown
  std::unordered_map<u64, u32> by_identity_, by_end_;  // of several slots the latest incarnation's
};

struct PinChanges {
  std::vector<PinRecord> pins;  // as on the wire: with ages in place of stamps
  std::vector<GonePin> gone;
};

class Scanner {
 public:
  explicit Scanner(IdleStamps idle) : idle_(std::move(idle)) {}

  // What stands in the table now is not news: only what changes from here on.
  void prime(const Live& live);

  // Looks at so many buckets, from where it stopped, and appends what changed there; true where that ended a pass. What
  // others lent us is not told. A pin that moves and goes within one pass may not be told as gone: the peer's own
  // sweeper lets it go then.
  bool scan(const Live& live, u32 stamp, u32 buckets, PinChanges& out);

  u64 mirrored() const { return mirrored_; }  // pins that others lent us, as seen by the passes

 private:
  void look_at(const Live& live, u32 bucket, u32 stamp, PinChanges& out);
  bool is_news(u64 before, u64 now, u32 told) const;

  IdleStamps idle_;
  std::vector<PinBucket> shadow_;
  u32 next_ = 0;
  u64 mirrored_ = 0;
};

// For a peer that asks for everything: the pins of so many buckets from `next` on; true at the table's end.
bool read_pins(const Live& live, u32 stamp, u32& next, u32 buckets, bool lent_too, std::vector<PinRecord>& out);

struct MirrorCounts {
  u64 applied = 0;         // inserted or changed
  u64 refreshed = 0;       // known; used again
  u64 kept = 0;            // what we have is better
  u64 erased = 0;          //
  u64 unknown_target = 0;  // we have no such target
  u64 full = 0;            // no room
  u64 refused = 0;         // no pin at all
  u64 raced = 0;           // a packet or another CPU was there first
};

class Applier {
 public:
  // `stale_stamps`: so old a pin of any service may go (Settings::stale_stamps).
  Applier(Live& live, const SlotIdentities& ours, IdleStamps idle, u32 stale_stamps);

  void set_stale(u32 stamps) { stale_stamps_ = stamps; }
  void set_slots(const std::vector<SlotIdentity>& changed);  // the peer's
  void forget_slots() { theirs_.clear(); }
  void apply(const std::vector<PinRecord>& pins, u32 stamp);
  void erase(const std::vector<GonePin>& gone, u32 stamp);
  const MirrorCounts& counts() const { return counts_; }

 private:
  void apply_one(const PinRecord& record, u32 stamp);
  void insert(const PinPlace& place, Pin pin, u32 stamp);
  void merge(Found found, Pin pin, bool lent, u32 stamp);
  bool is_dead(u32 slot) const;
  bool is_over(const Pin& pin) const;

  Live& live_;
  const SlotIdentities& ours_;
  IdleStamps idle_;
  u32 stale_stamps_;
  std::unordered_map<u32, u64> theirs_;  // slot to identity
  MirrorCounts counts_;
};

}  // namespace waymark::group
