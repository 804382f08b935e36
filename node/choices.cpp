#include "node/choices.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>

#include "core/hash.h"

namespace waymark {

namespace {

using Signature = std::vector<std::pair<u64, u32>>;

Signature signature(const Pool& pool) {
  Signature s;
  for (const PoolMember& m : pool.members) s.push_back({m.hash, m.weight});
  return s;
}

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

}  // namespace

u64 member_hash(const Address& address, u16 port) { return mix(address.high ^ mix(address.low ^ port)); }

ChoiceTables succeed(const ChoiceTables* old, const std::vector<PoolMember>& pool) {
  ChoiceTables next;
  for (const PoolMember& m : pool) next.members.push_back(m.hash);
  next.now = maglev_table(pool, table_size(pool.size()));
  if (!old) return next;
  std::map<u16, u16> renumbered;  // old index -> new one; former members join where they are named
  const auto renumber = [&](u16 index) {
    if (index == kNoMember) return index;
    const auto [known, is_new] = renumbered.emplace(index, u16(0));
    if (!is_new) return known->second;
    const auto found = std::find(next.members.begin(), next.members.end(), old->members[index]);
    known->second = u16(found - next.members.begin());
    if (found == next.members.end()) next.members.push_back(old->members[index]);
    return known->second;
  };
  const std::size_t size = std::max({old->now.size(), old->before.size(), next.now.size()});
  next.before.assign(size, kNoMember);
  for (std::size_t i = 0; i < size; ++i) {
    const u16 was = renumber(at(old->now, i, size)), is = at(next.now, i, size);
    next.before[i] = was != kNoMember && was != is ? was : renumber(at(old->before, i, size));
    if (next.before[i] == is) next.before[i] = kNoMember;
  }
  compact(next.before);
  return next;
}

Choices::Choices(Live& live) : live_(live) {
  const u32 half = u32(live_.half[0] & 1);
  std::map<std::pair<u32, u32>, std::vector<Tables>> seen;
  for (u32 i = 0; i < kMaxServices; ++i) {
    const Choice& choice = live_.choice_heads[half * kMaxServices + i];
    if (!choice.size && !choice.previous_size) continue;
    InForce what = read(i);
    auto& alike = seen[{choice.table, choice.previous}];
    const auto same = std::find_if(alike.begin(), alike.end(), [&](auto& t) { return *t == *what.tables; });
    if (same != alike.end())
      what.tables = *same;
    else
      alike.push_back(what.tables);
    in_force_[i] = std::move(what);
    cursor_.table = std::max(cursor_.table, choice.table + choice.size - half * kMaxChoices);
    cursor_.previous = std::max(cursor_.previous, choice.previous + choice.previous_size - half * kMaxChoices);
    cursor_.member = std::max(cursor_.member, choice.members + choice.count - half * kMaxMembers);
  }
}

Choices::InForce Choices::read(u32 service) const {
  const u32 half = u32(live_.half[0] & 1);
  const Choice& choice = live_.choice_heads[half * kMaxServices + service];
  InForce out;
  auto tables = std::make_shared<ChoiceTables>();
  const auto members = live_.members.subspan(choice.members, choice.count);
  out.slots.assign(members.begin(), members.end());
  for (u32 slot : out.slots) {
    const Target& target = live_.targets[slot < live_.targets.size() ? slot : 0];
    tables->members.push_back(slot ? member_hash(target.outer_destination, number(target.port)) : 0);
  }
  const auto now = live_.choices.subspan(choice.table, choice.size);
  tables->now.assign(now.begin(), now.end());
  const auto before = live_.previous.subspan(choice.previous, choice.previous_size);
  tables->before.assign(before.begin(), before.end());
  out.tables = std::move(tables);
  return out;
}

Status Choices::check(const std::vector<Pool>& pools) {
  std::map<Signature, u32> tables;
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

// False where it does not fit. The past gives way first: without it flows are served as by a director that has none.
bool Choices::write(u32 half, u32 service, const InForce& what, Cursor& cursor) {
  const ChoiceTables& tables = *what.tables;
  auto found = cursor.shared.find(&tables);
  if (found == cursor.shared.end()) {
    if (cursor.table + tables.now.size() > kMaxChoices) return false;
    Choice choice{half * kMaxChoices + cursor.table, u32(tables.now.size()), 0, 0, 0, 0, {}};
    std::copy(tables.now.begin(), tables.now.end(), live_.choices.begin() + choice.table);
    cursor.table += choice.size;
    if (cursor.previous + tables.before.size() <= kMaxChoices) {
      choice.previous = half * kMaxChoices + cursor.previous;
      choice.previous_size = u32(tables.before.size());
      std::copy(tables.before.begin(), tables.before.end(), live_.previous.begin() + choice.previous);
      cursor.previous += choice.previous_size;
    }
    found = cursor.shared.emplace(&tables, choice).first;
  }
  if (cursor.member + what.slots.size() > kMaxMembers) return false;
  Choice choice = found->second;
  choice.members = half * kMaxMembers + cursor.member;
  choice.count = u32(what.slots.size());
  std::copy(what.slots.begin(), what.slots.end(), live_.members.begin() + choice.members);
  cursor.member += choice.count;
  live_.choice_heads[half * kMaxServices + service] = choice;
  return true;
}

void Choices::install(const std::vector<Pool>& pools) {
  if (pools == installed_ && !installed_.empty()) return;
  std::map<std::pair<const ChoiceTables*, Signature>, Tables> made;
  std::map<u32, InForce> next;
  for (const Pool& pool : pools) {
    const auto old = in_force_.find(pool.service);
    const ChoiceTables* before = old == in_force_.end() ? nullptr : old->second.tables.get();
    Tables& tables = made[{before, signature(pool)}];
    if (!tables) tables = std::make_shared<ChoiceTables>(succeed(before, pool.members));
    InForce what{tables, pool.slots};
    for (std::size_t i = pool.slots.size(); i < tables->members.size(); ++i) {  // former members keep their slots
      const auto& names = before->members;
      const auto at = std::size_t(std::find(names.begin(), names.end(), tables->members[i]) - names.begin());
      what.slots.push_back(at < old->second.slots.size() ? old->second.slots[at] : 0);
    }
    next[pool.service] = std::move(what);
  }
  const u32 half = u32(live_.half[0] & 1) ^ 1;
  std::fill_n(live_.choice_heads.begin() + half * kMaxServices, kMaxServices, Choice{});
  Cursor cursor;
  for (const auto& [service, what] : next) write(half, service, what, cursor);
  std::atomic_ref(live_.half[0])
      .fetch_add(1, std::memory_order_seq_cst);  // counts generations; its lowest bit is the half
  in_force_ = std::move(next);
  cursor_ = std::move(cursor);
  installed_ = pools;
}

void Choices::introduce(const std::vector<Pool>& pools) {
  const u32 half = u32(live_.half[0] & 1);
  std::map<Signature, Tables> made;
  for (const Pool& pool : pools) {
    if (live_.choice_heads[half * kMaxServices + pool.service].size) continue;
    Tables& tables = made[signature(pool)];
    if (!tables) tables = std::make_shared<ChoiceTables>(succeed(nullptr, pool.members));
    if (!write(half, pool.service, {tables, pool.slots}, cursor_)) return;
    in_force_[pool.service] = {tables, pool.slots};
  }
}

void Choices::forget(std::span<const u32> slots) {
  const auto gone = [&](u32 slot) { return std::find(slots.begin(), slots.end(), slot) != slots.end(); };
  for (u32 half = 0; half < 2; ++half)
    for (u32 service = 0; service < kMaxServices; ++service) {
      const Choice& choice = live_.choice_heads[half * kMaxServices + service];
      for (u32& slot : live_.members.subspan(choice.members, choice.count))
        if (gone(slot)) std::atomic_ref(slot).store(0, std::memory_order_release);
    }
  for (auto& [service, what] : in_force_)
    for (u32& slot : what.slots)
      if (gone(slot)) slot = 0;
}

u64 Choices::history(u32 service) const {
  const auto found = in_force_.find(service);
  if (found == in_force_.end() || found->second.tables->before.empty()) return 0;
  const ChoiceTables& tables = *found->second.tables;
  u64 h = tables.before.size();
  for (u16 m : tables.before) h = mix(h ^ (m == kNoMember ? 0 : tables.members[m]));
  return h;
}

}  // namespace waymark
