// A gateway's plan, ids and tenants: what must hold between them, in sentences.
#include <gtest/gtest.h>

#include "config/text_test.h"

namespace waymark {
namespace {

const std::string kHead = R"([engine]
interfaces = { eth0 = "public" }
[plan.cloud]
prefix = "3fff:c00::/32"
layout = "gateway:8 tenant:16 zero:40 ipv4:32"
)";
const std::string kIds = R"([[gateway.id]]
id = 1
address = ["192.0.2.1", "2001:db8::1"]
[[gateway.id]]
id = 2
address = ["192.0.2.2", "2001:db8::2"]
)";
const std::string kTenant = R"([[gateway.tenant]]
name = "red"
number = 1
tunnel = [{ tunnel = "gre", key = 7, remote = "192.0.2.71", ip4 = "10.0.0.0/24" }]
)";

// [gateway] in line 6, `keys` from line 7 on.
std::string gateway(const std::string& keys, const std::string& more = kTenant, const std::string& ids = kIds) {
  return kHead + "[gateway]\n" + keys + "\n" + ids + more;
}
const std::string kKeys = "plan = \"cloud\"\nholds = [1]\nprefix = [{ prefix = \"64:ff9b::/96\" }]";
// Tables behind a good gateway's: from line 16 on.
std::string tenants(const std::string& more) { return gateway(kKeys, more); }
// Likewise behind "red", from line 20 on; its tunnel stands in line 19.
std::string after_red(const std::string& more) { return tenants(kTenant + more); }

TEST(Gateways, AreRead) {
  const std::string text = gateway(kKeys + "\nonward = \"route\"\naddress = \"198.18.0.1\"\nerrors = 0",
                                   kTenant + "prefix = [{ prefix = \"3fff:64::/96\", ip4 = \"10.9.0.0/16\" }]\n" +
                                       "map = [{ ip4 = \"10.8.0.1\", ip6 = \"3fff::8\" }]\n");
  EXPECT_EQ(problems_of(text), "");
  const GatewayConfig g = parse_config(text, "f").config.value().gateway.value();
  EXPECT_EQ(g.holds, std::vector<u64>{1});
  EXPECT_EQ(g.onward, OnwardBy::route);
  EXPECT_EQ(g.id.at(1).address.size(), 2u);
  EXPECT_EQ(g.tenant.at(0).tunnel.at(0).key, 7u);
  EXPECT_EQ(g.tenant[0].tunnel[0].ip4.at(0).length, 24);
  EXPECT_EQ(g.tenant[0].map.size() + g.tenant[0].prefix.size(), 2u);
  EXPECT_EQ(problems_of(tenants(kTenant)), "");
}

TEST(Gateways, NeedAPlanOfTheirFields) {
  expect({
      {gateway("plan = \"clod\"\nholds = [1]\nprefix = [{ prefix = \"64:ff9b::/96\" }]"),
       "f:7:8: there is no [plan.clod], which [gateway] names; did you mean \"cloud\"?"},
      {gateway("plan = \"paths\"\nholds = [1]\nprefix = [{ prefix = \"64:ff9b::/96\" }]",
               kTenant + "[plan.paths]\nprefix = \"3fff:d00::/40\"\nlayout = \"pop:8 id:48 zero:32\"\n"),
       "f:7:8: plan \"paths\" has no field \"tenant\", which a gateway's needs"},
      {gateway(
           "plan = \"more\"\nholds = [1]\nprefix = [{ prefix = \"64:ff9b::/96\" }]",
           kTenant + "[plan.more]\nprefix = \"3fff:d00::/40\"\nlayout = \"tenant:24 gateway:24 policy:8 ipv4:32\"\n"),
       "f:7:8: plan \"more\" has the field \"policy\", which a gateway does not fill in"},
      {gateway("plan = \"cloud\"\nholds = [1, 256]\nprefix = [{ prefix = \"64:ff9b::/96\" }]", kTenant,
               kIds + "[[gateway.id]]\nid = 256\naddress = \"192.0.2.3\"\n"),
       "f:17:6: gateway 256 does not fit into the field \"gateway\" of plan \"cloud\": 255 is the most that it holds"},
      {after_red("[[gateway.tenant]]\nname = \"far\"\nnumber = 65536\n"
                 "tunnel = [{ remote = \"192.0.2.72\", ip4 = \"10.0.0.0/24\" }]\n"),
       "f:22:10: the tenant's number 65536 does not fit into the field \"tenant\" of plan \"cloud\": 65535 is the most "
       "that it holds"},
  });
}

