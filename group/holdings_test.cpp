#include "group/holdings.h"

#include <gtest/gtest.h>

#include <random>

#include "group/net_test.h"

namespace waymark::group {
namespace {

const std::string kFirst = "gateway 1", kSecond = "gateway 2";

Peer peer(const std::string& name, std::vector<Claim> claims, bool up = true, bool ready = true) {
  Peer p{name, up, ready, std::nullopt, false, {}};
  for (const Claim& claim : claims) p.claims[claim.thing] = claim;
  return p;
}

struct Alone {
  std::vector<HeldRecord> table = std::vector<HeldRecord>(kMaxHeld);
  std::vector<Holding> things = {{kFirst, true, false}, {kSecond, false, true}};
  std::unique_ptr<Holdings> holdings = std::make_unique<Holdings>("b", table);
  Time now = 100s;

  // As Control does: what is wanted is put in force, until it is so.
  void follow(std::vector<Peer> peers, bool in_step = true) {
    holdings->review(std::move(peers), in_step, now);
    while (holdings->wanted() != holdings->held()) load();
    holdings->save(table);
  }
  void load() { holdings->in_force(things, holdings->plan(things), now); }
  Hold held(const std::string& thing) const { return holdings->held().at(thing); }
};

TEST(Holdings, AFileSaysWhoseAThingIs) {
  Alone b;
  b.load();
  EXPECT_EQ(b.held(kFirst), Hold::yes);
  EXPECT_EQ(b.held(kSecond), Hold::no);
  EXPECT_EQ(b.holdings->claims(),
            (std::vector<Claim>{{kFirst, true, true, false, true}, {kSecond, true, false, true, false}}));
}

TEST(Holdings, AStandInTakesWhatIsLostAndGivesItBack) {
  Alone b;
  b.load();
  const auto c = [](bool held, bool up, bool ready, std::optional<Time> lost = {}) {
    Peer p = peer("c", {{kSecond, true, true, false, held}}, up, ready);
    p.lost = lost;
    return std::vector<Peer>{p};
  };
  b.follow(c(true, true, true));
  EXPECT_EQ(b.held(kSecond), Hold::no);
  b.follow(c(true, false, true, b.now));
  EXPECT_EQ(b.held(kSecond), Hold::no) << "a daemon that is started again is back in a moment";
  EXPECT_EQ(b.holdings->deadline(), b.now + Holdings::kLostFor);
  const Time lost = b.now;
  b.now = b.holdings->deadline();
  b.follow(c(true, false, true, lost));
  EXPECT_EQ(b.held(kSecond), Hold::yes);
  EXPECT_TRUE(b.holdings->views()[1].is_stand_in);
  b.now += 60s;
  b.follow(c(true, true, false));
  EXPECT_EQ(b.held(kSecond), Hold::yes) << "it is back, and not ready";
  b.follow(c(false, true, true));
  EXPECT_EQ(b.held(kSecond), Hold::yes) << "it is back, and has not loaded it";
  b.follow(c(true, true, true));
  EXPECT_EQ(b.held(kSecond), Hold::leaving);
  EXPECT_FALSE(b.holdings->claims()[1].held);
  b.now = b.holdings->deadline();
  b.follow(c(true, true, true));
  EXPECT_EQ(b.held(kSecond), Hold::no);
}

TEST(Holdings, OfSeveralStandInsTheFirstByNameTakes) {
  Alone b;
  b.load();
  b.follow({peer("a", {{kSecond, true, false, true, false}}), peer("c", {{kSecond, true, false, true, false}})});
  EXPECT_EQ(b.held(kSecond), Hold::no);
  b.follow({peer("a", {{kSecond, true, false, true, false}}, false), peer("c", {{kSecond, true, false, true, false}})});
  EXPECT_EQ(b.held(kSecond), Hold::yes);
}

TEST(Holdings, WhoHasJustBegunStandsInForNobody) {
  Alone b;
  b.load();
  b.follow({peer("c", {}, false)}, false);
  EXPECT_EQ(b.held(kSecond), Hold::no);
  b.follow({peer("c", {}, false)}, true);
  EXPECT_EQ(b.held(kSecond), Hold::yes);
}

TEST(Holdings, AnOperatorTakesAndGives) {
  Alone b;
  b.load();
  const std::vector<Peer> c = {peer("c", {{kFirst, true, false, false, false}, {kSecond, true, true, false, true}})};
  b.follow(c);
  ASSERT_TRUE(b.holdings->take(kSecond));
  b.follow(c);
  EXPECT_EQ(b.held(kSecond), Hold::yes);
  EXPECT_EQ(b.holdings->views()[1].given, "b");
  ASSERT_TRUE(b.holdings->give(kFirst, "c"));
  b.follow(c);
  EXPECT_EQ(b.held(kFirst), Hold::yes) << "c has not taken it yet";
  const std::vector<Peer> took = {peer("c", {{kFirst, true, false, false, true}, {kSecond, true, true, false, false}})};
  b.follow(took);
  b.now += Holdings::kLinger;
  b.follow(took);
  EXPECT_EQ(b.held(kFirst), Hold::no);
  // And back, whose it is by the file.
  ASSERT_TRUE(b.holdings->give(kSecond, ""));
  EXPECT_EQ(b.holdings->assignments()[1].member, "");
  EXPECT_EQ(b.holdings->assignments()[1].version, 3u);
}

TEST(Holdings, WhatComesOfNothingIsRefused) {
  Alone b;
  b.load();
  b.follow({peer("c", {{kFirst, true, false, false, false}}), peer("d", {}), peer("e", {}, false)});
  const auto why = [](const Status& status) { return status ? "" : status.error().sentence; };
  EXPECT_EQ(why(b.holdings->take("gateway 7")),
            "the configuration has no gateway 7 that a member of a group could hold");
  EXPECT_EQ(why(b.holdings->give("gateway 7", "")), why(b.holdings->take("gateway 7")));
  EXPECT_EQ(why(b.holdings->give(kFirst, "")),
            "no member that is connected would have gateway 1 by its file: name one");
  EXPECT_EQ(why(b.holdings->give(kFirst, "b")), "b is this node itself; `take` is what keeps it here");
  EXPECT_EQ(why(b.holdings->give(kFirst, "z")), "no member of the group is called \"z\"");
  EXPECT_EQ(why(b.holdings->give(kFirst, "e")), "member e is not connected");
  EXPECT_EQ(why(b.holdings->give(kFirst, "d")), "the file of member d has no gateway 1");
  b.follow({peer("c", {{kSecond, true, true, false, true}})});
  b.now += Holdings::kLinger;
  b.follow({peer("c", {{kSecond, true, true, false, true}})});
  EXPECT_EQ(why(b.holdings->give(kSecond, "c")), "gateway 2 is not held here");
}

// A daemon's restart and its upgrade: the tables say what was held.
TEST(Holdings, TheNextDaemonKnowsWhatWasHeld) {
  Alone b;
  b.load();
  const std::vector<Peer> c = {peer("c", {{kFirst, true, false, false, true}, {kSecond, true, true, false, false}})};
  b.follow(c);
  ASSERT_TRUE(b.holdings->take(kSecond));
  ASSERT_TRUE(b.holdings->give(kFirst, "c"));
  b.follow(c);
  b.now += Holdings::kLinger;
  b.follow(c);
  const Holds before = b.holdings->held();
  EXPECT_EQ(before, (Holds{{kFirst, Hold::no}, {kSecond, Hold::yes}}));
  const auto assignments = b.holdings->assignments();
  b.holdings = std::make_unique<Holdings>("b", b.table);
  b.load();
  EXPECT_EQ(b.holdings->held(), before);
  EXPECT_EQ(b.holdings->assignments(), assignments);
}

// What a new file no longer says ends at once.
TEST(Holdings, AFileThatNoLongerHasAThingEndsIt) {
  Alone b;
  b.load();
  b.follow({});
  EXPECT_EQ(b.held(kSecond), Hold::yes) << "nobody else is there";
  b.things = {{kFirst, false, false}, {kSecond, false, false}};
  b.load();
  EXPECT_EQ(b.held(kFirst), Hold::no);
  EXPECT_EQ(b.held(kSecond), Hold::no);
}

// Members as Control drives them: a load takes a while, and a machine that dies loses its tables.
struct Fleet {
  struct Machine {
    std::vector<HeldRecord> table = std::vector<HeldRecord>(kMaxHeld);
    std::vector<Holding> things;
    std::unique_ptr<Holdings> holdings;
    std::optional<std::pair<Holds, Time>> load;
    bool ready = false;
  };
  Net net;
  std::vector<Machine> machines;

