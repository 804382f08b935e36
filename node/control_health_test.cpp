// What checks found, here and at the other, of targets that are many, come back, or are removed.
#include "node/control_test.h"

namespace waymark {

// A director that knows nothing yet takes its member's word, for all targets, however many; a few at a time.
TEST(Control, OpinionsStandInForManyTargetsAtOnce) {
  Pair pair(true);
  for (Director* d : {&pair.one, &pair.two}) {
    const ServiceConfig web = d->config.service[0];
    for (int i = 0; i < 800; ++i) {
      ServiceConfig more = web;
      more.name = "more-" + std::to_string(i);
      more.address = {ip("2001:db8:81::" + std::to_string(i))};
      d->config.service.push_back(more);
    }
  }
  pair.two.dead = {"s2"};
  pair.one.silent = true;
  ASSERT_TRUE(pair.one.start(pair.now, false));
  ASSERT_TRUE(pair.two.start(pair.now, false));
  pair.run(6s);
  EXPECT_TRUE(pair.one.control->health().decided()) << pair.one.control->awaited();
  EXPECT_EQ(pair.one.control->node().down(), pair.two.control->node().down());
  EXPECT_EQ(pair.one.control->node().down().size(), 801u);
  EXPECT_EQ(pair.pool(pair.one), pair.pool(pair.two));
  pair.one.silent = false;  // and then believes itself
  pair.run(10s);
  EXPECT_EQ(pair.one.control->node().down(), (std::set<std::string>{}));
}

// One that is back is as it was until it is asked; where nobody asks it any more, it is up.
TEST(Control, ATargetThatIsBackIsDownUntilItAnswers) {
  for (const bool asked : {true, false}) {
    Pair pair(true);
    pair.run(3s);
    pair.one.dead = {"s1"};
    pair.run(10s);
    const Config whole = pair.one.config;
    const auto reload = [&](const Config& config) {
      ASSERT_TRUE(pair.one.control->prepare(config, kFacts, kSecret));
      pair.one.control->commit(pair.now);
    };
    Config less = whole;
    less.service[0].target.erase(less.service[0].target.begin());
    reload(less);
    Config again = whole;
    if (!asked) again.service[0].check.reset();
    reload(again);
    EXPECT_EQ(pair.one.control->node().down().contains("web/s1"), asked);
    pair.one.dead.clear();
    pair.run(5s);
    EXPECT_FALSE(pair.one.control->node().down().contains("web/s1"));
  }
}

TEST(Control, ATargetThatIsRemovedWhileDownStaysSoForItsFlows) {
  Pair pair(true);
  pair.run(3s);
  pair.one.dead = {"s1"};
  pair.run(10s);
  pair.one.config.service[0].target.erase(pair.one.config.service[0].target.begin());
  auto image = pair.one.control->prepare(pair.one.config, kFacts, kSecret);
  ASSERT_TRUE(image);
  pair.one.control->commit(pair.now);
  EXPECT_TRUE(pair.one.control->node().down().contains("web/s1"));
}

}  // namespace waymark