// The plan with these fields, line 4, and red with this rule, line 20, and more keys of its.
std::string with_bits(const std::string& layout, const std::string& rule, const std::string& keys = kKeys) {
  std::string text = gateway(keys, kTenant + rule + "\n");
  const std::string usual = "zero:40";
  return text.replace(text.find(usual), usual.size(), layout);
}
const std::string kAllBits = "zero:25 dscp:6 valid:1 birth:8", kTwoBits = "zero:33 dscp:6 valid:1";
std::string rule(const std::string& keys) { return "rule = [{ " + keys + " }]"; }

TEST(Gateways, FillInWhatAddressesSayOfFlows) {
  const std::string all = "direction = \"out\", action = \"allow\", ";
  const std::string good = with_bits(kTwoBits, "rule = [{ " + all + "dscp = 46, valid = true }, { " + all +
                                                   "dscp = \"copy\" }, { direction = \"in\", action = \"allow\", "
                                                   "from_valid = true }]");
  EXPECT_EQ(problems_of(good), "");
  const Parsed parsed = parse_config(good, "f");
  ASSERT_TRUE(parsed.config);
  const auto& rules = parsed.config->gateway->tenant[0].rule;
  EXPECT_EQ(rules[0].dscp, 46);
  EXPECT_TRUE(rules[0].valid);
  EXPECT_EQ(rules[1].dscp, kCopyClass);
  EXPECT_TRUE(rules[2].from_valid);
  const std::string said =
      "f:7:8: warning: plan \"cloud\" has \"birth\", which a tenant's packet does not say: without a [group] that "
      "mirrors flows, in time of grace ";
  EXPECT_NE(problems_of(with_bits(kAllBits, "")).find(said + "only packets from outside find a flow again"),
            std::string::npos)
      << problems_of(with_bits(kAllBits, ""));
  EXPECT_NE(problems_of(with_bits(kAllBits, "", kKeys + "\ngrace_from = \"inside\"")).find(said + "with grace_from"),
            std::string::npos);
  EXPECT_EQ(problems_of(with_bits(kAllBits, "", kKeys + "\ngrace = \"0s\"")), "");
  const std::string none = problems_of(with_bits(kTwoBits, "firewall = false"));
  EXPECT_NE(none.find("tenant \"red\" has no firewall, which fills in what addresses of plan \"cloud\" say of flows: "
                      "its have zeros"),
            std::string::npos)
      << none;
}

