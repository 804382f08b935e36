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
       "edge service \"web\" has 192.0.2.80, and an edge catches IPv6 alone: leave it out, and routes decide where its "
       "packets go");
  says(edge(kKeys, service("\"3fff:a::/48\"")),
       "edge service \"web\" has 3fff:a::/48; anycast prefixes are of 64 bits at least");
  says(edge(kKeys, service("\"3fff:f:1::80\"")),
       "3fff:f:1::80 of edge service \"web\" and \"prefix\" in [edge], 3fff:f:1::/64, have addresses in common");
  says(edge(kKeys, service(kAny, "\"3fff:f::/32\"")),
       "\"servers\" of edge service \"web\" has 3fff:f::/32, and \"prefix\" in [edge], 3fff:f:1::/64, has addresses in "
       "common with it: a flow would be its own server");
  says(edge(kKeys, service(kAny, "\"192.0.2.0/24\"")),
       "\"servers\" of edge service \"web\" has 192.0.2.0/24, and an edge's flows are of IPv6");
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
}

}  // namespace
}  // namespace waymark
