// A flood of SYNs ten times the table's size: what is established stays where it is.
#include <gtest/gtest.h>

#include "tests/cases/cases.h"
#include "tests/kit/build.h"

namespace waymark {

namespace {

constexpr u32 kTable = 20'000, kFlows = kTable * 9 / 10, kFlood = 10 * kTable;

packets::Bytes packet(u32 client, const char* flags) {
  const std::string from = "203.0." + std::to_string(client >> 16) + "." + std::to_string(client >> 8 & 0xff);
  return packets::frame(
      cases::ip(from, fixture::address4(fixture::pool), packets::tcp(u16(1024 + (client & 0xff)), 80, flags)));
}

struct Site {
  UserspaceEngine engine{kTable};
  u32 now = 0x7fff'0000;

  Site() {
    Image image = fixture::image();
    image.settings.pin_buckets = u32(engine.live().pins.size());
    image.settings.embryo_buckets = u32(engine.live().embryos.size());
    engine.load(image);
    fixture::fill(engine.live(), now);
  }
  // The last byte of the tunnel's end: which target it went to.
  u32 target(const packets::Bytes& frame) {
    const Outcome o = engine.run(frame, fixture::kInterface, now);
    return o.verdict.action == Action::forward ? o.frame[14 + 39] : 0;
  }
};

}  // namespace

TEST(Flood, OfTenTablesLosesNoEstablishedFlow) {
  Site site;
  std::vector<u32> before(kFlows);
  for (u32 i = 0; i < kFlows; ++i) {
    site.target(packet(i, "S"));
    before[i] = site.target(packet(i, "A"));
    ASSERT_NE(before[i], 0u);
  }
  for (u32 i = 0; i < kFlood; ++i) {
    site.target(packet(0x10'0000 + i, "S"));
    if (i % (kFlood / 20) == 0) site.now += 1u << fixture::kStampShift;  // it takes a while
  }
  // Now the choice of every flow is another; who forgot one sends it elsewhere.
  const Live live = site.engine.live();
  u32 lost = 0, by_choice = 0;
  for (u32 i = 0; i < 3; ++i) live.members[fixture::pool * 4 + i] = 23;
  for (u32 i = 0; i < kFlows; ++i) {
    const u32 now = site.target(packet(i, "A"));
    lost += now != before[i];
    by_choice += site.target(packet(0x30'0000 + i, "S")) != before[i];
  }
  const Counters& c = site.engine.counters();
  std::printf("%u established, %u SYNs: %u lost; embryos evicted %llu, pins full %llu\n", kFlows, kFlood, lost,
              c.notes[u32(Note::pin_embryo_evicted)], c.notes[u32(Note::pin_table_full)]);
  EXPECT_EQ(lost, 0u);
  EXPECT_EQ(c.notes[u32(Note::pin_stolen)], 0u);
  EXPECT_EQ(c.notes[u32(Note::pin_table_full)], 0u);
  EXPECT_GT(by_choice, kFlows / 2) << "the choice did not change: the test shows nothing";
}

// A client that answers soon is proven even while the flood goes on; the few that are not stay with the choice.
TEST(Flood, LetsNewClientsIn) {
  Site site;
  u32 moved = 0;
  for (u32 i = 0; i < 2000; ++i) {
    const u32 chosen = site.target(packet(i, "S"));
    for (u32 n = 0; n < 100; ++n) site.target(packet(0x10'0000 + i * 100 + n, "S"));
    const u32 slot = site.target(packet(i, "A"));
    moved += slot != chosen;
  }
  EXPECT_EQ(moved, 0u);
  // 100 SYNs meet the bucket of one in ten, and there one of its eight embryos.
  EXPECT_LT(site.engine.counters().notes[u32(Note::pin_adopted)], 60u)
      << "embryos were gone before their second packets";
}

// A long quiet flow that says a word now and then is not taken for a stale one.
TEST(Flood, UseKeepsAPinYoung) {
  Site site;
  site.target(packet(1, "S"));
  const u32 slot = site.target(packet(1, "A"));
  for (u32 i = 0; i < 3; ++i) site.engine.live().members[fixture::pool * 4 + i] = slot == 0x21 ? 22 : 21;
  for (int words = 0; words < 3; ++words) {  // 450 stamps in all: stale, had it not spoken (they wrap at 512)
    site.now += 150u << fixture::kStampShift;
    ASSERT_EQ(site.target(packet(1, "A")), slot);
  }
  for (u32 i = 0; i < 2 * kTable; ++i) {  // more proven flows than there is room for
    site.target(packet(0x10'0000 + i, "S"));
    site.target(packet(0x10'0000 + i, "A"));
  }
  EXPECT_EQ(site.target(packet(1, "A")), slot);
  EXPECT_EQ(site.engine.counters().notes[u32(Note::pin_stolen)], 0u);
}

}  // namespace waymark