TEST(Gateways, RefuseWhatNoAddressCouldSay) {
  const auto says = [](const std::string& text, const std::string& sentence) {
    const std::string problems = problems_of(text);
    EXPECT_NE(problems.find(sentence), std::string::npos) << problems;
  };
  const std::string out = "direction = \"out\", action = \"allow\", ", in = "direction = \"in\", action = \"allow\", ";
  says(with_bits("zero:35 dscp:5", ""), "plan \"cloud\" has 5 bits of \"dscp\"; a gateway's has 6 bits");
  says(with_bits("zero:38 valid:2", ""), "plan \"cloud\" has 2 bits of \"valid\"; a gateway's has 1 bit");
  says(with_bits("zero:31 birth:9", ""), "plan \"cloud\" has 9 bits of \"birth\"; a gateway's has at most 8 bits");
  says(with_bits("zero:39 watch:1", ""), "has the field \"watch\", which a gateway does not fill in");
  says(with_bits(kTwoBits, rule(out + "dscp = 0")), "must be a DSCP from 1 to 63, or \"copy\"");
  says(with_bits(kTwoBits, rule(out + "dscp = 64")), "must be a DSCP from 1 to 63, or \"copy\"");
  says(with_bits(kTwoBits, rule(in + "dscp = 46")),
       "a rule of tenant \"red\" has \"dscp\", and is not for flows \"out\" alone: who begins one from outside has "
       "chosen "
       "its address");
  says(with_bits(kTwoBits, rule("direction = \"out\", action = \"deny\", valid = true")),
       "a rule of tenant \"red\" has \"valid\", but refuses its flows");
  says(with_bits("zero:40", rule(out + "dscp = 46")),
       "a rule of tenant \"red\" has \"dscp\", but plan \"cloud\" has no field \"dscp\"");
  says(with_bits("zero:40", rule(in + "from_valid = true")), "but plan \"cloud\" has no field \"valid\"");
  says(with_bits(kTwoBits, rule(out + "from_valid = true")),
       "has \"from_valid\", and is not for flows \"in\" alone: of others nothing says it");
  says(with_bits(kTwoBits, rule(in + "from_valid = true"), kKeys + "\nonward = \"route\""),
       "which is believed of packets in gateways' tunnels alone, but \"onward\" in [gateway] is by route");
  std::string before = with_bits(kTwoBits, "", kKeys + "\nannounce = [\"specific\"]");
  const std::string layout = "gateway:8 tenant:16 zero:33 dscp:6 valid:1";
  before.replace(before.find(layout), layout.size(), "dscp:6 gateway:8 tenant:16 zero:34");
  says(before,
       "plan \"cloud\" has a field that flows fill in before \"gateway\": no prefix stands for one gateway, so "
       "\"announce\" in [gateway] cannot have \"specific\"");
}

TEST(Gateways, HoldIdsThatThereAre) {
  expect({
      {gateway("plan = \"cloud\"\nholds = [1, 3]\nprefix = [{ prefix = \"64:ff9b::/96\" }]"),
       "f:8:13: \"holds\" in [gateway] has 3, but there is no [[gateway.id]] with it"},
      {gateway("plan = \"cloud\"\nholds = []\nstand_in = [1, 3]\nprefix = [{ prefix = \"64:ff9b::/96\" }]"),
       "f:8:9: \"holds\" in [gateway] is empty, and there is no [group] whose members' ids it could take\n"
       "f:9:12: \"stand_in\" in [gateway] is for members of a group, and the file has no [group]\n"
       "f:9:16: \"stand_in\" in [gateway] has 3, but there is no [[gateway.id]] with it"},
      {gateway("plan = \"cloud\"\nholds = [1]\nstand_in = [1]\nprefix = [{ prefix = \"64:ff9b::/96\" }]"),
       "f:9:12: \"stand_in\" in [gateway] is for members of a group, and the file has no [group]\n"
       "f:9:13: \"stand_in\" in [gateway] has 1, which \"holds\" has, too"},
      {gateway(kKeys, kTenant, kIds + "[[gateway.id]]\nid = 2\naddress = \"192.0.2.3\"\n"),
       "f:17:6: gateway 2 is defined twice; the first is in line 13"},
      {gateway(kKeys, kTenant, kIds + "[[gateway.id]]\nid = 3\naddress = \"192.0.2.2\"\n"),
       "f:18:11: 192.0.2.2 is where tunnels to gateway 2 end and those to gateway 3"},
      {gateway(kKeys + "\naddress = \"2001:db8::7\""),
       "f:10:11: \"address\" in [gateway] must be an IPv4 address: its errors to IPv6 come from its address by the "
       "plan"},
  });
}

