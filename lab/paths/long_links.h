// Links of lab `paths` that are long: a forwarder in the middle of each delays its frames (`lab traffic delay`).
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <utility>

#include "base/time.h"
#include "lab/kit/process.h"
#include "lab/paths/site.h"

namespace waymark::lab {

struct LongLink {
  u32 a, b;  // POPs, the lower id first
  Duration delay;
};

inline constexpr LongLink kLongLinks[] = {{1, 3, std::chrono::milliseconds(15)}, {2, 3, std::chrono::milliseconds(5)}};

const LongLink* long_link(u32 a, u32 b);  // null: it is not one
// The node in the middle; its interfaces are called like the POPs that they lead to.
std::string middle_of(const LongLink& link);

class LongLinks {
 public:
  Status start(const PathsSite& site, const std::string& waymark, bool outlives_us);
  Status delay(u32 a, u32 b, Duration delay);

  struct Report {
    u64 frames = 0, lost = 0;  // carried, and those that found no room
    Duration cpu = {};
  };
  Result<Report> report();  // of all of them since the start

 private:
  Result<Report> tell(Process& forwarder, const std::string& command);
  std::map<std::pair<u32, u32>, Process> forwarders_;
};

}  // namespace waymark::lab
