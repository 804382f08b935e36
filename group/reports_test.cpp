// Reports of POPs that are not all connected to each other.
#include "group/reports.h"

#include "group/net_test.h"

namespace waymark::group {
namespace {

// Nobody dials these, nor reaches them.
void part(Net& net, size_t i, size_t j) {
  for (const auto& [a, b] : {std::pair(i, j), {j, i}}) {
    for (MemberConfig& m : net.node(a).config.member)
      if (m.address == Net::at(b)) m.direct = false;
    net.group(a).configure(net.node(a).config, net.now);
    net.cut.insert({a, b});
  }
}
void join(Net& net, size_t i, size_t j) {
  net.cut.erase({i, j});
  net.cut.erase({j, i});
}

// Each is connected to the next alone.
Net line(size_t count) {
  Net net(count);
  for (size_t i = 0; i < count; ++i)
    for (size_t j = i + 2; j < count; ++j) part(net, i, j);
  return net;
}

std::vector<PopView> view(size_t i, u32 round_trip) { return {{u32(i + 1), 999, 1, round_trip, 0}}; }
// What node i knows of how POP j + 1 sees POP 999; 0: nothing.
u32 trip(Net& net, size_t i, size_t j) {
  const auto views = net.group(i).pop_views_of({u32(j + 1), 999});
  return views.empty() ? 0 : views.front().round_trip;
}

TEST(Reports, ReachTheEndOfALine) {
  Net net = line(6);
  for (size_t i = 0; i < 6; ++i) net.group(i).publish_paths({1, 2, 3, i == 5 ? 9u : 4u});
  for (size_t i = 0; i < 6; ++i) net.group(i).publish_pop_views(view(i, 100 + u32(i)));
  net.group(5).publish_keys({{{11, true}}});
  net.run(1s);
  for (size_t i = 0; i < 6; ++i)
    for (size_t j = 0; j < 6; ++j) EXPECT_EQ(trip(net, i, j), i == j ? 0 : 100 + j) << i << " of " << j;
  const MemberView last = net.member(0, 5);
  EXPECT_FALSE(last.up);
  EXPECT_TRUE(last.is_pop && last.reported);
  EXPECT_EQ(last.keys, (PathKeys{{{11, true}}}));
  EXPECT_EQ(last.paths_differ, std::vector<std::string>{"policies"});
  net.run(2 * kReportLasts);
  EXPECT_EQ(trip(net, 0, 5), 105u) << "it is renewed";
  net.group(5).publish_pop_views(view(5, 7));
  net.run(200ms);
  EXPECT_EQ(trip(net, 0, 5), 7u) << "news go at once";
}

TEST(Reports, ArePassedOnInNoFullMesh) {
  Net net(6);
  ASSERT_TRUE(net.until([&] { return net.all_linked(); }));
  net.run(2s);
  for (size_t i = 0; i < 6; ++i) net.group(i).publish_pop_views(view(i, 5));
  net.run(2s);
  std::vector<u64> before;
  for (size_t i = 0; i < 6; ++i) before.push_back(net.group(i).view().passed_on);
  for (u32 turn = 1; turn < 20; ++turn) {
    for (size_t i = 0; i < 6; ++i) net.group(i).publish_pop_views(view(i, turn));
    net.run(3s);
  }
  for (size_t i = 0; i < 6; ++i) EXPECT_EQ(net.group(i).view().passed_on, before[i]);
}

TEST(Reports, FindAnotherWayWhenAConnectionIsCut) {
  Net net(4);
  ASSERT_TRUE(net.until([&] { return net.all_linked(); }));
  for (size_t i = 0; i < 4; ++i) net.group(i).publish_pop_views(view(i, 5));
  net.run(2s);
  net.cut.insert({0, 3});
  net.group(0).publish_pop_views(view(0, 6));
  ASSERT_TRUE(net.until([&] { return trip(net, 3, 0) == 6; }, 6s));
  net.run(5s);  // it is lost by now
  net.group(0).publish_pop_views(view(0, 8));
  net.run(300ms);
  EXPECT_EQ(trip(net, 3, 0), 8u);
  net.run(2 * kReportLasts);
  EXPECT_EQ(trip(net, 3, 0), 8u);
}

TEST(Reports, OfOneThatStartsAnewGoOnFromItsFormerLife) {
  Net net = line(3);
  net.group(0).publish_paths({1, 2, 3, 4});
  for (u32 turn = 1; turn <= 200; ++turn) {
    net.group(0).publish_pop_views(view(0, turn));
    net.run(120ms);
  }
  EXPECT_EQ(trip(net, 2, 0), 200u);
  net.kill(0);
  net.run(5s);
  net.start(0);
  net.group(0).publish_pop_views(view(0, 77));
  ASSERT_TRUE(net.until([&] { return net.member(0, 1).up; }));
  net.run(1s);
  EXPECT_EQ(trip(net, 1, 0), 77u);
  EXPECT_EQ(trip(net, 2, 0), 77u) << "its first number is far below the last one that is known";
}

// d2 knows nothing of d1's former life; d3 does, and both connect to d2 alone.
TEST(Reports, AFormerLifeIsHeardOfThroughOneThatDoesNotKnowIt) {
  Net net = line(3);
  for (u32 turn = 1; turn <= 9; ++turn) {
    net.group(0).publish_pop_views(view(0, turn));
    net.run(1s);
  }
  net.kill(0);
  net.kill(1);
  net.run(5s);
  net.start(0);
  net.start(1);
  net.cut.insert({1, 2});
  net.group(0).publish_pop_views(view(0, 77));
  ASSERT_TRUE(net.until([&] { return trip(net, 1, 0) == 77; }, 20s));
  EXPECT_EQ(trip(net, 2, 0), 9u) << "it is not expired yet";
  join(net, 1, 2);
  ASSERT_TRUE(net.until([&] { return trip(net, 2, 0) == 77 && trip(net, 1, 0) == 77; }, kReportEvery + 2s));
}

TEST(Reports, EndSomeTimeAfterTheirNode) {
  Net net = line(4);
  net.group(0).publish_pop_views(view(0, 5));
  net.group(3).publish_pop_views(view(3, 5));
  net.run(1s);
  ASSERT_EQ(trip(net, 3, 0), 5u);
  net.kill(0);
  net.run(kReportEvery);
  EXPECT_EQ(trip(net, 3, 0), 5u);
  // Whoever comes meanwhile takes it for no younger than it is.
  net.kill(2);
  net.run(5s);
  net.start(2);
  ASSERT_TRUE(net.until([&] { return trip(net, 2, 0) == 5; }, 10s));
  net.run(kReportLasts - kReportEvery - 5s + 1s);
  for (size_t i = 1; i < 4; ++i) {
    EXPECT_EQ(trip(net, i, 0), 0u) << i;
    EXPECT_FALSE(net.member(i, 0).is_pop);
  }
  (void)net.group(3).pop_views_heard();
  EXPECT_EQ(trip(net, 1, 3), 5u) << "who lives goes on";
}

TEST(Reports, OfANodeThatIsNoMemberGoNowhere) {
  Net net = line(3);
  GroupConfig fewer = net.node(1).config;
  std::erase_if(fewer.member, [](const MemberConfig& m) { return m.name == "d1"; });
  net.group(0).publish_pop_views(view(0, 5));
  net.run(500ms);
  EXPECT_EQ(trip(net, 2, 0), 5u);
  net.group(1).configure(fewer, net.now);
  net.run(kReportLasts + 1s);
  EXPECT_EQ(trip(net, 1, 0), 0u);
  EXPECT_EQ(trip(net, 2, 0), 0u);
}

TEST(Reports, OfAStrangerComeThroughNoMember) {
  Net net = line(4);
  GroupConfig fewer = net.node(2).config;
  std::erase_if(fewer.member, [](const MemberConfig& m) { return m.name == "d1"; });
  net.group(2).configure(fewer, net.now);
  net.group(0).publish_pop_views(view(0, 5));
  net.run(1s);
  EXPECT_EQ(trip(net, 1, 0), 5u);
  EXPECT_EQ(trip(net, 2, 0), 0u) << "it does not know d1";
  EXPECT_EQ(trip(net, 3, 0), 0u) << "and passes nothing on";
}

TEST(Reports, WhoDialsNobodyIsWaitedForByNobody) {
  Net net(2, 0);
  part(net, 0, 1);
  net.cut.clear();
  net.run(100ms);
  EXPECT_TRUE(net.group(0).in_step());
  EXPECT_TRUE(net.node(0).warnings.empty());
  EXPECT_FALSE(net.member(0, 1).direct);
  net.run(5s);
  EXPECT_FALSE(net.member(0, 1).up) << "nobody dials";
}

// Random nets that hang together, whatever is cut, killed and said meanwhile: in the end all know the same.
TEST(Reports, AreTheSameEverywhereOnceAllIsQuiet) {
  for (u64 seed = 1; seed <= 30; ++seed) {
    std::mt19937_64 random{seed};
    constexpr size_t kCount = 6;
    Net net(kCount);
    std::set<std::pair<size_t, size_t>> links;
    for (size_t i = 1; i < kCount; ++i) links.insert({random() % i, i});
    links.insert({random() % 3, 3 + random() % 3});
    for (size_t i = 0; i < kCount; ++i)
      for (size_t j = i + 1; j < kCount; ++j)
        if (!links.contains({i, j})) part(net, i, j);
    std::vector<u32> said(kCount);
    for (int turn = 0; turn < 60; ++turn) {
      const size_t i = random() % kCount;
      auto link = links.begin();
      std::advance(link, random() % links.size());
      switch (random() % 6) {
        case 0:
          if (net.cut.contains(*link))
            join(net, link->first, link->second);
          else
            net.cut.insert(*link);
          break;
        case 1:
          net.kill(i);
          if (random() % 2) net.run(std::chrono::milliseconds(random() % 5'000));
          net.start(i);
          break;
        default:
          said[i] = u32(random() % 1000 + 1);
      }
      if (said[i]) net.group(i).publish_pop_views(view(i, said[i]));
      net.run(std::chrono::milliseconds(random() % 1'500));
    }
    for (const auto& [i, j] : links) join(net, i, j);
    net.run(20s);
    for (size_t i = 0; i < kCount; ++i)
      for (size_t j = 0; j < kCount; ++j)
        EXPECT_EQ(trip(net, i, j), i == j ? 0 : said[j]) << "seed " << seed << ", " << i << " of " << j;
  }
}

}  // namespace
}  // namespace waymark::group
