#include "tests/kit/run_case.h"

#include <gtest/gtest.h>

namespace waymark {

using cases::Case;

namespace {

// The pin of a flow wherever it stands, looked for in the plainest way.
std::string pin_of(const Live& live, u64 flow) {
  const u32 fingerprint = u32(flow) ? u32(flow) : 1;
  std::vector<u64> words;
  for (const PinBucket& bucket : live.pins)
    for (u64 word : bucket.pin)
      if (u32(word) == fingerprint) words.push_back(word);
  for (const EmbryoBucket& bucket : live.embryos)
    for (u64 word : bucket.pin)
      if (u32(word) == fingerprint) words.push_back(word);
  if (words.empty()) return "none";
  if (words.size() > 1) return "several";
  const char* states[] = {"embryonic ", "proven ", "closing ", "datagram "};
  return states[words[0] >> 61 & 3] + std::to_string(words[0] >> 32 & 0x3ffff) +
         (words[0] >> 50 & 1 ? " adopted" : "") + (words[0] >> 51 & 1 ? " mirrored" : "");
}

// The kernel drops what was punted, once it is copied.
const char* action_name(Action a) { return a == Action::pass ? "pass" : a == Action::forward ? "forward" : "drop"; }

}  // namespace

void run_case(Build& build, const Case& c) {
  if (!build.makes(c.head_room)) {
    std::printf("not run: %s, for test runs of this kernel make no such head room\n", c.name.c_str());
    return;
  }
  SCOPED_TRACE(c.name + ": " + c.why + "\n" + packets::hexdump(c.in));
  fixture::fill(build.live(), build.now());
  for (const packets::Bytes& frame : c.before) build.run(frame, cases::kHeadRoom);
  if (c.arrange) c.arrange(build.live(), build.now());
  const Counters before = build.counters();
  const TargetCounters traffic = build.traffic(c.slot);

  const Ended ended = build.run(c.in, c.head_room);

  EXPECT_EQ(c.reason, reason_text(ended.verdict.reason)->name);
  const packets::Bytes& expected = c.out.empty() ? c.in : c.out;
  EXPECT_EQ("", packets::difference(expected, ended.frame));
  if (ended.verdict.action == Action::forward) {
    EXPECT_EQ(ended.out_interface, c.slot == fixture::other ? fixture::kOtherInterface : fixture::kInterface);
  }

  const Counters after = build.counters();
  for (const ReasonText& r : all_reasons()) {
    const u64 more = after.reasons[r.verdict.reason] - before.reasons[r.verdict.reason];
    EXPECT_EQ(more, u64(r.name == c.reason)) << r.name;
    if (r.name == c.reason) {
      EXPECT_STREQ(action_name(r.verdict.action), action_name(ended.verdict.action));
    }
  }
  for (u32 n = 0; n < kNotes; ++n) {
    u64 times = 0;
    for (Note note : c.notes) times += u32(note) == n;
    EXPECT_EQ(after.notes[n] - before.notes[n], times) << note_name(Note(n));
  }
  const TargetCounters now = build.traffic(c.slot);
  EXPECT_EQ(now.packets - traffic.packets, c.packets);
  EXPECT_EQ(now.bytes - traffic.bytes, c.bytes);
  EXPECT_EQ(now.flows - traffic.flows, c.flows);
  if (c.flow) {
    EXPECT_EQ(c.pin, pin_of(build.live(), c.flow));
  }
}

}  // namespace waymark
