// Flows of firewalls between members, over the channel.
#include "core/exact_insert.h"
#include "group/net_test.h"

namespace waymark::group {
namespace {

using firewall::Flows;

struct Firewalls : Net {
  explicit Firewalls(size_t count) : Net(count, 100, 2s) {
    for (size_t i = 0; i < count; ++i) {
      node(i).keeps_flows = true;
      node(i).digest.mirror = true;
      start(i);
    }
    wires.clear();
  }
  ExactKey<2> key(u32 flow) { return firewall::key_of(1, kProtoTcp, 0x0a000000 + flow, 0xcb007114, 4000, 80); }
  PinPlace place(size_t i, u32 flow) {
    return place_in(hash_key(node(i).tables.meta[0].pin_key, key(flow)), u32(node(i).tables.flows.size()));
  }
  void add(size_t i, u32 flow) {
    FlowEnv env{node(i).tables.live};
    const FlowTimes times = flow_times(node(i).tables, now);
    ASSERT_TRUE(is_in(insert_exact<Flows>(env, times.limits, place(i, flow), key(flow),
                                          firewall::in_stage(0, firewall::Stage::open), 0, times.stamp)));
  }
  firewall::Flow find(size_t i, u32 flow) {
    FlowEnv env{node(i).tables.live};
    return find_exact<Flows>(env, flow_times(node(i).tables, now).limits, place(i, flow), key(flow));
  }
  u32 known(size_t i, u32 flows) {
    u32 count = 0;
    for (u32 flow = 0; flow < flows; ++flow) count += find(i, flow).word != nullptr;
    return count;
  }
  void lose_table(size_t i) {
    for (ExactBucket& bucket : node(i).tables.flows) bucket = {};
  }
};

TEST(SharedFlows, AreAtTheOthersInAMoment) {
  Firewalls f(3);
  for (u32 flow = 0; flow < 20; ++flow) f.add(0, flow);
  f.run(3s);
  const u64 before = f.member(1, 0).flows_sent;
  for (u32 flow = 20; flow < 100; ++flow) f.add(flow % 3, flow);
  f.run(500ms);
  EXPECT_EQ(f.member(1, 0).flows_sent - before, 26u) << "its own alone";
  for (size_t i = 0; i < 3; ++i) EXPECT_EQ(f.known(i, 100), 100u) << i;
  EXPECT_EQ(f.group(1).view().lent_flows, 100u - 26u);
  EXPECT_TRUE(f.member(0, 1).shares_flows);
  const u64 sent = f.member(0, 1).flows_sent;
  f.run(5s);
  EXPECT_EQ(f.member(0, 1).flows_sent, sent) << "what does not change is told once";
  ASSERT_TRUE(erase_exact(f.find(0, 5)));
  f.run(500ms);
  EXPECT_EQ(f.known(1, 100), 99u);
}

TEST(SharedFlows, WhoLosesItsTableGetsBackWhatItLent) {
  Firewalls f(2);
  f.run(3s);
  for (u32 flow = 0; flow < 200; ++flow) f.add(flow % 2, flow);
  f.run(500ms);
  f.kill(0);
  f.lose_table(0);
  f.run(1s);
  f.start(0);
  f.run(3s);
  EXPECT_EQ(f.known(0, 200), 200u);
}

// Whoever takes another's work before it knows all flows must let them go on in their middle.
TEST(SharedFlows, AreMirroredOnceAllHaveCome) {
  Firewalls f(2);
  for (u32 flow = 0; flow < 200; ++flow) f.add(1, flow);
  const auto mirrors = [&] { return f.group(0).peers().at(0).mirrors_flows; };
  ASSERT_TRUE(f.until([&] { return f.member(0, 1).shares_flows; }));
  EXPECT_FALSE(mirrors());
  ASSERT_TRUE(f.until(mirrors));
  EXPECT_EQ(f.known(0, 200), 200u);
  f.kill(1);
  f.run(5s);
  EXPECT_TRUE(mirrors()) << "what it told stays known when it is lost";
}

TEST(SharedFlows, TablesOfAnotherSizeOrKeyShareNothing) {
  for (const bool size : {true, false}) {
    Firewalls f(2);
    Tables& tables = f.node(1).tables;
    if (size)
      tables.live.flows = std::span(tables.flows).first(32);
    else
      f.node(1).digest.key = 99;
    f.start(1);
    f.run(3s);
    f.add(0, 1);
    f.run(500ms);
    EXPECT_EQ(f.known(1, 2), 0u);
    EXPECT_EQ(f.member(0, 1).flows_unshared,
              size ? "its table of flows has 32 buckets, ours 64" : "its keys of flows are others");
  }
}

TEST(SharedFlows, AReloadEndsAndBeginsIt) {
  Firewalls f(2);
  f.run(3s);
  ASSERT_TRUE(f.member(0, 1).shares_flows && f.member(1, 0).shares_flows);
  for (const bool mirror : {false, true}) {
    f.node(1).config.mirror = mirror;
    f.group(1).configure(f.node(1).config, f.now);
    f.run(500ms);
    EXPECT_EQ(f.member(0, 1).shares_flows, mirror);
    EXPECT_EQ(f.member(1, 0).shares_flows, mirror);
    f.add(0, mirror);
    f.run(500ms);
    EXPECT_EQ(f.known(1, 2), mirror ? 2u : 0u);
  }
}

TEST(SharedFlows, WhoDoesNotReadIsSentAllLater) {
  Firewalls f(2);
  f.run(3s);
  f.slow.insert(1);
  for (u32 flow = 0; flow < 300; ++flow) {
    f.add(0, flow);
    if (flow % 30 == 0) f.run(100ms);
  }
  f.slow.clear();
  f.run(2s);
  EXPECT_EQ(f.known(1, 300), 300u);
}

}  // namespace
}  // namespace waymark::group
