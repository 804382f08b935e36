// Members that are there and of another mind, members that are not there, strangers in any number, and a node that
// cannot ask or was held up: who may start, and what no stranger changes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "group/net_test.h"

namespace waymark::group {
namespace {

using testing::HasSubstr;

// The last of them starts anew, with another secret, beside the others.
void start_with_another_secret(Net& net, Standing standing = Standing::fresh) {
  const size_t last = net.nodes.size() - 1;
  net.kill(last);
  net.node(last).secret.assign(32, 8);
  net.start(last, standing);
}

TEST(Reach, WhoIsRefusedByAMemberThatRunsIsNeverInStep) {
  for (size_t count : {2, 3}) {
    Net net(count, 2'000, 2s);
    ASSERT_TRUE(net.until([&] { return net.all_linked(); }));
    net.run(5s);
    start_with_another_secret(net);
    for (const Time end = net.now + 2min; net.now < end; net.step()) {
      ASSERT_FALSE(net.group(count - 1).in_step());
      for (size_t i = 0; i + 1 < count; ++i) ASSERT_TRUE(net.group(i).in_step()) << "who runs goes on";
    }
    const size_t bad = count - 1;
    EXPECT_TRUE(net.member(bad, 0).refused);
    EXPECT_TRUE(net.member(0, bad).refused);
    EXPECT_EQ(net.group(bad).awaited(), "group member d1 answers, but is refused: d1 has another key than this node");
    EXPECT_EQ(net.node(0).warnings.size(), 2u) << "one a minute, for as long as it lasts";
    EXPECT_THAT(net.node(0).warnings[0], HasSubstr("has another key than this node"));
    EXPECT_GT(net.group(0).view().refused, 10u) << "it goes on trying";
    net.kill(bad);
    net.node(bad).secret = net.node(0).secret;
    net.start(bad);
    EXPECT_TRUE(net.until([&] { return net.all_linked() && net.group(bad).in_step(); }, 8s));
    EXPECT_FALSE(net.member(0, bad).refused);
  }
}

// Where connections come to be one way only, whoever starts finds out by itself.
TEST(Reach, EitherDirectionTells) {
  for (size_t deaf : {0, 1})
    for (size_t starter : {0, 1}) {
      Net net(2, 2'000, 2s);
      net.kill(0);
      net.kill(1);
      net.one_way = {1 - deaf, deaf};  // the only one that can be dialled
      net.node(1).secret.assign(32, 8);
      net.start(1 - starter, Standing::in_step);
      net.start(starter);
      net.run(60s);
      EXPECT_FALSE(net.group(starter).in_step()) << starter << " where only " << deaf << " is reached";
      for (size_t i : {0, 1}) EXPECT_TRUE(net.member(i, 1 - i).refused);
    }
}

TEST(Reach, AnotherNameOrVersionOrNodeAtAMembersAddressIsRefused) {
  struct Case {
    const char* what;
    void (*change)(Node&);
    const char* why;
  };
  const Case cases[] = {
      {"group", [](Node& n) { n.config.name = "h"; }, "d2 is of group h, not g"},
      {"name", [](Node& n) { n.name = "d7"; }, "d7 answered where d2 was expected"},
      {"itself", [](Node& n) { n.name = "d1"; }, "the other end says that it is d1, which is this node"},
  };
  for (const Case& c : cases) {
    Net net(2, 2'000, 2s);
    net.kill(1);
    c.change(net.node(1));
    net.start(1, Standing::in_step);
    net.run(40s);
    EXPECT_FALSE(net.group(0).in_step()) << c.what;
    EXPECT_EQ(net.member(0, 1).why, c.why);
    net.kill(1);
    EXPECT_TRUE(net.until([&] { return net.group(0).in_step(); }, kRefusalLasts + 12s)) << "it has gone";
  }
  Net net(2, 2'000, 2s);
  net.kill(1);
  net.run(100ms);
  const auto version = [&](Link link, Address from) {
    EXPECT_TRUE(net.group(0).accepted(link, from, net.now));
    net.group(0).received(link, std::vector<u8>{'w', 'a', 'y', 'm', 'a', 'r', 'k', 9}, net.now);
  };
  version(1000, net.address(2));
  EXPECT_FALSE(net.member(0, 1).refused) << "that was another's address";
  version(1001, net.address(1));
  EXPECT_TRUE(net.member(0, 1).refused);
  EXPECT_EQ(net.member(0, 1).why, "the other end speaks version 9 of the group's messages, this one 2");
}

// Where all start at once, the larger side does not wait for one wrong machine for ever, and that one stays out.
TEST(Reach, OneWrongMachineKeepsNobodyElseFromStarting) {
  for (size_t bad : {0, 1, 2}) {
    Net net(3, 2'000, 2s);
    for (size_t i : {0, 1, 2}) net.kill(i);
    net.node(bad).secret.assign(32, 8);
    for (size_t i : {0, 1, 2}) net.start(i);
    const size_t good = bad == 0 ? 1 : 0, other = 3 - bad - good;
    ASSERT_TRUE(net.until([&] { return net.group(good).in_step() && net.group(other).in_step(); }, 5s));
    net.run(60s);
    EXPECT_FALSE(net.group(bad).in_step());
    EXPECT_THAT(net.node(good).warnings, testing::Contains(HasSubstr("this node goes on without group member d")));
  }
}

// Of two sides that are equal the one with the first name starts, and one only.
TEST(Reach, OneSideOfTwoStarts) {
  for (size_t count : {2, 4}) {
    Net net(count, 2'000, 2s);
    for (size_t i = 0; i < count; ++i) net.kill(i);
    for (size_t i = 0; i < count; ++i) {
      if (i % 4 == 1 || i % 4 == 2) net.node(i).secret.assign(32, 8);
      net.start(i);
    }
    net.run(60s);
    for (size_t i = 0; i < count; ++i) EXPECT_EQ(net.group(i).in_step(), i % 4 == 0 || i % 4 == 3) << i;
    net.kill(0);
    if (count == 4) net.kill(3);
    EXPECT_TRUE(net.until([&] { return net.group(1).in_step(); }, kRefusalLasts + 12s));
  }
}

// Beside one that runs, any number of others with another secret stays out: keys that are changed one by one, say.
TEST(Reach, MoreThatAreWrongAreNotRight) {
  Net net(3, 2'000, 2s);
  ASSERT_TRUE(net.until([&] { return net.all_linked(); }));
  for (size_t i : {1, 2}) {
    net.kill(i);
    net.node(i).secret.assign(32, 8);
    net.start(i);
    net.run(30s);
  }
  EXPECT_TRUE(net.member(1, 2).up);
  EXPECT_TRUE(net.group(0).in_step());
  for (size_t i : {1, 2}) EXPECT_FALSE(net.group(i).in_step());
}

TEST(Reach, WhatIsAnnouncedIsKeptWhoeverRefuses) {
  Net net(2, 2'000, 2s);
  ASSERT_TRUE(net.until([&] { return net.all_linked(); }));
  start_with_another_secret(net);
  net.run(5s);
  net.kill(0);
  net.start(0, Standing::announced);  // its daemon is upgraded
  EXPECT_TRUE(net.until([&] { return net.group(0).in_step(); }, 3s));
  net.kill(0);
  net.start(0, Standing::in_step);
  EXPECT_TRUE(net.group(0).in_step());
  EXPECT_EQ(net.group(0).awaited(), "");
}

// Whether the other one is in step, too, and has the first name; and who starts meanwhile gives way, though it had it.
TEST(Reach, WhatIsAnnouncedGivesWayToNobody) {
  for (Standing other : {Standing::in_step, Standing::fresh}) {
    Net net(2, 2'000, 2s);
    for (size_t i : {0, 1}) net.kill(i);
    net.node(0).secret.assign(32, 8);
    net.start(0, other);
    net.start(1, Standing::announced);
    EXPECT_TRUE(net.until([&] { return net.group(1).in_step(); }, 4s));
    net.run(60s);
    EXPECT_EQ(net.group(0).in_step(), other == Standing::in_step);
  }
}

// A verdict comes before Announce::kGrace is over, whatever is configured.
TEST(Reach, WhatIsAnnouncedIsNotWithdrawnForAWaitThatIsLong) {
  Net net(2, 2'000, 10min);
  net.kill(1);
  net.kill(0);
  net.start(0, Standing::announced);
  EXPECT_TRUE(net.until([&] { return net.group(0).in_step(); }, 50s));
  net.kill(0);
  net.start(0);
  net.run(9min);
  EXPECT_FALSE(net.group(0).in_step());
}

TEST(Reach, WhoCannotAskDoesNotKnow) {
  Net net(2, 2'000, 2s);
  net.kill(1);
  net.kill(0);
  net.unable.insert(0);
  net.start(0);
  net.run(5min);
  EXPECT_FALSE(net.group(0).in_step());
  EXPECT_EQ(net.group(0).awaited(), "this machine cannot ask for group member d2: Too many open files");
  net.unable.clear();
  EXPECT_TRUE(net.until([&] { return net.group(0).in_step(); }, 6s)) << "now it is known that nobody is there";
}

// Time that this node was not there for is neither a member's silence nor a wait for it.
TEST(Reach, ANodeThatWasHeldUpHasNotWaited) {
  Net net(2, 2'000, 10s);
  net.kill(0);
  net.start(0);
  net.group(0).tick(net.now);
  net.now += 5min;  // before it heard of what it dialled
  net.step();
  EXPECT_FALSE(net.group(0).in_step());
  ASSERT_TRUE(net.until([&] { return net.member(0, 1).up; }, 1s));
  net.slow.insert(0);  // its pins are on their way
  net.now += 5min;
  net.group(0).tick(net.now);
  EXPECT_FALSE(net.group(0).in_step());
  EXPECT_TRUE(net.member(0, 1).up);
  net.slow.clear();
  ASSERT_TRUE(net.until([&] { return net.all_linked(); }, 1s));
  net.run(10s);
  for (int i = 0; i < 5; ++i) {
    net.node(0).log.clear();
    net.now += 10s;  // both, so that what was sent lies in their sockets
    net.run(2s);
    EXPECT_TRUE(net.member(0, 1).up);
    EXPECT_TRUE(net.node(0).log.empty()) << net.node(0).log[0];
  }
}

TEST(Reach, WhoTakesConnectionsAndProvesNothingIsWaitedForLonger) {
  Net net(2, 2'000, 5s);
  net.slow.insert(1);  // its daemon stands still: its kernel takes the connections
  net.kill(0);
  net.start(0);
  net.run(19s);
  EXPECT_FALSE(net.group(0).in_step());
  EXPECT_FALSE(net.member(0, 1).refused);
  EXPECT_TRUE(net.until([&] { return net.group(0).in_step(); }, 3s));
}

TEST(Reach, StrangersAreFewAndHaveLittleTime) {
  Net net(2);
  net.kill(1);
  Group& group = net.group(0);
  const auto stranger = [](u64 network, u64 host) { return Address{0xb80d0120 | network << 32, host}; };
  u32 taken = 0;
  Link link = 1000;
  for (u64 n = 0; n < 20; ++n) taken += group.accepted(link++, stranger(1, n), net.now);
  EXPECT_EQ(taken, kPlacesOfNetwork) << "of one /64";
  for (u64 n = 0; n < 20; ++n) taken += group.accepted(link++, stranger(n, 1), net.now);
  EXPECT_EQ(taken, kPlacesOfStrangers);
  for (u64 n = 0; n < 20; ++n) taken += group.accepted(link++, net.address(1), net.now);
  EXPECT_EQ(taken, kPlacesOfStrangers + kPlacesOfMember) << "a member's places are its own";
  EXPECT_EQ(group.view().refused, 60 - taken);
  group.received(1000, std::vector<u8>(3, 'x'), net.now);
  EXPECT_EQ(group.take().close, std::vector<Link>{1000});
  EXPECT_TRUE(group.accepted(link++, stranger(99, 1), net.now)) << "its place is another's";
  for (int i = 0; i < 12; ++i) group.tick(net.now += 500ms);
  EXPECT_EQ(group.take().close.size(), taken);
  EXPECT_EQ(group.view().last_refusal, "nothing was proven within 5 s");
  EXPECT_TRUE(group.accepted(link++, net.address(1), net.now));
}

// Whatever strangers send, and however much of it, in whichever order: a node's members and its step are as without
// them. They have whatever was ever on the wire, and names of members, but neither their addresses nor the secret.
TEST(Reach, NoSequenceOfStrangersBytesChangesAnything) {
  for (u64 seed = 1; seed <= 12; ++seed) {
    Net with(3, 500, 2s), without(3, 500, 2s);
    std::mt19937_64 random(seed);
    const size_t dead = seed % 4;  // 3: nobody
    for (Net* net : {&with, &without}) {
      net->record = net == &with;
      if (dead < 3) net->kill(dead);
    }
    std::vector<Link> open;
    Link link = 1'000'000;
    for (int step = 0; step < 1500; ++step) {
      for (u64 n = random() % 8; n; --n) {
        const size_t victim = random() % 3;
        if (victim == dead) continue;
        Group& group = with.group(victim);
        switch (random() % 4) {
          case 0:
            if (group.accepted(++link, {random() % 4, random()}, with.now)) open.push_back(link);
            break;
          case 1:
            if (!open.empty()) group.closed(open[random() % open.size()], Ended::by_peer, "it closed", with.now);
            break;
          default: {
            if (open.empty()) break;
            std::vector<u8> bytes(random() % 400);
            for (u8& b : bytes) b = u8(random());
            if (const auto& old = with.recorded; random() % 4 && !old.empty()) bytes = old[random() % old.size()];
            if (random() % 4 == 0 && !bytes.empty()) bytes[random() % bytes.size()] ^= u8(1 << random() % 8);
            if (random() % 4 == 0) bytes.resize(random() % (bytes.size() + 1));
            group.received(open[random() % open.size()], bytes, with.now);
          }
        }
        with.flush(victim);
      }
      with.step();
      without.step();
      for (size_t i = 0; i < 3; ++i) {
        if (i == dead) continue;
        ASSERT_EQ(with.group(i).in_step(), without.group(i).in_step()) << i << " in step " << step << ", seed " << seed;
        ASSERT_EQ(with.group(i).awaited(), without.group(i).awaited());
        for (size_t j = 0; j < 3; ++j) {
          if (i == j) continue;
          const MemberView a = with.member(i, j), b = without.member(i, j);
          ASSERT_EQ(std::tie(a.up, a.since, a.why, a.refused, a.sharing, a.pulled, a.pins_received),
                    std::tie(b.up, b.since, b.why, b.refused, b.sharing, b.pulled, b.pins_received))
              << i << " of " << j << " in step " << step << ", seed " << seed;
        }
      }
    }
    EXPECT_GT(with.group(dead == 0 ? 1 : 0).view().refused, 100u);
  }
}

// Somebody at a member's own address who knows no secret, and does not even claim to be it, keeps nobody waiting.
TEST(Reach, OthersOnAMembersMachineAreNoRefusal) {
  Net net(2, 2'000, 2s);
  net.kill(1);
  for (const Time end = net.now + 5s; net.now < end; net.step()) {
    const Link link = net.next++;
    if (net.group(0).accepted(link, net.address(1), net.now))
      net.group(0).received(link, std::vector<u8>(300, 'x'), net.now);
  }
  EXPECT_TRUE(net.group(0).in_step());
}

TEST(Reach, AddressesOfMembers) {
  EXPECT_EQ(address_of("192.0.2.1:6090"), address_of("192.0.2.1:1"));
  EXPECT_EQ(address_of("[2001:db8::1]:6090")->high, u64(0xb80d0120));
  EXPECT_FALSE(address_of("").has_value());
}

}  // namespace
}  // namespace waymark::group
