// What an operator should know without asking: `show status` has a row for each, and the metrics count them by kind.
// All of it is made from a snapshot, and bounded: of each kind the first few in full, then their number.
#pragma once

#include <map>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "daemon/snapshot.h"

namespace waymark {

// What becomes of a target's new flows, in this order: "removed", "down", "drained", "weight 0", "unreachable",
// "unchecked", "active".
class TargetStates {
 public:
  explicit TargetStates(const Snapshot& s);
  const char* of(const TargetView& target) const;
  // Why it cannot be reached; null where it can, or where that is not known yet.
  const AdjacencyView* unreachable(const TargetView& target) const;
  const AdjacencyView* unreachable(const Address& address, Tunnel tunnel) const;

 private:
  std::map<std::pair<u64, u64>, const AdjacencyView*> ways_;  // by address
  std::set<std::string> checked_;                             // services
};

struct WarningKind {
  const char* name;     // of the metric's label
  const char* more;     // of several, after their number: "targets are unreachable"
  const char* meaning;  // for docs/api.md (a test compares)
};
std::span<const WarningKind> warning_kinds();

struct Warnings {
  static constexpr u64 kOfAKind = 3;
  std::vector<std::string> sentences;
  std::map<std::string, u64> count;  // by kind: all of them
};
Warnings warnings_of(const Snapshot& s);

}  // namespace waymark
