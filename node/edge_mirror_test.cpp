// Flows of two edges' tables: each known at the other, in its prefix's region and place.
#include "node/edge_mirror.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "core/exact_insert.h"
#include "dataplane/flow_env.h"
#include "roles/edge/packet_begin.h"
#include "tests/edge/impossible.h"

namespace waymark {
namespace {

using edge::Flows;
using Flow = edge::FlowOf<edge::Six>;
using edge::kLearnt;
using edge::Stage;
using edge::stage_of;

constexpr u32 kBuckets = 64, kStale = 400;
constexpr u64 kOurs = 0x11, kTheirs = 0x22;  // prefixes

// An edge's tables with two regions, the first of its own prefix.
struct Edge {
  std::vector<ExactBucket> flows = std::vector<ExactBucket>(2 * kBuckets);
  std::vector<EdgeRecord> records = std::vector<EdgeRecord>(2 * kBuckets * kExactWays);
  std::vector<Meta> meta = std::vector<Meta>(1);
  Live live{};
  EdgeRegions regions;
  EdgeMirror mirror{live, [this](Time) { return regions; }};

  Edge(u64 own, u64 other) {
    live.edge_flows = flows;
    live.edge_records = records;
    live.meta = meta;
    for (u32 i = 0; i < 8; ++i) regions.settings.round[i] = 0x9e3779b1u * (i + 1);
    for (u32 i = 0; i < std::size(meta[0].pin_key); ++i) meta[0].pin_key[i] = 77 * i + 3;
    regions.settings.prefix[0] = own;
    for (u32 i = 1; i < edge::kMostRegions; ++i) regions.settings.prefix[i] = other;
    regions.settings.buckets = kBuckets;
    regions.settings.place_bits = 9;
    regions.settings.stale_stamps = kStale;
    regions.settings.regions = 2;
    regions.prefixes = {own, other};
    regions.stamp = 100;
    regions.idle = [](Stage) { return 40u; };
    mirror.prime();
  }
  static Flows::Key key(u32 n, u8 protocol = kProtoTcp) {
    return edge::Six::key({{1, n}, {0xa, 0x80}, u16(40'000 + n), 80, protocol});
  }
  ExactLimits limits() const { return {kBuckets, 0, kStale, 0}; }
  PinPlace place(const Flows::Key& k) const { return place_in(hash_key(meta[0].pin_key, k), kBuckets); }
  // As packets leave it; its own address.
  u64 open(u32 n, Stage stage = Stage::open, u8 protocol = kProtoTcp, u64 nonce = 1) {
    FlowEnv env{live};
    const auto fill = [&](EdgeRecord& r, u32 at) {
      r.server[0] = 0x51, r.server[1] = n;
      return edge::own_address(regions.settings, at, nonce << 20 | n);
    };
    const u64 state = u64(stage) | (is_tentative(stage) ? 0 : kLearnt);
    EXPECT_TRUE(is_in(
        insert_exact<Flows>(env, limits(), place(key(n, protocol)), key(n, protocol), state, fill, regions.stamp)));
    const Flow flow = find(0, n, protocol);
    EXPECT_TRUE(is_tentative(stage) || settle(flow.word, flow.value));
    return flow.user;
  }
  Flow find(u32 region, u32 n, u8 protocol = kProtoTcp) {
    FlowEnv env{live};
    edge::Region<FlowEnv> in{env, region * kBuckets};
    return find_exact<Flows>(in, limits(), place(key(n, protocol)), key(n, protocol));
  }
  // By its own address, as replies are.
  const EdgeRecord& named(u32 region, u64 own) {
    return records[region * kBuckets * kExactWays + edge::place_named(regions.settings, own)];
  }
  group::EdgeChanges changes() {
    group::EdgeChanges out;
    for (u32 slice = 0; slice < 12; ++slice) mirror.scan({}, 10, out);
    return out;
  }
  u64 tell(Edge& to) {
    const group::EdgeChanges news = changes();
    to.mirror.apply(news.flows, {});
    to.mirror.erase(news.gone, {});
    return news.flows.size() + news.gone.size();
  }
  std::vector<EdgeFlowRecord> all() {
    std::vector<EdgeFlowRecord> out;
    for (u32 next = 0; !mirror.read_all(next, 7, out);) {
    }
    return out;
  }
};

struct EdgeMirrors : testing::Test {
  Edge a{kOurs, kTheirs}, b{kTheirs, kOurs};
};

TEST_F(EdgeMirrors, AFlowIsFoundAtTheOtherByKeyAndByAddress) {
  std::vector<u64> own;
  for (u32 n = 0; n < 250; ++n) own.push_back(a.open(n));  // more than half of all ways
  EXPECT_EQ(a.tell(b), 250u);
  for (u32 n = 0; n < 250; ++n) {
    const Flow flow = b.find(1, n);
    ASSERT_TRUE(flow.word) << n;
    EXPECT_EQ(flow.user, own[n]);
    EXPECT_EQ(b.named(1, own[n]).user, own[n]);
    EXPECT_EQ(b.named(1, own[n]).server[1], n);
    EXPECT_TRUE(flow.state & kLearnt);
    EXPECT_EQ(stage_of(flow.state), Stage::open);
    EXPECT_EQ(phase_of(*flow.word), ExactPhase::live);
    EXPECT_FALSE(b.find(0, n).word) << "flows of one's own prefix alone";
  }
  EXPECT_EQ(b.mirror.lent(), 250u);
  EXPECT_EQ(a.tell(b), 0u) << "once";
}

TEST_F(EdgeMirrors, OneFlowEachByTheSamePortsHasTwoPlaces) {
  const u64 ours = a.open(5), theirs = b.open(5, Stage::open, kProtoTcp, 2);
  a.tell(b);
  b.tell(a);
  EXPECT_EQ(a.find(0, 5).user, ours);
  EXPECT_EQ(a.find(1, 5).user, theirs);
  EXPECT_EQ(b.find(0, 5).user, theirs);
  EXPECT_EQ(b.find(1, 5).user, ours);
}

TEST_F(EdgeMirrors, WhatIsToldIsNotToldBack) {
  a.open(1);
  a.tell(b);
  EXPECT_EQ(b.tell(a), 0u);
  b.regions.stamp = a.regions.stamp = 120;
  Flow flow = b.find(1, 1);
  EXPECT_TRUE(change_state(flow, edge::after_fin(flow.owners_state(), edge::kClientFin)));
  EXPECT_TRUE(touch(flow, b.regions.stamp));
  EXPECT_EQ(b.tell(a), 1u) << "what its packets changed";
  EXPECT_EQ(b.mirror.lent(), 0u);
  EXPECT_EQ(stage_of(a.find(0, 1).state), Stage::closing);
  EXPECT_EQ(a.tell(b), 0u);
}

TEST_F(EdgeMirrors, UseIsToldEachQuarterOfTheIdleTime) {
  a.open(1);
  a.tell(b);
  u64 told = 0;
  for (u32 stamp = 101; stamp <= 140; ++stamp) {
    a.regions.stamp = b.regions.stamp = stamp;
    Flow flow = a.find(0, 1);
    touch(flow, stamp);
    told += a.tell(b);
  }
  EXPECT_EQ(told, 4u);
  EXPECT_EQ(exact_age(*b.find(1, 1).word, 140), 0u);
  EXPECT_EQ(b.mirror.lent(), 1u);
}

TEST_F(EdgeMirrors, HalfOpenFlowsAreToldOnceTheyAreOpen) {
  a.open(1, Stage::syn);
  a.open(2, Stage::datagram, kProtoUdp);
  EXPECT_EQ(a.tell(b), 0u);
  Flow flow = a.find(0, 1);
  EXPECT_TRUE(settle(flow.word, flow.value));
  EXPECT_EQ(a.tell(b), 0u) << "its packet is at it just now";
  EXPECT_TRUE(change_state(flow, edge::in_stage(flow.owners_state(), Stage::open)));
  EXPECT_EQ(a.tell(b), 1u);
}

TEST_F(EdgeMirrors, WhatIsGoneIsTakenBackWhereverItWasUsed) {
  for (const bool used : {false, true}) {
    const u32 n = 10 + used;
    a.open(n);
    a.tell(b);
    if (used) {
      Flow flow = b.find(1, n);
      EXPECT_TRUE(touch(flow, 105));
      b.changes();
    }
    EXPECT_TRUE(erase_fixed(a.find(0, n)));
    EXPECT_EQ(a.tell(b), 1u);
    EXPECT_FALSE(b.find(1, n).word);
    EXPECT_EQ(b.tell(a), 0u);
  }
}

TEST_F(EdgeMirrors, ANewFlowByTheSamePortsTakesTheOldOnesPlace) {
  a.open(1);
  a.tell(b);
  EXPECT_TRUE(erase_fixed(a.find(0, 1)));
  const u64 next = a.open(1, Stage::open, kProtoTcp, 9);
  a.tell(b);
  EXPECT_EQ(b.find(1, 1).user, next);
  EXPECT_EQ(b.all().size(), 1u);
}

TEST_F(EdgeMirrors, WhoLosesItsTableGetsItBack) {
  std::vector<u64> own;
  for (u32 n = 0; n < 200; ++n) own.push_back(a.open(n));
  a.tell(b);
  Edge fresh(kOurs, kTheirs);
  fresh.mirror.apply(b.all(), {});
  for (u32 n = 0; n < 200; ++n) EXPECT_EQ(fresh.find(0, n).user, own[n]) << n;
}

TEST_F(EdgeMirrors, OursStands) {
  const u64 own = a.open(1);
  EdgeFlowRecord r = a.all().at(0);
  r.server[0] ^= 1;
  a.mirror.apply({r}, {});
  EXPECT_EQ(a.named(0, own).server[0], 0x51u);
  a.mirror.erase({{r.prefix, r.place, r.user}}, {});
  EXPECT_TRUE(a.find(0, 1).word);
}

TEST_F(EdgeMirrors, ALiarPutsNothingWhereItCannotBe) {
  a.open(1);
  const EdgeFlowRecord good = a.changes().flows.at(0);
  const auto refused = [&](const EdgeFlowRecord& r) {
    b.mirror.apply({r}, {});
    return b.all().empty();
  };
  for (const auto& [record, what] : edge_cases::impossible(good)) EXPECT_TRUE(refused(record)) << what;
  EXPECT_FALSE(refused(good));
}

// Two edges whose flows begin, go on, close and end while what they tell each other is lost as often as not: once all
// has been sent, as after a link that broke, each knows the other's flows as far as they have come.
TEST(EdgeMirror, WhateverWasLostIsMadeUpFor) {
  for (u32 seed = 1; seed <= 30; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    Edge a{kOurs, kTheirs}, b{kTheirs, kOurs};
    std::map<std::pair<Edge*, u32>, std::pair<u64, Stage>> model;  // own address, and the furthest stage
    const auto told = [&](Edge& from, Edge& to, bool lost) {
      const group::EdgeChanges news = from.changes();
      if (lost) return;
      to.mirror.apply(news.flows, {});
      to.mirror.erase(news.gone, {});
    };
    for (u32 step = 1; step <= 600; ++step) {
      Edge& x = random() % 2 ? a : b;
      Edge& y = &x == &a ? b : a;
      const u32 n = u32(random() % 100);
      Flow flow = x.find(0, n);
      const auto known = model.find({&x, n});
      switch (random() % 5) {
        case 0:
        case 1:
          if (!flow.word) model[{&x, n}] = {x.open(n, Stage::open, kProtoTcp, step), Stage::open};
          break;
        case 2:
          if (flow.word && known != model.end() && erase_fixed(flow)) model.erase(known);
          break;
        case 3: {  // by whichever its packets come
          Flow seen = random() % 2 ? flow : y.find(1, n);
          if (!seen.word || known == model.end() || seen.user != known->second.first) break;
          if (change_state(seen, edge::after_fin(seen.owners_state(), edge::kClientFin)) &&
              touch(seen, x.regions.stamp))
            known->second.second = Stage::closing;
          break;
        }
        default:
          a.regions.stamp = b.regions.stamp = a.regions.stamp + (random() % 8 == 0);
          told(x, y, random() % 2);
      }
    }
    for (int round = 0; round < 2; ++round) {
      told(a, b, false);
      told(b, a, false);
      b.mirror.apply(a.all(), {});
      a.mirror.apply(b.all(), {});
    }
    for (const auto& [whose, as] : model) {
      Edge& x = *whose.first;
      Edge& y = &x == &a ? b : a;
      const Flow here = x.find(0, whose.second), there = y.find(1, whose.second);
      ASSERT_TRUE(here.word && there.word) << whose.second;
      EXPECT_EQ(here.user, as.first);
      EXPECT_EQ(there.user, as.first);
      EXPECT_EQ(stage_of(here.state), as.second) << whose.second;
      EXPECT_EQ(stage_of(there.state), as.second) << whose.second;
      EXPECT_EQ(read_word(&there.record->server[1]), whose.second);
    }
  }
}

}  // namespace
}  // namespace waymark