TEST(Gateways, TellTenantsApart) {
  expect({
      {after_red("[[gateway.tenant]]\nname = \"red\"\nnumber = 2\n"
                 "tunnel = [{ remote = \"192.0.2.72\", ip4 = \"10.0.0.0/24\" }]\n"),
       "f:21:8: tenant \"red\" is defined twice; the first is in line 17"},
      {after_red("[[gateway.tenant]]\nname = \"blue\"\nnumber = 1\n"
                 "tunnel = [{ remote = \"192.0.2.72\", ip4 = \"10.0.0.0/24\" }]\n"),
       "f:22:10: tenant \"red\" and tenant \"blue\" both have the number 1"},
      {after_red("[[gateway.tenant]]\nname = \"blue\"\nnumber = 2\n"
                 "tunnel = [{ tunnel = \"gre\", key = 7, remote = \"192.0.2.71\", ip4 = \"10.0.0.0/24\" }]\n"),
       "f:23:47: two tunnels from 192.0.2.71 could not be told apart: one of tenant \"red\", in line 19, and one of "
       "tenant \"blue\""},
      {tenants("[[gateway.tenant]]\nname = \"red\"\nnumber = 1\ntunnel = [{ remote = \"192.0.2.71\", ip4 = "
               "[\"10.0.0.0/24\"] }, { remote = \"192.0.2.72\", ip4 = [\"10.0.0.0/24\"] }]\n"),
       "f:19:93: 10.0.0.0/24 is behind two tunnels of tenant \"red\"; the first is in line 19"},
      {tenants("[[gateway.tenant]]\nname = \"red\"\nnumber = 1\ntunnel = [{ remote = \"192.0.2.1\", ip4 = "
               "[\"10.0.0.0/24\"] }]\n"),
       "f:19:22: the far end 192.0.2.1 of a tunnel of tenant \"red\" is an address of gateway 1, held here"},
      {gateway("plan = \"cloud\"\nholds = [1]"),
       "f:15:1: neither tenant \"red\" nor [gateway] has a \"prefix\" or a \"map\", nor has the tenant a \"site\": its "
       "packets would have no destination"},
  });
}

TEST(Gateways, FindTenantsSites) {
  const auto sites = [](const std::string& all) { return tenants(kTenant + "site = [" + all + "]\n"); };
  const std::string good =
      "{ prefix = \"10.0.0.0/16\", gateway = 1 }, { prefix = \"10.0.0.0/25\", gateway = 2 }, "
      "{ prefix = \"0.0.0.0/0\", gateway = 2 }";
  EXPECT_EQ(problems_of(sites(good)), "");
  EXPECT_EQ(parse_config(sites(good), "f").config.value().gateway.value().tenant.at(0).site.at(1).gateway, 2u);
  EXPECT_EQ(problems_of(gateway("plan = \"cloud\"\nholds = [1]", kTenant + "site = [" + good + "]\n")), "");
  expect({
      {sites("{ prefix = \"10.5.0.0/16\", gateway = 3 }"),
       "f:20:45: the site 10.5.0.0/16 of tenant \"red\" is behind gateway 3, but there is no [[gateway.id]] with it"},
      {sites("{ prefix = \"10.5.0.0/16\", gateway = 2 },\n{ prefix = \"10.5.0.0/16\", gateway = 2 }"),
       "f:21:12: 10.5.0.0/16 is a site of tenant \"red\" twice; the first is in line 20"},
      {tenants(kTenant + "map = [{ ip4 = \"10.5.0.0/16\", ip6 = \"3fff:5::/112\" }]\n" +
               "site = [{ prefix = \"10.5.0.0/16\", gateway = 2 }]\n"),
       "f:21:20: 10.5.0.0/16 is a site of tenant \"red\" and mapped, too, in line 20"},
  });
  EXPECT_EQ(problems_of(sites("{ prefix = \"10.5.0.0/16\", gateway = 1 }")),
            "f:20:20: warning: the site 10.5.0.0/16 of tenant \"red\" is behind gateway 1, held here, but no tunnel of "
            "the tenant's has an address of it in \"ip4\"");
}

