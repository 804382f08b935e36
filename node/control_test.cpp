// Two directors: what one knows the other comes to know, and neither announces what it cannot vouch for.
#include "node/control_test.h"

namespace waymark {

TEST(Control, ADrainAndAWeightReachTheOtherAndSurviveARestart) {
  Pair pair;
  pair.run(1s);
  EXPECT_EQ(pair.pool(pair.one), pair.pool(pair.two));
  const u64 before = pair.pool(pair.one);
  ASSERT_TRUE(pair.one.control->drain("s1", true, pair.now));
  ASSERT_TRUE(pair.two.control->reweigh("web/s2", 40, pair.now));
  pair.run(500ms);
  EXPECT_EQ(pair.pool(pair.one), pair.pool(pair.two));
  EXPECT_NE(pair.pool(pair.one), before);
  ASSERT_TRUE(pair.two.start(pair.now, true)) << "the daemon came back over its tables";
  EXPECT_EQ(pair.pool(pair.one), pair.pool(pair.two));
  ASSERT_TRUE(pair.one.control->drain("s1", false, pair.now));
  ASSERT_TRUE(pair.one.control->reweigh("s2", {}, pair.now));
  pair.run(3s);
  EXPECT_EQ(pair.pool(pair.two), before);
}

TEST(Control, WhatWasDecidedApartMeetsAgain) {
  Pair pair;
  pair.run(1s);
  pair.cut = true;
  ASSERT_TRUE(pair.one.control->drain("s1", true, pair.now));
  ASSERT_TRUE(pair.two.control->drain("s2", true, pair.now));
  ASSERT_TRUE(pair.two.control->drain("s2", false, pair.now));
  pair.run(5s);
  EXPECT_NE(pair.pool(pair.one), pair.pool(pair.two));
  pair.cut = false;
  pair.run(10s);
  EXPECT_EQ(pair.pool(pair.one), pair.pool(pair.two));
}

TEST(Control, AnnouncesNothingBeforeItKnowsTheTargets) {
  Pair pair(true);
  EXPECT_FALSE(pair.one.announces());
  EXPECT_EQ(pair.one.control->awaited(), "health of 3 targets is not known yet");
  pair.run(3s);
  EXPECT_TRUE(pair.one.announces());
  EXPECT_TRUE(pair.two.announces());
}

// A certificate file that is missing, say: the other services are none the worse for it.
TEST(Control, AServiceThatCannotBeCheckedHoldsUpNoOther) {
  Pair pair(true);
  for (Director* d : {&pair.one, &pair.two}) {
    ServiceConfig mail = d->config.service[0];
    mail.name = "mail";
    mail.address = {ip("2001:db8:80::2")};
    d->config.service.push_back(mail);
    d->blind = {"mail"};
    ASSERT_TRUE(d->start(pair.now, false));
  }
  pair.run(3s);
  EXPECT_FALSE(pair.one.announces()) << "it may be a matter of seconds";
  EXPECT_EQ(pair.one.control->awaited(), "health of 3 targets is not known yet: too many open files");
  pair.run(20s);
  EXPECT_EQ(pair.one.control->awaited(), "");
  EXPECT_EQ(pair.one.control->routes(), std::vector<Prefix>{Prefix(ip("2001:db8:80::1"))})
      << "nothing is known of mail";
  ASSERT_TRUE(pair.one.control->prepare(pair.one.config, kFacts, kSecret));
  pair.one.control->commit(pair.now);
  EXPECT_EQ(pair.one.control->routes().size(), 1u) << "nor after a reload";
  pair.one.config.service[1].name = "post", pair.one.blind = {"post"};
  ASSERT_TRUE(pair.one.control->prepare(pair.one.config, kFacts, kSecret));
  pair.one.control->commit(pair.now);
  EXPECT_EQ(pair.one.control->routes().size(), 1u) << "nor under another name";
  pair.one.blind = {};
  pair.run(10s);
  EXPECT_EQ(pair.one.control->routes().size(), 2u);
  pair.one.blind = {"web", "post"};
  pair.run(60s);
  EXPECT_EQ(pair.one.control->routes().size(), 2u) << "what was known is held";
}

TEST(Control, ACheckThatCannotBeCarriedOutWithdrawsNothing) {
  Pair pair(false);
  pair.run(3s);
  ASSERT_TRUE(pair.one.announces());
  pair.one.blind = {"web"};
  pair.one.config.service[0].check = config_of(1, true).service[0].check;
  ASSERT_TRUE(pair.one.control->prepare(pair.one.config, kFacts, kSecret));
  pair.one.control->commit(pair.now);
  pair.run(60s);
  EXPECT_TRUE(pair.one.announces());
}

TEST(Control, ATargetThatIsAddedWithdrawsNothing) {
  Pair pair(true);
  pair.run(3s);
  TargetConfig fourth = pair.one.config.service[0].target[0];
  fourth.name = "s4";
  fourth.address = ip("2001:db8:5::4");
  pair.one.config.service[0].target.push_back(fourth);
  auto image = pair.one.control->prepare(pair.one.config, kFacts, kSecret);
  ASSERT_TRUE(image) << image.error().sentence;
  pair.one.engine.load(*image);
  pair.one.control->commit(pair.now);
  EXPECT_FALSE(pair.one.control->health().decided());
  EXPECT_EQ(pair.one.control->awaited(), "");
  EXPECT_TRUE(pair.one.announces());
  pair.run(3s);
  EXPECT_TRUE(pair.one.announces());
}

TEST(Control, ADirectorAloneWaitsForItsGroupButNotForEver) {
  Pair pair;
  pair.two.control.reset();
  pair.cut = true;
  ASSERT_TRUE(pair.one.start(pair.now, false));
  pair.run(1s);
  EXPECT_FALSE(pair.one.announces()) << pair.one.control->awaited();
  pair.run(2s);
  EXPECT_TRUE(pair.one.announces());
}

TEST(Control, WhoIsRefusedBesideAMemberThatRunsIsNotAnnounced) {
  Pair pair;
  pair.run(1s);
  pair.two.begin_anew(0x11);
  ASSERT_TRUE(pair.two.start(pair.now, false));
  for (int i = 0; i < 120; ++i) {
    pair.run(500ms);
    ASSERT_FALSE(pair.two.announces()) << pair.two.control->awaited();
    ASSERT_TRUE(pair.one.announces()) << "what is announced stays so";
  }
  const auto views = pair.two.control->announce().views();
  ASSERT_EQ(views.size(), 1u);
  EXPECT_EQ(views[0].why, "not in step: group member d1 answers, but is refused: d1 has another key than this node");
  ASSERT_TRUE(pair.one.start(pair.now, true, pair.one.control->routes())) << "its daemon is upgraded";
  for (int i = 0; i < 200; ++i) {
    pair.run(500ms);
    ASSERT_TRUE(pair.one.announces()) << pair.one.control->awaited();
  }
  pair.two.begin_anew(0x5a);
  ASSERT_TRUE(pair.two.start(pair.now, false));
  pair.run(8s);
  EXPECT_TRUE(pair.two.announces()) << pair.two.control->awaited();
}

// A group that is formed around a node which is announced takes nothing from it; and its secret stays what it is.
TEST(Control, AReloadThatFormsAGroupWithdrawsNothing) {
  Pair pair;
  pair.run(1s);
  const auto group = pair.one.config.group;
  pair.one.config.group.reset();
  ASSERT_TRUE(pair.one.reload(pair.now));
  pair.cut = true;
  pair.run(5s);
  pair.one.config.group = group;
  ASSERT_TRUE(pair.one.reload(pair.now));
  for (int i = 0; i < 500; ++i) {
    ASSERT_TRUE(pair.one.announces()) << pair.one.control->awaited();
    pair.run(10ms);
  }
  pair.one.secret.assign(32, 0x11);
  EXPECT_FALSE(pair.one.reload(pair.now));
  pair.one.control->abandon();
  pair.run(1s);
  EXPECT_TRUE(pair.one.announces());
}

TEST(Control, ServicesWithoutLiveTargetsAreWithdrawnAndComeBack) {
  Pair pair(true);
  pair.run(3s);
  pair.one.dead = {"s1", "s2"};
  pair.run(10s);
  EXPECT_TRUE(pair.one.announces());
  EXPECT_EQ(pair.one.control->node().down(), (std::set<std::string>{"web/s1", "web/s2"}));
  pair.one.dead.insert("s3");
  pair.run(10s);
  EXPECT_FALSE(pair.one.announces());
  EXPECT_TRUE(pair.two.announces()) << "what a peer says harms nobody else";
  pair.one.dead.clear();
  pair.run(10s);
  EXPECT_TRUE(pair.one.announces());
}

TEST(Control, ADrainDoesNotWithdraw) {
  Pair pair;
  pair.run(1s);
  for (const char* target : {"s1", "s2", "s3"}) ASSERT_TRUE(pair.one.control->drain(target, true, pair.now));
  pair.run(1s);
  EXPECT_TRUE(pair.one.announces()) << "their flows must still come";
}

TEST(Control, ADaemonThatTakesOverKeepsWhatIsAnnouncedAndWhoIsDown) {
  Pair pair(true);
  pair.run(3s);
  pair.one.dead = {"s2"};
  pair.run(10s);
  const std::vector<Prefix> routes = pair.one.control->routes();
  ASSERT_EQ(routes.size(), 1u);
  ASSERT_TRUE(pair.one.start(pair.now, true, routes));
  EXPECT_EQ(pair.one.control->routes(), routes) << "not for a moment withdrawn";
  EXPECT_TRUE(pair.one.control->health().down("web", "s2"));
  EXPECT_TRUE(pair.one.control->node().live().targets[2].route & kTargetDown);
  pair.run(5s);
  EXPECT_EQ(pair.one.control->routes(), routes);
}

TEST(Control, StopWithdrawsForGood) {
  Pair pair;
  pair.run(1s);
  pair.one.control->stop(pair.now);
  EXPECT_FALSE(pair.one.announces());
  pair.run(5s);
  EXPECT_FALSE(pair.one.announces());
}

TEST(Control, TablesWithOtherKeysThanTheGroupsAreRefused) {
  Pair pair;
  Director stranger(1, false);
  stranger.engine.live().meta[0].pin_key[3] ^= 1;
  const Status started = stranger.start(pair.now, true);
  ASSERT_FALSE(started);
  EXPECT_NE(started.error().sentence.find("other keys than group \"g\""), std::string::npos);
}

namespace {

// All names of a configuration become others.
void rename_all(Config& config) {
  config.engine.interfaces[0].zone = "outside";
  for (ServiceConfig& service : config.service) {
    service.name = "shop", service.zone = "outside";
    for (TargetConfig& target : service.target) target.name = "server-" + target.name;
  }
}

}  // namespace

// Members are renamed one after the other: in between they choose alike, share pins, and hear of each other's
// decisions.
TEST(Control, MembersAgreeWhateverTheyCallThings) {
  Pair pair;
  pair.run(1s);
  ASSERT_TRUE(pair.one.control->drain("s1", true, pair.now));
  pair.run(500ms);
  const u64 drained = pair.pool(pair.one);
  rename_all(pair.one.config);
  ASSERT_TRUE(pair.one.reload(pair.now));
  pair.run(1s);
  EXPECT_EQ(pair.pool(pair.one), drained);
  EXPECT_EQ(pair.pool(pair.two), drained);
  EXPECT_EQ(pair.one.control->node().history_digest(), pair.two.control->node().history_digest());
  const auto pins_of = [](Director& d) {
    group::SlotIdentities ours;
    return ours.refresh(d.control->node().live());
  };
  EXPECT_EQ(pins_of(pair.one), pins_of(pair.two)) << "what pins lead to, in words of both";
  ASSERT_TRUE(pair.one.control->reweigh("server-s2", 40, pair.now));  // to the other that is nobody yet
  ASSERT_TRUE(pair.two.control->drain("s3", true, pair.now));         // and likewise
  pair.run(500ms);
  EXPECT_NE(pair.pool(pair.one), pair.pool(pair.two));
  rename_all(pair.two.config);
  ASSERT_TRUE(pair.two.reload(pair.now));
  pair.run(500ms);
  EXPECT_EQ(pair.pool(pair.one), pair.pool(pair.two));
  for (const TargetView& t : pair.one.control->node().targets()) {
    EXPECT_EQ(t.drained, t.target != "server-s2") << t.target;
    EXPECT_EQ(t.weight, t.target == "server-s2" ? 40u : 10u) << t.target;
  }
  EXPECT_TRUE(pair.one.announces());
  EXPECT_TRUE(pair.two.announces());
}

// What checks found out about a server holds under its new names until they say otherwise.
TEST(Control, AServerThatIsRenamedIsAsWellAsItWas) {
  Pair pair(true);
  pair.run(3s);
  pair.one.dead = {"s1", "server-s1"};
  pair.run(10s);
  rename_all(pair.one.config);
  ASSERT_TRUE(pair.one.reload(pair.now));
  EXPECT_EQ(pair.one.control->node().down(), (std::set<std::string>{"shop/server-s1"}));
  EXPECT_TRUE(pair.one.control->health().decided()) << "nobody is asked anew before anything else happens";
  EXPECT_TRUE(pair.one.control->health().down("shop", "server-s1"));
  pair.run(10s);
  EXPECT_EQ(pair.one.control->node().down(), (std::set<std::string>{"shop/server-s1"}));
  EXPECT_TRUE(pair.one.announces());
  pair.one.dead.clear();
  pair.run(10s);
  EXPECT_TRUE(pair.one.control->node().down().empty());
}

}  // namespace waymark
