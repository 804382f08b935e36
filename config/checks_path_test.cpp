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

}  // namespace
}  // namespace waymark
