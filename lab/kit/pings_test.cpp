#include "lab/kit/pings.h"

#include <gtest/gtest.h>

namespace waymark::lab {
namespace {

TEST(Pings, AnsweredAreReadFromTheSummary) {
  EXPECT_EQ(answered("PING ::1(::1) 56 data bytes\n\n--- ::1 ping statistics ---\n"
                     "20 packets transmitted, 19 received, 5% packet loss, time 193ms\n"),
            19u);
  EXPECT_EQ(answered("3 packets transmitted, 0 received, +3 errors, 100% packet loss, time 2004ms\n"), 0u);
}

TEST(Pings, WhatSaysNoNumberIsNone) {
  for (const char* said : {"", "ping: connect: Network is unreachable", "3 packets transmitted, received",
                           "3 packets transmitted, many received", "9 received"})
    EXPECT_FALSE(answered(said)) << said;
}

}  // namespace
}  // namespace waymark::lab
