#include "node/choices.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <utility>

#include "core/outer.h"

namespace waymark {

Choices::Choices(Live& live) : live_(live), wanted_(kMaxServices), installed_(kMaxServices) {
  for (Half& half : halves_) half.written.resize(kMaxServices);
  const u32 half = u32(live_.half[0] & 1);
  Half& here = halves_[half];
  here.whole = true;
  std::map<std::pair<u32, u32>, std::vector<Tables>> seen;
  for (u32 i = 0; i < kMaxServices; ++i) {
    const Choice& choice = live_.choice_heads[head_at(half, i)];
    if (!choice.size && !choice.previous_size) continue;
    InForce what = read(choice);
    auto& alike = seen[{choice.table, choice.previous}];
    const auto same = std::find_if(alike.begin(), alike.end(), [&](auto& t) { return *t == *what.tables; });
    if (same != alike.end())
      what.tables = *same;
    else
      alike.push_back(what.tables);
    Placed& placed = here.placed[what.tables.get()];
    placed = {choice.table - half * kMaxChoices,
              choice.size,
              choice.previous - half * kMaxChoices,
              choice.previous_size,
              choice.previous_size,
              placed.users + 1};
    if (alike.size() > 1)  // several users, of whom we know differently: nobody's place to write in
      for (const Tables& t : alike) here.placed[t.get()].table_room = here.placed[t.get()].previous_room = 0;
    here.written[i] = {what, choice.members - half * kMaxMembers, choice.count};
    here.table = std::max(here.table, placed.table + choice.size);
    if (choice.previous_size) here.previous = std::max(here.previous, placed.previous + choice.previous_size);
    here.member = std::max(here.member, here.written[i].members + choice.count);
    wanted_[i] = std::move(what);
    ++count_;
  }
}

Choices::InForce Choices::read(const Choice& choice) const {
  InForce out;
  auto tables = std::make_shared<ChoiceTables>();
  const auto members = live_.members.subspan(choice.members, choice.count);
  out.slots.assign(members.begin(), members.end());
  for (u32 slot : out.slots) {
    const Target& target = live_.targets[slot < live_.targets.size() ? slot : 0];
    tables->members.push_back(slot ? target.end : 0);
  }
  const auto now = live_.choices.subspan(choice.table, choice.size);
  tables->now.assign(now.begin(), now.end());
  const auto before = live_.previous.subspan(choice.previous, choice.previous_size);
  tables->before.assign(before.begin(), before.end());
  tables->history = history_of(*tables);
  out.tables = std::move(tables);
  return out;
}

Status Choices::check(const std::vector<Pool>& pools) {
  std::map<std::vector<std::pair<u64, u32>>, u32> tables;
  u64 entries = 0, members = 0;
  for (const Pool& pool : pools) {
    members += pool.slots.size();
    if (tables.emplace(signature(pool.members), 0).second) entries += table_size(pool.members.size());
  }
  if (entries > kMaxChoices || members > kMaxMembers)
    return Error{
        fmt::format("the pools need {} choice entries and {} members; {} and {} fit (equal pools share a table)",
                    entries, members, kMaxChoices, kMaxMembers)};
  return Done{};
}

// What `size` takes: the place it has, or one at the end. False where there is none.
bool Choices::room_for(u32& end, u32& at, u32& room, std::size_t size, u32 most) {
  if (size <= room) return true;
  if (end + size > most) return false;
  at = end;
  room = u32(size);
  end += room;
  return true;
}

void Choices::leave(Half& half, const Tables& tables) {
  if (!tables) return;
  const auto found = half.placed.find(tables.get());
  if (--found->second.users == 0) half.placed.erase(found);
}

// Writes tables into a half, unless they stand there already; in the place of those that `now` leaves, if nobody else
// uses them.
bool Choices::place(u32 half, const Written& now, const Tables& next, bool past_gives_way) {
  Half& h = halves_[half];
  if (const auto known = h.placed.find(next.get()); known != h.placed.end()) {
    ++known->second.users;
    leave(h, now.tables);
    return true;
  }
  Placed placed{};
  if (now.tables)
    if (const Placed& old = h.placed.at(now.tables.get()); old.users == 1) placed = old;
  if (!room_for(h.table, placed.table, placed.table_room, next->now.size(), kMaxChoices)) return false;
  placed.previous_size = u32(next->before.size());
  if (!room_for(h.previous, placed.previous, placed.previous_room, next->before.size(), kMaxChoices)) {
    if (!past_gives_way) return false;
    placed.previous_size = 0;
  }
  std::copy(next->now.begin(), next->now.end(), live_.choices.begin() + half * kMaxChoices + placed.table);
  std::copy_n(next->before.begin(), placed.previous_size,
              live_.previous.begin() + half * kMaxChoices + placed.previous);
  placed.users = 1;
  leave(h, now.tables);
  h.placed.emplace(next.get(), placed);
  return true;
}

// Brings one service of a half that packets do not read up to what is wanted. False where it does not fit. The past
// gives way first: without it flows are served as by a director that has none.
bool Choices::write(u32 half, u32 service, bool past_gives_way) {
  Half& h = halves_[half];
  Written& now = h.written[service];
  const InForce& next = wanted_[service];
  if (now == next) return true;
  Choice& head = live_.choice_heads[head_at(half, service)];
  ++work_.pools;
  if (!next.tables) {
    leave(h, now.tables);
    now = {};
    head = {};
    return true;
  }
  u32 at = now.members, room = now.room;
  const u32 end = h.member;
  if (!room_for(h.member, at, room, next.slots.size(), kMaxMembers)) return false;
  if (now.tables != next.tables && !place(half, now, next.tables, past_gives_way)) {
    h.member = end;
    return false;
  }
  std::copy(next.slots.begin(), next.slots.end(), live_.members.begin() + half * kMaxMembers + at);
  now = {next, at, room};
  const Placed& placed = h.placed.at(next.tables.get());
  head = {half * kMaxChoices + placed.table,
          u32(next.tables->now.size()),
          half * kMaxMembers + at,
          u32(next.slots.size()),
          half * kMaxChoices + placed.previous,
          placed.previous_size,
          {}};
  return true;
}

void Choices::begin_anew(u32 half) {
  Half& h = halves_[half];
  ++work_.halves;
  std::fill_n(live_.choice_heads.begin() + head_at(half, 0), kMaxServices, Choice{});
  h.placed.clear();
  h.table = h.previous = h.member = 0;
  h.behind.clear();
  for (u32 service = 0; service < kMaxServices; ++service) {
    h.written[service] = {};
    if (wanted_[service].tables) h.behind.push_back(service);
  }
  h.whole = true;
}

void Choices::catch_up(u32 half, std::size_t most) {
  Half& h = halves_[half];
  if (!h.whole) begin_anew(half);
  for (; !h.behind.empty() && most; --most) {
    const u32 service = h.behind.back();
    h.behind.pop_back();
    if (write(half, service, false)) continue;
    begin_anew(half);
    for (const u32 each : std::exchange(h.behind, {})) write(half, each, true);
  }
}

// Former members, which follow the pool's own in the tables, keep their slots.
void Choices::follow_former(InForce& next, const InForce& before, std::size_t pool) const {
  const auto& names = next.tables->members;
  if (names.size() == pool) return;
  std::unordered_map<u64, u32> slot_of;
  for (std::size_t i = 0; i < before.slots.size(); ++i) slot_of.try_emplace(before.tables->members[i], before.slots[i]);
  for (std::size_t i = pool; i < names.size(); ++i) {
    const auto found = slot_of.find(names[i]);
    next.slots.push_back(found == slot_of.end() ? 0 : found->second);
  }
}

Successor Choices::successor(Pool pool) {
  const Tables& before = wanted_[pool.service].tables;
  Tables tables = installed_[pool.service] == pool && before ? before : succession_.after(before, pool.members);
  return {std::move(pool), before, std::move(tables)};
}

void Choices::install(const std::vector<Successor>& pools, std::span<const u32> gone) {
  bool news = false;
  const auto want = [&](u32 service, InForce next) {
    if (wanted_[service] == next) return;
    count_ += bool(next.tables);
    count_ -= bool(wanted_[service].tables);
    wanted_[service] = std::move(next);
    for (Half& half : halves_) half.behind.push_back(service);
    news = true;
  };
  for (const Successor& s : pools) {
    InForce next{s.tables, s.pool.slots};
    follow_former(next, wanted_[s.pool.service], s.pool.members.size());
    want(s.pool.service, std::move(next));
    installed_[s.pool.service] = s.pool;
  }
  for (u32 service : gone) {
    want(service, {});
    installed_[service] = {};
  }
  if (!news) return;
  catch_up(spare(), kMaxServices * 2);
  std::atomic_ref(live_.half[0])
      .fetch_add(1, std::memory_order_seq_cst);  // counts generations; its lowest bit is the half
}

std::vector<u32> Choices::introduce(const std::vector<Successor>& pools) {
  const u32 half = u32(live_.half[0] & 1);
  std::vector<u32> introduced;
  for (const Successor& s : pools) {
    const u32 service = s.pool.service;
    if (live_.choice_heads[head_at(half, service)].size || s.before || tables(service)) continue;
    wanted_[service] = {s.tables, s.pool.slots};
    ++count_;
    installed_[service] = s.pool;
    introduced.push_back(service);
    for (Half& h : halves_) h.behind.push_back(service);
    if (!write(half, service, true)) break;
  }
  return introduced;
}

void Choices::forget(std::span<const u32> slots, const Numbers& services) {
  Numbers gone(live_.targets.size());
  for (u32 slot : slots) gone.insert(slot);
  services.each([&](u32 service) {
    for (u32 half = 0; half < 2; ++half) {
      const Choice& choice = live_.choice_heads[head_at(half, service)];
      for (u32& slot : live_.members.subspan(choice.members, choice.count))
        if (gone.contains(slot)) std::atomic_ref(slot).store(0, std::memory_order_release);
      for (u32& slot : halves_[half].written[service].slots)
        if (gone.contains(slot)) slot = 0;
    }
    for (u32& slot : wanted_[service].slots)
      if (gone.contains(slot)) slot = 0;
  });
}

}  // namespace waymark
