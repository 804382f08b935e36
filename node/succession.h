// A pool's tables and what they were before: beside the member that each entry names now stands the one that it named
// before that, as a flow that arrives in its middle may belong to either (DESIGN.md, "The second candidate"). Pure.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "core/address.h"
#include "roles/director/maglev.h"

namespace waymark {

struct Pool {
  u32 service;  // index
  std::vector<PoolMember> members;
  std::vector<u32> slots;  // of the members, in the same order
  bool operator==(const Pool&) const = default;
};

// A service's choice as it is and was, in indices of `members`. Sizes are 101 times a power of two.
struct ChoiceTables {
  std::vector<u64> members;  // hashes: the pool's, then former ones that `before` still names
  std::vector<u16> now;      // empty: no member has a weight
  std::vector<u16> before;   // the last other owner of each entry, or kNoMember; empty: none of any
  u64 history = 0;           // `before` as one number; 0: empty
  bool operator==(const ChoiceTables&) const = default;
};
using Tables = std::shared_ptr<const ChoiceTables>;

u64 history_of(const ChoiceTables& tables);

// The tables of a pool that takes the place of `old` (null: of nothing).
ChoiceTables succeed(const ChoiceTables* old, const std::vector<PoolMember>& pool);

// A pool's next tables, made beforehand: right as long as `before` is what is in force.
struct Successor {
  Pool pool;
  Tables before, tables;
};

// Makes tables once for all pools that are alike and were alike: they share them, in memory and in the halves.
class Succession {
 public:
  // `before` itself where the pool changes nothing.
  Tables after(const Tables& before, const std::vector<PoolMember>& pool);

 private:
  using Signature = std::vector<std::pair<u64, u32>>;
  struct Made {
    std::weak_ptr<const ChoiceTables> before, tables;
  };
  std::map<std::pair<const ChoiceTables*, Signature>, Made> made_;
  std::size_t tidy_at_ = 1024;
};

// As one number that tells pools apart by what their tables depend on.
std::vector<std::pair<u64, u32>> signature(const std::vector<PoolMember>& pool);

}  // namespace waymark
