// An exact table in plain memory, with a hook to step in wherever a record is looked up.
#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "core/exact_insert.h"

namespace waymark {

namespace table {
struct ExactFlows : Table<ExactBucket> {};
struct ExactNew : Table<ExactEmbryoBucket> {};
template <class Record>
struct ExactFlowRecords : Table<Record> {};
template <class Record>
struct ExactNewRecords : Table<Record> {};
}  // namespace table

template <class Record>
struct ExactMemory {
  using Flows = ExactTable<table::ExactFlows, table::ExactFlowRecords<Record>>;
  using New = ExactTable<table::ExactNew, table::ExactNewRecords<Record>>;
  using Flow = ExactFlow<Record>;

  ExactLimits limits;
  std::vector<ExactBucket> index;
  std::vector<Record> records;
  std::vector<ExactEmbryoBucket> embryo_index;
  std::vector<Record> embryo_records;

  explicit ExactMemory(u32 buckets, u32 embryo_buckets = 64)
      : limits{buckets, embryo_buckets, 400, 40},
        index(buckets),
        records(buckets * kExactWays),
        embryo_index(embryo_buckets),
        embryo_records(embryo_buckets * kExactEmbryoWays) {}
};

template <class Record>
struct ExactEnv {  // one for each thread
  using Memory = ExactMemory<Record>;
  using Key = ExactKey<kKeyWords<Record>>;
  using Flow = typename Memory::Flow;
  Memory& memory;
  u64 buckets_read = 0;
  std::function<void()> when_a_record_is_looked_up{};

  ExactBucket* at(table::ExactFlows, u32 i) { return ++buckets_read, within(memory.index, i); }
  ExactEmbryoBucket* at(table::ExactNew, u32 i) { return within(memory.embryo_index, i); }
  Record* at(table::ExactFlowRecords<Record>, u32 i) { return step_in(), within(memory.records, i); }
  Record* at(table::ExactNewRecords<Record>, u32 i) { return step_in(), within(memory.embryo_records, i); }

  // The same for a test to call.
  static constexpr u32 kSecret[12] = {0x9e3779b1, 0x85ebca6b, 0xc2b2ae35, 0x27d4eb2f, 0x165667b1, 0xd3a2646c,
                                      0xfd7046c5, 0xb55a4f09, 0x01000193, 0x811c9dc5, 0x5bd1e995, 0xcc9e2d51};
  PinPlace place(const Key& key) const { return place_in(hash_key(kSecret, key), memory.limits.buckets); }
  Flow find(const Key& key) { return find(key, place(key)); }
  Flow find(const Key& key, const PinPlace& at) {
    return find_exact<typename Memory::Flows>(*this, memory.limits, at, key);
  }
  Flow find_embryo(const Key& key) {
    return find_exact_embryo<typename Memory::New>(*this, memory.limits, place(key), key);
  }
  Inserted insert(const Key& key, u64 state, u64 user, u32 stamp = 0) {
    return insert(key, place(key), state, user, stamp);
  }
  Inserted insert(const Key& key, const PinPlace& at, u64 state, u64 user, u32 stamp = 0) {
    return insert_exact<typename Memory::Flows>(*this, memory.limits, at, key, state, user, stamp);
  }
  Inserted insert_embryo(const Key& key, u64 state, u64 user, u32 stamp = 0) {
    return insert_exact_embryo<typename Memory::New>(*this, memory.limits, place(key), key, state, user, stamp);
  }
  Inserted promote(const Key& key, const Flow& embryo, u32 stamp = 0) {
    return waymark::promote<typename Memory::Flows>(*this, memory.limits, place(key), key, embryo, stamp);
  }

 private:
  template <class V>
  static V* within(std::vector<V>& table, u32 i) {
    return i < table.size() ? &table[i] : nullptr;
  }
  void step_in() {
    if (const auto step = std::exchange(when_a_record_is_looked_up, nullptr)) step();  // once
  }
};

// A key of so many words for each number, and the number of a key.
template <u32 Words>
ExactKey<Words> exact_key(u64 n) {
  ExactKey<Words> key{};
  for (u32 i = 0; i < Words; ++i) key.word[i] = mix(n * Words + i + 1);
  return key;
}

// Of IPv4 flows, which most tests are about.
namespace exact4 {
using Memory = ExactMemory<ExactRecord4>;
using Env4 = ExactEnv<ExactRecord4>;

inline ExactKey<2> key(u64 n) { return exact_key<2>(n); }

inline u64 live_ways(const Memory& memory) {
  u64 count = 0;
  for (const ExactBucket& bucket : memory.index)
    for (u64 word : bucket.way) count += u32(word) && phase_of(word) == ExactPhase::live;
  return count;
}
}  // namespace exact4

}  // namespace waymark
