// What checks of health, groups, announcements and hosts' fellows must say, and how they are refused.
#include <gtest/gtest.h>

#include "config/text_test.h"

namespace waymark {
namespace {

// A key of [[service]] (line 9), and tables behind the site (line 12) and behind the host (line 10).
std::string in_service(const std::string& line) { return kTop + kWeb + line + "\n" + kS1; }
std::string behind(const std::string& lines) { return kSite + lines; }
std::string in_host_service(const std::string& line) { return kServer + line + "\n"; }

const std::string kGroup =  // lines 12 to 18
    "[group]\n"
    "name = \"g\"\n"
    "key = \"/etc/waymark/key\"\n"
    "listen = \"10.0.0.1:6090\"\n"
    "[[group.member]]\n"
    "name = \"d2\"\n"
    "address = \"10.0.0.2:6090\"\n";

TEST(HealthChecks, SayOneKind) {
  expect({
      {in_service("check = { tcp = true }"), ""},
      {in_service("check = { icmp = true, every = \"500ms\", timeout = \"50ms\", rise = 1, fall = 100, jitter = 0 }"),
       ""},
      {in_service("check = { http = \"/\", host = \"www.example.net\", port = 8080, through = true }"), ""},
      {in_service("check = { https = \"/\", ca = \"/etc/ca.pem\" }"), ""},
      {in_service("check = { https = \"/\", verify = false }"), ""},
      {in_service("check = {}"),
       "f:9:9: the check of service \"web\" must say one of \"tcp\", \"http\", \"https\" and \"icmp\"; it says none"},
      {in_service("check = { tcp = true, http = \"/\" }"),
       "f:9:9: the check of service \"web\" must say one of \"tcp\", \"http\", \"https\" and \"icmp\"; it says "
       "several"},
      {in_service("check = 1"), "f:9:9: check must be a table, not 1"},
      {in_service("check = { icmp = true, through = true }"),
       "f:9:9: the check of service \"web\" cannot go through the tunnel: hosts do not take ICMP out of it"},
      {with(in_service("check = { tcp = true }"), "tcp/80", "udp/53"),
       "f:9:9: the check of service \"web\" needs a \"port\", as the service names no TCP port"},
      {with(in_service("check = { tcp = true, port = 53 }"), "tcp/80", "udp/53"), ""},
  });
}

TEST(HealthChecks, WaitNoLongerThanToTheNextQuestion) {
  expect({
      {in_service("check = { tcp = true, every = \"500ms\" }"), ""},  // the default timeout gives way
      {in_service("check = { tcp = true, every = \"2s\", timeout = \"2s\" }"), ""},
      {in_service("check = { tcp = true, every = \"2s\", timeout = \"2001ms\" }"),
       "f:9:47: the check of service \"web\" has a \"timeout\" that is longer than \"every\": the next question would "
       "come "
       "before this one has ended"},
      {in_service("check = { tcp = true, timeout = \"3s\" }"),
       "f:9:33: the check of service \"web\" has a \"timeout\" that is longer than \"every\": the next question would "
       "come "
       "before this one has ended"},
  });
}

TEST(HealthChecks, RangesOfTheirKeys) {
  expect({
      {in_service("check = { http = \"healthz\" }"),
       "f:9:18: \"http\" in check must be a path such as \"/healthz\", of at most 1000 printable characters without "
       "spaces, not \"healthz\""},
      {in_service("check = { http = \"/\", host = \"a b\" }"),
       "f:9:30: \"host\" in check must be a host name such as \"www.example.net\", not \"a b\""},
      {in_service("check = { https = \"/\", ca = \"ca.pem\" }"),
       "f:9:29: \"ca\" in check must be an absolute path of at most 4000 bytes, not \"ca.pem\""},
      {in_service("check = { tcp = true, every = \"10ms\" }"),
       "f:9:31: \"every\" in check must be a duration from \"100ms\" to \"1h\", not \"10ms\""},
      {in_service("check = { tcp = true, fall = 0 }"),
       "f:9:30: \"fall\" in check must be a whole number from 1 to 100, not 0"},
      {in_service("fail_static = 0"),
       "f:9:15: \"fail_static\" in [[service]] must be a whole number from 1 to 100, not 0"},
  });
}

TEST(HealthChecks, OfHostsAskTheLocalService) {
  expect({
      {in_host_service("check = { tcp = true }"), ""},
      {in_host_service("check = { tcp = true, through = true }"),
       "f:10:9: the check of host service \"web\" asks the local service; \"through\" is for directors"},
  });
}

TEST(Groups, ListTheOthers) {
  expect({
      {behind(kGroup), ""},
      {behind("[announce]\n"), ""},
      {behind("[group]\nname = \"g\"\n"),
       "f:12:1: \"key\" in [group] is missing\n"
       "f:12:1: \"listen\" in [group] is missing\n"
       "f:12:1: [group] has no [[group.member]]: a node alone needs no group"},
      {behind(with(kGroup, "\"d2\"", "\"waymark\"")),
       "f:17:8: group member \"waymark\" is this node itself; only the others are listed"},
      {behind(with(kGroup, "10.0.0.2:6090", "10.0.0.1:6090")),
       "f:18:11: group member \"d2\" is at 10.0.0.1:6090, where this node listens"},
      {behind(kGroup + "direct = false\n[[group.member]]\nname = \"d3\"\naddress = \"10.0.0.3:6090\"\n"),
       "f:19:10: group member \"d2\" is not \"direct\", but what [[service]] shares goes to connected members alone"},
      {behind(kGroup + "[[group.member]]\nname = \"d2\"\naddress = \"10.0.0.3:6090\"\n"),
       "f:20:8: group member \"d2\" is defined twice; the first is in line 17"},
      {behind(kGroup + "[[group.member]]\nname = \"d3\"\naddress = \"10.0.0.2:6090\"\n"),
       "f:21:11: group member \"d3\" is at 10.0.0.2:6090 like group member \"d2\""},
      {behind(with(kGroup, "\"/etc/waymark/key\"", "\"key\"")),
       "f:14:7: \"key\" in [group] must be an absolute path of at most 4000 bytes, not \"key\""},
      {with(behind(kGroup), "interfaces = { eth0 = \"public\" }\n", "interfaces = { eth0 = \"public\" }\npins = 0\n"),
       "f:13:1: warning: [group] has no pins to mirror, as [engine] pins is 0"},
      {kServer + kGroup,
       "f:10:1: [group] has nothing to share: the file has neither a [[service]] nor a [gateway] nor an [edge] nor a "
       "[path]"},
      {kServer + "[announce]\n",
       "f:10:1: [announce] has nothing to announce: the file has neither a [[service]] nor a [translator] nor a "
       "[gateway] nor an [edge]"},
      {behind("[announce]\nprotocol = 4\n"),
       "f:13:12: \"protocol\" in [announce] must be a whole number from 5 to 255, not 4"},
  });
}

TEST(Hosts, PassOnOnlyToWhomTheyCanReach) {
  expect({
      {in_host_service("hosts = [\"10.0.0.11\", \"10.0.0.12\"]"), ""},
      {in_host_service("hosts = []"), ""},
      {in_host_service("hosts = \"2001:db8::2\""),
       "f:10:9: warning: nothing is passed on to host 2001:db8::2 of host service \"web\": this host has no IPv6 "
       "address "
       "in [host]"},
  });
}

}  // namespace
}  // namespace waymark
