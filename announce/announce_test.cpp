#include "announce/announce.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "base/address_text.h"

namespace waymark {

namespace {

using std::chrono::seconds;
using Live = std::vector<std::pair<std::string, bool>>;

Prefix at(const std::string& written) { return Prefix(*parse_address(written)); }

ServiceConfig service(const std::string& name, std::initializer_list<const char*> addresses) {
  ServiceConfig out;
  out.name = name;
  for (const char* address : addresses) out.address.push_back(at(address).address);
  return out;
}

Config site(std::vector<ServiceConfig> services) {
  Config config;
  config.announce = AnnounceConfig{};
  config.service = std::move(services);
  return config;
}

const char *const kWeb6 = "2001:db8:80::1", *const kWeb4 = "198.51.100.80", *const kMail = "2001:db8:25::1";
const Config kSite = site({service("web", {kWeb6, kWeb4}), service("tls", {kWeb6}), service("mail", {kMail})});
const std::string kUnknown = "health of 2 targets is not known yet";

struct AnnounceTest : testing::Test {
  AnnounceTest() { announce.configure(kSite); }

  std::vector<std::string> desired() const {
    std::vector<std::string> out;
    for (const Prefix& prefix : announce.desired()) out.push_back(text(prefix));
    return out;
  }
  // Who is not listed is not live.
  void update(const std::string& awaited, const Live& live) {
    for (const char* service : {"web", "tls", "mail"}) announce.set_live(service, false);
    for (const auto& [service, alive] : live) announce.set_live(service, alive);
    announce.update(awaited, now);
  }
  Announce::View view(const char* address) const {
    for (const auto& v : announce.views())
      if (v.prefix == at(address)) return v;
    ADD_FAILURE() << "no view of " << address;
    return {};
  }

