// The consistent choice's tables in memory: two halves, one of which packets read; the other is filled, then one word
// flips. Equal pools share one table.
#pragma once

#include <map>
#include <vector>

#include "base/result.h"
#include "dataplane/image.h"
#include "roles/director/maglev.h"

namespace waymark {

struct Pool {
  u32 service;  // index
  std::vector<PoolMember> members;
  std::vector<u32> slots;  // of the members, in the same order
  bool operator==(const Pool&) const = default;
};

class Choices {
 public:
  explicit Choices(Live& live);  // keeps what packets are reading, though not what it was made of

  // Fails where the pools' tables would not fit into a half.
  static Status check(const std::vector<Pool>& pools);

  // Writes all pools into the half that packets do not read, and flips. Does nothing when nothing changed. Not to be
  // called twice within a packet's time (some 10 ms): the other half may still be in a packet's hands.
  void install(const std::vector<Pool>& pools);

  // Makes services that packets cannot reach yet ready in the half that they do read, for the moment between the swap
  // of the program and install(). Only for services without a choice in force, and only as far as there is room beside
  // what is in force: what finds none begins with install(), milliseconds later.
  void introduce(const std::vector<Pool>& pools);

 private:
  struct Cursor {
    u32 table = 0, member = 0;
    std::map<std::vector<std::pair<u64, u32>>, Choice> shared;
  };
  void write(u32 half, const Pool& pool, Cursor& cursor);

  Live& live_;
  std::vector<Pool> installed_;
  Cursor cursor_;  // of the half in force
};

}  // namespace waymark
