#include "signal/replay.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace waymark::signalling {
namespace {

const std::optional<Stamp> kNone;

TEST(Replay, HasTheWindowOfRfc6275) {
  Replay replay(false);
  EXPECT_EQ(replay.check(15, kNone), BindingStatus::accepted) << "the first may have any number";
  replay.take(15, kNone);
  for (int later : {16, 17, 32783}) EXPECT_EQ(replay.check(u16(later), kNone), BindingStatus::accepted) << later;
  for (int not_later : {0, 14, 15, 32784, 65535})
    EXPECT_EQ(replay.check(u16(not_later), kNone), BindingStatus::out_of_window) << not_later;
  EXPECT_EQ(replay.answer_sequence(BindingStatus::out_of_window, 14), 15);
  EXPECT_EQ(replay.answer_sequence(BindingStatus::accepted, 16), 16);
  replay.take(65535, kNone);
  EXPECT_EQ(replay.check(0, kNone), BindingStatus::accepted);
  EXPECT_EQ(replay.check(32767, kNone), BindingStatus::accepted);
  EXPECT_EQ(replay.check(32768, kNone), BindingStatus::out_of_window);
}

TEST(Replay, AcceptsHalfOfAllNumbersAfterAny) {
  for (u32 last = 0; last < 65536; last += 257) {
    u32 later = 0;
    for (u32 next = 0; next < 65536; ++next) later += is_later(u16(last), u16(next));
    EXPECT_EQ(later, 32768u) << last;
    EXPECT_FALSE(is_later(u16(last), u16(last)));
  }
}

TEST(Replay, ComparesStampsWithinAnEpoch) {
  Replay replay(true);
  EXPECT_EQ(replay.check(15, kNone), BindingStatus::replay_required);
  EXPECT_EQ(replay.check(15, Stamp{7, 100}), BindingStatus::accepted);
  replay.take(15, Stamp{7, 100});
  EXPECT_EQ(replay.check(16, Stamp{7, 101}), BindingStatus::accepted);
  EXPECT_EQ(replay.check(16, Stamp{7, 100}), BindingStatus::replay_mismatch) << "the same again";
  EXPECT_EQ(replay.check(16, Stamp{7, 99}), BindingStatus::replay_mismatch);
  EXPECT_EQ(replay.check(15, Stamp{7, 101}), BindingStatus::out_of_window) << "a new stamp, and the old number";
  EXPECT_EQ(replay.check(14, Stamp{7, 0xffffffff}), BindingStatus::out_of_window);
  EXPECT_EQ(replay.check(16, kNone), BindingStatus::replay_required);
}

TEST(Replay, BeginsAnewWithALaterEpochAlone) {
  Replay replay(true);
  replay.take(1000, Stamp{7, 100});
  EXPECT_EQ(replay.check(1001, Stamp{6, 101}), BindingStatus::replay_mismatch);
  EXPECT_EQ(replay.check(1, Stamp{8, 0}), BindingStatus::accepted);
  replay.take(1, Stamp{8, 0});
  EXPECT_EQ(replay.check(2, Stamp{7, 101}), BindingStatus::replay_mismatch);
  EXPECT_EQ(replay.check(2, Stamp{8, 1}), BindingStatus::accepted);
  EXPECT_EQ(replay.answer_stamp(BindingStatus::replay_mismatch, {6, 101}), (Stamp{8, 101})) << "RFC 4285, 6";
  EXPECT_EQ(replay.answer_stamp(BindingStatus::accepted, {8, 1}), (Stamp{8, 1}));
}

TEST(Replay, NeedsStampsOnceOneWasAccepted) {
  Replay replay(false);
  replay.take(1, kNone);
  EXPECT_EQ(replay.check(2, kNone), BindingStatus::accepted);
  EXPECT_EQ(replay.check(2, Stamp{1, 1}), BindingStatus::accepted);
  replay.take(2, Stamp{1, 1});
  EXPECT_EQ(replay.check(3, kNone), BindingStatus::replay_required);
}

TEST(Replay, GoesOnFromWhatWasKept) {
  Replay before(true);
  before.take(15, Stamp{7, 100});
  const Replay after(true, before.last());
  EXPECT_EQ(after.check(15, Stamp{7, 100}), BindingStatus::replay_mismatch);
  EXPECT_EQ(after.check(16, Stamp{7, 101}), BindingStatus::accepted);
}

// Whatever is sent in whatever order, nothing that was taken is accepted again, and nothing older.
RC_GTEST_PROP(Replay, NeverAcceptsAMessageTwice, ()) {
  struct Sent {
    u16 sequence;
    Stamp stamp;
  };
  Replay replay(true);
  std::vector<Sent> taken;
  for (u32 i = 0; i < 60; ++i) {
    const u32 draw = *rc::gen::arbitrary<u32>();
    const Sent sent{u16(draw % 50), {draw >> 8 & 3, draw >> 16 & 15}};
    if (replay.check(sent.sequence, sent.stamp) == BindingStatus::accepted) {
      replay.take(sent.sequence, sent.stamp);
      taken.push_back(sent);
    }
    for (const Sent& old : taken) RC_ASSERT(replay.check(old.sequence, old.stamp) == BindingStatus::replay_mismatch);
  }
  RC_ASSERT(!taken.empty());
}

}  // namespace
}  // namespace waymark::signalling
