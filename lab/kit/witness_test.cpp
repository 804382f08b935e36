#include "lab/kit/witness.h"

#include <gtest/gtest.h>

#include <chrono>

namespace waymark::lab {
namespace {

using std::chrono::milliseconds;
constexpr u16 kPort = 7000;  // 0x1b58

std::vector<u8> joined(std::initializer_list<std::vector<u8>> parts) {
  std::vector<u8> out;
  for (const auto& part : parts) out.insert(out.end(), part.begin(), part.end());
  return out;
}

const std::vector<u8> kEther4 = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 8, 0};
const std::vector<u8> kClient4 = {203, 0, 113, 2}, kService4Bytes = {198, 51, 100, 80};
const std::vector<u8> kClient6 = {0x20, 1, 0xd, 0xb8, 0, 0xc1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2};
const std::vector<u8> kService6Bytes = {0x20, 1, 0xd, 0xb8, 0, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
const std::vector<u8> kTo = {0x9c, 0x40, 0x1b, 0x58}, kFrom = {0x1b, 0x58, 0x9c, 0x40};  // port 40000 and ours

std::vector<u8> ip4(u8 protocol, const std::vector<u8>& source, const std::vector<u8>& destination) {
  return joined({{0x45, 0, 0, 0, 0, 0, 0, 0, 64, protocol, 0, 0}, source, destination});
}
std::vector<u8> ip6(u8 protocol, const std::vector<u8>& source, const std::vector<u8>& destination) {
  return joined({{0x60, 0, 0, 0, 0, 0, protocol, 64}, source, destination});
}
std::vector<u8> tcp(const std::vector<u8>& ports, u8 flags) {
  return joined({ports, {0, 0, 0, 0, 0, 0, 0, 0, 0x50, flags, 0, 0, 0, 0, 0, 0}});
}
const std::vector<u8> kUdpRest = {0, 8, 0, 0};

std::string end_of(const std::vector<u8>& address) { return std::string(address.begin(), address.end()) + "\x9c\x40"; }

TEST(Sight, AClientsPacketIsSeenOnItsWayToADirector) {
  const auto four = joined({kEther4, ip4(6, kClient4, kService4Bytes), tcp(kTo, 0x10)});
  EXPECT_EQ(sight(four, true, kPort), (Sight{Sight::Kind::tcp, end_of(kClient4)}));
  EXPECT_EQ(sight(four, false, kPort), std::nullopt);
  const auto six = joined({kEther4, ip6(17, kClient6, kService6Bytes), kTo, kUdpRest});
  EXPECT_EQ(sight(six, true, kPort), (Sight{Sight::Kind::udp, end_of(kClient6)}));
  EXPECT_EQ(sight(six, true, 80), std::nullopt);
}

TEST(Sight, ADirectorsAnswerIsOfTheFlowThatItAnswers) {
  const auto reset = joined({kEther4, ip6(6, kService6Bytes, kClient6), tcp(kFrom, 0x14)});
  EXPECT_EQ(sight(reset, false, kPort), (Sight{Sight::Kind::reset, end_of(kClient6)}));
  const auto data = joined({kEther4, ip6(6, kService6Bytes, kClient6), tcp(kFrom, 0x10)});
  EXPECT_EQ(sight(data, false, kPort), std::nullopt);

  const auto about4 = joined({ip4(17, kClient4, kService4Bytes), kTo, kUdpRest});
  const auto port4 = joined({kEther4, ip4(1, kService4Bytes, kClient4), {3, 3, 0, 0, 0, 0, 0, 0}, about4});
  EXPECT_EQ(sight(port4, false, kPort), (Sight{Sight::Kind::unreachable, end_of(kClient4)}));
  const auto host4 = joined({kEther4, ip4(1, kService4Bytes, kClient4), {3, 1, 0, 0, 0, 0, 0, 0}, about4});
  EXPECT_EQ(sight(host4, false, kPort), std::nullopt);
  const auto about6 = joined({ip6(17, kClient6, kService6Bytes), kTo, kUdpRest});
  const auto port6 = joined({kEther4, ip6(58, kService6Bytes, kClient6), {1, 4, 0, 0, 0, 0, 0, 0}, about6});
  EXPECT_EQ(sight(port6, false, kPort), (Sight{Sight::Kind::unreachable, end_of(kClient6)}));
}

TEST(Sight, WhatIsCutShortIsNoPacketOfOurs) {
  const auto about = joined({ip6(17, kClient6, kService6Bytes), kTo, kUdpRest});
  const auto whole = joined({kEther4, ip6(58, kService6Bytes, kClient6), {1, 4, 0, 0, 0, 0, 0, 0}, about});
  ASSERT_TRUE(sight(whole, false, kPort));
  for (size_t bytes = 0; bytes < whole.size() - kUdpRest.size(); ++bytes)
    EXPECT_EQ(sight(std::span(whole).first(bytes), false, kPort), std::nullopt) << bytes;
}

Sighting at(int ms, u32 flow, u8 director, Sight::Kind kind = Sight::Kind::tcp) {
  return {milliseconds(ms), flow, director, kind};
}

TEST(FlowsMoved, AFlowCountsOnceThatWasSeenOnBothSidesOfTheEventByDifferentDirectors) {
  const std::vector<Sighting> seen = {at(1, 0, 0),
                                      at(2, 1, 0),
                                      at(3, 2, 1),
                                      at(4, 4, 0, Sight::Kind::udp),
                                      at(11, 0, 1),
                                      at(12, 0, 0),
                                      at(13, 0, 1),  // moved, back, and again: one
                                      at(14, 1, 0),
                                      at(15, 2, 1),  // stayed
                                      at(16, 3, 1),  // new
                                      at(17, 4, 1, Sight::Kind::udp)};
  EXPECT_EQ(flows_moved(seen, milliseconds(10)), 1u);
  EXPECT_EQ(flows_moved(seen, milliseconds(18)), 0u);
}

TEST(Told, EachFlowIsMeasuredFromItsFirstPacketAfterItsDirectorKnew) {
  using K = Sight::Kind;
  const std::vector<Sighting> seen = {at(5, 9, 0, K::reset),                          // before the event
                                      at(20, 0, 0),                                   // too early: no director knows
                                      at(30, 1, 0),          at(31, 1, 0, K::reset),  // director 0 knows from 31 on
                                      at(40, 0, 1),                                   // director 1 does not yet
                                      at(50, 0, 0),          at(57, 0, 0, K::reset),      at(58, 0, 0, K::reset),
                                      at(60, 2, 1),          at(61, 2, 1, K::unreachable)};
  const Told told = told_by_directors(seen, milliseconds(10));
  EXPECT_EQ(told.resets, 2u);
  EXPECT_EQ(told.unreachables, 1u);
  EXPECT_EQ(told.first, Time(milliseconds(31)));
  EXPECT_EQ(told.last_first, Time(milliseconds(61)));
  EXPECT_EQ(told.slowest, milliseconds(7));
  EXPECT_FALSE(told_by_directors(seen, milliseconds(70)).first);
}

}  // namespace
}  // namespace waymark::lab
