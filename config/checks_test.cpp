// What must hold between keys: each sentence, at its line and column.
#include <gtest/gtest.h>

#include <chrono>

#include "config/text_test.h"

namespace waymark {
namespace {

std::string service(const std::string& name, const std::string& address, const std::string& ports) {  // seven lines
  return "[[service]]\nname = \"" + name + "\"\naddress = " + address + "\nports = " + ports + "\n" + kS1;
}

std::string target(const std::string& name, const std::string& address) {  // three lines
  return "[[service.target]]\nname = \"" + name + "\"\naddress = \"" + address + "\"\n";
}

TEST(Checks, ANodeNeedsSomethingToDo) {
  const std::string nothing =
      "f:1:1: the file has neither a [[service]] nor a [host] nor a [translator] nor a [gateway] nor an [edge] nor a "
      "[path]: the "
      "node has nothing "
      "to do";
  expect({
      {kTop, nothing},
      {"service = []\n" + kTop, nothing},
      {"", "f:1:1: \"interfaces\" in [engine] is missing\n" + nothing},
  });
}

TEST(Checks, ServicesNeedADirector) {
  expect({{with(kSite, "[director]\naddress = \"10.0.0.1\"\n", ""),
           "f:3:1: a [[service]] needs [director], whose \"address\" the tunnels to its targets come from"}});
}

TEST(Checks, TheDirectorHasOneAddressPerFamily) {
  expect({{with(kSite, "\"10.0.0.1\"", "[\"10.0.0.1\", \"2001:db8::d\", \"10.0.0.2\"]"),
           "f:4:39: [director] has a second IPv4 address, 10.0.0.2; tunnels come from one address per family"},
          {with(kSite, "\"10.0.0.1\"", "[\"10.0.0.1\", \"2001:db8::d\", \"2001:db8::e\"]"),
           "f:4:39: [director] has a second IPv6 address, 2001:db8::e; tunnels come from one address per family"}});
}

TEST(Checks, NamesAreUnique) {
  expect({
      {kSite + service("dns", "\"198.51.100.53\"", "\"udp/53\"") + service("web", "\"198.51.100.81\"", "\"tcp/80\""),
       "f:20:8: service \"web\" is defined twice; the first is in line 6"},
      {kSite + target("s1", "10.0.0.12"),
       "f:13:8: target \"s1\" of service \"web\" is defined twice; the first is in line 10"},
      {kServer + "[[host.service]]\nname = \"web\"\naddress = \"198.51.100.81\"\nports = \"tcp/80\"\n",
       "f:11:8: host service \"web\" is defined twice; the first is in line 7"},
  });
  EXPECT_EQ(problems_of(kSite + service("Web", "\"198.51.100.81\"", "\"tcp/80\"")), "") << "targets of two services";
}

TEST(Checks, ZonesHaveInterfaces) {
  expect({
      {with(kSite, "ports", "zone = \"lab\"\nports"),
       "f:8:8: service \"web\" is in zone \"lab\", but no interface in [engine] is"},
      {with(kSite, "\"public\"", "\"lab\""),
       "f:5:1: service \"web\" is in zone \"public\", but no interface in [engine] is"},
      {with(with(kSite, "\"public\"", "\"lab\""), "name = \"web\"\n", ""),
       "f:5:1: \"name\" in [[service]] is missing\n"
       "f:5:1: a service without a name is in zone \"public\", but no interface in [engine] is"},
  });
}

TEST(Checks, ServicesHaveTargets) {
  expect({
      {kTop + kWeb, "f:5:1: service \"web\" has no target"},
      {kTop + kWeb + "target = []\n", "f:5:1: service \"web\" has no target"},
      {kSite + "weight = 0\n" + target("s2", "10.0.0.12") + "weight = 0\n",
       "f:5:1: warning: all targets of service \"web\" have weight 0, so it takes no new flows"},
  });
  EXPECT_EQ(problems_of(kSite + target("s2", "10.0.0.12") + "weight = 0\n"), "");
}

TEST(Checks, TargetsAreReachable) {
  expect({
      {kSite + target("s2", "2001:db8::1"),
       "f:14:11: target \"s2\" of service \"web\" is at 2001:db8::1, but [director] has no IPv6 address to reach it "
       "from"},
      {with(with(kSite, "\"10.0.0.1\"", "\"2001:db8::d\""), "[[service.target]]",
            target("s2", "2001:db8::1") + "[[service.target]]"),
       "f:14:11: target \"s1\" of service \"web\" is at 10.0.0.11, but [director] has no IPv4 address to reach it "
       "from"},
      {kSite + target("s2", "10.0.0.1"),
       "f:14:11: target \"s2\" of service \"web\" is at 10.0.0.1, the director's own address"},
      {kSite + target("s2", "10.0.0.11"),
       "f:14:11: warning: target \"s2\" of service \"web\" is at 10.0.0.11 like target \"s1\""},
  });
  EXPECT_EQ(problems_of(kSite + "port = 6080\ntunnel = \"gue\"\n"), "");
}

TEST(Checks, AddressesHaveOneOwner) {
  expect({
      {kSite + target("s2", "198.51.100.80"),
       "f:14:11: 198.51.100.80 is both target \"s2\" of service \"web\" and an address of service \"web\""},
      {with(kSite, "\"198.51.100.80\"", "[\"198.51.100.80\", \"10.0.0.1\"]"),
       "f:4:11: 10.0.0.1 is both the address of [director] and an address of service \"web\""},
      {with(kServer, "\"198.51.100.80\"", "\"10.0.0.11\""),
       "f:4:11: 10.0.0.11 is both the address of [host] and an address of host service \"web\""},
      {with(kSite, "\"198.51.100.80\"", "[\"198.51.100.80\", \"10.0.0.12\"]") +
           "[host]\naddress = \"10.0.0.12\"\ndirectors = \"10.0.0.1\"\n" + kHostWeb,
       "f:13:11: 10.0.0.12 is both the address of [host] and an address of service \"web\""},
      {with(kSite, "\"198.51.100.80\"", "[\"198.51.100.80\", \"10.0.0.0/28\"]"),
       "f:4:11: 10.0.0.1 is both the address of [director] and in 10.0.0.0/28, an address of service \"web\"\n"
       "f:11:11: 10.0.0.11 is both target \"s1\" of service \"web\" and in 10.0.0.0/28, an address of service \"web\""},
  });
  EXPECT_EQ(problems_of(with(kSite, "\"198.51.100.80\"", "[\"198.51.100.80\", \"198.51.100.0/24\"]")), "");
}

TEST(Checks, ServicesHaveAddressesOrPrefixes) {
  const auto instead = [](const std::string& address) { return with(kSite, "\"198.51.100.80\"", address); };
  const std::string wants = "f:7:11: \"address\" in [[service]] must ";
  expect({
      {instead("\"198.51.100.80/24\""),
       wants + "have no bits behind its length, unlike \"198.51.100.80/24\"; \"198.51.100.0/24\" is probably meant"},
      {instead("\"198.51.100.0/33\""), wants + "have a length of at most 32, unlike \"198.51.100.0/33\""},
      {instead("\"0.0.0.0/0\""),
       wants + "be of addresses that packets may carry; 0.0.0.0/0 holds the unspecified address"},
      {instead("\"nowhere/8\""),
       wants + "be a prefix such as \"192.0.2.0/24\" or \"2001:db8::/32\", not \"nowhere/8\""},
      {instead("[\"198.51.100.0/24\", \"198.51.100.0/24\"]"),
       "f:7:31: 198.51.100.0/24 is listed twice in service \"web\""},
  });
}

TEST(Checks, PortsAreServedOnce) {
  const std::string both =
      "f:14:11: tcp/80 on 198.51.100.80 in zone \"public\" is served by both service \"web\", line 5, and service "
      "\"b\"";
  expect({
      {kSite + service("b", "\"198.51.100.80\"", "\"tcp/80\""), both},
      {kSite + service("b", "\"198.51.100.80\"", "\"tcp/*\""), both},
      {kSite + service("b", "\"198.51.100.80\"", "[\"udp/80\", \"tcp/1-79\", \"tcp/80-90\"]"), both},
      {with(kSite, "\"tcp/80\"", "\"udp/5-20\"") +
           service("b", "[\"198.51.100.7\", \"198.51.100.80\"]", "[\"udp/1-3\", \"udp/9-30\"]"),
       "f:14:28: udp/9-20 on 198.51.100.80 in zone \"public\" is served by both service \"web\", line 5, and service "
       "\"b\""},
      {kServer + with(kHostWeb, "\"web\"", "\"b\""),
       "f:12:11: tcp/80 on 198.51.100.80 is served by both host service \"web\", line 6, and host "
       "service \"b\""},
      {with(kSite, "\"198.51.100.80\"", "[\"198.51.100.80\", \"198.51.100.80\"]"),
       "f:7:29: 198.51.100.80 is listed twice in service \"web\""},
      {with(kSite, "\"tcp/80\"", "[\"tcp/80\", \"udp/80\", \"tcp/1-100\"]"),
       "f:8:30: tcp/80 and tcp/1-100 of service \"web\" overlap"},
      {with(kSite, "\"tcp/80\"", "[\"tcp/80\", \"tcp/*\"]"), "f:8:20: tcp/80 and tcp/* of service \"web\" overlap"},
      {with(kSite, "\"tcp/80\"", "[\"tcp/80\", \"tcp/80\"]"), "f:8:20: tcp/80 and tcp/80 of service \"web\" overlap"},
      {with(kSite, "\"tcp/80\"", "[\"tcp/1-100\", \"tcp/80\", \"tcp/99\", \"tcp/101\"]"),
       "f:8:23: tcp/1-100 and tcp/80 of service \"web\" overlap\n"
       "f:8:33: tcp/1-100 and tcp/99 of service \"web\" overlap"},
  });
}

TEST(Checks, HostsKnowTheirDirectors) {
  expect({
      {kHostTop, "f:3:1: warning: [host] has no [[host.service]], so it refuses every packet that comes in a tunnel"},
      {with(kServer, "\"10.0.0.1\"", "[\"10.0.0.1\", \"2001:db8::d\"]"),
       "f:5:26: warning: director 2001:db8::d cannot reach this host, which has no IPv6 address in [host]"},
      {with(with(kServer, "\"10.0.0.11\"", "\"2001:db8::1\""), "\"10.0.0.1\"", "[\"2001:db8::d\", \"10.0.0.1\"]"),
       "f:5:29: warning: director 10.0.0.1 cannot reach this host, which has no IPv4 address in [host]"},
      {with(kServer, "[[host", "interfaces = [\"eth0\", \"eht0\", \"wan7\", \"eth1\"]\n[[host"),
       "f:6:23: interface \"eht0\" of [host] is not in [engine] interfaces; did you mean \"eth0\"?\n"
       "f:6:31: interface \"wan7\" of [host] is not in [engine] interfaces\n"
       "f:6:39: interface \"eth1\" of [host] is not in [engine] interfaces; did you mean \"eth0\"?"},
  });
}

TEST(Checks, HostsHaveNoZones) {
  EXPECT_EQ(problems_of(kServer + with(kHostWeb, "\"web\"", "\"b\"")),
            "f:12:11: tcp/80 on 198.51.100.80 is served by both host service \"web\", line 6, and host service \"b\"");
}

// Limits, each just kept and just broken. The names and addresses are made to be short.
std::string ip6(const std::string& net, u32 n) {
  char text[40];
  snprintf(text, sizeof text, "\"2001:db8:%s::%x:%x\"", net.c_str(), n >> 16, n & 0xffff);
  return text;
}

TEST(Limits, Services) {
  const auto many = [](u32 n) {
    std::string toml = kTop;
    for (u32 i = 0; i < n; ++i)
      toml += "[[service]]\nname=\"" + std::to_string(i) + "\"\naddress=" + ip6("1", i) +
              "\nports=\"tcp/80\"\ntarget=[{name=\"a\",address=\"10.0.0.2\"}]\n";
    return toml;
  };
  EXPECT_EQ(problems_of(many(10'240)), "");
  EXPECT_EQ(problems_of(many(10'241)),
            "f:" + std::to_string(5 + 5 * 10'240) + ":1: there are 10241 [[service]]; at most 10240 are supported");
}

TEST(Limits, Targets) {
  const auto many = [](u32 first, u32 rest) {
    std::string toml = kTop;
    for (u32 s = 0; s < 32; ++s) {  // 31 times 1024, and what is over
      toml +=
          "[[service]]\nname=\"" + std::to_string(s) + "\"\naddress=" + ip6("1", s) + "\nports=\"tcp/80\"\ntarget=[";
      for (u32 t = 0; t < (s == 0 ? first : s < 31 ? 1024 : rest); ++t)
        toml += "{name=\"" + std::to_string(t) + "\",address=\"10.0." + std::to_string(t / 200 + 1) + "." +
                std::to_string(t % 200) + "\"},\n";
      toml += "]\n";
    }
    return toml;
  };
  EXPECT_EQ(problems_of(many(1024, 32'768 - 31 * 1024)), "");
  const auto too_many = [](u32 line, u32 most) {
    return "f:" + std::to_string(line) + ":1: with service \"31\" there are more than " + std::to_string(most) +
           " targets in all, half of [engine] targets: the other half is for those that a reload puts in their place";
  };
  EXPECT_EQ(problems_of(many(1024, 1025)), "f:32932:1: there are 1025 [[service.target]]; at most 1024 are supported");
  const auto with_targets = [&](u32 targets, u32 rest) {
    std::string toml = many(1024, rest);
    return toml.replace(toml.find("[engine]\n"), 9, "[engine]\ntargets = " + std::to_string(targets) + "\n");
  };
  EXPECT_EQ(problems_of(with_targets(65'535, 1024)), too_many(6 + 31 * (5 + 1024), 32'767));
  EXPECT_EQ(problems_of(with_targets(262'144, 1024)), "");
  EXPECT_NE(problems_of(with_targets(262'145, 1024)), "");
  EXPECT_EQ(problems_of(many(1025, 1)), "f:1033:1: there are 1025 [[service.target]]; at most 1024 are supported");
}

TEST(Limits, Addresses) {
  const auto many = [](u32 n) {
    std::string list = "[";
    for (u32 i = 0; i < n; ++i) list += ip6("1", i) + ",\n";
    return with(kSite, "\"198.51.100.80\"", list + "]");
  };
  EXPECT_EQ(problems_of(many(65'000)), "");
  EXPECT_EQ(problems_of(many(65'001)), "f:65007:1: there are more than 65000 addresses in all services");
}

std::string every_other_port(const std::string& protocol, u32 n) {
  std::string list = "[";
  for (u32 i = 0; i < n; ++i) list += "\"" + protocol + "/" + std::to_string(2 * i + 1) + "\",";
  return list + "]";
}

TEST(Limits, RangesOfPorts) {
  const auto ports = [](const std::string& list) { return with(kSite, "\"tcp/80\"", list); };
  EXPECT_EQ(problems_of(ports(every_other_port("tcp", 4096))), "");
  EXPECT_EQ(problems_of(ports(every_other_port("tcp", 4097))),
            "f:8:9: an address of service \"web\" has 4097 ranges of ports; at most 4096 are supported");
  const std::string half = ports(every_other_port("tcp", 2048));
  EXPECT_EQ(problems_of(half + service("b", "\"198.51.100.80\"", every_other_port("udp", 2048))), "");
  EXPECT_EQ(problems_of(half + service("b", "\"198.51.100.80\"", every_other_port("udp", 2049))),
            "f:14:11: an address of service \"b\" has 4097 ranges of ports; at most 4096 are supported");
  std::string next_to_each_other = "[";
  for (u32 i = 0; i < 5000; ++i) next_to_each_other += "\"tcp/" + std::to_string(5000 - i) + "\",";
  EXPECT_EQ(problems_of(ports(next_to_each_other + "]")), "") << "they merge into one";
}

// Many addresses times many ranges must not be walked one by one.
TEST(Limits, AddressesTimesRangesStaysFast) {
  std::string addresses = "[";
  for (u32 i = 0; i < 32'000; ++i) addresses += ip6("1", i) + ",";
  addresses += "]";
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(problems_of(kTop + service("a", addresses, every_other_port("tcp", 2048)) +
                        service("b", addresses, every_other_port("udp", 2048))),
            "");
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
}

}  // namespace
}  // namespace waymark
