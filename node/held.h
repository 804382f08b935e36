// Fragments that came before the first of their datagram (core/early.h): held until that one has come, or for a second.
//
// Bounded: so many in all, and so many of one owner's, who is a tenant, or a client of a director's. A datagram two of
// whose fragments overlap is refused with all of them, those that are still to come included (RFC 5722).
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "base/time.h"
#include "core/types.h"

namespace waymark {

constexpr std::size_t kMostHeld = 64, kMostHeldOfOne = 16;
constexpr Duration kHeldFor = std::chrono::seconds(1), kHeldLook = std::chrono::milliseconds(5);

struct HeldFragment {
  u64 owner, datagram;  // hashes, or numbers
  u32 from, to;         // bytes of the datagram
  u32 interface;        // where it came in
  u16 reason;           // why it was punted
  std::vector<u8> frame;
};

struct HeldCounts {
  u64 held = 0;         // that were taken
  u64 released = 0;     // whose first one came
  u64 expired = 0;      // whose first one did not
  u64 full = 0;         // not taken: there was no room, or no more of its owner's share
  u64 overlapping = 0;  // dropped, as two of their datagram overlap
  u64 now = 0;          // that wait
};

class Held {
 public:
  void hold(HeldFragment fragment, Time now);
  // Tries each that waits. `send` says whether its first one has come, and sent it if so. What has waited for too long
  // goes.
  void look(Time now, const std::function<bool(const HeldFragment&)>& send);
  Time deadline() const { return waiting_.empty() ? Time::max() : look_at_; }
  HeldCounts counts() const;

 private:
  struct Waiting {
    HeldFragment fragment;
    Time until;
    bool refused;  // its datagram's fragments overlap: it stands for that, and holds no frame
  };
  std::vector<Waiting> waiting_;  // by the time they came
  HeldCounts counts_;
  Time look_at_{0};
};

}  // namespace waymark