  Announce announce;
  Time now = seconds(1000);
  const std::vector<std::string> nothing{};
};

}  // namespace

TEST_F(AnnounceTest, WhatIsLiveIsAnnouncedOnceTheNodeIsInStep) {
  EXPECT_EQ(desired(), nothing);
  update(kUnknown, {{"web", true}});
  EXPECT_EQ(desired(), nothing);
  EXPECT_EQ(view(kWeb4).why, "not in step: health of 2 targets is not known yet");
  now += seconds(3);
  update("", {{"web", true}, {"tls", false}, {"mail", false}});
  EXPECT_EQ(desired(), std::vector<std::string>({kWeb4, kWeb6}));
  EXPECT_EQ(view(kWeb6).why, "1 of 2 services is live");
  EXPECT_EQ(view(kWeb6).services, std::vector<std::string>({"web", "tls"}));
  EXPECT_EQ(view(kWeb6).since, now);
  EXPECT_EQ(view(kMail).why, "no live target");
  EXPECT_EQ(view(kMail).since, seconds(1000)) << "it was not announced before either";
}

TEST_F(AnnounceTest, ASharedAddressStaysWhileAnyOfItsServicesIsLive) {
  update("", {{"web", true}, {"tls", true}});
  EXPECT_EQ(view(kWeb6).why, "2 of 2 services are live");
  const Time first = now;
  now += seconds(1);
  update("", {{"web", false}, {"tls", true}});
  EXPECT_EQ(desired(), std::vector<std::string>({kWeb6}));
  EXPECT_EQ(view(kWeb6).since, first);
  EXPECT_EQ(view(kWeb4).since, now);
  update("", {{"tls", false}});
  EXPECT_EQ(desired(), nothing);
}

TEST_F(AnnounceTest, ReadinessLostWithdrawsAtOnce) {
  update("", {{"web", true}});
  update("the group does not answer", {{"web", true}});
  EXPECT_EQ(desired(), nothing);
  EXPECT_EQ(view(kWeb4).why, "not in step: the group does not answer");
  EXPECT_EQ(announce.deadline(), Announce::kNever);
}

TEST_F(AnnounceTest, TheOperatorsStopIsForGood) {
  update("", {{"web", true}});
  announce.stop(now += seconds(1));
  EXPECT_EQ(desired(), nothing);
  EXPECT_EQ(view(kWeb4).why, "stopped");
  EXPECT_EQ(view(kWeb4).since, now);
  update("", {{"web", true}});
  announce.configure(kSite);
  announce.keep_found({at(kWeb4)});
  EXPECT_EQ(desired(), nothing);
  update("", {{"web", true}});
  EXPECT_EQ(desired(), nothing);
}

TEST_F(AnnounceTest, WithoutASectionNothingIsAnnounced) {
  Config config = kSite;
  config.announce.reset();
  announce.configure(config);
  announce.keep_found({at(kWeb4)});
  update("", {{"web", true}});
  EXPECT_EQ(desired(), nothing);
  EXPECT_TRUE(announce.views().empty());
  EXPECT_FALSE(announce.settings());
}

TEST_F(AnnounceTest, ReconfigurationKeepsWhatStaysAndDropsWhatGoes) {
  update("", {{"web", true}, {"mail", true}});
  const Time first = now;
  announce.configure(site({service("other", {"203.0.113.9"}), service("post", {kMail})}));
  EXPECT_EQ(desired(), std::vector<std::string>({kMail})) << "a service that is gone is not announced";
  now += seconds(1);
  update("", {{"post", true}, {"other", true}});
  EXPECT_EQ(desired(), std::vector<std::string>({"203.0.113.9", kMail}));
  EXPECT_EQ(view(kMail).since, first);
  EXPECT_EQ(view(kMail).services, std::vector<std::string>({"post"}));
  EXPECT_EQ(view("203.0.113.9").since, now);
}

TEST_F(AnnounceTest, WhatAnAdoptingDaemonFindsStaysUntilTheFirstVerdict) {
  announce.keep_found({at(kWeb6), at(kMail), at("203.0.113.9")});
  EXPECT_EQ(desired(), std::vector<std::string>({kMail, kWeb6})) << "before the first update, and of services alone";
  update(kUnknown, {{"web", false}});
  EXPECT_EQ(desired(), std::vector<std::string>({kMail, kWeb6}));
  EXPECT_EQ(view(kMail).why, "kept as it was found, while health of 2 targets is not known yet");
  EXPECT_EQ(view(kWeb4).why, "not in step: health of 2 targets is not known yet");
  now += seconds(2);
  update("", {{"web", true}, {"mail", false}});
  EXPECT_EQ(desired(), std::vector<std::string>({kWeb4, kWeb6}));
  EXPECT_EQ(view(kWeb6).since, seconds(1000)) << "it was there all the time";
  EXPECT_EQ(announce.deadline(), Announce::kNever);
  update(kUnknown, {{"web", true}});
  EXPECT_EQ(desired(), nothing) << "nothing is kept a second time";
}

TEST_F(AnnounceTest, WithoutAVerdictWhatWasFoundGoesAfterTheGrace) {
  announce.keep_found({at(kWeb6)});
  update(kUnknown, {});
  const Time end = now + Announce::kGrace;
  EXPECT_EQ(announce.deadline(), end);
  now = end - seconds(1);
  announce.configure(kSite);
  update("the engine is not loaded", {{"web", true}});
  EXPECT_EQ(desired(), std::vector<std::string>({kWeb6}));
  EXPECT_EQ(announce.deadline(), end) << "nothing but a verdict moves it";
  now = end;
  update("the engine is not loaded", {{"web", true}});
  EXPECT_EQ(desired(), nothing);
  EXPECT_EQ(announce.deadline(), Announce::kNever);
}

TEST_F(AnnounceTest, ANodeThatWasHeldUpHasNotMadeUpItsMind) {
  announce.keep_found({at(kWeb6)});
  update(kUnknown, {});
  now += Announce::kGrace + seconds(20);
  update(kUnknown, {});
  EXPECT_EQ(desired(), std::vector<std::string>({kWeb6}));
  EXPECT_EQ(announce.deadline(), now + Announce::kCatchUp);
  now = announce.deadline();
  update(kUnknown, {});
  EXPECT_EQ(desired(), nothing) << "but it has no time without end";
}

TEST_F(AnnounceTest, TheOrderOfConfigurationAndFindingsDoesNotMatter) {
  Announce other;
  other.keep_found({at(kWeb6)});
  other.configure(kSite);
  announce.keep_found({at(kWeb6)});
  EXPECT_EQ(other.desired(), announce.desired());
  EXPECT_EQ(desired(), std::vector<std::string>({kWeb6}));
}

TEST_F(AnnounceTest, ATranslatorsPrefixesAreAnnouncedWhileTheNodeIsInStep) {
  Config config = kSite;
  config.translator.emplace().prefix = {{{*parse_address("2001:db8:64::"), 96}, {}}};
  config.translator->map = {{{*parse_address("203.0.113.0"), 24}, {*parse_address("2001:db8:6::"), 120}},
                            {{*parse_address("0.0.0.0"), 0}, {*parse_address("2001:db8:7::"), 96}}};
  announce.configure(config);
  update(kUnknown, {{"web", true}});
  EXPECT_EQ(desired(), nothing);
  update("", {});
  EXPECT_EQ(desired(), std::vector<std::string>({"203.0.113.0/24", "2001:db8:64::/96"})) << "and no default route";
  for (const auto& v : announce.views())
    if (v.announced) {
      EXPECT_EQ(v.why, "the node is in step");
      EXPECT_EQ(v.services, std::vector<std::string>({"[translator]"}));
    }
  config.service.clear();
  config.translator->map.clear();
  announce.configure(config);
  EXPECT_EQ(desired(), std::vector<std::string>({"2001:db8:64::/96"}));
  update("the engine is not loaded", {});
  EXPECT_EQ(desired(), nothing);
  config.translator.reset();
  config.host.emplace().address = {*parse_address("192.0.2.1")};
  announce.configure(config);
  EXPECT_TRUE(announce.views().empty()) << "a host announces nothing";
}

TEST_F(AnnounceTest, WhatAnotherMemberHoldsIsAnnouncedAsStandbyWhereThereIsAMetricForIt) {
  Config config;
  config.announce = AnnounceConfig{};
  EdgeConfig& edge = config.edge.emplace();
  edge.service.emplace_back().name = "web";
  edge.prefix = {*parse_address("3fff:e1::"), 64};
  const Prefix other{*parse_address("3fff:e3::"), 64};
  edge.held = {edge.prefix};
  edge.standby = {other};
  announce.configure(config);
  update("", {});
  EXPECT_EQ(announce.routes(), (std::vector<RoutedPrefix>{{edge.prefix, 20}}));
  config.announce->standby_metric = 1000;
  announce.configure(config);
  update("", {});
  EXPECT_EQ(announce.routes(), (std::vector<RoutedPrefix>{{edge.prefix, 20}, {other, 1000}}));
  EXPECT_EQ(announce.views().back().why, "standby, as another member holds it; the node is in step");
  announce.take_events();
  edge.held->push_back(other);
  edge.standby.clear();
  announce.configure(config);
  EXPECT_EQ(announce.routes(), (std::vector<RoutedPrefix>{{edge.prefix, 20}, {other, 20}})) << "not a moment without";
  const auto events = announce.take_events();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].text, "3fff:e3::/64 is announced: this node holds it now");
  edge.held = {edge.prefix};
  edge.standby = {other};
  announce.configure(config);
  EXPECT_EQ(announce.take_events().at(0).text,
            "3fff:e3::/64 is announced as standby, with metric 1000: another member holds it");
  update("the engine is not loaded", {});
  EXPECT_TRUE(announce.routes().empty());
}