TEST(Gateways, AnnounceWhatIsAPrefix) {
  const std::string specific = kKeys + "\nannounce = [\"plan\", \"specific\"]", routes = "[announce]\n";
  EXPECT_EQ(problems_of(gateway(specific, kTenant + routes)), "");
  EXPECT_EQ(problems_of(gateway(kKeys + "\nannounce = []", kTenant + routes)), "");
  std::string ip4_first = gateway(specific, kTenant + routes);
  ip4_first.replace(ip4_first.find("gateway:8 tenant"), 35, "tenant:16 ipv4:32 zero:40 gateway:8");
  expect({
      {ip4_first,
       "f:10:12: plan \"cloud\" has \"ipv4\" before \"gateway\": no prefix stands for one gateway, so \"announce\" in "
       "[gateway] cannot have \"specific\""},
      {gateway(kKeys + "\nannounce = \"all\"", kTenant + routes),
       "f:10:12: \"announce\" in [gateway] must be \"plan\", \"own\", \"ends\" or \"specific\", not "
       "\"all\""},
  });
  EXPECT_EQ(problems_of(gateway(specific)),
            "f:10:12: warning: \"announce\" in [gateway] says what [announce] announces, but the file has none");
  EXPECT_EQ(
      problems_of(gateway(kKeys + "\nonward = \"route\"\nannounce = \"plan\"", kTenant + routes)),
      "f:11:12: warning: with \"onward\" by route replies for another gateway need a route to it, but \"announce\" "
      "in [gateway] lacks \"specific\"");
}

TEST(Gateways, AreWarnedOfTenantsWithoutTunnels) {
  EXPECT_EQ(problems_of(tenants("[[gateway.tenant]]\nname = \"red\"\nnumber = 1\n")),
            "f:16:1: warning: tenant \"red\" has no [[gateway.tenant.tunnel]]: nothing of it comes in");
  EXPECT_EQ(problems_of(gateway(kKeys, kTenant, "[[gateway.id]]\nid = 1\naddress = \"2001:db8::1\"\n")),
            "f:16:47: warning: nothing of tenant \"red\" goes to 192.0.2.71 by gateway 1, which has no IPv4 address");
}

// Tunnels of "red" into VXLANs, one a line from line 19 on.
std::string overlays(const std::string& tunnels) {
  return tenants("[[gateway.tenant]]\nname = \"red\"\nnumber = 1\ntunnel = [" + tunnels + "]\n");
}
std::string vxlan(const std::string& keys, u32 far = 71) {
  return "{ tunnel = \"vxlan\", key = 7, ip4 = \"10.0.0.0/24\", remote = \"192.0.2." + std::to_string(far) + "\"" +
         keys + " }";
}
const std::string kOwn = ", gateway = \"10.0.0.1\"", kMac = ", mac = \"02:00:00:00:00:01\"";

