// A POP's keys: what must hold between them, in sentences.
#include <gtest/gtest.h>

#include "config/text_test.h"

namespace waymark {
namespace {

const std::string kClients = "pop:8 policy:8 id:32 zero:40", kServers = "id:16 path:5x8 policy:4 epoch:2 tag:26";
std::string pop(const std::string& keys, const std::string& clients = kClients, const std::string& servers = kServers,
                const std::string& more = "") {
  return R"([engine]
interfaces = { eth0 = "wan", eth1 = "in" }
[plan.clients]
prefix = "3fff:c00::/40"
layout = ")" +
         clients + R"("
[plan.servers]
prefix = "3fff:a00::/40"
layout = ")" +
         servers + R"("
keys = { 1 = "00112233445566778899aabbccddeeff" }
[path]
id = 1
clients = "clients"
servers = "servers"
zone = "wan"
)" + keys +
         R"(
[[path.policy]]
name = "web"
index = 1
to_server = ["tcp/80", "tcp/81"]
)" + more +
         R"(
[[path.pop]]
id = 1
address = ["2001:db8:1::1", "192.0.2.1"]
[[path.pop]]
id = 2
address = "2001:db8:2::1"
)";
}

void says(const std::string& text, const std::string& sentence) {
  const std::string problems = problems_of(text);
  EXPECT_NE(problems.find(sentence), std::string::npos) << problems;
  EXPECT_FALSE(parse_config(text, "f").config) << sentence;
}

