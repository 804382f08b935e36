#include "daemon/pauses.h"

#include <gtest/gtest.h>

#include <random>

namespace waymark {

namespace {

using namespace std::chrono_literals;

TEST(Pauses, ATurnThatWaitsIsNoPause) {
  Pauses pauses;
  Time now = 100s;
  for (int i = 0; i < 1000; ++i) {
    pauses.turn(now, 1ms * i);
    pauses.waits(50ms);
    now += 50ms + (i % 10) * 1ms;  // it worked for a while besides
  }
  EXPECT_EQ(pauses.longest(), 9ms);
  EXPECT_EQ(pauses.lost(now), 0s);
}

TEST(Pauses, WhatATurnTakesBeyondItsWaitIsLost) {
  Pauses pauses;
  pauses.turn(10s, 0s);
  pauses.waits(50ms);
  EXPECT_EQ(pauses.lost(10s + 60ms), 0s);
  EXPECT_EQ(pauses.lost(10s + 560ms), 500ms) << "the turn that goes on counts: who judges is in it";
  EXPECT_EQ(pauses.lost(10s + 1060ms), 1s);
  pauses.turn(11s + 60ms, 0s);  // stopped, starved or held up: nobody worked
  EXPECT_EQ(pauses.longest(), 1010ms);
  EXPECT_EQ(pauses.lost(11s + 60ms), 1s);
  pauses.turn(11s + 70ms, 0s);
  pauses.waits(50ms);
  EXPECT_EQ(pauses.lost(11s + 70ms), 1s) << "10 ms are allowed in each turn";
  pauses.turn(11s + 100ms, 0s);
  EXPECT_EQ(pauses.longest(), 1010ms);
}

TEST(Pauses, ATurnThatWasWokenEarlyHasItsWork) {
  Pauses pauses;
  pauses.turn(10s, 3s);
  pauses.waits(50ms);
  pauses.turn(10s + 40ms, 3s + 35ms);  // something came after 5 ms, and kept it busy
  EXPECT_EQ(pauses.longest(), 35ms);
  EXPECT_EQ(pauses.lost(10s + 40ms), 25ms);
}

TEST(Pauses, ATurnThatHadWorkAtOnceDidNotWait) {
  Pauses pauses;
  pauses.turn(10s, 0s);
  pauses.turn(10s + 30ms, 5ms);  // most of it another process had the CPU
  EXPECT_EQ(pauses.longest(), 30ms);
  EXPECT_EQ(pauses.lost(10s + 30ms), 20ms);
}

TEST(Pauses, LostNeverShrinksAndIsNeverMoreThanTime) {
  for (u32 seed = 0; seed < 100; ++seed) {
    std::mt19937_64 random(seed);
    Pauses pauses;
    Time now = 5s;
    Duration worked{}, before{};
    for (int i = 0; i < 1000; ++i) {
      const Duration wait(random() % 50'000'000), slept(random() % 100'000'000), work(random() % 30'000'000);
      pauses.turn(now, worked);
      if (random() % 2) pauses.waits(wait);
      const Duration busy = random() % 20 ? work : work + 3s;
      now += std::min(wait, slept) + busy;
      if (random() % 2) worked += busy;
      const Duration lost = pauses.lost(now);
      ASSERT_GE(lost, before);
      ASSERT_LE(lost, now - 5s);
      before = lost;
    }
  }
}

}  // namespace

}  // namespace waymark