TEST(Gateways, OverlaysSayWhomFramesAreFor) {
  const std::string router = ", route = [{ prefix = \"10.8.0.0/16\", via = \"10.0.0.254\" }]";
  for (const std::string& good :
       {vxlan(kOwn), vxlan(kMac), vxlan(kMac + kOwn), vxlan(kOwn + router + ", neighbours = 50000"),
        vxlan(kOwn + router) + ",\n" + vxlan(kOwn + router, 72)})
    EXPECT_EQ(problems_of(overlays(good)), "");
  expect({
      {overlays(vxlan("")),
       "f:19:11: a tunnel of tenant \"red\" needs \"gateway\", this gateway's address in its VXLAN, by which "
       "neighbours "
       "are learnt, or a \"mac\": whom all frames are for"},
      {overlays(vxlan(", gateway = \"10.0.1.1\"")),
       "f:19:94: \"gateway\" of a tunnel of tenant \"red\" has 10.0.1.1, which is in no prefix of its \"ip4\""},
      {overlays(vxlan(", gateway = \"2001:db8::1\"")),
       "f:19:94: \"gateway\" of a tunnel of tenant \"red\" has 2001:db8::1, which is in no prefix of its \"ip4\""},
      {overlays(vxlan(", gateway = [\"10.0.0.1\", \"10.0.0.2\", \"10.0.0.3\", \"10.0.0.4\", \"10.0.0.5\"]")),
       "f:19:94: a tunnel of tenant \"red\" has 5 addresses in \"gateway\"; at most 4 are supported"},
      {overlays(vxlan(kOwn + ", route = [{ prefix = \"10.8.0.0/16\", via = \"10.9.0.1\" }]")),
       "f:19:147: the route to 10.8.0.0/16 of a tunnel of tenant \"red\" leads by 10.9.0.1, which is in no prefix of "
       "its "
       "\"ip4\""},
      {overlays(vxlan(kOwn + ", route = [{ prefix = \"10.8.0.0/16\", via = \"10.0.0.1\" }]")),
       "f:19:147: the route to 10.8.0.0/16 of a tunnel of tenant \"red\" leads by 10.0.0.1, which is the gateway "
       "itself"},
      {overlays(vxlan(kOwn + ", route = [{ prefix = \"10.0.0.0/24\", via = \"10.0.0.254\" }]")),
       "f:19:126: 10.0.0.0/24 is behind two tunnels of tenant \"red\"; the first is in line 19"},
      {overlays(vxlan(kMac + router)),
       "f:19:119: a tunnel of tenant \"red\" has \"route\" and \"mac\": with the latter all frames are for that, and "
       "\"ip4\" has all that is behind it"},
      {overlays(vxlan(kOwn) + ",\n" + vxlan(kOwn + router, 72)),
       "f:20:1: a tunnel of tenant \"red\" leads into the same VXLAN as that in line 19, so both need the same "
       "\"gateway\", \"route\" and \"neighbours\""},
      {overlays(vxlan(kOwn) + ",\n" + vxlan(kMac, 72)),
       "f:20:36: 10.0.0.0/24 is behind two tunnels of tenant \"red\"; the first is in line 19"},
  });
  std::string many;
  for (int i = 0; i < 2; ++i)
    many += "[[gateway.tenant]]\nname = \"t" + std::to_string(i) + "\"\nnumber = " + std::to_string(i + 1) +
            "\ntunnel = " + "[" + vxlan(kOwn + ", neighbours = 50000", u32(71 + i)) + "]\n";
  EXPECT_EQ(
      problems_of(tenants(many)),
      "f:6:1: all overlays together want room for 131072 neighbours (\"neighbours\" of each, in powers of two from 4 "
      "on); there is room for 65536");
}

TEST(Gateways, WarnOfOverlayKeysWithoutEffect) {
  const auto ip = [](const std::string& keys) {
    return overlays("{ ip4 = \"10.0.0.0/24\", remote = \"192.0.2.71\"" + keys + " }");
  };
  EXPECT_EQ(problems_of(ip(kOwn)),
            "f:19:67: warning: a tunnel of tenant \"red\" has \"gateway\", which has no effect without tunnel = "
            "\"vxlan\" or \"ethernet\"");
  EXPECT_EQ(problems_of(ip(", neighbours = 8")),
            "f:19:70: warning: a tunnel of tenant \"red\" has \"neighbours\", which has no effect without tunnel = "
            "\"vxlan\" or \"ethernet\"");
  EXPECT_EQ(problems_of(overlays(vxlan(kMac + ", neighbours = 8"))),
            "f:19:124: warning: a tunnel of tenant \"red\" has \"neighbours\", which has no effect beside \"mac\", "
            "whom all frames are for");
}

// Links of "red", one a line from line 18 on, where eth1 is tenants', with VLAN 100 on it.
std::string links(const std::string& all) {
  std::string text = overlays(all);
  const std::string usual = "{ eth0 = \"public\" }";
  return text.replace(text.find(usual), usual.size(),
                      "{ eth0 = \"public\", eth1 = \"links\", \"eth1:100\" = \"links\" }");
}
std::string link(const std::string& keys, const std::string& interface = "eth1",
                 const std::string& ip4 = "10.0.0.0/24") {
  return "{ tunnel = \"ethernet\", interface = \"" + interface + "\", ip4 = \"" + ip4 + "\"" + keys + " }";
}
std::string labels(const std::string& keys, const std::string& ip4 = "10.0.0.0/24") {
  return "{ tunnel = \"mpls\", interface = \"eth1\", id = 1, ip4 = \"" + ip4 + "\"" + keys + " }";
}

