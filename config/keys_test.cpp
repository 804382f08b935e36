// One key at a time: each sentence that a single value can earn, at its line and column.
#include <gtest/gtest.h>

#include "config/suggest.h"
#include "config/text_test.h"

namespace waymark {
namespace {

// A key of [[service]], [[service.target]] (at its end, line 12), [engine] (line 3), the file's top tables (line 1).
std::string in_service(const std::string& line) { return kTop + kWeb + line + "\n" + kS1; }                  // line 9
std::string in_target(const std::string& line) { return kSite + line + "\n"; }                               // line 12
std::string in_engine(const std::string& line) { return with(kSite, "[director]", line + "\n[director]"); }  // line 3
std::string in_node(const std::string& line) { return kSite + "[node]\n" + line + "\n"; }                    // line 13
std::string in_api(const std::string& line) { return kSite + "[api]\n" + line + "\n"; }                      // line 13

TEST(Keys, UnknownOnesNameTheNearest) {
  expect({
      {in_service("targt = 1"), "f:9:1: unknown key \"targt\" in [[service]]; did you mean \"target\"?"},
      {in_service("tpc_idle = \"1s\""), "f:9:1: unknown key \"tpc_idle\" in [[service]]; did you mean \"tcp_idle\"?"},
      {in_target("affinity = \"flow\""),
       "f:12:1: unknown key \"affinity\" in [[service.target]]; it belongs in [[service]]"},
      {in_service("weight = 1"), "f:9:1: unknown key \"weight\" in [[service]]; it belongs in [[service.target]]"},
      {in_api("colour = 1"),
       "f:13:1: unknown key \"colour\" in [api]; the keys here are \"socket\", \"metrics\", \"health\""},
      {"x = 1\n" + kSite,
       "f:1:1: unknown key \"x\" at the top of the file; the keys here are \"node\", \"engine\", \"service\", "
       "\"director\", \"host\", \"translator\", \"gateway\", \"edge\", \"path\", \"group\", \"agents\", \"authorise\", "
       "\"announce\", \"dns\", "
       "\"plan\", "
       "\"api\""},
      {kSite + "[hots]\n", "f:12:2: unknown key \"hots\" at the top of the file; did you mean \"host\"?"},
      {in_api("\"a\\u001bb\" = 1"),
       "f:13:1: unknown key \"a\\x1bb\" in [api]; the keys here are \"socket\", \"metrics\", \"health\""},
      {in_node(std::string(61, 'n') + " = 1"),
       "f:13:1: unknown key \"" + std::string(61, 'n') +
           "\" in [node]; the keys here are \"name\", \"log_level\", \"on_event\""},
  });
}

TEST(Keys, TheNearestWord) {
  EXPECT_EQ(config::nearest("adress", {"name", "address"}), "address");
  EXPECT_EQ(config::nearest("prots", {"name", "ports"}), "ports");
  EXPECT_EQ(config::nearest("zzz", {"name", "ports"}), "");
  EXPECT_EQ(config::nearest("ap", {"api", "host"}), "api");
  EXPECT_EQ(config::nearest("a", {"api"}), "") << "short words need be nearer";
  EXPECT_EQ(config::nearest("", {"name"}), "");
  EXPECT_EQ(config::nearest("x", {"a", "b"}), "") << "nothing of it is left";
}

TEST(Keys, MissingOnesAreNamed) {
  expect({
      {kTop + "[[service]]\n" + kS1,
       "f:5:1: \"name\" in [[service]] is missing\n"
       "f:5:1: \"address\" in [[service]] is missing\n"
       "f:5:1: \"ports\" in [[service]] is missing"},
      {kTop + kWeb + "[[service.target]]\n",
       "f:9:1: \"name\" in [[service.target]] is missing\n"
       "f:9:1: \"address\" in [[service.target]] is missing"},
      {"[director]\naddress = \"10.0.0.1\"\n" + kWeb + kS1, "f:1:1: \"interfaces\" in [engine] is missing"},
      {"[engine]\n[director]\naddress = \"10.0.0.1\"\n" + kWeb + kS1, "f:1:1: \"interfaces\" in [engine] is missing"},
      {with(kSite, "address = \"10.0.0.1\"\n", ""), "f:3:1: \"address\" in [director] is missing"},
      {with(kServer, "address = \"10.0.0.11\"\n", ""), "f:3:1: \"address\" in [host] is missing"},
      {with(kServer, "directors = \"10.0.0.1\"\n", ""), "f:3:1: \"directors\" in [host] is missing"},
      {kHostTop + "[[host.service]]\n",
       "f:6:1: \"name\" in [[host.service]] is missing\n"
       "f:6:1: \"address\" in [[host.service]] is missing\n"
       "f:6:1: \"ports\" in [[host.service]] is missing"},
  });
}

TEST(Keys, TablesMustBeTables) {
  expect({
      {"node = 1\n" + kSite, "f:1:8: [node] must be a table, not 1"},
      {"engine = \"x\"\n" + with(kSite, "[engine]\ninterfaces = { eth0 = \"public\" }\n", ""),
       "f:1:10: [engine] must be a table, not \"x\""},
      {"director = true\n" + with(kSite, "[director]\naddress = \"10.0.0.1\"\n", ""),
       "f:1:12: [director] must be a table, not true"},
      {"service = 7\n" + kTop, "f:1:11: \"service\" must be an array of tables, each headed [[service]], not 7"},
      {kTop + "[service]\nname = \"web\"\n",
       "f:5:1: \"service\" must be an array of tables, each headed [[service]], not a table"},
      {"service = [1]\n" + kTop, "f:1:12: each [[service]] must be a table, not 1"},
      {kTop + kWeb + "target = 3\n",
       "f:9:10: \"target\" must be an array of tables, each headed [[service.target]], not 3"},
      {kTop + kWeb + "target = [{ name = \"s1\", address = \"10.0.0.11\" }, 2.5]\n",
       "f:9:51: each [[service.target]] must be a table, not the fraction 2.5"},
      {"host = []\n" + kTop, "f:1:8: [host] must be a table, not an array"},
      {"api = 2020-01-01\n" + kSite, "f:1:7: [api] must be a table, not a date or time"},
  });
}

TEST(Keys, NumbersHaveRanges) {
  const std::string weight = "\"weight\" in [[service.target]] must be a whole number from 0 to 1000, not ";
  const std::string pins = "f:3:8: \"pins\" in [engine] must be 0, or a whole number from 1000 to 64000000, not ";
  expect({
      {in_target("weight = 1001"), "f:12:10: " + weight + "1001"},
      {in_target("weight = -1"), "f:12:10: " + weight + "-1"},
      {in_target("weight = 4294967296"), "f:12:10: " + weight + "4294967296"},
      {in_target("weight = 1.5"), "f:12:10: " + weight + "the fraction 1.5"},
      {in_target("weight =   \"ten\""), "f:12:12: " + weight + "\"ten\""},
      {in_engine("pins = 999"), pins + "999"},
      {in_engine("pins = 64000001"), pins + "64000001"},
      {in_engine("pins = -1"), pins + "-1"},
      {in_engine("pins = [1000]"), pins + "an array"},
      {in_target("tunnel = \"gue\"\nport = 0"),
       "f:13:8: \"port\" in [[service.target]] must be a whole number from 1 to 65535, not 0"},
      {in_target("tunnel = \"gue\"\nport = 65536"),
       "f:13:8: \"port\" in [[service.target]] must be a whole number from 1 to 65535, not 65536"},
      {with(kServer, "[[host", "port = 0\n[[host"),
       "f:6:8: \"port\" in [host] must be a whole number from 1 to 65535, not 0"},
  });
  for (const char* edge : {"0", "1000", "64000000"})
    EXPECT_EQ(problems_of(in_engine(std::string("pins = ") + edge)), "");
}

TEST(Keys, WordsAreListed) {
  expect({
      {in_engine("mode = \"fast\""),
       "f:3:8: \"mode\" in [engine] must be \"auto\", \"native\" or \"generic\", not \"fast\""},
      {in_engine("mode = 1"), "f:3:8: \"mode\" in [engine] must be \"auto\", \"native\" or \"generic\", not 1"},
      {in_service("affinity = \"\""), "f:9:12: \"affinity\" in [[service]] must be \"flow\" or \"client\", not \"\""},
      {in_target("tunnel = \"nvgre\""),
       "f:12:10: \"tunnel\" in [[service.target]] must be \"ip\", \"gue\", \"gre\", \"vxlan\", \"mac\" or "
       "\"rewrite\", not \"nvgre\""},
      {in_node("log_level = \"all\""),
       "f:13:13: \"log_level\" in [node] must be \"trace\", \"debug\", \"info\", \"warning\" or \"error\", not "
       "\"all\""},
      {in_engine("persist = \"yes\""), "f:3:11: \"persist\" in [engine] must be true or false, not \"yes\""},
      {in_engine("persist = 1"), "f:3:11: \"persist\" in [engine] must be true or false, not 1"},
  });
}

TEST(Keys, DurationsHaveUnitsAndRanges) {
  const std::string wants = "f:9:12: \"tcp_idle\" in [[service]] must be a duration from \"1s\" to \"2h\", not ";
  for (const char* bad :
       {"\"\"", "\"s\"", "\"10\"", "\"999ms\"", "\"121m\"", "\"1d\"", "\"-1s\"", "\"1.5s\"", "\"01s\"", "\"1 s\"",
        "\"1s \"", "\"0s\"", "\"99999999999999999999s\"", "\"1h30m\"", "5", "true"})
    EXPECT_EQ(problems_of(in_service(std::string("tcp_idle = ") + bad)), wants + bad);
  EXPECT_EQ(problems_of(in_service("udp_idle = \"121m\"")),
            "f:9:12: \"udp_idle\" in [[service]] must be a duration from \"1s\" to \"2h\", not \"121m\"");
  EXPECT_EQ(problems_of(in_engine("adjacency_lifetime = \"2h\"")),
            "f:3:22: \"adjacency_lifetime\" in [engine] must be a duration from \"1s\" to \"1h\", not \"2h\"");
}

TEST(Keys, NamesArePlain) {
  const std::string wants =
      "f:6:8: \"name\" in [[service]] must be a name of 1 to 60 letters, digits, \".\", \"_\" or \"-\", not ";
  for (const std::string bad : {"\"\"", "\"a b\"", "\"a/b\"", "\"\u00fc\"", "5"})
    EXPECT_EQ(problems_of(with(kSite, "\"web\"", bad)), wants + bad);
  const std::string longest(60, 'x');
  EXPECT_EQ(problems_of(with(kSite, "\"web\"", "\"" + longest + "\"")), "");
  EXPECT_EQ(problems_of(with(kSite, "\"web\"", "\"" + longest + "x\"")), wants + "\"" + longest + "x\"");
  EXPECT_EQ(problems_of(with(kSite, "\"web\"", "\"A.b_c-9\"")), "");
  expect({
      {in_node("name = \"paris.1\""),
       "f:13:8: \"name\" in [node] must have no dots, as it becomes a path in bpffs, which refuses them; it is "
       "\"paris.1\""},
      {in_node("name = \"a b\""),
       "f:13:8: \"name\" in [node] must be a name of 1 to 60 letters, digits, \"_\" or \"-\", not \"a b\""},
      {in_service("zone = \"\""),
       "f:9:8: \"zone\" in [[service]] must be a name of 1 to 60 letters, digits, \".\", \"_\" or \"-\", not \"\""},
  });
}

TEST(Keys, AddressesMustBeCarriable) {
  const auto address = [](const std::string& value) { return with(kSite, "\"198.51.100.80\"", value); };
  const std::string at = "f:7:11: \"address\" in [[service]] must be ",
                    martian = at + "an address that packets may carry; ",
                    wants = "an IPv4 or IPv6 address, or a prefix such as \"2001:db8:80::/64\"";
  expect({
      {address("\"1.2.3\""), at + wants + ", not \"1.2.3\""},
      {address("\"\""), at + wants + ", not \"\""},
      {address("\"1.2.3.4\\u0000x\""), at + wants + ", not \"1.2.3.4\\x00x\""},
      {address("7"), at + wants + ", or an array of these, not 7"},
      {address("[]"), at + "given: it is empty"},
      {address("[\"1.2.3.4\", 7]"), "f:7:23: \"address\" in [[service]] must be " + wants + ", not 7"},
      {address("\"::ffff:1.2.3.4\""), at + "the IPv4 address itself, not the mapped \"::ffff:1.2.3.4\""},
      {address("\"::FFFF:1.2.3.4\""), at + "the IPv4 address itself, not the mapped \"::FFFF:1.2.3.4\""},
      {address("\"0.0.0.0\""), martian + "0.0.0.0 is the unspecified address"},
      {address("\"0.1.2.3\""), martian + "0.1.2.3 lies in 0.0.0.0/8, addresses of no host"},
      {address("\"127.0.0.1\""), martian + "127.0.0.1 lies in 127.0.0.0/8, loopback addresses"},
      {address("\"224.0.0.1\""), martian + "224.0.0.1 lies in 224.0.0.0/3, multicast and reserved addresses"},
      {address("\"240.0.0.1\""), martian + "240.0.0.1 lies in 224.0.0.0/3, multicast and reserved addresses"},
      {address("\"255.255.255.255\""),
       martian + "255.255.255.255 lies in 224.0.0.0/3, multicast and reserved addresses"},
      {address("\"::\""), martian + ":: is the unspecified address"},
      {address("\"::1\""), martian + "::1 is the loopback address"},
      {address("\"ff02::1\""), martian + "ff02::1 lies in ff00::/8, multicast addresses"},
      {address("\"fe80::1\""), martian + "fe80::1 lies in fe80::/10, link-local addresses"},
      {with(kSite, "\"10.0.0.1\"", "\"127.0.0.2\""),
       "f:4:11: \"address\" in [director] must be an address that packets may carry; 127.0.0.2 lies in 127.0.0.0/8, "
       "loopback addresses"},
      {with(kSite, "\"10.0.0.11\"", "\"ff02::1\""),
       "f:11:11: \"address\" in [[service.target]] must be an address that packets may carry; ff02::1 lies in "
       "ff00::/8, multicast addresses"},
      {with(kSite, "\"10.0.0.11\"", "[\"10.0.0.11\"]"),
       "f:11:11: \"address\" in [[service.target]] must be an IPv4 or IPv6 address, not an array"},
      {with(kServer, "\"10.0.0.11\"", "\"::\""),
       "f:4:11: \"address\" in [host] must be an address that packets may carry; :: is the unspecified address"},
      {with(kServer, "\"10.0.0.1\"", "\"::1\""),
       "f:5:13: \"directors\" in [host] must be an address that packets may carry; ::1 is the loopback address"},
      {with(kServer, "\"198.51.100.80\"", "\"::1\""),
       "f:8:11: \"address\" in [[host.service]] must be an address that packets may carry; ::1 is the loopback "
       "address"},
  });
}

TEST(Keys, PortsAreProtocolAndRange) {
  const auto ports = [](const std::string& value) { return with(kSite, "\"tcp/80\"", value); };
  const std::string wants =
      "f:8:9: \"ports\" in [[service]] must be ports such as \"tcp/80\", \"udp/1000-2000\" or \"tcp/*\"";
  for (const char* bad : {"\"\"", "\"80\"", "\"sctp/80\"", "\"TCP/80\"", "\"tcp\""})
    EXPECT_EQ(problems_of(ports(bad)), wants + ", not " + bad);
  for (const char* bad : {"\"tcp/\"", "\"tcp/0\"", "\"tcp/65536\"", "\"tcp/-80\"", "\"tcp/80-\"", "\"tcp/80-90-95\"",
                          "\"tcp/ 80\"", "\"tcp/080\"", "\"tcp/0-65535\"", "\"tcp/**\""})
    EXPECT_EQ(problems_of(ports(bad)), wants + ", from 1 to 65535, not " + bad);
  expect({
      {ports("\"tcp/90-80\""),
       "f:8:9: \"ports\" in [[service]] must be ranges that end after they begin, unlike \"tcp/90-80\""},
      {ports("80"), wants + ", or an array of these, not 80"},
      {ports("[]"), "f:8:9: \"ports\" in [[service]] must be given: it is empty"},
      {ports("[\"tcp/80\", \"x\", 80]"),
       "f:8:20: \"ports\" in [[service]] must be ports such as \"tcp/80\", \"udp/1000-2000\" or \"tcp/*\", not \"x\"\n"
       "f:8:25: \"ports\" in [[service]] must be ports such as \"tcp/80\", \"udp/1000-2000\" or \"tcp/*\", not 80"},
  });
}

TEST(Keys, InterfacesHaveZones) {
  const auto interfaces = [](const std::string& value) { return with(kSite, "{ eth0 = \"public\" }", value); };
  const std::string wants = "\"interfaces\" in [engine] must be ";
  const std::string entry =
      wants + "an interface such as \"eth0\", with up to two VLAN ids from 1 to 4094 as in \"eth0:100\", not ";
  for (const char* bad :
       {"\"\"", "\"eth0:\"", "\"eth0:0\"", "\"eth0:4095\"", "\"eth0:1:\"", "\"eth0:1:0\"", "\"eth0:1:2:3\"",
        "\"eth0:01\"", "\".\"", "\"..\"", "\"a/b\"", "\"a b\"", "\"sixteenletters16\"", "\":1\""})
    EXPECT_EQ(problems_of(interfaces(std::string("{ eth0 = \"public\", ") + bad + " = \"x\" }")),
              "f:2:33: " + entry + bad);
  expect({
      {interfaces("\"eth0\""),
       "f:2:14: " + wants + "a table such as { eth0 = \"public\", \"eth0:100\" = \"tenants\" }, not \"eth0\""},
      {interfaces("{}"), "f:2:14: " + wants + "given: it is empty"},
      {interfaces("{ eth0 = \"public\", eth1 = 3 }"),
       "f:2:40: the zone of \"eth1\" in [engine] must be a name of 1 to 60 letters, digits, \".\", \"_\" or \"-\", not "
       "3"},
      {interfaces("{ eth0 = \"public\", eth1.100 = \"x\" }"),
       "f:2:33: the zone of \"eth1\" in [engine] must be a name of 1 to 60 letters, digits, \".\", \"_\" or \"-\", not "
       "a "
       "table; a name with dots must stand in quotes"},
  });
  std::string many = "{ eth0 = \"public\"";
  for (int i = 1; i <= 63; ++i) many += ", \"e:" + std::to_string(i) + "\" = \"x\"";
  EXPECT_EQ(problems_of(interfaces(many + " }")), "");
  EXPECT_EQ(problems_of(interfaces(many + ", last = \"x\" }")),
            "f:2:" + std::to_string(16 + many.size()) +
                ": \"interfaces\" in [engine] has 65 entries; at most 64 are supported");
  EXPECT_EQ(problems_of(with(kServer, "[[host", "interfaces = [\"eth0:0\", 5]\n[[host")),
            "f:6:15: \"interfaces\" in [host] must be an interface such as \"eth0\", with up to two VLAN ids from 1 to "
            "4094 as in "
            "\"eth0:100\", not \"eth0:0\"\n"
            "f:6:25: \"interfaces\" in [host] must be an interface such as \"eth0\", with up to two VLAN ids from 1 to "
            "4094 as in "
            "\"eth0:100\", not 5");
  EXPECT_EQ(problems_of(with(kServer, "[[host", "interfaces = []\n[[host")), "") << "empty means all of them";
}

TEST(Keys, ApiHasPaths) {
  const std::string listen =
      "f:13:11: \"metrics\" in [api] must be an address and port such as \"127.0.0.1:9100\" or \"[::1]:9100\", not ";
  for (const char* bad : {"\"\"", "\"9100\"", "\":9100\"", "\"127.0.0.1\"", "\"127.0.0.1:0\"", "\"127.0.0.1:65536\"",
                          "\"::1:9100\"", "\"[127.0.0.1]:9100\"", "\"[]:9100\"", "\"localhost:9100\"", "9100"})
    EXPECT_EQ(problems_of(in_api(std::string("metrics = ") + bad)), listen + bad);
  for (const char* fine : {"\"0.0.0.0:1\"", "\"[::]:65535\""})
    EXPECT_EQ(problems_of(in_api(std::string("metrics = ") + fine)), "");
  const std::string path = "f:13:10: \"socket\" in [api] must be an absolute path of at most 103 bytes, not ";
  for (const std::string bad : {"\"\"", "\"/\"", "\"run/x\"", "5"})
    EXPECT_EQ(problems_of(in_api("socket = " + bad)), path + bad);
  EXPECT_EQ(problems_of(in_api("socket = \"/a\\u0000\"")), path + "\"/a\\x00\"");
  EXPECT_EQ(problems_of(in_api("socket = \"/" + std::string(102, 'x') + "\"")), "");
  EXPECT_EQ(problems_of(in_api("socket = \"/" + std::string(103, 'x') + "\"")),
            path + "\"/" + std::string(79, 'x') + "...\"");
}

TEST(Keys, AllProblemsComeInOnePassInOrder) {
  EXPECT_EQ(problems_of(with(in_target("weight = 1001\nport = 0"), "ports = \"tcp/80\"", "ports = 1\nzone = \"x\"")),
            "f:8:9: \"ports\" in [[service]] must be ports such as \"tcp/80\", \"udp/1000-2000\" or \"tcp/*\", or an "
            "array of "
            "these, not 1\n"
            "f:9:8: service \"web\" is in zone \"x\", but no interface in [engine] is\n"
            "f:13:10: \"weight\" in [[service.target]] must be a whole number from 0 to 1000, not 1001\n"
            "f:14:8: \"port\" in [[service.target]] must be a whole number from 1 to 65535, not 0");
}

}  // namespace
}  // namespace waymark