  // Thing n is member n's; each other one stands in for all, but for the last thing, for which nobody does.
  Fleet(size_t members, size_t things) : net(members, 100, 2s), machines(members) {
    for (size_t i = 0; i < members; ++i) {
      for (size_t n = 0; n < things; ++n)
        machines[i].things.push_back({"gateway " + std::to_string(n + 1), n == i, n != i && n + 1 < things});
      begin(i);
    }
  }
  static constexpr Duration kLoad = 300ms;
  std::string name(size_t i) const { return net.nodes[i]->name; }
  void begin(size_t i) {
    Machine& m = machines[i];
    m.holdings = std::make_unique<Holdings>(name(i), m.table);
    m.holdings->in_force(m.things, m.holdings->plan(m.things), net.now);
    m.load.reset();
  }
  void kill(size_t i, bool machine) {
    net.kill(i);
    machines[i].holdings.reset();
    if (machine) std::fill(machines[i].table.begin(), machines[i].table.end(), HeldRecord{});
  }
  void start(size_t i) {
    net.start(i);
    begin(i);
  }
  bool lives(size_t i) const { return machines[i].holdings != nullptr; }
  void step() {
    net.step();
    for (size_t i = 0; i < machines.size(); ++i) {
      if (!lives(i)) continue;
      Machine& m = machines[i];
      Group& group = net.group(i);
      m.holdings->merge(group.assignments_received());
      m.holdings->review(group.peers(), group.in_step(), net.now);
      if (m.load && net.now >= m.load->second) {
        m.holdings->in_force(m.things, m.load->first, net.now);
        m.load.reset();
      } else if (!m.load && m.holdings->wanted() != m.holdings->held()) {
        m.load = {m.holdings->plan(m.things), net.now + kLoad};
      }
      m.holdings->save(m.table);
      group.publish_holdings(m.holdings->claims(), m.holdings->assignments());
      net.node(i).digest.ready = group.in_step();
      net.publish(i);
    }
  }
  void run(Duration time) {
    for (const Time end = net.now + time; net.now < end;) step();
  }
  Hold held(size_t i, const std::string& thing) const { return machines[i].holdings->held().at(thing); }
  // Who holds a thing; where one is leaving it counts in `with_leaving`.
  std::vector<size_t> holders(const std::string& thing, bool with_leaving = false) const {
    std::vector<size_t> all;
    for (size_t i = 0; i < machines.size(); ++i)
      if (lives(i) && (held(i, thing) == Hold::yes || (with_leaving && held(i, thing) == Hold::leaving)))
        all.push_back(i);
    return all;
  }
};

TEST(Holdings, MembersAgreeOverTheChannelAndNobodyIsEverWithout) {
  Fleet f(3, 3);
  f.run(3s);
  const std::string thing = "gateway 2";
  ASSERT_EQ(f.holders(thing), std::vector<size_t>{1});
  ASSERT_TRUE(f.machines[2].holdings->take(thing));
  for (int i = 0; i < 800; ++i) {
    f.step();
    ASSERT_FALSE(f.holders(thing).empty()) << "never nobody";
  }
  EXPECT_EQ(f.holders(thing, true), std::vector<size_t>{2});
  ASSERT_TRUE(f.machines[2].holdings->give(thing, ""));
  for (int i = 0; i < 800; ++i) {
    f.step();
    ASSERT_FALSE(f.holders(thing).empty());
  }
  EXPECT_EQ(f.holders(thing, true), std::vector<size_t>{1});
}

TEST(Holdings, ALostMachineIsStoodInForAndGetsItsThingBack) {
  Fleet f(3, 4);
  f.run(3s);
  f.kill(1, true);
  const Time lost = f.net.now;
  while (f.holders("gateway 2").empty() && f.net.now < lost + 20s) f.step();
  EXPECT_LE(f.net.now - lost, 3s + 2 * Fleet::kLoad) << "3 s of silence say that it is lost";
  EXPECT_EQ(f.holders("gateway 2"), std::vector<size_t>{0});
  f.start(1);
  for (int i = 0; i < 1000; ++i) {
    f.step();
    ASSERT_FALSE(f.holders("gateway 2").empty());
  }
  EXPECT_EQ(f.holders("gateway 2", true), std::vector<size_t>{1});
}

// Daemons are killed and started, machines lost, networks cut, and operators decide whatever comes to their mind. In
// the end, when all are there, each thing is held once, where all say that it is; and what an operator or a restart
// moves is never without a holder.
TEST(Holdings, WhateverHappensEachThingEndsUpHeldOnce) {
  for (u64 seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random(seed);
    Fleet f(3, 3);
    f.run(4s);
    for (int event = 0; event < 25; ++event) {
      const size_t i = random() % 3, j = (i + 1 + random() % 2) % 3;
      const std::string thing = "gateway " + std::to_string(1 + random() % 3);
      switch (random() % 6) {
        case 0:
          if (f.lives(i)) f.kill(i, random() % 2);
          break;
        case 1:
          if (!f.lives(i)) f.start(i);
          break;
        case 2:
          f.net.cut.insert({i, j});
          break;
        case 3:
          f.net.cut.clear();
          break;
        case 4:
          if (f.lives(i)) (void)f.machines[i].holdings->take(thing);
          break;
        case 5:
          if (f.lives(i)) (void)f.machines[i].holdings->give(thing, random() % 2 ? f.name(j) : "");
          break;
      }
      f.run(Duration(1ms) * (random() % 6'000));
    }
    f.net.cut.clear();
    for (size_t i = 0; i < 3; ++i)
      if (!f.lives(i)) f.start(i);
    f.run(40s);
    for (const std::string thing : {"gateway 1", "gateway 2", "gateway 3"}) {
      ASSERT_EQ(f.holders(thing, true).size(), 1u) << thing;
      const size_t holder = f.holders(thing)[0];
      for (size_t i = 0; i < 3; ++i) {
        const auto views = f.machines[i].holdings->views();
        const auto& view = views[size_t(thing.back() - '1')];
        EXPECT_EQ(view.given, f.machines[holder].holdings->views()[size_t(thing.back() - '1')].given);
        if (!view.given.empty()) {
          EXPECT_EQ(f.name(holder), view.given) << thing;
        }
        if (i != holder) {
          EXPECT_EQ(view.others, std::vector<std::string>{f.name(holder)});
        }
      }
    }
  }
}

}  // namespace
}  // namespace waymark::group
