// What POPs of a group tell each other: revoked ids, whether their files are alike, and how they see each other.
#include "group/net_test.h"

namespace waymark::group {
namespace {

std::vector<RevocationRecord> received(Net& net, size_t i) { return net.group(i).revocations_received(); }

TEST(SharedRevocations, ReachAllMembersOnceAndThoseWhoComeLater) {
  Net net(3);
  net.kill(2);
  ASSERT_TRUE(net.until([&] { return net.member(0, 1).up && net.member(1, 0).up; }));
  const RevocationRecord first = {34, true, 0, 1, 9}, second = {36, true, 77, 2, 9};
  net.group(0).publish_revocations({first});
  net.group(0).publish_revocations({second, first});
  net.run(300ms);
  EXPECT_EQ(received(net, 1), (std::vector<RevocationRecord>{first, second}));
  EXPECT_TRUE(received(net, 1).empty());
  EXPECT_TRUE(received(net, 0).empty()) << "nobody is told what he said";
  net.start(2);
  ASSERT_TRUE(net.until([&] { return net.all_linked(); }));
  net.run(300ms);
  EXPECT_EQ(received(net, 2), (std::vector<RevocationRecord>{first, second}));
}

TEST(SharedRevocations, OfTwoTheLaterOneIsTold) {
  Net net(2);
  ASSERT_TRUE(net.until([&] { return net.all_linked(); }));
  const RevocationRecord late = {34, false, 0, 5, 1};
  net.group(0).publish_revocations({late});
  net.run(300ms);
  EXPECT_EQ(received(net, 1), std::vector<RevocationRecord>{late});
  net.group(1).publish_revocations({{34, true, 0, 4, 9}});
  net.run(300ms);
  EXPECT_TRUE(received(net, 0).empty());
  net.group(1).publish_revocations({{34, true, 0, 5, 2}});
  net.run(300ms);
  EXPECT_EQ(received(net, 0).size(), 1u) << "as late, and of an origin that wins";
}

TEST(SharedPaths, WhoHasAnotherFileIsSaid) {
  Net net(2);
  ASSERT_TRUE(net.until([&] { return net.all_linked(); }));
  EXPECT_TRUE(net.member(0, 1).paths_differ.empty()) << "no POPs";
  net.group(0).publish_paths({1, 2, 3, 4});
  net.run(300ms);
  EXPECT_TRUE(net.member(1, 0).paths_differ.empty()) << "one alone is no POP";
  net.group(1).publish_paths({1, 2, 30, 40});
  net.run(300ms);
  EXPECT_EQ(net.member(0, 1).paths_differ, (std::vector<std::string>{"servers", "policies"}));
  EXPECT_EQ(net.member(1, 0).paths_differ, (std::vector<std::string>{"servers", "policies"}));
  net.group(1).publish_paths({1, 2, 3, 4});
  net.run(300ms);
  EXPECT_TRUE(net.member(0, 1).paths_differ.empty());
  net.kill(1);
  net.start(1);
  net.group(1).publish_paths({7, 8, 3, 4});
  ASSERT_TRUE(net.until([&] { return net.all_linked(); }));
  net.run(300ms);
  EXPECT_EQ(net.member(0, 1).paths_differ, (std::vector<std::string>{"plans", "pops"})) << "told anew by each link";
  EXPECT_EQ(net.member(1, 0).paths_differ, (std::vector<std::string>{"plans", "pops"}));
}

// All that members say, as whoever looks at each change has it.
using Known = std::map<PopPair, std::vector<PopView>>;
void follow(Net& net, size_t i, Known& known) {
  for (const PopPair& pair : net.group(i).pop_views_heard()) {
    known.erase(pair);
    if (const auto views = net.group(i).pop_views_of(pair); !views.empty()) known[pair] = views;
  }
}

TEST(SharedPopViews, ReachMembersAsTheyChangeAndThoseWhoComeLater) {
  Net net(3);
  net.kill(2);
  ASSERT_TRUE(net.until([&] { return net.member(0, 1).up && net.member(1, 0).up; }));
  const PopView a = {1, 2, 1, 9'000, 3}, b = {1, 3, 2, 0, 0};
  net.group(0).publish_pop_views({a, b});
  net.run(300ms);
  std::vector<Known> known(3);
  const auto look = [&] {
    for (size_t i = 0; i < 3; ++i)
      if (net.node(i).group) follow(net, i, known[i]);
  };
  look();
  EXPECT_EQ(known[1], (Known{{{1, 2}, {a}}, {{1, 3}, {b}}}));
  EXPECT_TRUE(known[0].empty()) << "nobody is told what he said";
  net.group(0).publish_pop_views({b});
  net.run(300ms);
  look();
  EXPECT_EQ(known[1], (Known{{{1, 3}, {b}}}));
  net.group(0).publish_pop_views({b});
  net.run(300ms);
  EXPECT_TRUE(net.group(1).pop_views_heard().empty()) << "nothing new is told";
  net.start(2);
  ASSERT_TRUE(net.until([&] { return net.all_linked(); }));
  net.run(300ms);
  look();
  EXPECT_EQ(known[2], (Known{{{1, 3}, {b}}}));
  net.kill(0);
  ASSERT_TRUE(net.until(
      [&] {
        look();
        return known[1].empty() && known[2].empty();
      },
      kReportLasts + 1s))
      << "who is gone sees nothing";
}

TEST(SharedPopViews, GoWithAMemberThatIsNoneAnyMore) {
  Net net(3);
  ASSERT_TRUE(net.until([&] { return net.all_linked(); }));
  net.group(0).publish_pop_views({{1, 2, 2, 0, 0}});
  net.run(300ms);
  Known known;
  follow(net, 1, known);
  EXPECT_EQ(known.size(), 1u);
  GroupConfig fewer = net.node(1).config;
  std::erase_if(fewer.member, [](const MemberConfig& m) { return m.name == "d1"; });
  net.group(1).configure(fewer, net.now);
  follow(net, 1, known);
  EXPECT_TRUE(known.empty());
}

TEST(SharedPopViews, AreAtMostSoMany) {
  Net net(2);
  ASSERT_TRUE(net.until([&] { return net.all_linked(); }));
  std::vector<PopView> all;
  for (u32 to = 2; to < 2 + kMostPopViews; ++to) all.push_back({1, to, 1, 9, 0});
  net.group(0).publish_pop_views(all);
  net.run(300ms);
  EXPECT_EQ(net.group(1).pop_views_heard().size(), kMostPopViews);
  all.push_back({1, 60'000, 1, 9, 0});
  net.group(0).publish_pop_views(all);
  net.run(1s);
  EXPECT_TRUE(net.group(1).pop_views_of({1, 60'000}).empty());
  EXPECT_EQ(net.group(1).pop_views_of({1, 2}).size(), 1u);
  EXPECT_TRUE(net.member(1, 0).up);
}

TEST(SharedPopViews, GoToAsManyMembersAsAWanHas) {
  constexpr size_t kMany = 64;
  Net net(kMany, 100);
  ASSERT_TRUE(net.until([&] { return net.all_linked(); }));
  for (size_t i = 0; i < kMany; ++i) {
    std::vector<PopView> views;
    for (u32 to = 1; to <= kMany; ++to)
      if (to != i + 1) views.push_back({u32(i + 1), to, 1, 9'000, 0});
    net.group(i).publish_pop_views(views);
  }
  net.run(1s);
  for (size_t i = 0; i < kMany; ++i) EXPECT_EQ(net.group(i).pop_views_heard().size(), (kMany - 1) * (kMany - 1));
}

// Whatever is cut, killed and changed meanwhile: in the end each knows what the others say last.
TEST(SharedPopViews, AreTheSameEverywhereOnceAllIsQuiet) {
  for (u64 seed = 1; seed <= 20; ++seed) {
    std::mt19937_64 random{seed};
    Net net(4);
    std::vector<std::vector<PopView>> said(4);
    std::vector<Known> known(4);
    for (int turn = 0; turn < 60; ++turn) {
      const std::size_t i = random() % 4, j = random() % 4;
      switch (random() % 5) {
        case 0:
          if (i != j && !net.cut.erase({i, j})) net.cut.insert({i, j});
          break;
        case 1:
          net.kill(i);
          net.start(i);
          known[i].clear();
          net.group(i).publish_pop_views(said[i]);
          break;
        default:
          said[i].clear();
          for (u32 to = 1; to <= 4; ++to)
            if (to != i + 1 && random() % 3)
              said[i].push_back({u32(i + 1), to, u8(random() % 3), u32(random() % 1000), u32(random() % 100)});
          net.group(i).publish_pop_views(said[i]);
      }
      net.run(Duration(std::chrono::milliseconds(random() % 2'000)));
      if (random() % 2) follow(net, i, known[i]);
    }
    net.cut.clear();
    ASSERT_TRUE(net.until([&] { return net.all_linked(); }, 60s)) << seed;
    net.run(1s);
    for (std::size_t i = 0; i < 4; ++i) {
      Known others;
      for (std::size_t j = 0; j < 4; ++j)
        for (const PopView& view : said[j])
          if (j != i) others[{view.from, view.to}].push_back(view);
      follow(net, i, known[i]);
      EXPECT_EQ(known[i], others) << "node " << i << ", seed " << seed;
    }
  }
}

TEST(SharedPaths, WhoKnowsAndSeesWhichKeysIsSaid) {
  Net net(2);
  ASSERT_TRUE(net.until([&] { return net.all_linked(); }));
  net.group(0).publish_paths({1, 2, 3, 4});
  net.run(300ms);
  EXPECT_TRUE(net.member(1, 0).is_pop);
  EXPECT_TRUE(net.member(1, 0).keys.keys.empty());
  EXPECT_FALSE(net.member(0, 1).is_pop);
  const PathKeys two = {{{11, true}, {12, false}}};
  net.group(0).publish_keys(two);
  net.run(300ms);
  EXPECT_EQ(net.member(1, 0).keys, two);
  net.kill(0);
  net.run(kReportLasts + 1s);
  EXPECT_FALSE(net.member(1, 0).is_pop) << "nobody is known to know keys who is not there";
  net.start(0);
  net.group(0).publish_paths({1, 2, 3, 4});
  net.group(0).publish_keys(two);
  ASSERT_TRUE(net.until([&] { return net.all_linked(); }));
  net.run(300ms);
  EXPECT_EQ(net.member(1, 0).keys, two) << "told anew by each link";
  net.group(0).publish_keys({});
  net.run(300ms);
  EXPECT_TRUE(net.member(1, 0).keys.keys.empty());
}

}  // namespace
}  // namespace waymark::group
