// Watches the reasons that packets are dropped for. One whose count begins to grow, or grows ten times as fast as it
// usually does, is told once; and again when it is over. What is usual follows slowly, so that steady noise is no news.
#pragma once

#include <string>
#include <vector>

#include "base/event.h"
#include "base/time.h"
#include "engine/replay/userspace.h"

namespace waymark {

class DropWatch {
 public:
  static constexpr Duration kEvery = std::chrono::seconds(10);
  static constexpr u64 kFew = 10;    // packets in kEvery that are no news
  static constexpr u64 kTimes = 10;  // as many as usual

  // To be called once in kEvery; sooner calls do nothing. The first one only takes note.
  std::vector<Event> look(const Counters& counters, Time now);
  Time deadline() const { return due_; }

  // The reasons that drop more than before, a sentence each.
  std::vector<std::string> growing() const;

 private:
  struct Watched {
    u64 count = 0, begun_at = 0, last = 0;
    double usual = 0;  // in kEvery
    bool growing = false;
  };
  std::vector<Watched> watched_;  // by the reason's number
  Time due_{0};
  bool began_ = false;
};

}  // namespace waymark
