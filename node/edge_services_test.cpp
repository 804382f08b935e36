#include "node/edge_services.h"

#include <gtest/gtest.h>

#include "base/address_text.h"

namespace waymark {
namespace {

Address address(const char* text) { return *parse_address(text); }

EdgeServices services() {
  EdgeConfig edge;
  edge.service = {{"wide", {{address("2001:db8:a::"), 64}}, {{Protocol::tcp, 80, 80}, {Protocol::udp, 1000, 2000}}, {}},
                  {"one", {address("2001:db8:a::80")}, {{Protocol::tcp, 443, 443}}, {}},
                  {"more", {address("2001:db8:a::80")}, {{Protocol::udp, 443, 443}}, {}},
                  {"four", {{address("192.0.2.80")}}, {{Protocol::tcp, 80, 80}}, {}}};
  return EdgeServices(edge);
}

std::optional<u32> of(const char* anycast, u8 protocol, u16 port) {
  return services().service_of({address("2001:db8:c::5"), address(anycast), 7, port, protocol});
}

TEST(EdgeServices, AreFoundByAddressAndPort) {
  EXPECT_EQ(of("2001:db8:a::1", kProtoTcp, 80), 0u);
  EXPECT_EQ(of("192.0.2.80", kProtoTcp, 80), 3u);
  EXPECT_EQ(of("192.0.2.81", kProtoTcp, 80), std::nullopt);
  EXPECT_EQ(of("2001:db8:a::1", kProtoUdp, 1000), 0u);
  EXPECT_EQ(of("2001:db8:a::1", kProtoUdp, 2000), 0u);
  EXPECT_EQ(of("2001:db8:a::1", kProtoUdp, 2001), std::nullopt);
  EXPECT_EQ(of("2001:db8:a::1", kProtoUdp, 999), std::nullopt);
  EXPECT_EQ(of("2001:db8:a::1", kProtoTcp, 1000), std::nullopt);
  EXPECT_EQ(of("2001:db8:a::80", kProtoTcp, 443), 1u);
  EXPECT_EQ(of("2001:db8:a::80", kProtoUdp, 443), 2u) << "several have the address";
  EXPECT_EQ(of("2001:db8:a::80", kProtoTcp, 80), std::nullopt) << "the longest prefix decides, as for packets";
}

TEST(EdgeServices, APingIsOfTheFirstOfItsAddress) {
  EXPECT_EQ(of("2001:db8:a::9", kProtoIcmp6, 0), 0u);
  EXPECT_EQ(of("2001:db8:a::80", kProtoIcmp6, 0), 1u);
  EXPECT_EQ(of("192.0.2.80", kProtoIcmp4, 0), 3u);
}

TEST(EdgeServices, WhatNobodyHasIsNobodys) {
  EXPECT_EQ(of("2001:db8:b::1", kProtoTcp, 80), std::nullopt);
  EXPECT_EQ(EdgeServices().service_of({address("2001:db8:c::5"), address("2001:db8:a::9"), 7, 80, kProtoTcp}),
            std::nullopt);
}

}  // namespace
}  // namespace waymark
