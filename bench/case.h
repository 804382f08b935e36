// A case of the bench: a way that packets take, what it costs over its null, and the proof that it was taken.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "core/types.h"

namespace waymark::bench {

class Case {
 public:
  virtual ~Case() = default;
  // Brings the tables into the state to measure.
  virtual Status prepare() = 0;
  // One run of some tens of milliseconds: nanoseconds a packet, with the program or without it.
  virtual Result<double> run(bool null) = 0;
  // After all runs: last bytes, verdict, counters and flows are what they must be, else a sentence. Gives how many
  // distinct flows were seen.
  virtual Result<u64> check() = 0;
};

struct NamedCase {
  std::string name;
  bool needs_root;
  std::unique_ptr<Case> (*make)();
  double limit;  // of `net`, in ns: what the project holds itself to
};

// All there are, in the order of the report.
const std::vector<NamedCase>& all_cases();

struct Measured {
  std::string name;
  double min = 0, null = 0, median = 0, limit = 0;
  u32 runs = 0;
  u64 flows = 0;
  std::string failed = {};  // why there are no numbers; empty where there are
  double net() const { return min - null; }
};

// CPU time of this thread, in seconds.
double thread_seconds();

// Runs the cases in turn, `runs` times round; each is then checked. One that fails is left out from there on.
std::vector<Measured> measure(const std::vector<const NamedCase*>& cases, u32 runs);

}  // namespace waymark::bench
