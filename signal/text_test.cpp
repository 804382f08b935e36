// Lines for people, and the numbers that names stand for.
#include <gtest/gtest.h>

#include <map>

#include "signal/examples_test.h"

namespace waymark::signalling {
namespace {

TEST(Texts, AreOneLineEach) {
  const std::map<std::string, std::string> lines = {
      {"update",
       "Binding Update 16, AHR, 60 s, node \"s1@example.net\", care-of 2001:db8:9::1, IPv4 prefix 198.51.100.0/24, "
       "prefix 2001:db8:100::/48, prefix 2001:db8:200:40::/58, binding 1 at 2001:db8:9::2, binding 2 at 192.0.2.9 "
       "beside the home link, flow 10 priority 1 IPv6 destination 2001:db8:100::1-2001:db8:100::ff protocol 6 "
       "destination port 443 to binding 1 to binding 2, flow 11 priority 2 IPv4 source 192.0.2.0-192.0.2.255 protocol "
       "17 source port 1024-65535 to binding 2, can be redirected, vendor 64512 subtype 3 with 5 bytes, stamp 7:1000, "
       "SPI 256"},
      {"update_ip4",
       "Binding Update 17, AFO, 0 s, care-of 192.0.2.9, IPv4 home 0.0.0.0/32, IPv4 prefix 0.0.0.0/28, binding 3"},
      {"acknowledgement",
       "Binding Acknowledgement 16, status 0 (accepted), R, 60 s, IPv4 home 198.51.100.7/24 status 0 (accepted), "
       "binding 1 status 167 (Binding Identifier without a known care-of address), refresh after 60 s, redirected to "
       "2001:db8:3::1, priority 10, sessions 5 of 1000, capacity 6 of 2000 kB/s, stamp 7:1000, SPI 256"},
      {"refusing", "Binding Acknowledgement 15, status 135 (sequence number out of window), no flags, 0 s"},
      {"refresh", "Binding Refresh Request"},
      {"error", "Binding Error, status 2 (unrecognized MH Type), home 2001:db8:1::5"},
      {"heartbeat", "Heartbeat request 99"},
      {"heartbeat_response", "Heartbeat response 99, unsolicited, restart counter 77"},
      {"revocation",
       "Binding Revocation Indication 5, trigger 128 (policy for this peer), G, node \"s1@example.net\", binding 9"},
      {"revocation_acknowledgement", "Binding Revocation Acknowledgement 5, status 1 (partly revoked), G"},
  };
  for (const Example& e : examples()) EXPECT_EQ(text(e.message), lines.at(e.name));
}

TEST(Texts, ShowWhatIsNotPrintableAsNumbers) {
  Message message{RefreshRequest{}, {}};
  message.options.node = NodeIdentifier{1, few<254>("a\n\"\\\x7f\xff b")};
  EXPECT_EQ(text(message), "Binding Refresh Request, node \"a\\x0a\\x22\\x5c\\x7f\\xff b\"");
}

// The numbers of the registries, beside those in the vectors of message_test.cpp.
TEST(Texts, NameNumbers) {
  const std::map<int, std::string_view> statuses = {
      {1, "accepted, but prefix discovery is necessary"},
      {4, "not all care-of addresses were registered"},
      {128, "reason unspecified"},
      {129, "administratively prohibited"},
      {130, "insufficient resources"},
      {133, "not home agent for this mobile node"},
      {135, "sequence number out of window"},
      {140, "mobile router operation not permitted"},
      {141, "invalid prefix"},
      {142, "not authorized for prefix"},
      {143, "forwarding setup failed"},
      {144, "replay protection option does not match"},
      {145, "replay protection option required"},
      {146, "authentication failed"},
      {147, "unknown"},
      {164, "Binding Identifier option is malformed"},
      {166, "several care-of addresses are prohibited"},
      {168, "bulk registration is prohibited"},
      {174, "invalid care-of address"},
      {255, "unknown"},
  };
  for (const auto& [number, name] : statuses) EXPECT_EQ(name_of(BindingStatus(number)), name) << number;
  EXPECT_TRUE(is_accepted(BindingStatus(127)));
  EXPECT_FALSE(is_accepted(BindingStatus(128)));
  EXPECT_EQ(name_of(Revoked(128)), "binding does not exist");
  EXPECT_EQ(name_of(Revoked(2)), "unknown");
  EXPECT_EQ(name_of(Trigger(7)), "binding cache entry is possibly out of sync");
  EXPECT_EQ(name_of(Trigger(130)), "unknown");
  EXPECT_EQ(name_of(ErrorStatus(1)), "unknown binding for the home address");
  EXPECT_EQ(name_of(ErrorStatus(3)), "unknown");
  EXPECT_EQ(name_of(FlowStatus(133)), "unsupported format of a selector");
  EXPECT_EQ(name_of(Ip4Status(133)), "not authorized for a prefix");
}

}  // namespace
}  // namespace waymark::signalling
