// Servers that register: the keys of both sides, and what must hold between them.
#include <gtest/gtest.h>

#include "base/address_text.h"
#include "config/text_test.h"

namespace waymark {
namespace {

using namespace std::chrono_literals;

const std::string kRegistered = "[service.registered]\n",                                            // line 9
    kAgents = "[agents]\nlisten = \"10.0.0.1\"\n",                                                   // 10 and 11
    kPeer = "[[agents.peer]]\nname = \"srv-1\"\nspi = 256\nkey = \"/etc/waymark/srv-1\"\n",          // 12 to 15
    kAuthorise = "[[authorise]]\npeer = \"srv-*\"\nservice = \"web\"\ncare_of = \"10.0.0.0/24\"\n";  // 16 to 19
const std::string kDirector = kTop + kWeb + kRegistered + kAgents + kPeer + kAuthorise;

const std::string kRegister = "[host.service.register]\n",  // line 10
    kHostDirector =                                         // 11 to 15
    "[[host.director]]\nname = \"d1\"\naddress = \"10.0.0.1\"\nspi = 256\nkey = \"/etc/waymark/d1\"\n";
const std::string kRegistering = kServer + kRegister + kHostDirector;

// Each value is refused by a sentence that names it, and leaves no configuration.
void refused(const std::string& file, const std::string& begin, const std::vector<std::string>& keys) {
  for (const std::string& key : keys) {
    const std::string toml = with(file, begin, begin + key + "\n"), problems = problems_of(toml);
    const std::size_t last = key.rfind('\n') + 1;  // others stand before it that make it one with an effect
    const std::string name = key.substr(last, key.find(' ', last) - last);
    EXPECT_NE(problems.find("\"" + name + "\" in "), std::string::npos) << toml << problems;
    EXPECT_NE(problems.find(" must be "), std::string::npos) << toml << problems;
    EXPECT_FALSE(parse_config(toml, "f").config) << toml;
  }
}
void taken(const std::string& file, const std::string& begin, const std::vector<std::string>& keys) {
  for (const std::string& key : keys) EXPECT_EQ(problems_of(with(file, begin, begin + key + "\n")), "") << key;
}

TEST(AgentsKeys, TheLeastHaveDefaults) {
  EXPECT_EQ(problems_of(kDirector), "") << "a service without a target may have some that register";
  const Config c = parse_config(kDirector, "f").config.value();
  EXPECT_EQ(c.agents->port, 5436);
  EXPECT_EQ(c.agents->lifetime, 60s);
  EXPECT_EQ(c.agents->heartbeat, 0s);
  EXPECT_EQ(c.agents->drain, 10min);
  EXPECT_EQ(c.agents->peer.at(0).spi, 256u);
  EXPECT_EQ(c.authorise.at(0).share, 100u);
  EXPECT_EQ(c.authorise.at(0).care_of.at(0), Prefix(*parse_address("10.0.0.0"), 24));
  EXPECT_EQ(c.service.at(0).registered->tunnel, Tunnel::ip);
  EXPECT_FALSE(c.service.at(0).registered->key);

  EXPECT_EQ(problems_of(kRegistering), "");
  const HostConfig host = parse_config(kRegistering, "f").config.value().host.value();
  EXPECT_EQ(host.director.at(0).port, 5436);
  EXPECT_EQ(host.service.at(0).registers->lifetime, 60s);
  EXPECT_EQ(host.service.at(0).registers->priority, 0u);
  EXPECT_EQ(host.service.at(0).registers->sessions, 0u);
}

TEST(AgentsKeys, HaveLimits) {
  refused(kDirector, kAgents,
          {"lifetime = \"15s\"", "lifetime = \"3601s\"", "heartbeat = \"99ms\"", "heartbeat = \"61s\"",
           "drain = \"0s\"", "drain = \"86401s\"", "port = 0", "port = 65536"});
  taken(kDirector, kAgents,
        {"lifetime = \"16s\"", "lifetime = \"1h\"", "heartbeat = \"100ms\"", "heartbeat = \"1m\"", "drain = \"1s\"",
         "drain = \"24h\"", "port = 65535"});
  refused(kDirector, kAuthorise, {"share = 0", "share = 101"});
  taken(kDirector, kAuthorise, {"share = 1", "share = 100"});
  refused(kDirector, kRegistered, {"tunnel = \"vxlan\"", "tunnel = \"gue\"\nport = 0", "tunnel = \"gre\"\nkey = -1"});
  taken(kDirector, kRegistered, {"tunnel = \"gue\"\nport = 6081", "tunnel = \"gre\"\nkey = 4294967295"});
  refused(kDirector, kRegistered, {"weight = 0", "weight = 1001"});
  taken(kDirector, kRegistered, {"weight = 1", "weight = 1000"});
  refused(kRegistering, kRegister,
          {"lifetime = \"15s\"", "lifetime = \"3601s\"", "priority = 256", "sessions = 4294967296", "capacity = -1"});
  taken(kRegistering, kRegister,
        {"lifetime = \"16s\"", "lifetime = \"1h\"", "priority = 255", "sessions = 0", "capacity = 4294967295"});
  for (const std::string& file : {kDirector, kRegistering}) {
    for (const char* spi : {"255", "4294967296"})
      EXPECT_NE(problems_of(with(file, "spi = 256", std::string("spi = ") + spi)).find("\"spi\" in "),
                std::string::npos);
    EXPECT_EQ(problems_of(with(file, "spi = 256", "spi = 4294967295")), "");
    EXPECT_NE(problems_of(with(file, "\"/etc/waymark/", "\"waymark/")).find("\"key\" in "), std::string::npos);
  }
}

TEST(AgentsKeys, StarsAreForPatternsAlone) {
  const std::string wants = " must be a name of 1 to 60 letters, digits";
  expect({
      {with(kDirector, "\"srv-*\"", "\"srv.*\""),
       "f:17:8: \"peer\" in [[authorise]] must have no dots, as it becomes a path in bpffs, which refuses them; it is "
       "\"srv.*\""},
      {with(kDirector, "\"srv-*\"", "\"srv ?\""),
       "f:17:8: \"peer\" in [[authorise]]" + wants + ", \"*\", \"_\" or \"-\", not \"srv ?\""},
      {with(kDirector, "\"srv-1\"", "\"srv*\""),
       "f:13:8: \"name\" in [[agents.peer]]" + wants + ", \"_\" or \"-\", not \"srv*\""},
  });
  EXPECT_EQ(problems_of(with(with(kDirector, "\"srv-*\"", "\"*\""), "\"web\"\ncare", "[\"w*b\", \"*\"]\ncare")), "");
}

TEST(AgentsChecks, PeersAreOfOneNameAndSpi) {
  const std::string other = "[[agents.peer]]\nname = \"srv-2\"\nspi = 257\nkey = \"/etc/waymark/srv-2\"\n";
  EXPECT_EQ(problems_of(with(kDirector, kPeer, kPeer + other)), "");
  expect({
      {with(kDirector, kPeer, "peer = []\n"),
       "f:10:1: [agents] has no [[agents.peer]]: nobody could register\n"
       "f:14:8: warning: no [[agents.peer]] is called \"srv-*\", so nothing is authorised by that"},
      {with(kDirector, kPeer, kPeer + with(other, "srv-2", "srv-1")),
       "f:17:8: agents peer \"srv-1\" is defined twice; the first is in line 13"},
      {with(kDirector, kPeer, kPeer + with(other, "257", "256")),
       "f:18:7: agents peer \"srv-2\" has spi 256 like agents peer \"srv-1\""},
  });
}

// A target's name has room for an identifier behind it.
TEST(AgentsChecks, PeersHaveNamesThatTargetsCanHave) {
  const auto named = [](std::size_t length) {
    return with(kDirector, "srv-1\"\nspi", std::string(length, 's') + "\"\nspi");
  };
  EXPECT_EQ(problems_of(with(named(54), "srv-*", "*")), "");
  EXPECT_EQ(problems_of(with(named(55), "srv-*", "*")),
            "f:13:8: agents peer \"" + std::string(55, 's') +
                "\" has a name of 55 characters; those who register have at most 54");
}

TEST(AgentsChecks, ServicesAreToldApartByAddress) {
  const std::string dns =
      "[[service]]\nname = \"dns\"\naddress = [\"198.51.100.81\", \"198.51.100.80\"]\nports = \"udp/53\"\n";
  EXPECT_EQ(problems_of(kDirector + dns + kRegistered),
            "f:22:29: 198.51.100.80 of service \"dns\" is also of service \"web\": servers that register could not "
            "tell them apart");
  EXPECT_EQ(problems_of(kDirector + dns + kS1), "") << "by ports alone, where nobody registers";
}

TEST(AgentsChecks, AHostNamesItsServiceInOneMessage) {
  const auto at = [](const std::string& addresses) {
    return with(kRegistering, "\"198.51.100.80\"", "[" + addresses + "]");
  };
  std::string sixteen;
  for (int i = 1; i <= 16; ++i) sixteen += "\"2001:db8:80::" + std::to_string(i) + "\", ";
  const std::string most = sixteen + "\"198.51.100.80\", \"203.0.113.0/24\"";
  EXPECT_EQ(problems_of(at(most)), "");
  for (const char* more : {"2001:db8:81::/64", "198.51.100.81", "192.0.2.0/24"})
    EXPECT_EQ(problems_of(at(most + ", \"" + more + "\"")),
              "f:8:11: host service \"web\" has more addresses than a registration names: at most 16 of IPv6, one IPv4 "
              "address and one IPv4 prefix");
}

TEST(AgentsChecks, WhatAuthorisesNothingIsToldOf) {
  expect({
      {with(kDirector, "\"srv-*\"", "[\"srv-1\", \"srv-1*1\"]"),
       "f:17:18: warning: no [[agents.peer]] is called \"srv-1*1\", so nothing is authorised by that"},
      {with(kDirector, "service = \"web\"", "service = [\"*b\", \"wbe\"]"),
       "f:18:18: warning: no [[service]] is called \"wbe\", so nothing is authorised by that"},
  });
}

TEST(AgentsChecks, EachPartNeedsTheOthers) {
  expect({
      {with(kDirector, kAgents + kPeer + kAuthorise, ""),
       "f:9:1: servers of service \"web\" have no [agents] to register with"},
      {with(kDirector, kRegistered, kS1),
       "f:12:1: [agents] has no [service.registered]: there is nothing to register for"},
      {with(kDirector, kAuthorise, ""), "f:10:1: [agents] has no [[authorise]]: every registration would be refused"},
      {kSite + kAuthorise + kAuthorise, "f:12:1: [[authorise]] is for the peers of [agents], and there are none"},
      {with(kDirector, kRegistered, ""),
       "f:5:1: service \"web\" has no target\n"
       "f:9:1: [agents] has no [service.registered]: there is nothing to register for"},
  });
}

TEST(AgentsChecks, KeysOfOtherTunnelsAreToldOf) {
  const std::string whose = "warning: [service.registered] of service \"web\" has ";
  expect({
      {with(kDirector, kRegistered, kRegistered + "port = 6080\n"),
       "f:10:8: " + whose + "\"port\", which has no effect without tunnel = \"gue\""},
      {with(kDirector, kRegistered, kRegistered + "tunnel = \"gue\"\nkey = 7\n"),
       "f:11:7: " + whose + "\"key\", which has no effect without tunnel = \"gre\""},
  });
}

TEST(AgentsChecks, TheSocketIsItsOwn) {
  const std::string metrics = "[api]\nmetrics = \"10.0.0.1:5436\"\n";
  EXPECT_EQ(problems_of(kDirector + metrics),
            "f:21:11: \"metrics\" in [api] is at 10.0.0.1:5436 like \"listen\" in [agents]");
  EXPECT_EQ(problems_of(with(kDirector, kAgents, kAgents + "port = 5437\n") + metrics), "");
}

TEST(AgentsChecks, HostsRegisterWithDirectors) {
  const std::string other = with(kHostDirector, "\"d1\"", "\"d2\"");
  EXPECT_EQ(problems_of(kRegistering + other), "") << "each pair has its own key: an SPI may come twice";
  expect({
      {kServer + kRegister, "f:10:1: host service \"web\" has no [[host.director]] to register with"},
      {kServer + kHostDirector + other,
       "f:10:1: warning: host director \"d1\" is not used: no [[host.service]] has \"register\"\n"
       "f:15:1: warning: host director \"d2\" is not used: no [[host.service]] has \"register\""},
      {kRegistering + kHostDirector, "f:17:8: host director \"d1\" is defined twice; the first is in line 12"},
  });
}

}  // namespace
}  // namespace waymark
