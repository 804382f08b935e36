#include "dataplane/halves.h"

#include <algorithm>
#include <atomic>
#include <cstring>

namespace waymark {

namespace {

// Of one half: what is used of the image's first one.
template <class V>
std::span<const V> first_half(const std::vector<V>& both) {
  return std::span(both).first(both.size() / 2);
}

template <class V>
bool same_bytes(const std::vector<V>& a, const std::vector<V>& b) {
  return a.size() == b.size() && (a.empty() || !std::memcmp(a.data(), b.data(), a.size() * sizeof(V)));
}

// Of tables that are there once, all; of halved ones, the room.
template <class V>
bool may_stay(TableClass kind, const std::vector<V>& loaded, const std::vector<V>& next) {
  return kind == TableClass::halved ? loaded.size() == next.size() : same_bytes(loaded, next);
}

}  // namespace

bool may_flip(const Image& loaded, const Image& next) {
#define WM_SAME(NAME, RECORD, ENTRIES, CLASS) &&may_stay(TableClass::CLASS, loaded.NAME, next.NAME)
  return loaded.roles == next.roles && loaded.first == next.first && loaded.targets == next.targets &&
         !std::memcmp(&loaded.settings, &next.settings, sizeof next.settings)  //
         WM_CONFIG_TABLES(WM_SAME);
#undef WM_SAME
}

void flip(const PrefixHalves& halves, const Image& next) {
  const u32 spare = halves.lengths->half ? 0 : 1;
  const std::span<const PrefixBucket> prefixes = first_half(next.prefixes);
  const std::span<const Mapping> mappings = first_half(next.mappings);
  std::copy(prefixes.begin(), prefixes.end(), halves.prefixes.subspan(spare * prefixes.size()).begin());
  std::copy(mappings.begin(), mappings.end(), halves.mappings.subspan(spare * mappings.size()).begin());
  PrefixLengths& lengths = halves.lengths->of[spare];
  lengths = next.lengths.of[0];
  lengths.bucket = spare * u32(prefixes.size());
  lengths.mapping = spare * u32(mappings.size());
  std::atomic_ref(halves.lengths->half).store(spare, std::memory_order_release);
}

}  // namespace waymark
