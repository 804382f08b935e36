#include "node/revocations.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

#include "engine/replay/userspace.h"
#include "roles/path/packet_revoked.h"

namespace waymark {
namespace {

constexpr u64 kNow = 1'000'000;

TableSizes sizes(u32 ids) {
  TableSizes sizes = sizes_for(0, 16);
  sizes.revocations = ids;
  return sizes;
}

struct World {
  explicit World(u32 ids) : engine(sizes(ids)), live(engine.live()), revocations(std::make_unique<Revocations>(live)) {
    settings.role.path.revoked_buckets = path::revoked_buckets_for(ids);
  }
  void restart() { revocations = std::make_unique<Revocations>(live); }  // a daemon's death

  // As packets look.
  struct Eyes {
    World& w;
    const Settings& settings() const { return w.settings; }
    const RevokedBucket* at(decltype(table::revoked), u32 i) {
      return i < w.live.revoked.size() ? &w.live.revoked[i] : nullptr;
    }
  };
  bool sees(u64 word) {
    Eyes eyes{*this};
    const u64 head = live.revoked_head[0];
    return head && path::is_revoked(eyes, head, word);
  }
  bool knows(u64 id) { return sees(path::id_word(path::IdOf::client, id)); }
  Status revoke(u64 id, u64 until = 0) {
    return revocations->revoke(path::id_word(path::IdOf::client, id), until, 1, kNow);
  }
  Status unrevoke(u64 id) { return revocations->unrevoke(path::id_word(path::IdOf::client, id), 1, kNow); }
  Result<Revocations::Listed> list(const std::set<u64>& ids) {
    std::vector<u64> words;
    for (const u64 id : ids) words.push_back(path::id_word(path::IdOf::client, id));
    return revocations->list(words, kNow);
  }

