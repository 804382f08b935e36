// What belongs to a kind of tunnel, of targets and where tunnels end.
#include "config/text_test.h"

namespace waymark {
namespace {

const std::string kVxlan = "tunnel = \"vxlan\"\nkey = 7\nmac = \"02:57:00:00:00:1a\"\n";
std::string target(const std::string& lines) { return kSite + lines; }  // line 12
std::string ends(const std::string& lines, const std::string& top = "") {
  return with(kServer, "[[host.service]]", top + lines + "[[host.service]]");  // line 6
}
std::string end(const std::string& lines) { return "[[host.tunnel]]\n" + lines; }

TEST(Tunnels, OfTargets) {
  const std::string s1 = "target \"s1\" of service \"web\"";
  expect({
      {target("tunnel = \"gre\"\n"), ""},
      {target("tunnel = \"gre\"\nkey = 0\n"), ""},
      {target("tunnel = \"gre\"\nkey = 4294967295\n"), ""},
      {target("tunnel = \"gre\"\nkey = 4294967296\n"),
       "f:13:7: \"key\" in [[service.target]] must be a whole number from 0 to 4294967295, not 4294967296"},
      {target("tunnel = \"gre\"\nport = 6080\n"),
       "f:13:8: warning: " + s1 + " has \"port\", which has no effect without tunnel = \"gue\" or \"vxlan\""},
      {target("key = 1\n"),
       "f:12:7: warning: " + s1 + " has \"key\", which has no effect without tunnel = \"gre\" or \"vxlan\""},
      {target("tunnel = \"gre\"\nmac = \"02:57:00:00:00:1a\"\n"),
       "f:13:7: warning: " + s1 + " has \"mac\", which has no effect without tunnel = \"vxlan\""},
      {target(kVxlan), ""},
      {target(kVxlan + "port = 8472\n"), ""},
      {target(with(kVxlan, "key = 7\n", "key = 16777215\n")), ""},
      {target(with(kVxlan, "key = 7\n", "key = 16777216\n")),
       "f:13:7: " + s1 + " has a \"key\" above 16777215, and a VNI has 24 bits"},
      {target(with(kVxlan, "key = 7\n", "")), "f:9:1: " + s1 + " needs a \"key\": the VNI of its VXLAN"},
      {target("tunnel = \"vxlan\"\nkey = 7\n"),
       "f:9:1: " + s1 + " needs a \"mac\": whom the frames in its VXLAN are for"},
      {target("tunnel = \"mac\"\n"), ""},
      {with(target("tunnel = \"mac\"\n"), kS1, "check = { tcp = true }\n" + kS1), ""},
      {with(target("tunnel = \"mac\"\n"), kS1, "check = { tcp = true, through = true }\n" + kS1),
       "f:9:9: the check of service \"web\" cannot go \"through\" to target \"s1\": with tunnel = \"mac\" there is no "
       "tunnel"},
      {target("tunnel = \"rewrite\"\n"), ""},
      {with(target("tunnel = \"rewrite\"\n"), kS1, "check = { tcp = true, through = true }\n" + kS1),
       "f:9:9: the check of service \"web\" cannot go \"through\" to target \"s1\": with tunnel = \"rewrite\" there is "
       "no tunnel"},
      {with(target("tunnel = \"rewrite\"\n"), "198.51.100.80\"", "2001:db8:80::1\""),
       "f:11:11: " + s1 +
           " is at 10.0.0.11, and no packet to 2001:db8:80::1 can be rewritten to it: they are of two IP "
           "versions"},
      {target("tunnel = \"rewrite\"\nport = 80\n"),
       "f:13:8: warning: " + s1 + " has \"port\", which has no effect without tunnel = \"gue\" or \"vxlan\""},
  });
}

TEST(Tunnels, MacAddressesAreOfOneInterface) {
  const std::string wants =
      "f:14:7: \"mac\" in [[service.target]] must be the MAC address of one interface such as \"02:57:00:00:00:1a\", "
      "not ";
  for (const std::string good : {"02:57:00:00:00:1A", "00-00-00-00-00-01"})
    EXPECT_EQ(problems_of(target(with(kVxlan, "02:57:00:00:00:1a", good))), "");
  for (const std::string bad : {"ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:01", "00:00:00:00:00:00", "02:57:00:00:00:1",
                                "02:57:00:00:00:1g", "0257:00:00:00:1a0", ""})
    EXPECT_EQ(problems_of(target(with(kVxlan, "02:57:00:00:00:1a", bad))), wants + "\"" + bad + "\"");
}

TEST(Tunnels, OfHosts) {
  const std::string vxlan = "tunnel = \"vxlan\"\nkey = 7\n";
  expect({
      {ends(end("tunnel = \"ip\"\n") + end("tunnel = \"gre\"\n") + end(vxlan)), ""},
      {ends(end("tunnel = \"gre\"\nkey = 7\n")), ""},
      {ends(end("")), "f:6:1: \"tunnel\" in [[host.tunnel]] is missing"},
      {ends(end("tunnel = \"mac\"\n")),
       "f:7:10: \"tunnel\" in [[host.tunnel]] must be \"ip\", \"gue\", \"gre\" or \"vxlan\", not \"mac\""},
      {ends(end("tunnel = \"vxlan\"\n")), "f:6:1: tunnel \"vxlan\" of [host] needs a \"key\": the VNI of its VXLAN"},
      {ends(end("tunnel = \"gre\"\n") + end("tunnel = \"gre\"\nkey = 7\n")),
       "f:9:10: tunnel \"gre\" of [host] is defined twice"},
      {ends(end("tunnel = \"gue\"\n") + end(vxlan + "port = 6080\n")),
       "f:11:8: tunnel \"vxlan\" of [host] has port 6080 like tunnel \"gue\": a packet could be of either"},
      {ends(end("tunnel = \"gue\"\n"), "port = 6081\n"), ""},
      {ends(end("tunnel = \"gue\"\nport = 6082\n"), "port = 6081\n"),
       "f:6:8: warning: [host] has \"port\", which has no effect as the [[host.tunnel]] of GUE has its own"},
      {ends(end("tunnel = \"ip\"\n"), "port = 6081\n"),
       "f:6:8: warning: [host] has \"port\", which has no effect without a [[host.tunnel]] of GUE"},
      {ends(end("tunnel = \"ip\"\n")) + "hosts = \"10.0.0.12\"\n",
       "f:12:9: warning: host service \"web\" has \"hosts\", which has no effect as GUE, which other hosts pass "
       "packets on "
       "in, "
       "does not end here"},
  });
}

}  // namespace
}  // namespace waymark
