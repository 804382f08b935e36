// The tables of the exact state as user space has them, of the kernel or its own, and how the bench fills them.
#pragma once

#include <random>
#include <span>

#include "bench/exact_plan.h"
#include "bench/site.h"
#include "dataplane/image.h"

namespace waymark::bench {

// A table of the kernel's, or of our own.
template <class Record>
struct Tables {
  std::span<ExactBucket> index;
  std::span<Record> records;
  std::span<ExactEmbryoBucket> embryo_index;
  std::span<Record> embryo_records;

  ExactBucket* at(exact_table::Index<Record>, u32 i) { return i < index.size() ? &index[i] : nullptr; }
  Record* at(exact_table::Records<Record>, u32 i) { return i < records.size() ? &records[i] : nullptr; }
  ExactEmbryoBucket* at(exact_table::EmbryoIndex<Record>, u32 i) {
    return i < embryo_index.size() ? &embryo_index[i] : nullptr;
  }
  Record* at(exact_table::EmbryoRecords<Record>, u32 i) {
    return i < embryo_records.size() ? &embryo_records[i] : nullptr;
  }

  // Inserts so many flows, from `first` on: how many found room.
  u32 fill(const ExactSetup& setup, u32 first, u32 flows) {
    u32 in = 0;
    for (u32 n = first; n < first + flows; ++n) {
      const ExactKey<kKeyWords<Record>> key = flow_key<kKeyWords<Record>>(n);
      const PinPlace place = place_in(hash_key(setup.secret, key), setup.limits.buckets);
      in += is_in(insert_exact<Flows<Record>>(*this, setup.limits, place, key, 1, n, 0));
    }
    return in;
  }
};

inline ExactSetup setup_for(u32 flows) {
  ExactSetup setup = {{pin_buckets_for(flows), embryo_buckets_for(flows), 400, 40}, {}};
  std::mt19937 random(1);
  for (u32& word : setup.secret) word = u32(random());
  return setup;
}

}  // namespace waymark::bench
