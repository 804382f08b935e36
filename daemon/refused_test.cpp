#include "daemon/refused.h"

#include <net/if.h>

#include "daemon/processes_test.h"
#include "engine/xdp/holder.h"

namespace waymark {

namespace {

using namespace std::chrono_literals;

}  // namespace

TEST(RefusedWatch, CountsSinceItsFirstLook) {
  RefusedWatch watch;
  EXPECT_EQ(watch.deadline(), Time{});
  EXPECT_TRUE(watch.look({{"eth1", 5000}, {"eth0", 7}, {"eth2", std::nullopt}}, 100s).empty()) << "from before";
  EXPECT_EQ(watch.deadline(), 110s);
  EXPECT_TRUE(watch.look({{"eth1", 5003}, {"eth0", 7}}, 110s).empty()) << "a few are no news";
  const auto began = watch.look({{"eth1", 5123}, {"eth0", 7}}, 120s);
  ASSERT_EQ(began.size(), 1u);
  EXPECT_EQ(began[0].kind, "drops.began");
  EXPECT_EQ(began[0].subject, "eth1");
  const std::string now = "forward.refused: 120 packets in 10 s, sent by eth1 and refused by its driver: ";
  EXPECT_EQ(began[0].text.rfind(now, 0), 0u) << began[0].text;
  ASSERT_EQ(watch.growing().size(), 1u);
  EXPECT_EQ(watch.growing()[0].rfind(now, 0), 0u);
  EXPECT_TRUE(watch.look({{"eth1", 5243}, {"eth0", 7}}, 130s).empty()) << "once";
  auto views = watch.views();
  ASSERT_EQ(views.size(), 2u);
  EXPECT_EQ(views[0].interface + " " + std::to_string(views[0].packets), "eth0 0");
  EXPECT_EQ(views[1].interface + " " + std::to_string(views[1].packets), "eth1 243");
  const auto ended = watch.look({{"eth1", 1}}, 140s);
  ASSERT_EQ(ended.size(), 1u) << "it was made anew";
  EXPECT_EQ(ended[0].kind, "drops.ended");
  EXPECT_EQ(watch.views()[0].packets, 244u);
  EXPECT_TRUE(watch.growing().empty());
  EXPECT_TRUE(watch.look({}, 150s).empty());
  EXPECT_TRUE(watch.views().empty()) << "nothing leaves by it any more";
}

// A veth drops what XDP sends back out of it while its other end holds no XDP program, and nobody but the driver knows.
struct RefusedTest : Processes {};

TEST_F(RefusedTest, WhatAVethDoesNotTakeIsCountedAndTold) {
  configure({target("s1", "10.77.0.2")});
  ASSERT_TRUE(runs(spawn())) << log();
  ASSERT_TRUE(soon([&] { return get("/v1/adjacencies")[0]["forwarded_by"] == "xdp"; })) << log();
  EXPECT_TRUE(soon([&] {
    send_flow();
    return counted("forward.sent") >= 40;
  }));
  EXPECT_TRUE(soon([&] {
    send_flow();
    return warned("sent by wm-here and refused by its driver");
  })) << get("/v1/status");
  EXPECT_GE(counted("forward.refused"), 10u);
  const auto text = api_get(socket(), "/metrics");
  ASSERT_TRUE(text);
  EXPECT_NE(text->find("waymark_forward_refused_total{interface=\"wm-here\"} "), std::string::npos);
  EXPECT_EQ(text->find("waymark_forward_refused_total{interface=\"wm-here\"} 0\n"), std::string::npos);
  in_peer([] {
    const Status put = put_pass(if_nametoindex("wm-peer"), "wm-peer");
    EXPECT_TRUE(put) << put.error().sentence;
  });
  EXPECT_TRUE(soon([&] {
    send_flow();
    return !warned("refused by its driver");
  })) << get("/v1/status");
}

}  // namespace waymark
