// What the wrapper programs of the exact state (bench_exact.bpf.cpp) and user space share: tables, keys, and which flow
// comes next.
#pragma once

#include "core/exact_insert.h"

namespace waymark::bench {

struct ExactSetup {  // read-only for the program
  ExactLimits limits;
  u32 secret[12];
};

struct ExactPlan {
  u64 packets;            // so far
  u64 found, missed;      // by packets that looked
  u64 inserted, refused;  // by packets that inserted
  u32 flows, first;       // the flows' numbers
  u32 in_turn;            // 1: one after the other; 0: at random
  u32 stamp;              // of the packets
  u32 clock_shift, unused;
};
static_assert(sizeof(ExactPlan) == 64);

// TCP flows from many sources to one service.
template <u32 Words>
WM_INLINE ExactKey<Words> flow_key(u32 n) {
  if constexpr (Words == 2)
    return {{u64(0x0a000000u + n) << 32 | 6u << 16 | 1, u64(0xc6336450u) << 32 | 40'000u << 16 | 443}};
  else
    return {{0x20010db8000c0000, n, 0x20010db800800000, 1, 40'000u << 16 | 443, 6u << 16 | 1}};
}

namespace exact_table {
template <class Record>
struct Index : Table<ExactBucket> {};
template <class Record>
struct Records : Table<Record> {};
template <class Record>
struct EmbryoIndex : Table<ExactEmbryoBucket> {};
template <class Record>
struct EmbryoRecords : Table<Record> {};
}  // namespace exact_table

template <class Record>
using Flows = ExactTable<exact_table::Index<Record>, exact_table::Records<Record>>;
template <class Record>
using Embryos = ExactTable<exact_table::EmbryoIndex<Record>, exact_table::EmbryoRecords<Record>>;

}  // namespace waymark::bench