TEST(Gateways, LinksAreOneTenants) {
  const std::string id = ", id = 1", label = ", label = 100";
  for (const std::string& good : {link(id + kOwn), link(id + kMac), link(id + kOwn, "eth1:100"), labels(label + kMac),
                                  labels(", label = [100, 101], far_label = [16, 1048575]" + kMac),
                                  link(id + kOwn) + ",\n" + link(id + kOwn, "eth1:100"),
                                  labels(label + kMac) + ",\n" + labels(", label = [100, 101]" + kMac, "10.1.0.0/24")})
    EXPECT_EQ(problems_of(links(good)), "");
  const std::string red = "a link of tenant \"red\"";
  expect({
      {links("{ tunnel = \"ethernet\", ip4 = \"10.0.0.0/24\", id = 1" + kOwn + " }"),
       "f:19:11: " + red + " needs \"interface\": the one that the tenant's packets come in by"},
      {links(link(kOwn)), "f:19:11: " + red + " needs \"id\": the gateway with whose id the tenant's packets leave"},
      {links(link(", id = 9" + kOwn)), "f:19:80: " + red + " has the id 9, but there is no [[gateway.id]] with it"},
      {links(link(id + kOwn, "eth0")),
       "f:19:46: " + red +
           " is eth0, which is in zone \"public\" as the gateway is: all that comes in there would be taken for the "
           "tenant's, so give it a zone of its own in [engine]"},
      {links(link(id)),
       "f:19:11: a tunnel of tenant \"red\" needs \"gateway\", this gateway's address in its Ethernet, by which "
       "neighbours are learnt, or a \"mac\": whom all frames are for"},
      {links(link(id + kOwn) + ",\n" + link(id + kMac, "eth1", "10.1.0.0/24")),
       "f:20:36: " + red + " is eth1, which line 19 has already: what comes in could not be told apart"},
      {links(labels(label + kMac) + ",\n" + labels(label + kMac, "10.1.0.0/24")),
       "f:20:32: " + red +
           " is the label 100 on eth1, which line 19 has already: what comes in could not be told apart"},
      {links(labels(kMac)), "f:19:11: " + red + " needs \"label\": what the tenant's packets come with"},
      {links(labels(label)), "f:19:11: " + red + " needs a \"mac\": the router's that sends and takes its labels"},
      {links(labels(", label = [100, 101, 102]" + kMac)),
       "f:19:87: \"label\" of " + red + " has 3 labels; at most 2 are supported"},
      {links(labels(", label = 15" + kMac)),
       "f:19:87: \"label\" in [[gateway.tenant.tunnel]] must be a whole number from 16 to 1048575, or an array of "
       "these, not 15"},
      {overlays("{ ip4 = \"10.0.0.0/24\" }"), "f:19:11: a tunnel of tenant \"red\" needs \"remote\": its far end"},
      {gateway(kKeys + "\ngue_port = 4789"),
       "f:6:1: \"gue_port\" and \"vxlan_port\" in [gateway] are both 4789, so what comes in could be either"},
  });
  EXPECT_EQ(problems_of(links(link(id + kOwn + ", remote = \"192.0.2.9\""))),
            "f:19:114: warning: " + red + " has \"remote\", which has no effect on a link, which is no tunnel");
  EXPECT_EQ(
      problems_of(overlays("{ ip4 = \"10.0.0.0/24\", remote = \"192.0.2.71\", port = 7 }")),
      "f:19:64: warning: a tunnel of tenant \"red\" has \"port\", which has no effect without tunnel = \"gue\" or "
      "\"vxlan\"");
}

}  // namespace
}  // namespace waymark
