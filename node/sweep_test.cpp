#include "node/sweep.h"

#include <gtest/gtest.h>

#include <cstring>

#include "dataplane/pipeline.h"
#include "engine/replay/userspace.h"

namespace waymark {

namespace {

constexpr u32 kStale = 400, kEmbryo = 2, kClosing = 4;
constexpr IdleTimes kIdle = {220, 8};

// The flow table alone, with the Env its templates need.
struct TableEnv {
  Settings settings_{};
  UserspaceEngine engine;
  Live live;
  u32 notes[kNotes] = {};

  explicit TableEnv(u32 pins) : engine(pins), live(engine.live()) {
    settings_.pin_buckets = u32(live.pins.size());
    settings_.embryo_buckets = u32(live.embryos.size());
    settings_.stale_stamps = kStale;
    settings_.embryo_stamps = kEmbryo;
  }
  const Settings& settings() const { return settings_; }
  void note(Note n) { ++notes[u32(n)]; }
  PinBucket* at(decltype(table::pins), u32 i) { return i < live.pins.size() ? &live.pins[i] : nullptr; }
  EmbryoBucket* at(decltype(table::embryos), u32 i) { return i < live.embryos.size() ? &live.embryos[i] : nullptr; }

  PinPlace place(u64 n) { return place_of(*this, mix(n)); }
  bool insert(u64 n, u32 stamp, PinState state = PinState::proven, u32 slot = 1) {
    const PinPlace p = place(n);
    return insert_pin(*this, p, pack({p.fingerprint, slot, stamp, state, false}), stamp);
  }
  bool found(u64 n) { return waymark::find_pin(*this, place(n)).word != nullptr; }
};

SweepResult sweep(Sweeper& sweeper, TableEnv& env, u32 stamp) {
  return sweeper.sweep(env.live, stamp, kEmbryo, kClosing, [](u32) { return kIdle; });
}

}  // namespace

TEST(Sweep, LetsGoWhatIsIdleByItsState) {
  TableEnv env(10'000);
  Sweeper sweeper;
  const PinState states[] = {PinState::proven, PinState::closing, PinState::datagram};
  for (u64 n = 0; n < 3; ++n) ASSERT_TRUE(env.insert(n, 500, states[n]));
  auto left = [&](u32 stamp) {
    const SweepResult r = sweep(sweeper, env, stamp & kStampMask);
    EXPECT_EQ(r.pins[1], r.proven + r.closing + r.datagram);
    return std::vector<u64>{r.proven, r.closing, r.datagram};
  };
  EXPECT_EQ(left(504), (std::vector<u64>{1, 1, 1}));
  EXPECT_EQ(left(505), (std::vector<u64>{1, 0, 1}));
  EXPECT_EQ(left(500 + 8), (std::vector<u64>{1, 0, 1}));
  EXPECT_EQ(left(500 + 9), (std::vector<u64>{1, 0, 0}));
  EXPECT_EQ(left(500 + 220), (std::vector<u64>{1, 0, 0})) << "the stamps have wrapped";
  EXPECT_EQ(left(500 + 221), (std::vector<u64>{0, 0, 0}));
}

TEST(Sweep, AStampAheadOfTheClockIsFresh) {
  TableEnv env(10'000);
  Sweeper sweeper;
  ASSERT_TRUE(env.insert(1, 11));
  EXPECT_EQ(sweep(sweeper, env, 10).proven, 1u);
}

// A nearly full table has spilled pins; when they are gone the filters must be clean again, and while one is there its
// filter must not be.
TEST(Sweep, TidiesFiltersAndNeverLosesAPin) {
  TableEnv env(2'200);
  Sweeper sweeper;
  std::vector<u64> old, young;
  for (u64 n = 0; n < 2'000; ++n) {
    (n < 1'000 ? old : young).push_back(n);
    ASSERT_TRUE(env.insert(n, n < 1'000 ? 100 : 200));
  }
  ASSERT_GT(env.notes[u32(Note::pin_spilled)], 0u);
  sweep(sweeper, env, 200);
  sweep(sweeper, env, 200);
  for (u64 n : old) ASSERT_TRUE(env.found(n));
  const SweepResult r = sweep(sweeper, env, 321);
  EXPECT_EQ(r.expired, old.size());
  for (u64 n : young) ASSERT_TRUE(env.found(n));
  sweep(sweeper, env, 321);
  for (u64 n : young) ASSERT_TRUE(env.found(n));
  sweep(sweeper, env, 421);
  sweep(sweeper, env, 421);
  sweep(sweeper, env, 421);
  for (const PinBucket& bucket : env.live.pins) EXPECT_EQ(bucket.spill & (kSpillChange - 1), 0u);
}

// A pin spilled between two sweeps, into a bucket that the later sweep might have passed already.
TEST(Sweep, AFilterThatChangedIsLeftAlone) {
  TableEnv env(2'000);
  Sweeper sweeper;
  sweep(sweeper, env, 10);
  PinBucket& bucket = env.live.pins[7];
  ASSERT_TRUE(mark_spill(&bucket.spill, 0x1234));
  sweep(sweeper, env, 10);
  EXPECT_NE(bucket.spill & (kSpillChange - 1), 0u) << "marked, and its pin not written yet";
  sweep(sweeper, env, 10);
  EXPECT_EQ(bucket.spill & (kSpillChange - 1), 0u) << "no pin came";
}

// A sweep in parts ends as one that is done at once, if nothing happens between them; and what happens costs no pin.
TEST(Sweep, InPartsItComesToTheSame) {
  for (u32 part : {1u, 7u, 100u, 1'000u}) {
    TableEnv whole(2'200), parts(2'200);
    Sweeper sweeper, piecemeal;
    for (TableEnv* env : {&whole, &parts})
      for (u64 n = 0; n < 2'000; ++n)
        ASSERT_TRUE(env->insert(n, n < 1'000 ? 100 : 200, PinState::proven, 1 + u32(n % 3)));
    for (u32 stamp : {200u, 200u, 321u, 321u}) {
      const SweepResult want = sweep(sweeper, whole, stamp);
      u32 steps = 1;
      while (!piecemeal.step(
          parts.live, stamp, kEmbryo, kClosing, [](u32) { return kIdle; }, part))
        ++steps;
      const SweepResult& got = piecemeal.result();
      EXPECT_GE(steps, 3 * parts.live.pins.size() / part);
      EXPECT_EQ(got.pins, want.pins);
      EXPECT_EQ(got.expired, want.expired);
      EXPECT_EQ(got.filters_tidied, want.filters_tidied);
      for (u32 b = 0; b < whole.live.pins.size(); ++b)
        ASSERT_EQ(std::memcmp(&whole.live.pins[b], &parts.live.pins[b], sizeof(PinBucket)), 0) << b;
    }
    u64 next = 5'000;
    for (int sweeps = 0; sweeps < 3; ++sweeps)
      while (!piecemeal.step(
          parts.live, 330, kEmbryo, kClosing, [](u32) { return kIdle; }, part)) {
        if (next == 5'100) continue;
        ASSERT_TRUE(parts.insert(next++, 330));
      }
    for (u64 n = 5'000; n < next; ++n) ASSERT_TRUE(parts.found(n));
    EXPECT_GT(next, 5'000u);
  }
}

}  // namespace waymark
