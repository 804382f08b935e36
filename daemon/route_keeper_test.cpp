#include "daemon/route_keeper.h"

#include <filesystem>

#include "base/address_text.h"
#include "daemon/run.h"
#include "rtnetlink/namespaces_test.h"

namespace waymark {

namespace {

using namespace std::chrono_literals;

class RouteKeeperTest : public Namespaces {
 protected:
  struct Stage {
    std::function<bool()> holds;
    std::function<void()> then = [] {};
  };
  void SetUp() override {
    Namespaces::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    std::filesystem::create_directories("/run/waymark");
    auto made = RouteKeeper::open(loop, node);
    ASSERT_TRUE(made) << made.error().sentence;
    keeper = std::move(*made);
  }
  void TearDown() override {
    keeper.reset();
    std::filesystem::remove(announced_file(node));
    Namespaces::TearDown();
  }
  // Runs the loop, as the daemon does, until one after the other held.
  void pass(const std::vector<Stage>& stages) {
    const Time end = boot_time() + 60s;
    std::size_t at = 0;
    loop.run([&] {
      std::vector<RoutedPrefix> wanted;
      for (const Prefix& prefix : prefixes) wanted.push_back({prefix, 20});
      keeper->want(settings, wanted, boot_time());
      if (at < stages.size() && stages[at].holds()) stages[at++].then();
      if (at == stages.size() || boot_time() > end) loop.stop();
      return std::min(keeper->deadline(), boot_time() + 20ms);
    });
    EXPECT_EQ(at, stages.size()) << routes() << keeper->failed();
  }
  static std::string routes() { return output("ip route show type unreachable"); }
  static bool shows(const std::string& route) { return routes().find(route) != std::string::npos; }

  const std::string node = "wm-routes-" + std::to_string(getpid());
  Loop loop;
  std::unique_ptr<RouteKeeper> keeper;
  std::optional<AnnounceConfig> settings = AnnounceConfig{};
  std::vector<Prefix> prefixes = {Prefix(*parse_address("198.51.100.80"))};
};

TEST_F(RouteKeeperTest, FollowsWhatIsWanted) {
  pass({{[] { return shows("198.51.100.80 proto 200"); },
         [&] {
           prefixes = {Prefix(*parse_address("198.51.100.81")), Prefix(*parse_address("198.51.100.82"))};
         }},
        {[] { return !shows("198.51.100.80") && shows("198.51.100.81") && shows("198.51.100.82"); },
         [&] { settings->protocol = 201; }},
        {[] { return shows("198.51.100.81 proto 201") && !shows("proto 200"); }, [&] { settings.reset(); }},
        {[] { return routes().empty(); }}});
  EXPECT_FALSE(std::filesystem::exists(announced_file(node)));
}

TEST_F(RouteKeeperTest, WhatFailsIsTriedAgainUntilItIsSo) {
  here("ip route add unreachable 198.51.100.80 metric 20 proto static");
  pass({{[&] { return keeper->failed().find("another one has metric 20") != std::string::npos; },
         [] { here("ip route del unreachable 198.51.100.80 metric 20"); }},
        {[&] { return shows("198.51.100.80 proto 200") && keeper->failed().empty(); }}});
}

// Also where the protocol's routes are in the way of nobody but themselves: somebody else removed one.
TEST_F(RouteKeeperTest, WhatAnotherHandRemovedComesBack) {
  pass({{[] { return shows("198.51.100.80 proto 200"); },
         [] { here("ip route del unreachable 198.51.100.80 metric 20 proto 200"); }},
        {[] { return !shows("198.51.100.80"); }},
        {[] { return shows("198.51.100.80 proto 200"); }}});
}

TEST_F(RouteKeeperTest, WithdrawnIsWithdrawnForGood) {
  pass({{[] { return shows("198.51.100.80 proto 200"); }}});
  EXPECT_TRUE(std::filesystem::exists(announced_file(node)));
  EXPECT_TRUE(keeper->withdraw());
  EXPECT_TRUE(routes().empty()) << routes();
  EXPECT_FALSE(std::filesystem::exists(announced_file(node)));
  keeper->want(settings, {{Prefix(*parse_address("198.51.100.83")), 20}}, boot_time());
  EXPECT_EQ(keeper->deadline(), Time::max());
}

}  // namespace

}  // namespace waymark
