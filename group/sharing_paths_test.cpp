// What POPs of a group tell each other: revoked ids, and whether their files are alike.
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

}  // namespace
}  // namespace waymark::group
