// Fragments that came too early: for how long they are held, how many, and which are refused.
#include "node/held.h"

#include <gtest/gtest.h>

namespace waymark {
namespace {

using namespace std::chrono_literals;

const std::function<bool(const HeldFragment&)> kNot = [](const HeldFragment&) { return false; };

struct Holding {
  Held held;
  Time now{0};
  void hold(u64 owner, u64 datagram, u32 from, u32 to) { held.hold({owner, datagram, from, to, 1, 0, {1, 2}}, now); }
  // What leaves, where the first fragments of these datagrams have come.
  std::vector<u64> look(const std::vector<u64>& known) {
    std::vector<u64> sent;
    held.look(now, [&](const HeldFragment& f) {
      const bool is = std::find(known.begin(), known.end(), f.datagram) != known.end();
      if (is) sent.push_back(f.datagram);
      return is;
    });
    return sent;
  }
};

TEST(Held, ReleasesWhatHasItsFirstInTheOrderInWhichItCame) {
  Holding h;
  EXPECT_EQ(h.held.deadline(), Time::max()) << "nothing is looked at where nothing waits";
  h.hold(1, 7, 8, 16);
  h.hold(1, 8, 8, 16);
  h.hold(1, 7, 16, 24);
  EXPECT_EQ(h.held.deadline(), kHeldLook);
  h.now = h.held.deadline();
  EXPECT_EQ(h.look({7}), (std::vector<u64>{7, 7}));
  EXPECT_EQ(h.held.counts().now, 1u);
  EXPECT_EQ(h.held.counts().released, 2u);
}

TEST(Held, NothingIsHeldForLongerThanASecond) {
  Holding h;
  h.hold(1, 7, 8, 16);
  h.now = 999ms;
  h.held.look(h.now, kNot);
  EXPECT_EQ(h.held.counts().now, 1u);
  h.now = 1005ms;
  h.held.look(h.now, kNot);
  EXPECT_EQ(h.held.counts().now, 0u);
  EXPECT_EQ(h.held.counts().expired, 1u);
  EXPECT_EQ(h.held.deadline(), Time::max());
}

TEST(Held, NoOwnerTakesAnothersRoomAndNobodyMoreThanThereIs) {
  Holding h;
  for (u64 datagram = 0; datagram < kMostHeldOfOne + 3; ++datagram) h.hold(1, datagram, 8, 16);
  EXPECT_EQ(h.held.counts().now, kMostHeldOfOne);
  EXPECT_EQ(h.held.counts().full, 3u);
  for (u64 owner = 2; owner < 200; ++owner) h.hold(owner, owner, 8, 16);
  EXPECT_EQ(h.held.counts().now, kMostHeld);
  h.now = 2s;
  h.held.look(h.now, kNot);
  h.hold(1, 1, 8, 16);
  EXPECT_EQ(h.held.counts().now, 1u) << "there is room again";
}

TEST(Held, ADatagramWithOverlapsIsRefusedWhole) {
  Holding h;
  h.hold(1, 7, 8, 24);
  h.hold(1, 8, 8, 24);
  h.hold(1, 7, 8, 24);
  EXPECT_EQ(h.held.counts().held, 2u) << "once more is no overlap";
  h.hold(1, 7, 16, 32);
  h.hold(1, 7, 64, 72);
  EXPECT_EQ(h.held.counts().overlapping, 3u) << "both, and what came after them";
  EXPECT_EQ(h.held.counts().now, 1u);
  h.now = 5ms;
  EXPECT_EQ(h.look({7, 8}), std::vector<u64>{8});
  h.now = 1100ms;
  h.held.look(h.now, kNot);
  h.hold(1, 7, 16, 32);
  EXPECT_EQ(h.held.counts().held, 3u) << "another datagram, by now";
}

TEST(Held, FragmentsThatTouchDoNotOverlap) {
  Holding h;
  h.hold(1, 7, 8, 24);
  h.hold(1, 7, 24, 32);
  h.hold(1, 7, 0, 8);
  EXPECT_EQ(h.held.counts().now, 3u);
  EXPECT_EQ(h.held.counts().overlapping, 0u);
}

}  // namespace
}  // namespace waymark
