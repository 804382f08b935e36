// Random questions for names, to a POP in user space or in the kernel.
#pragma once

#include <gtest/gtest.h>

#include <cstdio>

#include "tests/kit/packets.h"
#include "tests/path/asked.h"

namespace waymark::path_cases {

// What XDP answers is what the name server answers, what it does not goes on as it came, and plain questions, which are
// counted, it answers.
template <class Site>
void ask_many(Site& s, NameServer& server, Questions& questions, u32 count, u32& plain) {
  u32 answered = 0;
  for (u32 i = 0; i < count; ++i) {
    const Questions::Drawn drawn = questions.next();
    const Left left = i % 2 ? s.from_client(drawn.packet) : s.from_network(drawn.packet);
    ASSERT_EQ(server.judge(drawn.packet, left), "") << i << " " << left.reason << "\n" << hexdump(drawn.packet);
    answered += left.reason == "path.answered";
    plain += drawn.plain;
    if (drawn.plain) {
      ASSERT_EQ(left.reason, "path.answered") << i << "\n" << hexdump(drawn.packet);
    }
  }
  std::printf("%u of %u questions answered; %u of them had to be\n", answered, count, plain);
}

}  // namespace waymark::path_cases
