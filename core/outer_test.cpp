// Tunnels' headers as they stand ready, byte by byte as the RFCs draw them.
#include "core/outer.h"

#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "base/address_text.h"

namespace waymark {
namespace {

using Bytes = std::vector<u8>;

const Address kFrom4 = *parse_address("192.0.2.1"), kTo4 = *parse_address("192.0.2.7");
const Address kFrom6 = *parse_address("2001:db8::1"), kTo6 = *parse_address("2001:db8::7");
constexpr Mac kEnd = {{0x02, 0x57, 0, 0, 0, 0x1a}};

Target ready(bool ip6, const Encapsulation& e) {
  Target t{};
  set_outer(t, ip6 ? kFrom6 : kFrom4, ip6 ? kTo6 : kTo4, e);
  return t;
}
Bytes header(const Target& t) { return Bytes(t.outer, t.outer + t.outer_length); }
Bytes behind_ip(bool ip6, const Encapsulation& e) {
  const Bytes all = header(ready(ip6, e));
  return Bytes(all.begin() + (ip6 ? 40 : 20), all.end());
}

TEST(Outer, Ip4) {
  // 0x4500 + 0x4000 + 0x4000 + 0xc000 + 0x0201 + 0xc000 + 0x0207, folded: the checksum is made of it.
  EXPECT_EQ(header(ready(false, {})),
            (Bytes{0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, 0, 0x49, 0x0a, 192, 0, 2, 1, 192, 0, 2, 7}));
  EXPECT_EQ(ready(false, {kTunnelGre}).outer[9], 47);
  EXPECT_EQ(ready(false, {kTunnelGue, 6080}).outer[9], 17);
  EXPECT_EQ(ready(false, {kTunnelVxlan, 4789, true, 1}).outer[9], 17);
}

TEST(Outer, Ip6) {
  Bytes expected = {0x60, 0, 0, 0, 0, 0, 0, 64};
  for (const u8 last : Bytes{1, 7})
    for (const u8 b : Bytes{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last}) expected.push_back(b);
  EXPECT_EQ(header(ready(true, {})), expected);
  EXPECT_EQ(ready(true, {kTunnelGre}).outer[6], 47);
  EXPECT_EQ(ready(true, {kTunnelGue, 6080}).outer[6], 17);
  EXPECT_EQ(ready(true, {kTunnelVxlan, 4789, true, 1}).outer[6], 17);
}

TEST(Outer, BehindIp) {
  for (const bool ip6 : {false, true}) {
    EXPECT_EQ(behind_ip(ip6, {kTunnelGue, 6080}), (Bytes{0, 0, 0x17, 0xc0, 0, 0, 0, 0, 0, 0, 0, 0}));
    EXPECT_EQ(behind_ip(ip6, {kTunnelGre, 6080}), (Bytes{0, 0, 0, 0}));
    EXPECT_EQ(behind_ip(ip6, {kTunnelGre, 6080, true, 0}), (Bytes{0x20, 0, 0, 0, 0, 0, 0, 0})) << "0 is a key, too";
    EXPECT_EQ(behind_ip(ip6, {kTunnelGre, 6080, true, 0xfedcba98}), (Bytes{0x20, 0, 0, 0, 0xfe, 0xdc, 0xba, 0x98}));
    Bytes frame = behind_ip(ip6, {kTunnelVxlan, 4789, true, 0xabcdef, kEnd});
    ASSERT_EQ(frame.size(), 30u);
    EXPECT_EQ(Bytes(frame.begin(), frame.begin() + 22),
              (Bytes{0, 0, 0x12, 0xb5, 0, 0, 0, 0, 8, 0, 0, 0, 0xab, 0xcd, 0xef, 0, 2, 0x57, 0, 0, 0, 0x1a}));
    EXPECT_EQ(frame[28] | frame[29], 0) << "its type says the packet";
  }
}

TEST(Outer, FramesAreSentByALocallyAdministeredAddressOfTheTunnelsBeginning) {
  std::set<std::string> all;
  for (u64 i = 0; i < 1000; ++i) {
    const Mac mac = frame_source({0, i << 32});
    EXPECT_EQ(mac.byte[0], 2);
    all.insert(text(mac));
  }
  EXPECT_EQ(all.size(), 1000u);
}

TEST(Outer, WhatIsInsideIsSaidByProtocolOrType) {
  for (const bool ip6 : {false, true}) {
    u8 gue[4] = {}, gre[8] = {}, vxlan[22] = {};
    say_inner(gue, {kTunnelGue}, ip6);
    EXPECT_EQ(gue[1], ip6 ? 41 : 4);
    say_inner(gre, {kTunnelGre}, ip6);
    EXPECT_EQ(gre[2] << 8 | gre[3], ip6 ? 0x86dd : 0x0800);
    say_inner(vxlan, {kTunnelVxlan}, ip6);
    EXPECT_EQ(vxlan[20] << 8 | vxlan[21], ip6 ? 0x86dd : 0x0800);
  }
}

TEST(Outer, AHeaderTellsItsTunnel) {
  const Encapsulation all[] = {{kTunnelIp, 6080},           {kTunnelGue, 6081},
                               {kTunnelGre, 6080},          {kTunnelGre, 6080, true, 0},
                               {kTunnelGre, 6080, true, 7}, {kTunnelVxlan, 4789, true, kMaxVni, kEnd}};
  for (const bool ip6 : {false, true})
    for (const Encapsulation& e : all) {
      const Target t = ready(ip6, e);
      const Encapsulation told = encapsulation_of(t);
      EXPECT_EQ(told.kind, e.kind);
      EXPECT_EQ(told.port, e.port);
      EXPECT_EQ(told.has_key, e.has_key);
      EXPECT_EQ(told.key, e.key);
      EXPECT_TRUE(same(told.mac, e.mac));
      EXPECT_EQ(t.outer_length, tunnel_overhead(ip6, e));
      EXPECT_EQ(outer_source(t), ip6 ? kFrom6 : kFrom4);
      EXPECT_EQ(outer_destination(t), ip6 ? kTo6 : kTo4);
    }
}

TEST(Outer, AKeyIsPartOfWhatAnEndIs) {
  EXPECT_EQ(end_hash(kTo6, {kTunnelGue, 6080}), end_hash(kTo6, 6080)) << "as directors of older builds have it";
  EXPECT_EQ(end_hash(kTo6, {kTunnelGue, 6080}), end_hash(kTo6, {kTunnelIp, 6080})) << "another kind, the same server";
  const std::set<u64> ends = {end_hash(kTo6, {kTunnelGre, 6080}), end_hash(kTo6, {kTunnelGre, 6080, true, 0}),
                              end_hash(kTo6, {kTunnelGre, 6080, true, 1}), end_hash(kTo6, {kTunnelGre, 6081, true, 1}),
                              end_hash(kTo4, {kTunnelGre, 6080, true, 1})};
  EXPECT_EQ(ends.size(), 5u);
}

}  // namespace
}  // namespace waymark
