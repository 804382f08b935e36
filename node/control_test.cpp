// Two directors as the daemon drives them, joined by a wire in memory: what one knows the other comes to know, and
// neither announces what it cannot vouch for.
#include "node/control.h"

#include <gtest/gtest.h>

#include <deque>

#include "base/address_text.h"
#include "engine/replay/native.h"

namespace waymark {

namespace {

using namespace std::chrono_literals;

constexpr u32 kPins = 10'000;
const std::vector<InterfaceFacts> kFacts = {{"eth0", 2, {{2, 0, 0, 0, 0, 1}}}};
const std::vector<u8> kSecret(32, 0x5a);

Address ip(const std::string& written) { return *parse_address(written); }

Config config_of(int self, bool checked) {
  Config config;
  config.name = "d" + std::to_string(self);
  config.engine.pins = kPins;
  config.engine.interfaces = {{"eth0", 0, 0, "public"}};
  config.director = DirectorConfig{{ip("2001:db8:d::" + std::to_string(self))}};
  config.announce.emplace();
  GroupConfig group;
  group.name = "g";
  group.wait = 2s;
  group.member = {{"d" + std::to_string(3 - self), "[2001:db8::" + std::to_string(3 - self) + "]:1"}};
  config.group = group;
  ServiceConfig web;
  web.name = "web";
  web.address = {ip("2001:db8:80::1")};
  web.ports = {{Protocol::tcp, 80, 80}};
  if (checked) {
    web.check.emplace();
    web.check->tcp = true;
  }
  for (int i = 1; i <= 3; ++i) {
    TargetConfig target;
    target.name = "s" + std::to_string(i);
    target.address = ip("2001:db8:5::" + std::to_string(i));
    target.tunnel = Tunnel::gue;
    web.target.push_back(target);
  }
  config.service = {web};
  return config;
}

struct Director {
  NativeEngine engine{kPins};
  std::vector<u8> secret = kSecret;
  std::unique_ptr<Control> control;
  Config config;
  std::set<std::string> dead;   // targets that do not answer checks
  std::set<std::string> blind;  // services whose checks it cannot carry out
  bool silent = false;          // nothing comes of any check

  Director(int self, bool checked) : config(config_of(self, checked)) {
    engine.live().meta[0] = new_meta(kPins, 250, [] { return 7u; });
    const auto key = group::pin_key_of(kSecret, "g");
    std::copy(key.begin(), key.end(), engine.live().meta[0].pin_key);
  }
  Status start(Time now, bool adopted, std::vector<Address> announced = {}) {
    Control::Life life{Clock{0s, 1000, 250}, 1, u64(now.count()), adopted, {}, std::move(announced), {}};
    life.nonce = [n = u8(0)]() mutable { return group::Nonce{++n}; };
    control = std::make_unique<Control>(engine.live(), std::move(life));
    return reload(now);
  }
  Status reload(Time now) {
    auto image = control->prepare(config, kFacts, secret);
    if (!image) return image.error();
    engine.load(*image);
    control->commit(now);
    return Done{};
  }
  // As after `waymark down`: empty tables, with the keys of this secret.
  void begin_anew(u8 byte) {
    secret.assign(32, byte);
    engine.live().meta[0] = new_meta(kPins, 250, [] { return 7u; });
    for (PinBucket& bucket : engine.live().pins) bucket = {};
    const auto key = group::pin_key_of(secret, "g");
    std::copy(key.begin(), key.end(), engine.live().meta[0].pin_key);
  }
  bool announces() const { return !control->routes().empty(); }
};

// Both directors and the wire between them; a round is 10 ms.
struct Pair {
  Director one, two;
  bool cut = false;
  Time now = 100s;
  group::Link links = 0;
  std::map<std::pair<Director*, group::Link>, std::pair<Director*, group::Link>> other_end;

  explicit Pair(bool checked = false) : one(1, checked), two(2, checked) {
    EXPECT_TRUE(one.start(now, false));
    EXPECT_TRUE(two.start(now, false));
  }
  void drop(Director& d, group::Link link) {
    const auto far = other_end[{&d, link}];
    other_end.erase({&d, link});
    if (other_end.erase(far)) far.first->control->closed(far.second, group::Ended::by_peer, "it closed", now);
  }
  void carry(Director& d, Director& peer) {
    for (const Question& q : d.control->questions(now)) {
      if (d.silent) continue;
      if (d.blind.contains(q.subject.service))
        d.control->answer(q.id, CheckOutcome::unknown, "too many open files", now);
      else
        d.control->answer(q.id, d.dead.contains(q.subject.target) ? CheckOutcome::unwell : CheckOutcome::well,
                          "no answer in 1 s", now);
    }
    group::GroupOutput out = d.control->take();
    for (u32 member : out.connect) {
      if (cut || !peer.control) {
        d.control->failed(member, group::Unreached::absent, "no route", now);
        continue;
      }
      const group::Link here = ++links, there = ++links;
      other_end[{&d, here}] = {&peer, there};
      other_end[{&peer, there}] = {&d, here};
      d.control->opened(here, member, now);
      EXPECT_TRUE(peer.control->accepted(there, ip(&peer == &two ? "2001:db8::1" : "2001:db8::2"), now));
    }
    for (auto& [link, bytes] : out.send)
      if (const auto far = other_end.find({&d, link}); far != other_end.end() && !cut)
        far->second.first->control->received(far->second.second, bytes, now);
    for (group::Link link : out.close) drop(d, link);
  }
  void run(Duration time) {
    for (const Time end = now + time; now < end; now += 10ms)
      for (Director* d : {&one, &two}) {
        if (!d->control) continue;
        carry(*d, d == &one ? two : one);
        d->control->tick(now);
      }
  }
  u64 pool(const Director& d) const { return d.control->node().pool_digest(); }
};

}  // namespace

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
  EXPECT_EQ(pair.one.control->routes(), std::vector<Address>{ip("2001:db8:80::1")}) << "nothing is known of mail";
  pair.one.blind = {};
  pair.run(10s);
  EXPECT_EQ(pair.one.control->routes().size(), 2u);
  pair.one.blind = {"web", "mail"};
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
  const std::vector<Address> routes = pair.one.control->routes();
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
