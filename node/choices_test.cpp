// What the choice named before: against a model that remembers each position's owners one by one.
#include "node/choices.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <random>

#include "core/hash.h"
#include "core/outer.h"

#include "engine/replay/userspace.h"

namespace waymark {

namespace {

constexpr u32 kFine = 101 * 64;  // every table of at most 64 members divides it

// The last two different owners at each position, by hash; 0: nobody.
struct Model {
  std::vector<u64> is = std::vector<u64>(kFine), was = std::vector<u64>(kFine);

  void succeed(const std::vector<PoolMember>& pool) {
    const std::vector<u16> now = maglev_table(pool, table_size(pool.size()));
    for (u32 i = 0; i < kFine; ++i) {
      const u64 next = now.empty() ? 0 : pool[now[i * now.size() / kFine]].hash;
      if (is[i] && is[i] != next) was[i] = is[i];
      if (was[i] == next) was[i] = 0;
      is[i] = next;
    }
  }
};

u64 owner_at(const ChoiceTables& tables, const std::vector<u16>& table, u32 i) {
  if (table.empty()) return 0;
  const u16 member = table[i * table.size() / kFine];
  return member == kNoMember ? 0 : tables.members.at(member);
}

void agree(const ChoiceTables& tables, const Model& model) {
  for (u32 i = 0; i < kFine; ++i) {
    RC_ASSERT(owner_at(tables, tables.now, i) == model.is[i]);
    RC_ASSERT(owner_at(tables, tables.before, i) == model.was[i]);
  }
}

u64 hash_of(u32 n) { return end_hash({0, 0x20010db8'00000000ull + n}, 6080); }

// Some of forty servers, a few of them without weight.
std::vector<PoolMember> draw_pool() {
  const u32 most = *rc::gen::element(1u, 2u, 3u, 5u, 9u, 40u);
  std::vector<PoolMember> pool;
  for (u32 n = 0; n < 40 && pool.size() < most; ++n)
    if (*rc::gen::inRange(0, 3) != 0) pool.push_back({hash_of(n), u32(*rc::gen::element(0, 1, 1, 1, 2, 3))});
  return pool;
}

// Services' pools written out: targets in their slots, as a node would.
struct Site {
  UserspaceEngine engine{1000};
  Live live = engine.live();
  std::optional<Choices> choices{std::in_place, live};

  Pool pool(u32 service, const std::vector<PoolMember>& members) {
    Pool p{service, members, {}};
    for (const PoolMember& m : members) {
      u32 n = 0;
      while (hash_of(n) != m.hash) ++n;
      const u32 slot = 1 + service * 100 + n;
      Target target{};
      set_outer(target, {}, {0, 0x20010db8'00000000ull + n}, {kTunnelGue, 6080});
      target.in_use = 1;
      live.targets[slot] = target;
      p.slots.push_back(slot);
    }
    return p;
  }
  void install(const std::vector<Pool>& pools) {
    std::vector<Successor> all;
    std::vector<u32> gone;
    for (const Pool& p : pools) all.push_back(choices->successor(p));
    for (u32 service = 0; service < 3; ++service)
      if (std::none_of(pools.begin(), pools.end(), [&](const Pool& p) { return p.service == service; }))
        gone.push_back(service);
    choices->install(all, gone);
  }
  // Who is, or was, at a position of what packets read: a slot, or 0.
  u32 slot_at(u32 service, u32 i, bool before) const {
    const Choice& c = live.choice_heads[head_at(live.half[0] & 1, service)];
    const u32 size = before ? c.previous_size : c.size, first = before ? c.previous : c.table;
    if (!size) return 0;
    const u16 member = (before ? live.previous : live.choices)[first + i * size / kFine];
    return member == kNoMember ? 0 : live.members[c.members + member];
  }
};

}  // namespace

RC_GTEST_PROP(Succession, NamesTheLastOtherOwnerOfEachPosition, ()) {
  Model model;
  ChoiceTables tables;
  const int changes = *rc::gen::inRange(1, 9);
  for (int i = 0; i < changes; ++i) {
    const std::vector<PoolMember> pool = draw_pool();
    tables = succeed(i ? &tables : nullptr, pool);
    model.succeed(pool);
    agree(tables, model);
    for (u16 m : tables.before) RC_ASSERT(m == kNoMember || m < tables.members.size());
    RC_ASSERT(tables.members.size() <= 80u);  // former members that nobody names go
  }
}

RC_GTEST_PROP(Succession, OfTheSamePoolChangesNothing, ()) {
  const std::vector<PoolMember> first = draw_pool(), second = draw_pool();
  const ChoiceTables one = succeed(nullptr, first), two = succeed(&one, second);
  RC_ASSERT(one.before.empty());
  RC_ASSERT(succeed(&two, second).before == two.before);
}

RC_GTEST_PROP(Choices, WriteWhatSucceedSays, ()) {
  Site site;
  Model models[3];
  const int changes = *rc::gen::inRange(1, 6);
  for (int i = 0; i < changes; ++i) {
    std::vector<Pool> pools;
    std::vector<PoolMember> members;
    for (u32 service = 0; service < 3; ++service) {
      if (service != 2 || i == 0) members = draw_pool();  // the last two are alike at times: they share tables
      pools.push_back(site.pool(service, members));
    }
    const u64 generation = site.live.half[0];
    site.install(pools);
    if (site.live.half[0] == generation) continue;  // the very same pools
    for (u32 service = 0; service < 3; ++service) models[service].succeed(pools[service].members);
    for (u32 service = 0; service < 3; ++service)
      for (u32 at = 0; at < kFine; at += 7)
        for (bool before : {false, true}) {
          const u32 slot = site.slot_at(service, at, before);
          const u64 hash = before ? models[service].was[at] : models[service].is[at];
          RC_ASSERT((slot ? end_hash(outer_destination(site.live.targets[slot]), 6080) : 0) == hash);
          RC_ASSERT(!slot || slot / 100 == service || slot == 100 * (service + 1));
        }
  }
}

// Changes of some pools leave all others as they were, in whichever half; tables of all sizes come and go until a half
// has no room at its end, and is written anew.
TEST(Choices, ManySmallChangesComeToTheSameAsOne) {
  Site site;
  constexpr u32 kPools = 320;
  std::mt19937 random(3);
  std::map<u32, std::vector<PoolMember>> pools;
  const auto draw = [&](u32 service) {
    std::vector<PoolMember> members;
    for (u32 n = 0, most = random() % 2 ? 90 : 60; n < most; ++n)
      members.push_back({mix(u64(service) * 100 + n), u32(random() % 3)});
    return members;
  };
  const auto slots = [](u32 service, std::size_t count) {
    std::vector<u32> all;
    for (u32 n = 0; n < count; ++n) all.push_back(1 + service * 100 + n);
    return all;
  };
  for (int round = 0; round < 300; ++round) {
    std::vector<Successor> changed;
    std::vector<u32> gone;
    for (u32 n = 0; n < (round ? random() % 6 : kPools); ++n) {
      const u32 service = round ? u32(random() % kPools) : n;
      if (std::any_of(changed.begin(), changed.end(), [&](auto& s) { return s.pool.service == service; })) continue;
      if (round && random() % 8 == 0) {
        gone.push_back(service);
        pools.erase(service);
        continue;
      }
      pools[service] = draw(service);
      changed.push_back(site.choices->successor({service, pools[service], slots(service, pools[service].size())}));
    }
    std::erase_if(gone, [&](u32 service) { return pools.contains(service); });
    site.choices->install(changed, gone);
    if (round % 5 == 0) site.choices->catch_up(1);
    for (u32 service = 0; service < kPools; ++service) {
      if (round % 50 &&
          std::none_of(changed.begin(), changed.end(), [&](auto& s) { return s.pool.service == service; }))
        continue;
      const Choice& c = site.live.choice_heads[head_at(site.live.half[0] & 1, service)];
      const auto known = pools.find(service);
      const std::vector<u16> want =
          known == pools.end() ? std::vector<u16>() : maglev_table(known->second, table_size(known->second.size()));
      ASSERT_EQ(c.size, want.size()) << round << " " << service;
      for (u32 i = 0; i < c.size; i += 11) {
        ASSERT_EQ(site.live.choices[c.table + i], want[i]) << round << " " << service;
        ASSERT_EQ(site.live.members[c.members + want[i]], 1 + service * 100 + want[i]);
      }
    }
  }
  EXPECT_GT(site.choices->work().halves, 1u) << "the end of a half was never reached";
  EXPECT_LT(site.choices->work().pools, 2u * kPools * (site.choices->work().halves + 1) + 2u * 6 * 300);
}

// A daemon that starts again goes on from what packets are reading.
RC_GTEST_PROP(Choices, GoOnAfterARestart, ()) {
  Site whole, restarted;
  for (int i = 0; i < 4; ++i) {
    const std::vector<PoolMember> a = draw_pool(), b = draw_pool();
    whole.install({whole.pool(0, a), whole.pool(1, b)});
    restarted.choices.emplace(restarted.live);
    restarted.install({restarted.pool(0, a), restarted.pool(1, b)});
    for (u32 service = 0; service < 2; ++service) {
      RC_ASSERT(whole.choices->history(service) == restarted.choices->history(service));
      for (u32 at = 0; at < kFine; at += 7)
        for (bool before : {false, true})
          RC_ASSERT(whole.slot_at(service, at, before) == restarted.slot_at(service, at, before));
    }
  }
}

RC_GTEST_PROP(Choices, NameNoSlotThatWasForgotten, ()) {
  Site site;
  const std::vector<PoolMember> all = {{hash_of(1), 1}, {hash_of(2), 1}, {hash_of(3), 1}};
  site.install({site.pool(0, all)});
  std::vector<PoolMember> two = all;
  const int out = *rc::gen::inRange(0, 3);
  two.erase(two.begin() + out);
  const u32 gone = 2 + u32(out);  // its slot
  site.install({site.pool(0, two)});
  const auto named = [&] {
    u32 times = 0;
    for (u32 at = 0; at < kFine; ++at)
      times += (site.slot_at(0, at, true) == gone) + (site.slot_at(0, at, false) == gone);
    return times;
  };
  RC_ASSERT(named() != 0u);
  Numbers of_service(kMaxServices);
  of_service.insert(0);
  site.choices->forget(std::vector<u32>{gone}, of_service);
  RC_ASSERT(named() == 0u);
  site.install({site.pool(1, two), site.pool(0, two)});  // nor does it come back with the next choice
  RC_ASSERT(named() == 0u);
}

}  // namespace waymark