TEST(Paths, RatesAreRead) {
  for (const auto& [text, bits] : {std::pair("8kbit", u64(8'000)),
                                   {"100mbit", 100'000'000},
                                   {"1500mbit", 1'500'000'000},
                                   {"400gbit", 400'000'000'000},
                                   {"9999bit", 9'999}}) {
    const std::string file = pop("", kClients, kServers, std::string("rate = \"") + text + "\"\n");
    ASSERT_EQ(problems_of(file), "") << text;
    EXPECT_EQ(parse_config(file, "f").config->path->policy.at(0).rate, bits) << text;
  }
  for (const char* wrong : {"\"1kbit\"", "\"401gbit\"", "\"100\"", "100", "\"mbit\"", "\"-1mbit\"", "\"1.5gbit\"",
                            "\"100 mbit\"", "\"99999999999999999999bit\"", "\"100Mbit\"", "\"0mbit\""})
    says(pop("", kClients, kServers, std::string("rate = ") + wrong + "\n"),
         "must be a rate from \"8kbit\" to \"400gbit\"");
}

TEST(Paths, RevokedIdsHaveAFileAndRoom) {
  const std::string text = pop("revoked = \"/etc/waymark/revoked\"\nrevocations = 1024");
  EXPECT_EQ(problems_of(text), "");
  EXPECT_EQ(parse_config(text, "f").config->path->revocations, 1'024u);
  says(pop("revoked = \"revoked\""), "an absolute path");
  says(pop("revocations = 1000"), "a whole number from 1024 to 1048576");
}

TEST(Paths, AreRead) {
  const std::string text = pop("access_zone = \"in\"\nplain = 2", kClients, kServers,
                               "[[path.access]]\ninterface = \"eth1\"\nprefix = \"3fff:c00:1::/48\"\n"
                               "[[path.server]]\nid = 7\npop = 1\naddress = \"192.0.2.7\"\n");
  EXPECT_EQ(problems_of(text), "");
  const PathConfig p = parse_config(text, "f").config.value().path.value();
  EXPECT_EQ(p.pop.size(), 2u);
  EXPECT_EQ(p.policy.at(0).to_server.size(), 1u) << "ranges that touch are one";
  EXPECT_EQ(p.server.at(0).id, 7u);
}

TEST(Paths, PlansHaveTheFieldsThatPopsRead) {
  says(pop("", "pop:8 id:40 zero:40"), "plan \"clients\" has no field \"policy\", which \"clients\" in [path] need");
  says(pop("", kClients, "id:16 policy:4 zero:40 epoch:2 tag:26"),
       "plan \"servers\" has no field \"path\", which \"servers\" in [path] need");
  says(pop("", kClients, "id:24 path:4x8 policy:4 epoch:2 tag:26"),
       "the field \"id\" of plan \"servers\" has 24 bits; at most 16 are supported in [path]");
  says(pop("", kClients, "id:16 path:10x4 policy:4 epoch:2 tag:26"),
       "the path of plan \"servers\" has 10 hops of 4 bits; at most 8 hops and 64 bits are supported");
  says(pop("", kClients, "id:16 path:8x1 policy:4 epoch:2 tag:58"),
       "POP 2 of [path] has an id of more than the 1 bits that a hop has in plan \"servers\"");
}

TEST(Paths, NumbersAreOfWhatIsThere) {
  says(pop("plain = 3"), "[path] has 3 in \"plain\", and there is no [[path.pop]] of that id");
  says(pop("down = 1"), "[path] has its own id, 1, in \"down\"");
  says(pop("", kClients, kServers, "[[path.server]]\nid = 7\npop = 9\naddress = \"192.0.2.7\"\n"),
       "server 7 of [path] is at POP 9, and there is no [[path.pop]] of that id");
  says(pop("", kClients, kServers,
           "[[path.server]]\nid = 7\npop = 1\naddress = \"192.0.2.7\"\n"
           "[[path.server]]\nid = 7\npop = 1\naddress = \"192.0.2.8\"\n"),
       "server 7 of [path] is defined twice");
  says(pop("", kClients, kServers, "[[path.policy]]\nname = \"b\"\nindex = 1\n"),
       "path policy index 1 is defined twice; the first is in line 18");
  says(pop("", kClients, kServers, "[[path.policy]]\nname = \"b\"\nindex = 2\nprotocols = 6\n"),
       "path policy \"b\" has 6 in \"protocols\", which \"to_server\" and \"to_client\" are about");
  says(pop("", kClients, kServers, "[[path.policy]]\nname = \"b\"\nindex = 2\nprotocols = 43\n"),
       "path policy \"b\" has 43 in \"protocols\", which is an extension header's number and never a protocol's");
  says(pop("", kClients, kServers, "[[path.policy]]\nname = \"b\"\nindex = 2\nmandatory = 5\n"),
       "path policy \"b\" has 5 in \"mandatory\", and there is no [[path.pop]] of that id");
}

TEST(Paths, ClientsAreWhereTheyAre) {
  const std::string access = "[[path.access]]\ninterface = \"eth1\"\nprefix = \"3fff:c00:1::/48\"\n";
  says(pop("", kClients, kServers, access), "[path] has [[path.access]] and no \"access_zone\"");
  says(pop("access_zone = \"wan\""), "\"access_zone\" in [path] is its \"zone\", too");
  says(pop("access_zone = \"in\"", kClients, kServers,
           "[[path.access]]\ninterface = \"eth0\"\nprefix = \"3fff:c00::/48\"\n"),
       "[[path.access]] names eth0, which is in zone \"wan\" and not in \"in\", the \"access_zone\" of [path]");
  says(pop("access_zone = \"in\"", kClients, kServers,
           "[[path.access]]\ninterface = \"eth1\"\nprefix = \"3fff:d00::/48\"\n"),
       "[[path.access]] has 3fff:d00::/48, which is not in plan \"clients\"");
}

// With POPs 3 and 4, and a server at POP 3.
std::string graph(const std::string& more, const std::string& servers = kServers) {
  return pop("", kClients, servers,
             "[[path.pop]]\nid = 3\naddress = \"2001:db8:3::1\"\ncost = 5\n[[path.pop]]\nid = 4\naddress = "
             "\"2001:db8:4::1\"\n[[path.server]]\nid = 7\npop = 3\naddress = \"192.0.2.7\"\n" +
                 more);
}
std::string link(const std::string& between, const std::string& keys = "") {
  return "[[path.link]]\nbetween = " + between + "\n" + keys + "\n";
}
std::string policy(const std::string& keys) { return "[[path.policy]]\nname = \"p\"\nindex = 3\n" + keys + "\n"; }
const std::string kRing = link("[1, 2]") + link("[2, 3]") + link("[3, 4]") + link("[4, 1]");

TEST(Paths, LinksAreRead) {
  const std::string text = graph(link("[1, 2]", "cost = 4\nlatency = \"7ms\"") + link("[2, 3]", "one_way = true") +
                                 link("[3, 2]", "one_way = true") + link("[4, 3]") +
                                 policy("through = [3]\navoid = [4, [2, 1]]\nmost_hops = 3"));
  const PathConfig p = parse_config(text, "f").config.value().path.value();
  EXPECT_EQ(p.link.size(), 4u);
  EXPECT_EQ(p.link[0].cost, 4u);
  EXPECT_EQ(p.link[0].latency, std::chrono::milliseconds(7));
  EXPECT_TRUE(p.link[1].one_way);
  EXPECT_EQ(p.pop[0].cost, 5u);
  EXPECT_EQ(p.policy[1].avoid.at(0).pop, 4u);
  EXPECT_EQ(p.policy[1].avoid.at(1).first, 2u);
  EXPECT_EQ(p.policy[1].avoid.at(1).second, 1u);
  EXPECT_EQ(problems_of(graph(kRing + policy("avoid = [[1, 2]]") + link("[2, 4]"))), "");
}

TEST(Paths, LinksAreBetweenTwoPops) {
  for (const char* between : {"[1]", "[1, 2, 3]", "[2, 2]", "1"})
    says(graph(link(between)), "\"between\" in [[path.link]] must be two different POPs such as [1, 2]");
  says(graph(link("[1, 9]")), "the link between POPs 1 and 9 names a POP, 9, of which there is no [[path.pop]]");
  says(graph(link("[1, 2]") + link("[2, 1]")), "the link between POPs 2 and 1 is defined twice");
  says(graph(link("[1, 2]") + link("[2, 1]", "one_way = true")), "the link between POPs 2 and 1 is defined twice");
  says(graph(link("[1, 2]", "cost = 0")), "\"cost\" in [[path.link]] must be a whole number from 1 to 1000000");
}

TEST(Paths, RulesDoNotContradictThemselves) {
  says(graph(policy("through = 9")), "path policy \"p\" has 9 in \"through\", and there is no [[path.pop]] of that id");
  says(graph(policy("avoid = [[1, 9]]")),
       "path policy \"p\" has 9 in \"avoid\", and there is no [[path.pop]] of that id");
  says(graph(policy("avoid = [[1, 2, 3]]")), "\"avoid\" in [[path.policy]] must be a POP's id, or a link as in [1, 2]");
  says(graph(policy("through = [2, 3]\navoid = 3")), "path policy \"p\" has POP 3 in \"through\" and in \"avoid\"");
  says(graph(policy("through = [2, 3, 4]\nmost_hops = 2")),
       "path policy \"p\" has 3 POPs in \"through\", and its paths have at most 2 hops");
  std::string seventeen = "[1, 2]";
  for (int i = 1; i < 17; ++i) seventeen += ", [1, 2]";
  says(graph(policy("avoid = [" + seventeen + "]")),
       "path policy \"p\" has 17 POPs and links in \"avoid\"; at most 16 are supported");
  std::string many;
  for (int i = 0; i < 16; ++i) {
    const std::string n = std::to_string(i + 2);
    many += "[[path.policy]]\nname = \"p" + n + "\"\nindex = " + n + "\nmost_hops = " + std::to_string(i % 4 + 2) +
            "\navoid = [" + (i & 4 ? "2, " : "") + (i & 8 ? "[4, 2]" : "") + "]\n";
  }
  says(graph(many),
       "the policies of [path] have 17 different sets of \"through\", \"avoid\" and \"most_hops\"; at most "
       "16 are supported");
}

void warns(const std::string& text, const std::string& sentence) {
  const std::string problems = problems_of(text);
  EXPECT_NE(problems.find("warning: " + sentence), std::string::npos) << problems;
  EXPECT_TRUE(parse_config(text, "f").config) << problems;
}

TEST(Paths, PairsWithoutAPathAreWarnedOf) {
  warns(graph(link("[1, 2]") + link("[2, 3]")),
        "path policy \"web\": no path leads from POP 4 to POP 3, which has servers");
  warns(graph(kRing + policy("most_hops = 2")),
        "path policy \"p\": no path leads from POP 1 to POP 3, which has servers");
  warns(graph(kRing + policy("avoid = [2, [4, 3]]")),
        "path policy \"p\": no path leads from POP 1 to POP 3, which has servers, nor between 2 other pairs");
  warns(graph(policy("through = [1, 2, 4]\nmost_hops = 3")),
        "path policy \"p\": no path leads from POP 1 to POP 3, which has servers, nor between 2 other pairs");
  warns(graph(kRing + policy("avoid = [[1, 3]]")),
        "path policy \"p\" avoids the link between POPs 1 and 3, and there is none");
  warns(graph(kRing + policy("most_hops = 6")),
        "path policy \"p\" has most_hops = 6, and the plan \"servers\" has room for 5 hops alone");
}

TEST(Paths, AWanMayBeTooLarge) {
  std::string pops;
  for (int i = 10; i < 1'010; ++i)
    pops += "[[path.pop]]\nid = " + std::to_string(i) + "\naddress = \"2001:db8:5::" + std::to_string(i) + "\"\n";
  const std::string wide = "id:16 path:4x10 policy:4 epoch:2 tag:26";
  EXPECT_EQ(problems_of(graph(pops, wide)), "") << "without links, paths are made by hand there";
  warns(graph(pops + policy("avoid = 2"), wide),
        "paths are chosen among at most 100 POPs where there is no [[path.link]], and [path] has 1004: none is chosen");
  says(graph(pops + link("[1, 2]"), wide), "[path] has 1004 POPs; with [[path.link]] at most 1000 are supported");
}

// Of a group whose members are POPs alone, not all need connections.
TEST(Paths, MembersOfAGroupNeedNotBeDirect) {
  const auto group = [](const std::string& second) {
    return pop("") +
           "[group]\nname = \"g\"\nkey = \"/etc/waymark/key\"\nlisten = \"10.0.0.1:6090\"\n"
           "[[group.member]]\nname = \"p2\"\naddress = \"10.0.0.2:6090\"\n" +
           second + "[[group.member]]\nname = \"p3\"\naddress = \"10.0.0.3:6090\"\ndirect = false\n";
  };
  expect({{group(""), ""}});
  says(group("direct = false\n"), "no [[group.member]] is \"direct\": nothing would reach this node");
}

}  // namespace
}  // namespace waymark
