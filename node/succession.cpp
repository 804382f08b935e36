#include "node/succession.h"

#include <algorithm>
#include <unordered_map>

#include "core/hash.h"
#include "core/records.h"

namespace waymark {

namespace {

// Entry `i` of a table of `size` entries, as an index into one of the tables whose sizes divide it.
u16 at(const std::vector<u16>& table, std::size_t i, std::size_t size) {
  return table.empty() ? kNoMember : table[i / (size / table.size())];
}

// A table of half the size says the same where each two neighbours agree.
void compact(std::vector<u16>& table) {
  if (std::all_of(table.begin(), table.end(), [](u16 m) { return m == kNoMember; })) table.clear();
  while (!table.empty() && table.size() % 2 == 0) {
    for (std::size_t i = 0; i < table.size(); i += 2)
      if (table[i] != table[i + 1]) return;
    for (std::size_t i = 0; i < table.size() / 2; ++i) table[i] = table[2 * i];
    table.resize(table.size() / 2);
  }
}

// Indices of an older list of members in a newer one, where former members join as they are named.
class Renumbering {
 public:
  Renumbering(const std::vector<u64>& old, std::vector<u64>& next)
      : old_(old), next_(next), known_(old.size(), kUnknown) {
    for (std::size_t i = 0; i < next.size(); ++i) place_.try_emplace(next[i], u16(i));
  }
  u16 operator()(u16 index) {
    if (index == kNoMember) return index;
    u32& known = known_[index];
    if (known != kUnknown) return u16(known);
    const auto [place, joins] = place_.try_emplace(old_[index], u16(next_.size()));
    if (joins) next_.push_back(old_[index]);
    return u16(known = place->second);
  }

 private:
  static constexpr u32 kUnknown = ~0u;
  const std::vector<u64>& old_;
  std::vector<u64>& next_;
  std::vector<u32> known_;
  std::unordered_map<u64, u16> place_;  // the first of those with this hash
};

}  // namespace

u64 history_of(const ChoiceTables& tables) {
  if (tables.before.empty()) return 0;
  u64 h = tables.before.size();
  for (u16 m : tables.before) h = mix(h ^ (m == kNoMember ? 0 : tables.members[m]));
  return h;
}

ChoiceTables succeed(const ChoiceTables* old, const std::vector<PoolMember>& pool) {
  ChoiceTables next;
  for (const PoolMember& m : pool) next.members.push_back(m.hash);
  next.now = maglev_table(pool, table_size(pool.size()));
  if (!old) return next;
  Renumbering renumber(old->members, next.members);
  const std::size_t size = std::max({old->now.size(), old->before.size(), next.now.size()});
  next.before.assign(size, kNoMember);
  for (std::size_t i = 0; i < size; ++i) {
    const u16 was = renumber(at(old->now, i, size)), is = at(next.now, i, size);
    next.before[i] = was != kNoMember && was != is ? was : renumber(at(old->before, i, size));
    if (next.before[i] == is) next.before[i] = kNoMember;
  }
  compact(next.before);
  next.history = history_of(next);
  return next;
}

std::vector<std::pair<u64, u32>> signature(const std::vector<PoolMember>& pool) {
  std::vector<std::pair<u64, u32>> s;
  s.reserve(pool.size());
  for (const PoolMember& m : pool) s.push_back({m.hash, m.weight});
  return s;
}

Tables Succession::after(const Tables& before, const std::vector<PoolMember>& pool) {
  if (made_.size() >= tidy_at_) {
    std::erase_if(made_, [](const auto& made) { return made.second.tables.expired(); });
    tidy_at_ = std::max<std::size_t>(1024, 2 * made_.size());
  }
  Made& made = made_[{before.get(), signature(pool)}];
  // The address may be another table's by now: then these are of nobody.
  const bool same = !made.before.owner_before(before) && !before.owner_before(made.before);
  if (same)
    if (Tables known = made.tables.lock()) return known;
  auto next = std::make_shared<const ChoiceTables>(succeed(before.get(), pool));
  Tables tables = before && *next == *before ? before : next;
  made = {before, tables};
  return tables;
}

}  // namespace waymark
