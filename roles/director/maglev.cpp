#include "roles/director/maglev.h"

#include <algorithm>
#include <bit>

#include "core/hash.h"

namespace waymark {

namespace {

bool is_prime(u32 n) {
  for (u32 d = 2; u64(d) * d <= n; ++d)
    if (n % d == 0) return false;
  return n > 1;
}

// One member's preference list is offset, offset + skip, ... modulo the table's size.
struct Preference {
  u64 next, skip;
  double credit;  // a member takes a turn for each whole unit
  double rate;    // its weight against the pool's largest
};

}  // namespace

u32 table_size(std::size_t members) {
  u32 n = std::bit_ceil(std::max(1u, u32(members))) * 100;
  while (!is_prime(n)) ++n;
  return n;
}

std::vector<u16> maglev_table(std::span<const PoolMember> members, u32 size) {
  u32 largest = 0;
  for (const PoolMember& m : members) largest = std::max(largest, m.weight);
  if (!largest) return {};
  std::vector<Preference> preferences;
  for (const PoolMember& m : members)
    preferences.push_back(
        {mix(m.hash) % size, mix(m.hash ^ 0x736b6970) % (size - 1) + 1, 0, double(m.weight) / largest});

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
