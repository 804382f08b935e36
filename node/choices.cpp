#include "node/choices.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>

namespace waymark {

namespace {

std::vector<std::pair<u64, u32>> signature(const Pool& pool) {
  std::vector<std::pair<u64, u32>> s;
  for (const PoolMember& m : pool.members) s.push_back({m.hash, m.weight});
  return s;
}

}  // namespace

Choices::Choices(Live& live) : live_(live) {
  const u32 half = u32(live_.half[0] & 1);
  for (u32 i = 0; i < kMaxServices; ++i) {
    const Choice& choice = live_.choice_heads[half * kMaxServices + i];
    if (!choice.prime) continue;
    cursor_.table = std::max(cursor_.table, choice.table + choice.prime - half * kMaxChoices);
    cursor_.member = std::max(cursor_.member, choice.members + choice.count - half * kMaxMembers);
  }
}

Status Choices::check(const std::vector<Pool>& pools) {
  std::map<std::vector<std::pair<u64, u32>>, u32> tables;
  u64 entries = 0, members = 0;
  for (const Pool& pool : pools) {
    members += pool.slots.size();
    if (tables.emplace(signature(pool), 0).second) entries += table_size(pool.members.size());
  }
  if (entries > kMaxChoices || members > kMaxMembers)
    return Error{
        fmt::format("the pools need {} choice entries and {} members; {} and {} fit (equal pools share a table)",
                    entries, members, kMaxChoices, kMaxMembers)};
  return Done{};
}

void Choices::write(u32 half, const Pool& pool, Cursor& cursor) {
  const auto key = signature(pool);
  auto found = cursor.shared.find(key);
  if (found == cursor.shared.end()) {
    const u32 size = table_size(pool.members.size());
    const std::vector<u16> table = maglev_table(pool.members, size);
    Choice choice{half * kMaxChoices + cursor.table, u32(table.size()), 0, u32(pool.members.size())};
    std::copy(table.begin(), table.end(), live_.choices.begin() + choice.table);
    cursor.table += u32(table.size());
    found = cursor.shared.emplace(key, choice).first;
  }
  Choice choice = found->second;
  choice.members = half * kMaxMembers + cursor.member;
  std::copy(pool.slots.begin(), pool.slots.end(), live_.members.begin() + choice.members);
  cursor.member += u32(pool.slots.size());
  live_.choice_heads[half * kMaxServices + pool.service] = choice;
}

void Choices::install(const std::vector<Pool>& pools) {
  if (pools == installed_ && !installed_.empty()) return;
  const u32 half = u32(live_.half[0] & 1) ^ 1;
  std::fill_n(live_.choice_heads.begin() + half * kMaxServices, kMaxServices, Choice{});
  Cursor cursor;
  for (const Pool& pool : pools) write(half, pool, cursor);
  std::atomic_ref(live_.half[0])
      .fetch_add(1, std::memory_order_seq_cst);  // counts generations; its lowest bit is the half
  cursor_ = std::move(cursor);
  installed_ = pools;
}

void Choices::introduce(const std::vector<Pool>& pools) {
  const u32 half = u32(live_.half[0] & 1);
  for (const Pool& pool : pools) {
    if (live_.choice_heads[half * kMaxServices + pool.service].prime) continue;
    if (cursor_.table + table_size(pool.members.size()) > kMaxChoices) return;
    if (cursor_.member + pool.slots.size() > kMaxMembers) return;
    write(half, pool, cursor_);
  }
}

}  // namespace waymark
