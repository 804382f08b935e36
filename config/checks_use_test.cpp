// Values that the file gives and nothing follows from: each is warned of, and where it has an effect, not.
#include "config/text_test.h"

namespace waymark {
namespace {

std::string in_service(const std::string& line) { return kTop + kWeb + line + "\n" + kS1; }   // line 9
std::string in_director(const std::string& line) { return kTop + line + "\n" + kWeb + kS1; }  // line 5
std::string in_engine(const std::string& line, const std::string& file = kSite) {             // line 3
  return with(file, "\" }\n", "\" }\n" + line + "\n");
}
const std::string kChecked = "check = { tcp = true }\n";
const std::string kTranslatorTop = "[engine]\ninterfaces = { eth0 = \"public\" }\n[translator]\n";
const std::string kWellKnown = "[[translator.prefix]]\nprefix = \"64:ff9b::/96\"\n";
const std::string kOwn = "[[translator.prefix]]\nprefix = \"2001:db8:64::/96\"\n";
std::string in_translator(const std::string& line, const std::string& rest = kOwn) {  // line 4
  return kTranslatorTop + line + "\n" + rest;
}

TEST(Use, OfWhatServicesAreGiven) {
  const std::string service = "warning: service \"web\" has ";
  expect({
      {in_service("tcp_idle = \"10m\""), ""},
      {in_service("udp_idle = \"10m\""), "f:9:12: " + service + "\"udp_idle\", which has no effect without UDP ports"},
      {with(in_service("tcp_idle = \"10m\""), "tcp/80", "udp/53"),
       "f:9:12: " + service + "\"tcp_idle\", which has no effect without TCP ports"},
      {with(in_service("udp_idle = \"10m\""), "tcp/80", "udp/53"), ""},
      {in_engine("pins = 0", in_service("tcp_idle = \"10m\"")),
       "f:10:12: " + service + "\"tcp_idle\", which has no effect as [engine] pins is 0"},
      {in_service("fail_static = 100"), "f:9:15: " + service + "\"fail_static\", which has no effect without a check"},
      {in_service(kChecked + "fail_static = 100"), ""},
      {in_service(kChecked + "fail_static = 99"),
       "f:10:15: warning: the check of service \"web\" can take no target out: \"fail_static\" allows 99 percent of 1, "
       "which is less than one"},
      {in_service(kChecked + "fail_static = 50") + "[[service.target]]\nname = \"s2\"\naddress = \"10.0.0.12\"\n", ""},
      {in_service(kChecked + "fail_static = 50") +
           "[[service.target]]\nname = \"s2\"\naddress = \"10.0.0.12\"\nweight = 0\n",
       "f:10:15: warning: the check of service \"web\" can take no target out: \"fail_static\" allows 50 percent of 1, "
       "which is less than one"},
      {kSite + "port = 6080\n",
       "f:12:8: warning: target \"s1\" of service \"web\" has \"port\", which has no effect without tunnel = \"gue\" "
       "or \"vxlan\""},
      {kSite + "port = 6081\ntunnel = \"gue\"\n", ""},
  });
}

TEST(Use, OfWhatChecksAreGiven) {
  const std::string check = "warning: the check of service \"web\" has ";
  expect({
      {in_service("check = { https = \"/\", verify = true, ca = \"/etc/ca.pem\" }"), ""},
      {in_service("check = { http = \"/\", verify = true }"),
       "f:9:32: " + check + "\"verify\", which has no effect without \"https\""},
      {in_service("check = { tcp = true, ca = \"/etc/ca.pem\" }"),
       "f:9:28: " + check + "\"ca\", which has no effect without \"https\""},
      {in_service("check = { https = \"/\", ca = \"/etc/ca.pem\", verify = false }"),
       "f:9:29: " + check + "\"ca\", which has no effect as \"verify\" is false"},
      {in_service("check = { tcp = true, host = \"a.example\" }"),
       "f:9:30: " + check + "\"host\", which has no effect without \"http\" or \"https\""},
      {in_service("check = { icmp = true, port = 80 }"),
       "f:9:31: " + check + "\"port\", which has no effect with \"icmp\""},
  });
}

TEST(Use, OfWhatADirectorIsGiven) {
  const std::string director = "warning: [director] has ";
  const std::string dead = "which has no effect as no [[service]] has a check, so no target is found dead";
  expect({
      {in_director("second_candidate = true"),
       "f:5:20: " + director + "\"second_candidate\", which has no effect without a target whose tunnel is \"gue\""},
      {in_director("second_candidate = false"), ""},
      {in_director("second_candidate = true") + "tunnel = \"gue\"\n", ""},
      {in_director("resets = 5"), "f:5:10: " + director + "\"resets\", " + dead},
      {in_director("unreachables = 5"), "f:5:16: " + director + "\"unreachables\", " + dead},
      {in_director("resets = 0\nunreachables = 0"), ""},
      {with(in_director("resets = 5\nunreachables = 5"), kS1, kChecked + kS1), ""},
      {in_engine("adjacency_lifetime = \"2s\""), ""},
      {in_engine("adjacency_lifetime = \"2s\"", kServer),
       "f:3:22: warning: [engine] has \"adjacency_lifetime\", which has no effect without [director], or \"hosts\" in "
       "a "
       "[[host.service]]"},
      {in_engine("adjacency_lifetime = \"2s\"", kServer + "hosts = \"10.0.0.12\"\n"), ""},
  });
}

TEST(Use, OfWhatATranslatorIsGiven) {
  const std::string translator = "warning: [translator] has ", sourceless = "\"address\": they have no source";
  expect({
      {in_translator("nonglobal = true"),
       "f:4:13: " + translator + "\"nonglobal\", which has no effect without the prefix 64:ff9b::/96"},
      {in_translator("nonglobal = false"), ""},
      {in_translator("nonglobal = true", kWellKnown), ""},
      {in_translator("errors = 5"), "f:4:10: " + translator + "\"errors\", which has no effect without " + sourceless},
      {in_translator("echoes = 5"), "f:4:10: " + translator + "\"echoes\", which has no effect without " + sourceless},
      {in_translator("errors = 0\nechoes = 0"), ""},
      {in_translator("errors = 5\nechoes = 5\naddress = \"192.0.2.1\""), ""},
  });
}

TEST(Use, OfNonGlobalAddressesUnderTheWellKnownPrefix) {
  const auto under = [](const std::string& ip4) { return kWellKnown + "ip4 = [\"8.0.0.0/8\", \"" + ip4 + "\"]\n"; };
  for (const std::string ip4 : {"10.0.0.0/8", "10.1.0.0/16", "172.16.0.0/12", "192.168.0.0/24", "192.0.2.0/24",
                                "198.18.0.0/15", "100.64.0.0/10", "203.0.113.7/32"}) {
    const std::string shown = ip4 == "203.0.113.7/32" ? "203.0.113.7" : ip4;
    EXPECT_EQ(problems_of(in_translator("", under(ip4))),
              "f:7:21: warning: " + shown +
                  " has no translation: it is not global, and 64:ff9b::/96 is for global "
                  "addresses alone, unless \"nonglobal\" is true (RFC 6052, 3.1)");
    EXPECT_EQ(problems_of(in_translator("nonglobal = true", under(ip4))), "") << ip4;
    EXPECT_EQ(problems_of(in_translator("", with(under(ip4), "64:ff9b::", "2001:db8:64::"))), "") << ip4;
  }
  for (const std::string ip4 : {"0.0.0.0/1", "192.0.0.0/2", "10.0.0.0/7", "192.0.2.0/23", "172.0.0.0/11", "9.0.0.0/8"})
    EXPECT_EQ(problems_of(in_translator("", under(ip4))), "") << ip4 << " holds global addresses";
}

TEST(Use, OfNativePrefixes) {
  const auto natives = [](const std::string& native, const std::string& tables) {
    const std::string all = problems_of(in_translator("native = \"" + native + "\"", tables));
    return all.find("wins over maps") == all.npos ? all : "";  // another warning, and has its own test
  };
  const auto warned = [](const std::string& native) {
    return "f:4:10: warning: \"native\" in [translator] has " + native +
           ", which has no effect: no prefix and no map would translate it";
  };
  const std::string some =
      kOwn + "ip4 = \"10.0.0.0/8\"\n" + "[[translator.map]]\nip4 = \"192.0.2.0/24\"\nip6 = \"2001:db8:a::/120\"\n";
  for (const std::string native : {"2001:db8:64::/112", "2001:db8:a::8", "::/0", "2001:db8::/32", "10.1.0.0/16",
                                   "0.0.0.0/0", "192.0.2.7", "192.0.0.0/16"})
    EXPECT_EQ(natives(native, some), "") << native;
  for (const std::string native :
       {"2001:db8:65::/96", "2001:db8:b::/48", "11.0.0.0/8", "192.0.3.0/24", "::/16", "192.0.1.255", "3fff::/16"})
    EXPECT_EQ(natives(native, some), warned(native)) << native;
  EXPECT_EQ(natives("11.0.0.0/8", kOwn), "") << "without \"ip4\" all IPv4 addresses are translated";
}

}  // namespace
}  // namespace waymark
