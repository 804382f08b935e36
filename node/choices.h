// The consistent choice's tables in memory: two halves, one of which packets read; the other is filled, then one word
// flips. Beside the member that each entry names now stands the one that it named before that: a flow that arrives in
// its middle may belong to either (DESIGN.md, "The second candidate"). Equal pools with equal pasts share their tables.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <vector>

#include "base/result.h"
#include "dataplane/image.h"
#include "roles/director/maglev.h"

namespace waymark {

// What a target is in a pool, the same on every director: where its tunnel ends, not its name or slot.
u64 member_hash(const Address& address, u16 port);

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
  bool operator==(const ChoiceTables&) const = default;
};

// The tables of a pool that takes the place of `old` (null: of nothing).
ChoiceTables succeed(const ChoiceTables* old, const std::vector<PoolMember>& pool);

class Choices {
 public:
  explicit Choices(Live& live);  // takes up what packets are reading

  // Fails where the pools' tables would not fit into a half.
  static Status check(const std::vector<Pool>& pools);

  // Writes all pools into the half that packets do not read, and flips. Does nothing when nothing changed. Not to be
  // called twice within a packet's time (some 10 ms): the other half may still be in a packet's hands.
  void install(const std::vector<Pool>& pools);

  // Makes services that packets cannot reach yet ready in the half that they do read, for the moment between the swap
  // of the program and install(). Only for services without a choice in force, and only as far as there is room beside
  // what is in force: what finds none begins with install(), milliseconds later.
  void introduce(const std::vector<Pool>& pools);

  // These slots are free for others: no entry may name them any more.
  void forget(std::span<const u32> slots);

  // What a service's former choices were, as one number: 0 where it has no past.
  u64 history(u32 service) const;

 private:
  using Tables = std::shared_ptr<const ChoiceTables>;
  struct InForce {
    Tables tables;
    std::vector<u32> slots;  // of tables->members
  };
  struct Cursor {
    u32 table = 0, member = 0, previous = 0;
    std::map<const ChoiceTables*, Choice> shared;
  };
  InForce read(u32 service) const;
  bool write(u32 half, u32 service, const InForce& what, Cursor& cursor);

  Live& live_;
  std::vector<Pool> installed_;
  std::map<u32, InForce> in_force_;  // by service
  Cursor cursor_;                    // of the half in force
};

}  // namespace waymark
