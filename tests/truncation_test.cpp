// Every good packet cut at every byte: never delivered, never read beyond its end (the sanitizers look), and told so.
#include <gtest/gtest.h>

#include <algorithm>
#include <string_view>

#include "engine/xdp/program.h"
#include "tests/cases/cases.h"
#include "tests/kit/build.h"
#include "tests/kit/need.h"

namespace waymark {

namespace {

// Where the outer IP packet ends, by its own length field.
size_t end_of(const packets::Bytes& b) {
  size_t type = 12;
  while (b[type] == 0x81 || b[type] == 0x88) type += 4;
  const size_t ip = type + 2;
  return b[type] == 0x86 ? ip + 40 + size_t(b[ip + 4] << 8 | b[ip + 5]) : ip + size_t(b[ip + 2] << 8 | b[ip + 3]);
}

// What may be said of a cut packet: that it is cut; and, of a tunnel, what can be seen before its end is.
bool is_fitting(std::string_view reason, bool tunnel) {
  return reason == "parse.ethernet_short" || reason == "parse.ip_short" || reason == "parse.ip_length" ||
         (tunnel && reason == "host.local");
}

void cut_everywhere(Build& build, size_t shortest) {
  fixture::fill(build.live(), build.now());
  u32 cuts = 0;
  for (const auto& c : cases::all_cases()) {
    if (c.head_room != cases::kHeadRoom || c.arrange || !c.before.empty()) continue;
    const bool passed_on = std::find(c.notes.begin(), c.notes.end(), Note::passed_on) != c.notes.end();
    const bool tunnel = c.reason == "host.delivered" || passed_on;
    if (!tunnel && c.reason != "forward.sent") continue;
    for (size_t length = shortest; length < end_of(c.in); ++length, ++cuts) {
      const packets::Bytes frame = packets::cut(c.in, length);
      const Ended ended = build.run(frame, cases::kHeadRoom);
      const std::string reason = reason_text(ended.verdict.reason)->name;
      ASSERT_TRUE(is_fitting(reason, tunnel)) << c.name << " cut to " << length << " ends as " << reason;
      ASSERT_EQ(frame, ended.frame) << c.name << " cut to " << length;
    }
  }
  EXPECT_GT(cuts, 10'000u);
}

}  // namespace

TEST(Truncation, Userspace) { cut_everywhere(*userspace_build(fixture::image()), 0); }

TEST(Truncation, Bpf) {
  WM_NEED(Cap::bpf);
  cut_everywhere(*xdp_build(program(), fixture::image()), 14);  // the kernel's test run takes no shorter frames
}

}  // namespace waymark