TEST_F(AnnounceTest, AGatewaysRoutesAreAnnouncedWhileTheNodeIsInStep) {
  Config config;
  config.announce = AnnounceConfig{};
  PlanConfig& plan = config.plan.emplace_back();
  plan.name = "cloud";
  plan.prefix = {*parse_address("3fff:c00::"), 32};
  plan.layout = "gateway:16 tenant:32 zero:16 ipv4:32";
  GatewayConfig& gateway = config.gateway.emplace();
  gateway.plan = "cloud";
  gateway.holds = {2};
  gateway.id = {{1, {*parse_address("192.0.2.1")}}, {2, {*parse_address("192.0.2.2")}}};
  gateway.announce.push_back(GatewayRoutes::specific);
  announce.configure(config);
  update(kUnknown, {});
  EXPECT_EQ(desired(), nothing);
  update("", {});
  EXPECT_EQ(desired(), std::vector<std::string>({"192.0.2.2", "3fff:c00::/32", "3fff:c00:2::/48", "3fff:c00:2::"}));
  gateway.announce = {GatewayRoutes::plan};
  announce.configure(config);
  EXPECT_EQ(desired(), std::vector<std::string>({"3fff:c00::/32"}));
  update("the engine is not loaded", {});
  EXPECT_EQ(desired(), nothing);
}

