#include "roles/director/maglev.h"

#include <algorithm>
#include <bit>

#include "core/hash.h"

namespace waymark {

namespace {

constexpr u32 kPrime = 101;  // times a power of two

// One member's preference list is offset, offset + skip, ... modulo the table's size. It visits every entry, as skip
// and the size have no common factor.
u64 skip_of(u64 hash, u32 size) {
  u64 skip = mix(hash ^ 0x736b6970) % size | 1;
  while (skip % kPrime == 0) skip += 2;
  return skip;
}

struct Preference {
  u64 next, skip;
  double credit;  // a member takes a turn for each whole unit
  double rate;    // its weight against the pool's largest
};

}  // namespace

u32 table_size(std::size_t members) { return std::bit_ceil(std::max(1u, u32(members))) * kPrime; }

std::vector<u16> maglev_table(std::span<const PoolMember> members, u32 size) {
  u32 largest = 0;
  for (const PoolMember& m : members) largest = std::max(largest, m.weight);
  if (!largest) return {};
  std::vector<Preference> preferences;
  for (const PoolMember& m : members)
    preferences.push_back({mix(m.hash) % size, skip_of(m.hash, size), 0, double(m.weight) / largest});

  constexpr u16 kFree = 0xffff;
  std::vector<u16> table(size, kFree);
  for (u32 filled = 0; filled < size;) {
    for (u32 i = 0; i < preferences.size() && filled < size; ++i) {
      Preference& p = preferences[i];
      p.credit += p.rate;
      if (p.credit < 1) continue;
      p.credit -= 1;
      while (table[p.next] != kFree) p.next = (p.next + p.skip) % size;
      table[p.next] = u16(i);
      ++filled;
    }
  }
  return table;
}

}  // namespace waymark
