// The same packets through the user-space build and through the kernel's: same reasons, same bytes, same counters, and
// the same pins in the end. Both share one source, so what this shows is that neither compiler, verifier nor Env bends
// it.
#include <gtest/gtest.h>

#include <set>

#include "core/firewall/reasons.h"
#include "core/memo.h"
#include "core/overlay/reasons.h"
#include "core/pins.h"
#include "engine/xdp/program.h"
#include "roles/edge/reasons.h"
#include "roles/gateway/reasons.h"
#include "roles/path/reasons.h"
#include "roles/translator/reasons.h"
#include "tests/cases/cases.h"
#include "tests/kit/build.h"
#include "tests/kit/invariants.h"
#include "tests/kit/mutate.h"
#include "tests/kit/need.h"

namespace waymark {

namespace {

constexpr u32 kPackets = 400'000;  // for each of the two compilers
constexpr u32 kRound = 1'000;      // between two looks at counters and pins
constexpr u64 kSeed = 20240229;

std::vector<packets::Bytes> corpus() {
  std::vector<packets::Bytes> all;
  for (const auto& c : cases::all_cases()) {
    all.push_back(c.in);
    all.insert(all.end(), c.before.begin(), c.before.end());
  }
  return all;
}

// What the daemon might do between two packets, the same in both builds.
void change_tables(const Live& live, u32 now, u32 what, u32 slot) {
  switch (what) {
    case 0:
      live.half[0] ^= 1;
      break;
    case 1:
      live.targets[slot].in_use ^= 1;
      break;
    case 2:
      live.targets[slot].route ^= 1;
      break;
    case 3:
      live.adjacencies[1].valid_until = now - 0x1000'0000;
      break;
    case 4:
      live.adjacencies[1].valid_until = now + 0x1000'0000;
      break;
    case 5:
      live.adjacencies[1].mtu = u16(live.adjacencies[1].mtu == 1500 ? 120 : 1500);
      break;
    case 6:
      live.choice_heads[slot].size ^= 1;
      break;
    case 7:
    case 8:
      live.targets[slot].route ^= kTargetDown;
      break;
    case 10:  // another director's pins, all of a bucket
      for (u64& word : live.pins[slot].pin) word |= word ? kMirrored : 0;
      break;
    case 28:
      fixture::fill(live, now);
      break;  // rarely: the tables fill
    default:
      break;
  }
}

constexpr u64 kStamps = u64(0x1ff) << 52;
std::vector<u64> pins_of(const Live& live) {
  std::vector<u64> words;
  for (const PinBucket& b : live.pins) {
    words.push_back(b.spill);
    for (u64 word : b.pin) words.push_back(word & ~kStamps);
  }
  for (const EmbryoBucket& b : live.embryos)
    for (u64 word : b.pin) words.push_back(word & ~kStamps);
  return words;
}

void compare_state(Build& userspace, Build& kernel) {
  const Counters a = userspace.counters(), b = kernel.counters();
  EXPECT_EQ(a.reasons, b.reasons);
  EXPECT_EQ(a.notes, b.notes);
  for (u32 slot = 0; slot < 64; ++slot) {
    const TargetCounters x = userspace.traffic(slot), y = kernel.traffic(slot);
    EXPECT_TRUE(x.packets == y.packets && x.bytes == y.bytes && x.flows == y.flows) << "target " << slot;
  }
  EXPECT_EQ(pins_of(userspace.live()), pins_of(kernel.live()));
}

void compare(std::span<const u8> elf, u64 seed) {
  Image image = fixture::image(true, 31);          // stamps stand still: the builds' clocks differ
  for (u32 kind = 0; kind < kAnswerKinds; ++kind)  // and no answer is ever one too many, for the same reason
    image.settings.answer_interval[kind] = 1, image.settings.answer_burst[kind] = 1u << 31;
  image.settings.fragment_stamps = kMemoStampMask / 2;
  image.settings.early_interval = 0;  // likewise, and no fragment is held: tests/cases has those that are
  const auto userspace = userspace_build(image), kernel = xdp_build(elf, image);
  fixture::fill(userspace->live(), userspace->now());
  fixture::fill(kernel->live(), kernel->now());
  packets::Mutator mutator(corpus(), seed);
  for (u32 n = 1; n <= kPackets; ++n) {
    const packets::Bytes frame = mutator.next();
    u32 room = mutator.below(100) ? cases::kHeadRoom : mutator.below(40) * 4;
    if (!kernel->makes(room)) room = cases::kHeadRoom;
    const Ended a = userspace->run(frame, room);
    const Ended b = kernel->run(frame, room, a.verdict.reason);
    const bool same_out = a.out_interface == b.out_interface || room != cases::kHeadRoom;
    if (a.verdict.reason != b.verdict.reason || a.verdict.action != b.verdict.action || a.frame != b.frame ||
        !same_out) {
      ADD_FAILURE() << "packet " << n << " of seed " << seed << " with head-room " << room << "\n"
                    << packets::hexdump(frame) << "userspace: " << reason_text(a.verdict.reason)->name << " to "
                    << a.out_interface << ", kernel: " << reason_text(b.verdict.reason)->name << " to "
                    << b.out_interface << "\n"
                    << packets::difference(a.frame, b.frame);
      return;
    }
    ASSERT_EQ("", fixture::broken_promise(frame, a)) << packets::hexdump(frame) << packets::difference(frame, a.frame);
    if (n % kRound) continue;
    compare_state(*userspace, *kernel);
    if (testing::Test::HasFailure()) {
      std::printf("the first difference lies before packet %u of seed %llu\n", n, seed);
      return;
    }
    const u32 what = mutator.below(9) * mutator.below(5), slot = 1 + mutator.below(62);
    change_tables(userspace->live(), userspace->now(), what, slot);
    change_tables(kernel->live(), kernel->now(), what, slot);
  }
  const Counters counters = userspace->counters();
  u32 reached = 0, all = 0;
  std::string rest;
  for (const ReasonText& r : all_reasons()) {
    const u32 module = module_of(r.verdict);
    if (module == translator::kModule || module == gateway::kModule || module == edge::kModule ||
        module == path::kModule || module == firewall::kModule || module == overlay::kModule)
      continue;  // this site has none
    ++all;
    counters.reasons[r.verdict.reason] ? ++reached : (rest += " ", rest += r.name, 0u);
  }
  std::string notes;
  for (u32 i = 0; i < kNotes; ++i)
    notes += std::string(" ") + note_name(Note(i)) + " " + std::to_string(counters.notes[i]);
  std::printf("%u packets, %u of %u reasons reached; not reached:%s\nnotes:%s\n", kPackets, reached, all,
              rest.empty() ? " none" : rest.c_str(), notes.c_str());
  EXPECT_GE(reached * 10, all * 9);
}

}  // namespace

TEST(Differential, Bpf) {
  WM_NEED(Cap::bpf);
  compare(program(), kSeed);
}

TEST(Differential, BpfByTheOtherCompiler) {
  WM_NEED(Cap::bpf);
  compare(program_other(), kSeed + 1);
}

}  // namespace waymark
