// The last events, numbered, for all who ask: the loop adds, servers' threads read and wait. Who reads too slowly is
// told how many it missed; nothing waits for it.
#pragma once

#include <chrono>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

#include "base/event.h"
#include "base/time.h"
#include "daemon/rows.h"

namespace waymark {

using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;

struct Recorded {
  u64 number;  // 1, 2, ... in one daemon's life
  WallTime time;
  Event event;
};

std::string text(WallTime time);         // RFC 3339: "2026-11-28T06:25:25.123Z"
std::string to_line(const Recorded& r);  // a JSON object and a newline; as `waymark events --json`

// That a follower missed so many before `last`, as an event of its own.
Recorded missed_event(u64 missed, u64 last, WallTime time);

class EventRing {
 public:
  static constexpr std::size_t kMost = 1000;

  const Recorded& add(Event event, WallTime time);  // by one thread; valid until the next add()

  struct Page {
    std::vector<Recorded> events;  // ascending
    u64 missed = 0;                // were there after `number`, and are not kept any more
  };
  // The first `count` after `number`. A number that was never given is of another daemon's life, and taken for 0.
  Page after(u64 number, std::size_t count) const;
  Page last(std::size_t count) const;

 private:
  Page page(u64 number, std::size_t count) const;

  mutable std::mutex mutex_;
  std::deque<Recorded> events_;
  u64 last_ = 0;
};

Rows rows_of(const EventRing::Page& page);

}  // namespace waymark
