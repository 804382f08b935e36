// Packets that the program sent and a driver did not take. The program cannot know: by then its verdict is counted. So
// it is read from what drivers count themselves (rtnetlink/driver.h), as far as they do.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/event.h"
#include "base/time.h"

namespace waymark {

// Of one interface since the daemon began to look.
struct RefusedView {
  std::string interface;
  u64 packets = 0;
};

class RefusedWatch {
 public:
  static constexpr Duration kEvery = std::chrono::seconds(10);
  static constexpr u64 kFew = 10;  // packets in kEvery that are no news

  struct Reading {
    std::string interface;
    std::optional<u64> count;  // since the driver began; none: it counts no such thing
  };
  // To be called at deadline(), with all interfaces that packets leave by. What was counted before an interface's first
  // reading is not ours.
  std::vector<Event> look(const std::vector<Reading>& readings, Time now);
  Time deadline() const { return due_; }

  std::vector<RefusedView> views() const;    // of drivers that count it, in the order of their names
  std::vector<std::string> growing() const;  // a sentence for each interface whose driver refuses packets now

 private:
  struct Watched {
    u64 count = 0, packets = 0, last = 0;  // the driver's; ours; of these in the last look
    bool growing = false;
  };
  std::map<std::string, Watched> watched_;
  Time due_{0};
};

}  // namespace waymark
