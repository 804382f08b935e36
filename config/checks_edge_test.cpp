// The edge's keys: what must hold between them, in sentences.
#include <gtest/gtest.h>

#include "config/text_test.h"

namespace waymark {
namespace {

const std::string kHead = R"([engine]
interfaces = { eth0 = "inside", eth1 = "outside" }
[edge]
zone = "inside"
outside = "outside"
)";
const std::string kKeys = "prefix = \"3fff:f:1::/64\"\naddress = \"3fff:e::e\"\n";
// [edge] in line 3, `keys` from line 6 on.
std::string edge(const std::string& keys, const std::string& services) { return kHead + keys + services; }
std::string service(const std::string& anycast, const std::string& servers = "\"3fff:51::/48\"",
                    const std::string& name = "web") {
  return "[[edge.service]]\nname = \"" + name + "\"\nanycast = [" + anycast + "]\nports = [\"tcp/80\"]\nservers = [" +
         servers + "]\n";
}
const std::string kAny = "\"3fff:a::80\"";

TEST(Edges, AreRead) {
  const std::string text = edge(kKeys + "flows = 5000\nquota = 100\n", service(kAny + ", \"3fff:b::/64\""));
  EXPECT_EQ(problems_of(text), "");
  const EdgeConfig e = parse_config(text, "f").config.value().edge.value();
  EXPECT_EQ(e.flows, 5000u);
  EXPECT_EQ(e.quota, 100u);
  EXPECT_EQ(e.tcp_idle, std::chrono::seconds(7'440));
  EXPECT_EQ(e.service.at(0).anycast.size(), 2u);
  EXPECT_EQ(outside_of(e), "outside");
}

const std::string kKeys4 = "pool = [\"203.0.113.0/30\", \"203.0.113.8\"]\naddress4 = \"198.51.100.1\"\n";
const std::string kAny4 = "\"192.0.2.80\"", kServers4 = "\"198.18.0.0/16\"";

TEST(Edges, KnowEitherFamilyOrBoth) {
  const std::string small = "flows = 5000\nquota = 100\n";
  EXPECT_EQ(problems_of(edge(kKeys4 + small, service(kAny4 + ", \"192.0.3.0/24\"", kServers4))), "");
  EXPECT_EQ(problems_of(edge(kKeys + kKeys4, service(kAny + ", " + kAny4, "\"3fff:51::/48\", " + kServers4))), "");
  const EdgeConfig e = parse_config(edge(kKeys4 + small, service(kAny4, kServers4)), "f").config.value().edge.value();
  EXPECT_EQ(pool_size(e.pool), 5u);
  EXPECT_FALSE(has_ip6(e));
  EXPECT_TRUE(has_ip4(e));
}

TEST(Edges, OfIp4NoAddressMeansTwoThings) {
  const auto says = [](const std::string& keys, const std::string& services, const std::string& sentence) {
    const std::string text = edge(keys, services), problems = problems_of(text);
    EXPECT_NE(problems.find(sentence), std::string::npos) << problems;
    EXPECT_FALSE(parse_config(text, "f").config) << sentence;
  };
  const std::string good = service(kAny4, kServers4);
  says("", good, "f:3:1: [edge] has neither \"prefix\" nor \"pool\": flows would get no addresses of their own");
  says("pool = \"203.0.113.0/28\"\n", good,
       "[edge] has \"pool\", and needs \"address4\": where its ICMP errors to IPv4 hosts come from");
  says("prefix = \"3fff:f:1::/64\"\n", service(kAny),
       "[edge] has \"prefix\", and needs \"address\": where its ICMP errors to IPv6 hosts come from");
  says("pool = \"203.0.113.0/28\"\naddress4 = \"3fff::1\"\n", good,
       "\"address4\" in [edge] is 3fff::1, and ICMP errors to IPv4 hosts come from an IPv4 address");
  says("pool = \"203.0.113.0/28\"\naddress4 = \"203.0.113.9\"\n", good,
       "\"address4\" in [edge] is 203.0.113.9, in its own \"pool\", where no host may be");
  says("pool = [\"203.0.113.0/28\", \"203.0.113.8\"]\naddress4 = \"198.51.100.1\"\n", good,
       "\"pool\" in [edge] has 203.0.113.0/28 and 203.0.113.8, which have addresses in common");
  says("pool = \"10.0.0.0/21\"\naddress4 = \"198.51.100.1\"\n", good,
       "\"pool\" in [edge] has 2048 addresses; at most 1024 are supported");
  says(kKeys4, service("\"203.0.113.8\"", kServers4),
       "203.0.113.8 of edge service \"web\" and \"pool\" in [edge], 203.0.113.8, have addresses in common");
  says(kKeys4, service(kAny4, "\"203.0.113.0/24\""),
       "\"servers\" of edge service \"web\" has 203.0.113.0/24, and \"pool\" in [edge], 203.0.113.0/30, has addresses "
       "in "
       "common with it: a flow would be its own server");
  says(kKeys4, service(kAny),
       "edge service \"web\" has 3fff:a::80, and [edge] has no \"prefix\", by which it knows IPv6 flows");
}

TEST(Edges, NoAddressMeansTwoThings) {
  const auto says = [](const std::string& text, const std::string& sentence) {
    const std::string problems = problems_of(text);
    EXPECT_NE(problems.find(sentence), std::string::npos) << problems;
    EXPECT_FALSE(parse_config(text, "f").config) << sentence;
  };
  says(edge("prefix = \"3fff:f:1::/56\"\naddress = \"3fff:e::e\"\n", service(kAny)),
       "f:6:10: \"prefix\" in [edge] is 3fff:f:1::/56: flows' own addresses need 64 bits, a /64");
  says(edge("prefix = \"3fff:f:1::/64\"\naddress = \"192.0.2.1\"\n", service(kAny)),
       "f:7:11: \"address\" in [edge] is 192.0.2.1, and ICMP errors to IPv6 hosts come from an IPv6 address");
  says(edge("prefix = \"3fff:f:1::/64\"\naddress = \"3fff:f:1::1\"\n", service(kAny)),
       "\"address\" in [edge] is 3fff:f:1::1, in its own \"prefix\", where no host may be");
  says(edge(kKeys, service("\"192.0.2.80\"")),
       "f:10:12: edge service \"web\" has 192.0.2.80, and [edge] has no \"pool\", by which it knows IPv4 flows");
  says(edge(kKeys, service("\"3fff:a::/48\"")),
       "edge service \"web\" has 3fff:a::/48; anycast prefixes are of 64 bits at least");
  says(edge(kKeys, service("\"3fff:f:1::80\"")),
       "3fff:f:1::80 of edge service \"web\" and \"prefix\" in [edge], 3fff:f:1::/64, have addresses in common");
  says(edge(kKeys, service(kAny, "\"3fff:f::/32\"")),
       "\"servers\" of edge service \"web\" has 3fff:f::/32, and \"prefix\" in [edge], 3fff:f:1::/64, has addresses in "
       "common with it: a flow would be its own server");
  says(
      edge(kKeys, service(kAny, "\"192.0.2.0/24\"")),
      "\"servers\" of edge service \"web\" has 192.0.2.0/24, and [edge] has no \"pool\", by which it knows IPv4 flows");
  says(edge(kKeys, ""), "[edge] has no [[edge.service]]: it could catch nothing");
  says(edge(kKeys, service(kAny) + service(kAny, "\"3fff:52::/48\"", "other")), "edge service \"other\"");
  says(edge(kKeys, service(kAny) + service("\"3fff:a::81\"")), "edge service \"web\" is defined twice");
  std::string many;
  for (int i = 0; i < 17; ++i) many += (i ? ", \"3fff:51:" : "\"3fff:51:") + std::to_string(i) + "::/48\"";
  says(edge(kKeys, service(kAny, many)),
       "edge service \"web\" has 17 prefixes in \"servers\"; at most 16 are supported");
  many.clear();
  for (int i = 0; i < 257; ++i) many += (i ? ", \"3fff:a:" : "\"3fff:a:") + std::to_string(i) + "::80\"";
  says(edge(kKeys, service(many)),
       "the anycast addresses of [edge] have 257 different upper halves; at most 256 are supported");
}

TEST(Edges, WhatWillNotWorkAsThoughtIsWarnedOf) {
  EXPECT_NE(problems_of(edge(kKeys + "flows = 1000\nquota = 2000\n", service(kAny)))
                .find("\"quota\" in [edge] is 2000, more than all \"flows\": one client could take them all"),
            std::string::npos);
  const auto warns = [](const std::string& text, const std::string& sentence) {
    EXPECT_NE(problems_of(text).find(sentence), std::string::npos) << problems_of(text);
    EXPECT_TRUE(parse_config(text, "f").config) << sentence;
  };
  warns(edge("pool = \"203.0.113.8\"\naddress4 = \"198.51.100.1\"\nflows = 100000\n", service(kAny4, kServers4)),
        "\"pool\" in [edge] has 1 address, enough for 64512 flows, and \"flows\" is 100000: beyond these a flow "
        "would find no port");
  warns(edge(kKeys + "address4 = \"198.51.100.1\"\n", service(kAny)),
        "[edge] has \"address4\", which has no effect without \"pool\"");
  warns(edge(kKeys + kKeys4, service(kAny + ", " + kAny4)),
        "edge service \"web\" has IPv4 in \"anycast\" and none in \"servers\": its flows never learn a server");
}

const std::string kPool = "pool = [\"203.0.113.0/28\"]\naddress4 = \"198.51.100.1\"\nflows = 100000\n";

// What follows the services: two members of a group, and what [[edge.member]] has of the other.
std::string members(const std::string& member, const std::string& prefix) {
  return "[[edge.member]]\nmember = \"" + member + "\"\nprefix = \"" + prefix +
         "\"\n[group]\nname = \"g\"\nkey = \"/k\"\nlisten = \"[3fff:5::1]:6090\"\n[[group.member]]\nname = \"e2\"\n"
         "address = \"[3fff:5::2]:6090\"\n";
}

TEST(Edges, MembersOfAGroupAreEdgesWithPrefixesOfTheirOwn) {
  const std::string head = "[node]\nname = \"e1\"\n";
  const auto says = [&](const std::string& keys, const std::string& more, const std::string& sentence) {
    const std::string problems = problems_of(head + edge(keys, service(kAny)) + more);
    EXPECT_NE(problems.find(sentence), std::string::npos) << sentence << problems;
  };
  EXPECT_EQ(problems_of(head + edge(kKeys, service(kAny)) + members("e2", "3fff:f:2::/64")), "");
  const std::string standby = "[announce]\nmetric = 20\nstandby_metric = ";
  EXPECT_EQ(problems_of(head + edge(kKeys, service(kAny)) + members("e2", "3fff:f:2::/64") + standby + "21\n"), "");
  says(kKeys, members("e2", "3fff:f:2::/64") + standby + "20\n",
       "\"standby_metric\" of [announce] is 20: it must be above \"metric\", 20, or what another member holds would");
  says(kKeys, standby + "21\n", "what members of a [group] hold in turn, and there is no [group]");
  says(kKeys, members("e3", "3fff:f:2::/64"), "[[edge.member]] has e3, and [group] has no member of that name");
  says(kKeys, members("e2", "3fff:f:2::/48"),
       "\"prefix\" of edge e2 is 3fff:f:2::/48: flows' own addresses need 64 bits");
  says(kKeys, members("e2", "3fff:f:1::/64"),
       "\"prefix\" of edge e2, 3fff:f:1::/64, and \"prefix\" in [edge], 3fff:f:1::/64, have addresses in common");
  says(kKeys, "[[edge.member]]\nmember = \"e3\"\nprefix = \"3fff:f:2::/64\"\n" + members("e2", "3fff:f:2::/64"),
       "\"prefix\" of edge e2, 3fff:f:2::/64, and that of edge e3, 3fff:f:2::/64, have addresses in common");
  says(kKeys, members("e2", "3fff:51::/64"),
       "and 3fff:51::/48 of \"servers\" of edge service \"web\" have addresses in");
  says(kKeys, "[[edge.member]]\nmember = \"e2\"\nprefix = \"3fff:f:3::/64\"\n" + members("e2", "3fff:f:2::/64"),
       "[[edge.member]] has e2 twice");
  says(kKeys + "flows = 7000000\n", members("e2", "3fff:f:2::/64"),
       "\"flows\" in [edge] is 7000000, for each of 2 prefixes; at most 12000000 are supported in all");
  says(kKeys + kPool, members("e2", "3fff:f:2::/64"),
       "[edge] has \"pool\", and no [[edge.member]] has: where this node is lost, its flows of IPv4 are");
  const std::string group = members("e2", "3fff:f:2::/64").substr(members("e2", "3fff:f:2::/64").find("[group]"));
  const auto four = [&](const std::string& member, const std::string& sentence) {
    const std::string problems = problems_of(head + edge(kPool, service("\"192.0.2.80\"", "\"198.18.0.0/16\"")) +
                                             "[[edge.member]]\nmember = \"e2\"\n" + member + group);
    if (sentence.empty()) {
      EXPECT_EQ(problems, "");
    } else {
      EXPECT_NE(problems.find(sentence), std::string::npos) << sentence << problems;
    }
  };
  four("pool = \"203.0.113.64/28\"\n", "");
  four("", "edge e2 has neither \"prefix\" nor \"pool\": it would share no flows");
  four("prefix = \"3fff:f:2::/64\"\n",
       "edge e2 has \"prefix\", and [edge] has none: flows of one alone are not shared");
  four("pool = \"203.0.113.0/29\"\n",
       "\"pool\" of edge e2, 203.0.113.0/29, and \"pool\" in [edge], 203.0.113.0/28, have addresses in common");
  four("pool = [\"203.0.113.64/29\", \"203.0.113.65\"]\n",
       "\"pool\" of edge e2 has 203.0.113.64/29 and 203.0.113.65, which have addresses in common");
  four("pool = \"192.0.2.0/24\"\n", "and 192.0.2.80 of \"anycast\" of edge service \"web\" have addresses in common");
  four("pool = \"198.51.100.0/30\"\n", "\"address4\" in [edge], 198.51.100.1, is in it, where no host may be");
  four("pool = \"10.0.0.0/22\"\n", "the pools of [edge] and of its members have 1040 addresses; at most 1024");
  const std::string alone = members("e2", "3fff:f:2::/64");
  says(kKeys, alone.substr(alone.find("[group]")), "members of the [group] do not know its flows");
}

}  // namespace
}  // namespace waymark