// Whatever happens in whatever order, what is announced is what its rule says of the latest state alone, and the times
// agree with what was seen.
TEST(AnnounceProperty, FollowsItsRule) {
  std::mt19937 random(11);
  const auto upto = [&](u32 n) { return u32(random() % n); };
  const std::vector<std::string> pool = {"2001:db8::1", "192.0.2.1", "2001:db8::2", "192.0.2.2", "fd00::1"};
  u32 announced = 0, kept = 0;
  for (int run = 0; run < 500; ++run) {
    Announce announce;
    Config config;
    std::set<std::string> found;
    const u32 reluctance = 2 + upto(20);
    bool waiting = upto(2), stopped = false;
    if (waiting) {
      std::vector<Prefix> existing;
      for (const std::string& address : pool)
        if (upto(2)) found.insert(address), existing.push_back(at(address));
      announce.keep_found(existing);
    }
    std::optional<Time> give_up;
    std::map<std::string, std::pair<bool, Time>> seen;
    Time now = seconds(upto(100));
    for (int step = 0; step < 60; ++step) {
      now += seconds(upto(15));
      if (step == 0 || !upto(12)) {
        config = site({});
        if (!upto(5)) config.announce.reset();
        for (u32 n = upto(4); n > 0; --n) {
          config.service.push_back(service("s" + std::to_string(n), {}));
          for (const std::string& address : pool)
            if (upto(2)) config.service.back().address.push_back(at(address).address);
        }
        announce.configure(config);
      }
      if (!upto(200)) announce.stop(now), stopped = true;
      Live live;
      std::set<std::string> alive;
      for (int n = 0; n < 5; ++n) {
        live.emplace_back("s" + std::to_string(n), upto(2));
        if (live.back().second) alive.insert(live.back().first);
      }
      const bool ready = upto(reluctance) == 0;
      if (!give_up) give_up = now + Announce::kGrace;
      if (now > *give_up + Announce::kLate) give_up = now + Announce::kCatchUp;
      for (const auto& [name, is_live] : live) announce.set_live(name, is_live);
      announce.update(ready ? "" : "it is waiting", now);
      if (ready || stopped || now >= *give_up) waiting = false;

      std::set<std::string> wanted, all;
      if (config.announce)
        for (const ServiceConfig& s : config.service)
          for (const Prefix& address : s.address) {
            all.insert(text(address));
            const bool held = !ready && waiting && found.count(text(address));
            if (!stopped && ((ready && alive.count(s.name)) || held)) wanted.insert(text(address));
            kept += !stopped && held;
          }
      std::set<std::string> got;
      for (const Prefix& prefix : announce.desired()) got.insert(text(prefix));
      ASSERT_EQ(got, wanted) << "run " << run << ", step " << step;
      ASSERT_EQ(got.size(), announce.desired().size()) << "each once";
      announced += u32(got.size());

      std::erase_if(seen, [&](const auto& entry) { return !all.count(entry.first); });
      ASSERT_EQ(announce.views().size(), all.size());
      for (const auto& v : announce.views()) {
        ASSERT_EQ(v.announced, got.count(text(v.prefix)) > 0);
        ASSERT_FALSE(v.why.empty());
        const auto [entry, added] = seen.try_emplace(text(v.prefix), v.announced, now);
        if (entry->second.first != v.announced) entry->second = {v.announced, now};
        ASSERT_EQ(v.since, entry->second.second) << "run " << run << ", step " << step << ": " << text(v.prefix);
      }
    }
  }
  EXPECT_GT(announced, 1000u);
  EXPECT_GT(kept, 1000u);
}

}  // namespace waymark