  UserspaceEngine engine;
  Live live;
  Settings settings{};
  std::unique_ptr<Revocations> revocations;
};

TEST(Revocations, AreInForceAtOnceAndOutliveTheDaemon) {
  World w(1'024);
  ASSERT_TRUE(w.revoke(5));
  ASSERT_TRUE(w.list({7, 8}));
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(w.knows(5) && w.knows(7) && w.knows(8));
    EXPECT_FALSE(w.knows(6) || w.sees(path::id_word(path::IdOf::server, 5)));
    w.restart();
    EXPECT_EQ(w.revocations->counts().listed, 2u);
  }
  w.revocations->expire(kNow);
  EXPECT_EQ(w.revocations->counts().in_force, 3u);
  ASSERT_TRUE(w.unrevoke(5));
  EXPECT_FALSE(w.knows(5));
  ASSERT_TRUE(w.list({8}));
  EXPECT_FALSE(w.knows(7));
  EXPECT_TRUE(w.knows(8));
  ASSERT_TRUE(w.list({}));
  EXPECT_EQ(w.live.revoked_head[0], 0u) << "packets need not look";
}

TEST(Revocations, EndWithTheirTime) {
  World w(1'024);
  ASSERT_TRUE(w.revoke(5, kNow + 10));
  ASSERT_TRUE(w.revoke(6, kNow + 20));
  EXPECT_EQ(w.revocations->next_expiry(), kNow + 10);
  w.revocations->expire(kNow + 9);
  EXPECT_TRUE(w.knows(5));
  w.revocations->expire(kNow + 10);
  EXPECT_FALSE(w.knows(5));
  EXPECT_TRUE(w.knows(6));
  w.restart();  // and time goes on while nobody looks
  w.revocations->expire(kNow + 20);
  EXPECT_FALSE(w.knows(6));
}

TEST(Revocations, WhatAFileHasIsTakenOutThere) {
  World w(1'024);
  ASSERT_TRUE(w.list({5}));
  ASSERT_TRUE(w.revoke(5));
  EXPECT_FALSE(w.unrevoke(5));
  EXPECT_TRUE(w.knows(5));
  ASSERT_TRUE(w.list({}));
  EXPECT_TRUE(w.knows(5)) << "it was decided, too";
  EXPECT_TRUE(w.unrevoke(5));
  EXPECT_FALSE(w.unrevoke(5));
  EXPECT_FALSE(w.unrevoke(99));
}

TEST(Revocations, AreBoundedAndWhatDoesNotFitChangesNothing) {
  World w(1'024);
  std::set<u64> all;
  for (u64 id = 1; id <= 1'024; ++id) all.insert(id);
  ASSERT_TRUE(w.revoke(5'000));
  EXPECT_FALSE(w.list(all));
  EXPECT_FALSE(w.knows(1));
  ASSERT_TRUE(w.unrevoke(5'000));
  ASSERT_TRUE(w.list(all)) << "what is over gives way";
  for (const u64 id : all) EXPECT_TRUE(w.knows(id)) << id;
  EXPECT_FALSE(w.revoke(5'000));
  EXPECT_FALSE(w.knows(5'000));
  EXPECT_EQ(w.revocations->counts().in_force, 1'024u);
}

TEST(Revocations, OfNoPopAreRefused) {
  World w(0);
  EXPECT_FALSE(w.revoke(1));
  EXPECT_FALSE(w.list({1}));
  EXPECT_FALSE(w.knows(1));
}

// Of any size: exactly those that are in the set are found, in either half.
TEST(Revocations, TheSetIsExact) {
  for (const u32 room : {1'024u, 65'536u}) {
    World w(room);
    std::mt19937_64 random(room);
    for (int round = 0; round < 4; ++round) {
      std::set<u64> in;
      const bool full = round == 2;
      while (in.size() < (full ? room : room / 3)) in.insert(round % 2 ? random() >> 2 : random() % (4 * room));
      ASSERT_TRUE(w.list(in));
      for (const u64 id : in) ASSERT_TRUE(w.knows(id)) << id;
      for (u32 i = 0; i < 4 * room; ++i) ASSERT_EQ(w.knows(i), in.contains(i)) << i;
    }
  }
}

TEST(Revocations, TheHalfThatPacketsLookIntoIsLeftAlone) {
  World w(1'024);
  for (u64 id = 1; id < 20; ++id) {
    ASSERT_TRUE(w.revoke(id));
    const u64 before = w.live.revoked_head[0];
    const std::size_t size = w.live.revoked.size() / 2;
    const auto half = [&] { return w.live.revoked.subspan(before & 1 ? size : 0, size); };
    std::vector<u64> words;
    for (const RevokedBucket& b : half()) words.insert(words.end(), std::begin(b.way), std::end(b.way));
    ASSERT_TRUE(w.revoke(100 + id));
    EXPECT_NE(w.live.revoked_head[0] & 1, before & 1);
    std::vector<u64> after;
    for (const RevokedBucket& b : half()) after.insert(after.end(), std::begin(b.way), std::end(b.way));
    EXPECT_EQ(after, words) << "a packet may still look into it";
    if (id % 5 == 0) w.restart();
  }
}

TEST(Revocations, OfTwoDecisionsTheLaterIsInForceOnAllMembers) {
  World a(1'024), b(1'024);
  u32 no_room = 0;
  ASSERT_TRUE(a.revoke(5));
  EXPECT_EQ(b.revocations->merge(a.revocations->take_news(), kNow, no_room).size(), 1u);
  EXPECT_TRUE(b.knows(5));
  EXPECT_TRUE(b.revocations->merge(a.revocations->decisions(), kNow, no_room).empty()) << "no news";
  ASSERT_TRUE(b.unrevoke(5));
  const auto over = b.revocations->take_news();
  EXPECT_TRUE(b.revocations->merge(a.revocations->decisions(), kNow, no_room).empty()) << "the older one";
  a.revocations->merge(over, kNow, no_room);
  EXPECT_FALSE(a.knows(5));
  EXPECT_FALSE(b.knows(5));
  EXPECT_EQ(no_room, 0u);
}

TEST(Revocations, OfOthersThatFindNoRoomAreCounted) {
  World w(1'024);
  std::vector<group::RevocationRecord> many;
  for (u64 id = 1; id <= 1'030; ++id) many.push_back({path::id_word(path::IdOf::client, id), true, 0, id, 9});
  u32 no_room = 0;
  EXPECT_EQ(w.revocations->merge(many, kNow, no_room).size(), 1'024u);
  EXPECT_EQ(no_room, 6u);
}

}  // namespace
}  // namespace waymark
