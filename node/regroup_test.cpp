// What a reload calls otherwise, or groups otherwise, is the same to packets: while addresses, ports and tunnel ends
// stay, every flow keeps its server, and what operators decided stays with the servers it was decided about.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "node/site_test.h"

namespace waymark {

namespace {

constexpr u16 kFlows = 300;
constexpr u16 kPorts[] = {80, 443};
// Clients by what the director knows of their flows when it reloads.
constexpr u16 kPinned = 1'000, kEmbryos = 2'000, kUnknown = 3'000, kNew = 4'000;

Config with_two_ports() {
  Config config = site();
  config.service[0].ports = {{Protocol::tcp, 80, 80}, {Protocol::tcp, 443, 443}};
  ServiceConfig mail = config.service[0];
  mail.name = "mail";
  mail.address = {ip("2001:db8:80::2")};
  config.service.push_back(mail);  // it has the same servers, and none of this concerns it
  return config;
}

// web for tcp/80, `second` for tcp/443.
Config split(Config config, const std::string& first, const std::string& second) {
  ServiceConfig tls = config.service[0];
  config.service[0].name = first;
  config.service[0].ports = {{Protocol::tcp, 80, 80}};
  tls.name = second;
  tls.ports = {{Protocol::tcp, 443, 443}};
  config.service.push_back(tls);
  return config;
}

ServiceConfig& service(Config& config, const std::string& name) {
  return *std::find_if(config.service.begin(), config.service.end(), [&](auto& s) { return s.name == name; });
}

struct Change {
  const char* what;
  Config before, after;
};

std::vector<Change> changes() {
  std::vector<Change> all;
  const Config base = with_two_ports(), apart = split(base, "web", "tls");
  const auto add = [&](const char* what, const Config& from, auto&& change) {
    all.push_back({what, from, from});
    change(all.back().after);
  };
  add("nothing", base, [](Config&) {});
  add("a service renamed", base, [](Config& c) { c.service[0].name = "shop"; });
  add("targets renamed", base, [](Config& c) {
    for (TargetConfig& t : c.service[0].target) t.name = "server-" + t.name;
  });
  add("targets' names exchanged", base,
      [](Config& c) { std::swap(c.service[0].target[0].name, c.service[0].target[1].name); });
  add("all renamed at once", base, [](Config& c) {
    c.service[0].name = "shop";
    for (TargetConfig& t : c.service[0].target) t.name = "server-" + t.name;
    c.service[0].zone = c.service[1].zone = c.engine.interfaces[0].zone = "outside";
  });
  add("a zone renamed", base,
      [](Config& c) { c.service[0].zone = c.service[1].zone = c.engine.interfaces[0].zone = "outside"; });
  add("services in another order", base, [](Config& c) { std::swap(c.service[0], c.service[1]); });
  add("a port of its own service", base, [](Config& c) { c = split(c, "web", "tls"); });
  add("a service in two new ones", base, [](Config& c) { c = split(c, "http", "tls"); });
  add("the other half keeps the name", base, [](Config& c) { c = split(c, "http", "web"); });
  add("two services' names exchanged", apart,
      [](Config& c) { service(c, "web").name = "x", service(c, "tls").name = "web", service(c, "x").name = "tls"; });
  const auto merged = [&](const std::string& name) {
    Config c = base;
    c.service[0].name = name;
    return c;
  };
  add("two services in one of them", apart, [&](Config& c) { c = merged("web"); });
  add("two services in the other one", apart, [&](Config& c) { c = merged("tls"); });
  add("two services in a new one", apart, [&](Config& c) { c = merged("all"); });
  Config unlike = apart;  // they share one server
  unlike.service[0].target.pop_back();
  unlike.service[2].target.erase(unlike.service[2].target.begin());
  add("two services of different servers in one", unlike, [&](Config& c) { c = merged("web"); });
  return all;
}

// Flows of all kinds, opened before the change; and where they went.
struct Flows {
  u8 pinned[2][kFlows], embryo[2][kFlows];

