#include "lab/traffic/delay_line.h"

#include <gtest/gtest.h>

#include <chrono>
#include <random>

namespace waymark::lab {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

// Frames with a number each, as many as there is room for of what arrives at once.
size_t arrive(DelayLine& line, u8 first, size_t count, Time now) {
  size_t done = 0;
  while (done < count) {
    const auto places = line.places();
    if (places.empty()) break;
    const size_t some = std::min(places.size(), count - done);
    for (size_t i = 0; i < some; ++i) {
      places[i].length = 1;
      places[i].bytes[0] = u8(first + done + i);
    }
    line.arrived(some, now);
    done += some;
  }
  return done;
}

std::vector<u8> leave(DelayLine& line, Time now) {
  std::vector<u8> out;
  for (auto row = line.due(now); !row.empty(); row = line.due(now)) {
    for (const DelayLine::Frame& frame : row) out.push_back(frame.bytes[0]);
    line.gone(row.size());
  }
  return out;
}

TEST(DelayLine, EachFrameIsDueAfterTheDelayAndNoSooner) {
  DelayLine line(8, milliseconds(5));
  EXPECT_FALSE(line.next());
  arrive(line, 1, 1, milliseconds(100));
  arrive(line, 2, 1, milliseconds(101));
  EXPECT_EQ(line.next(), milliseconds(105));
  EXPECT_TRUE(leave(line, milliseconds(105) - microseconds(1)).empty());
  EXPECT_EQ(leave(line, milliseconds(105)), std::vector<u8>{1});
  EXPECT_EQ(line.next(), milliseconds(106));
  EXPECT_EQ(leave(line, milliseconds(300)), std::vector<u8>{2});
  EXPECT_FALSE(line.next());
}

TEST(DelayLine, WhatHasNoRoomIsLostAndTheRestIsNot) {
  DelayLine line(4, milliseconds(5));
  EXPECT_EQ(arrive(line, 1, 6, Time(0)), 4u);
  EXPECT_TRUE(line.places().empty());
  EXPECT_EQ(leave(line, milliseconds(5)), (std::vector<u8>{1, 2, 3, 4}));
  EXPECT_EQ(arrive(line, 7, 3, milliseconds(6)), 3u) << "its places are free again";
  EXPECT_EQ(leave(line, milliseconds(11)), (std::vector<u8>{7, 8, 9}));
}

TEST(DelayLine, ALongerDelayHoldsForFramesThatArriveAfterIt) {
  DelayLine line(8, milliseconds(5));
  arrive(line, 1, 1, Time(0));
  line.set_delay(milliseconds(20));
  arrive(line, 2, 1, milliseconds(1));
  EXPECT_EQ(leave(line, milliseconds(20)), std::vector<u8>{1});
  EXPECT_EQ(leave(line, milliseconds(21)), std::vector<u8>{2});
}

TEST(DelayLine, AShorterDelayLetsNoFrameOvertakeAnother) {
  DelayLine line(8, milliseconds(20));
  arrive(line, 1, 1, Time(0));
  line.set_delay(milliseconds(5));
  arrive(line, 2, 1, milliseconds(1));
  EXPECT_TRUE(leave(line, milliseconds(19)).empty());
  EXPECT_EQ(leave(line, milliseconds(20)), (std::vector<u8>{1, 2}));
  arrive(line, 3, 1, milliseconds(30));
  EXPECT_EQ(line.next(), milliseconds(35)) << "then the new delay is the only one";
}

// Bursts and delays at random: what was taken leaves once, in order.
TEST(DelayLine, KeepsOrderAndLosesNothingItTook) {
  std::mt19937 random(1);
  DelayLine line(32, milliseconds(3));
  Time now = {};
  u8 in = 0, out = 0;
  size_t refused = 0;
  for (int i = 0; i < 20'000; ++i) {
    now += microseconds(random() % 2000);
    if (random() % 50 == 0) line.set_delay(milliseconds(random() % 8));
    const size_t burst = random() % 12, took = arrive(line, in, burst, now);
    in = u8(in + took);
    refused += burst - took;
    if (random() % 3 == 0) {
      for (const u8 number : leave(line, now)) ASSERT_EQ(number, out++);
    }
    ASSERT_EQ(u8(in - out), line.size());
    ASSERT_LE(line.size(), 32u);
  }
  EXPECT_GT(refused, 0u) << "the bound was never met";
  for (const u8 number : leave(line, now + milliseconds(8))) ASSERT_EQ(number, out++);
  EXPECT_EQ(in, out);
}

}  // namespace
}  // namespace waymark::lab
