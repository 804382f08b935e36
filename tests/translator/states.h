// Ends of packets that no configuration brings about alone: they take routes, room or limits as they seldom are.
#pragma once

#include "engine/replay/userspace.h"
#include "tests/translator/cases.h"

namespace waymark::translator_cases {

struct StatedCase {
  TranslatorCase packet;
  WayKind ways = WayKind::direct;  // to all destinations
  uint32_t head_room = 256;        // in front of the frame
  bool answered_enough = false;    // no ICMP of the translator's own may be sent for the moment
};
const std::vector<StatedCase>& stated_cases();

// Makes the limits of what is answered at all so slow that no test takes longer than one answer's time.
void slow_down(UserspaceEngine& engine);
// So that it is, or is not, for as long as a test takes.
void set_answered_enough(const Live& live, const Settings& settings, u32 now, bool enough);

// A packet that is longer than the kernel's test runs and XDP's pages take.
constexpr size_t kLongestRun = 3400;

}  // namespace waymark::translator_cases