  explicit Flows(Site& s) {
    for (int p = 0; p < 2; ++p)
      for (u16 n = 0; n < kFlows; ++n) {
        pinned[p][n] = s.send(kPinned + n, kSyn, kPorts[p]);
        s.send(kPinned + n, kAck, kPorts[p]);
      }
  }
  // Last before the change: embryos do not live long.
  void open(Site& s) {
    for (int p = 0; p < 2; ++p)
      for (u16 n = 0; n < kFlows; ++n) embryo[p][n] = s.send(kEmbryos + n, kSyn, kPorts[p]);
  }
  void expect(Site& s, bool second_packet) {
    for (int p = 0; p < 2; ++p)
      for (u16 n = 0; n < kFlows; ++n) {
        ASSERT_EQ(s.send(kPinned + n, kAck, kPorts[p]), pinned[p][n]) << "pinned flow " << n << " to " << kPorts[p];
        if (!second_packet) continue;
        ASSERT_EQ(s.send(kEmbryos + n, kAck, kPorts[p]), embryo[p][n]) << "embryo " << n << " to " << kPorts[p];
      }
  }
};

// The pools become others once the flows are pinned, so that pins and choice disagree.
void other_weights(Config& config) {
  for (ServiceConfig& s : config.service) s.target[0].weight = 40;
}

}  // namespace

TEST(Regroup, EveryFlowKeepsItsServer) {
  for (const bool restart : {false, true})
    for (Change& change : changes()) {
      SCOPED_TRACE(fmt::format("{}, {}", change.what, restart ? "over a restart" : "by a reload"));
      Site s(kUsualTargets, 0, change.before);
      Flows flows(s);
      other_weights(change.before), other_weights(change.after);
      s.configure(change.before);
      flows.open(s);
      if (restart) s.restart();
      s.configure(change.after,
                  [&] { ASSERT_NO_FATAL_FAILURE(flows.expect(s, false)) << "before the choices follow"; });
      ASSERT_NO_FATAL_FAILURE(flows.expect(s, true));
      for (u16 port : kPorts)
        for (u16 n = 0; n < kFlows; ++n) ASSERT_NE(s.send(kNew + n, kSyn, port), 0) << "a new flow";
      s.configure(change.before);
      ASSERT_NO_FATAL_FAILURE(flows.expect(s, true)) << "and back again";
    }
}

// A flow that another director began has no pin here: the choice must not follow names either.
TEST(Regroup, TheChoiceIsTheSame) {
  for (const bool restart : {false, true})
    for (const Change& change : changes()) {
      if (std::string(change.what).find("different servers") != std::string::npos) continue;  // another pool
      SCOPED_TRACE(fmt::format("{}, {}", change.what, restart ? "over a restart" : "by a reload"));
      Site elsewhere(kUsualTargets, 0, change.before), s(kUsualTargets, 0, change.before);
      if (restart) s.restart();
      s.configure(change.after);
      for (u16 port : kPorts)
        for (u16 n = 0; n < kFlows; ++n)
          ASSERT_EQ(s.send(kUnknown + n, kAck, port), elsewhere.send(kUnknown + n, kAck, port)) << n << " to " << port;
    }
}

TEST(Regroup, ADrainStaysWithItsServer) {
  for (const bool restart : {false, true})
    for (const Change& change : changes()) {
      SCOPED_TRACE(fmt::format("{}, {}", change.what, restart ? "over a restart" : "by a reload"));
      Site s(kUsualTargets, 0, change.before);
      for (const ServiceConfig& each : change.before.service) {
        if (each.name == "mail") continue;
        ASSERT_TRUE(s.node->drain(each.name + "/s2", true, s.now += 1s));
      }
      if (restart) s.restart();
      s.configure(change.after);
      for (u16 port : kPorts)
        for (u16 n = 0; n < kFlows; ++n) ASSERT_NE(s.send(kNew + n, kSyn, port), 2) << "to " << port;
      for (const TargetView& t : s.node->targets()) {
        if (!t.configured) continue;
        EXPECT_EQ(t.drained, t.service != "mail" && byte_of(t.address, 15) == 2) << t.service << "/" << t.target;
      }
      if (restart) s.restart();
      s.configure(change.after);
      for (u16 n = 0; n < kFlows; ++n) ASSERT_NE(s.send(kNew + n, kSyn, 443), 2) << "and once more";
    }
}

TEST(Regroup, TheDeadStayDead) {
  for (const bool restart : {false, true})
    for (const Change& change : changes()) {
      SCOPED_TRACE(fmt::format("{}, {}", change.what, restart ? "over a restart" : "by a reload"));
      Site s(kUsualTargets, 0, change.before);
      std::vector<TargetHealth> dead;
      for (const ServiceConfig& each : change.before.service)
        if (each.name != "mail") dead.push_back({each.name, "s2", true});
      s.node->set_down(dead, s.now += 1s);
      if (restart) s.restart();
      s.configure(change.after);
      std::set<std::string> down;
      for (const TargetView& t : s.node->targets()) {
        if (t.down) down.insert(t.service + "/" + t.target);
        if (!t.configured) continue;
        EXPECT_EQ(t.down, t.service != "mail" && byte_of(t.address, 15) == 2) << t.service << "/" << t.target;
      }
      EXPECT_EQ(s.node->down(), down);
      for (u16 port : kPorts)
        for (u16 n = 0; n < kFlows; ++n) ASSERT_NE(s.send(kNew + n, kSyn, port), 2) << "to " << port;
      for (TargetHealth& verdict : dead) verdict.down = false;
      for (const std::string& name : down) {
        const std::size_t slash = name.find('/');
        s.node->set_down(std::vector<TargetHealth>{{name.substr(0, slash), name.substr(slash + 1), false}},
                         s.now += 1s);
      }
      EXPECT_TRUE(s.node->down().empty());
    }
}

// Where a name goes to another server, and the server on under another name, the decision is the server's.
TEST(Regroup, ANameThatMovesOnTakesNoDecisionAlong) {
  for (const bool restart : {false, true}) {
    Site s;
    ASSERT_TRUE(s.node->drain("s1", true, s.now += 1s));
    ASSERT_TRUE(s.node->reweigh("s3", 30, s.now += 1s));
    if (restart) s.restart();
    Config config = site();
    config.service[0].target[0].name = "old-s1";
    config.service[0].target.push_back(config.service[0].target[1]);
    config.service[0].target[3].name = "s1", config.service[0].target[3].address = ip("2001:db8:5::4");
    config.service[0].target[2].address =
        ip("2001:db8:5::5");  // s3 is another machine now: its weight was meant for it
    s.configure(config);
    for (const TargetView& t : s.node->targets())
      if (t.configured) {
        EXPECT_EQ(t.drained, t.target == "old-s1") << t.target;
        EXPECT_EQ(t.weight, t.target == "s3" ? 30u : 10u) << t.target;
      }
  }
}

// Of two decisions about one server that come together, the later one holds; a service that was not touched takes none.
TEST(Regroup, TheLaterDecisionHoldsWhereTwoMeet) {
  Site s(kUsualTargets, 0, split(with_two_ports(), "web", "tls"));
  ASSERT_TRUE(s.node->drain("web/s1", true, s.now += 1s));
  ASSERT_TRUE(s.node->drain("tls/s1", true, s.now += 1s));
  ASSERT_TRUE(s.node->drain("tls/s1", false, s.now += 1s));
  ASSERT_TRUE(s.node->reweigh("tls/s3", 5, s.now += 1s));
  ASSERT_TRUE(s.node->drain("mail/s2", true, s.now += 1s));
  Config config = with_two_ports();
  ServiceConfig chat = config.service[0];
  chat.name = "chat", chat.address = {ip("2001:db8:80::3")};
  s.configure(config);
  config.service.push_back(chat);
  s.configure(config);
  for (const TargetView& t : s.node->targets()) {
    if (!t.configured) continue;
    EXPECT_EQ(t.drained, t.service == "mail" && t.target == "s2") << t.service << "/" << t.target;
    EXPECT_EQ(t.weight, t.service == "web" && t.target == "s3" ? 5u : 10u) << t.service << "/" << t.target;
  }
}

// Two zones may serve one address. What tells their flows apart goes by what each serves, not by its name.
TEST(Regroup, ZonesWithOneAddressKeepApart) {
  Config both = site();
  both.service[0].ports = {{Protocol::tcp, 80, 80}};
  ServiceConfig inner = both.service[0];
  inner.name = "inner", inner.zone = "servers";
  both.service.push_back(inner);
  for (const bool restart : {false, true}) {
    Site s(kUsualTargets, 0, both);
    std::vector<u8> first, second;
    for (u16 n = 0; n < kFlows; ++n) {
      first.push_back(s.send(n, kSyn)), s.send(n, kAck);
      second.push_back(s.send(n, kSyn, 80, 3)), s.send(n, kAck, 80, 3);
    }
    EXPECT_NE(first, second) << "the same client is two flows";
    const auto expect = [&](const char* when) {
      for (u16 n = 0; n < kFlows; ++n) {
        ASSERT_EQ(s.send(n, kAck), first[n]) << when;
        ASSERT_EQ(s.send(n, kAck, 80, 3), second[n]) << when;
      }
    };
    Config next = both;
    for (ServiceConfig& each : next.service) each.target[0].weight = 40;
    next.service[0].zone = next.engine.interfaces[0].zone = "zebra";
    if (restart) s.restart();
    s.configure(next);
    ASSERT_NO_FATAL_FAILURE(expect("the first by name is the last now"));
    std::swap(next.service[0], next.service[1]);
    next.service[0].name = "core", next.service[0].zone = next.engine.interfaces[1].zone = "zulu";
    if (restart) s.restart();
    s.configure(next);
    ASSERT_NO_FATAL_FAILURE(expect("and in another order"));
    EXPECT_TRUE(s.node->find_pin("zebra", Protocol::tcp, ip("2001:db8:c::1"), 1, ip("2001:db8:80::1"), 80));
    EXPECT_TRUE(s.node->find_pin("zulu", Protocol::tcp, ip("2001:db8:c::1"), 1, ip("2001:db8:80::1"), 80));
    next.service.erase(next.service.begin() + 1);  // the other one alone
    if (restart) s.restart();
    s.configure(next);
    for (u16 n = 0; n < kFlows; ++n) ASSERT_EQ(s.send(n, kAck, 80, 3), second[n]);
  }
}

// Flows that are silent across two reloads: one gives their port to another service, the next takes their target away.
TEST(Regroup, ATargetThatIsRemovedAfterwardsServesTheSilentOn) {
  for (const bool restart : {false, true}) {
    Site s(kUsualTargets, 0, with_two_ports());
    const Flows flows(s);
    Config config = split(with_two_ports(), "web", "tls");
    s.configure(config);
    config.service[2].target.pop_back();
    if (restart) s.restart();
    s.configure(config);
    s.later(60s);
    for (u16 n = 0; n < kFlows; ++n) ASSERT_EQ(s.send(kPinned + n, kAck, 443), flows.pinned[1][n]) << n;
    s.later(std::chrono::hours(3));
    for (const TargetView& t : s.node->targets()) EXPECT_TRUE(t.configured) << t.service << "/" << t.target;
  }
}

// A target that was removed serves its flows on, whatever its service is called by then.
TEST(Regroup, ARemovedTargetServesOnUnderAnotherName) {
  for (const bool restart : {false, true}) {
    Site s;
    std::vector<u8> first;
    for (u16 n = 0; n < kFlows; ++n) first.push_back(s.send(n, kSyn)), s.send(n, kAck);
    Config config = site();
    config.service[0].target.pop_back();
    s.configure(config);
    if (restart) s.restart();
    config.service[0].name = "shop";
    s.configure(config);
    for (u16 n = 0; n < kFlows; ++n) ASSERT_EQ(s.send(n, kAck), first[n]);
    for (const TargetView& t : s.node->targets()) EXPECT_EQ(t.service, "shop") << t.target;
  }
}

}  // namespace waymark
