// What the program says of a packet that it copies for a capture; the packet's bytes follow.
#pragma once

#include "core/types.h"

namespace waymark {

constexpr u32 kCaptureBytes = 2048;  // of each packet at most

struct CaptureRecord {
  u64 id;                        // the same for a packet's way in and out; no two packets of one CPU share it
  u64 when;                      // ns since boot
  u32 interface, out_interface;  // the latter 0 unless it leaves
  u32 length;                    // of the frame, copied or not; 0 for a packet that was dropped
  u16 reason;                    // its way out's; of no meaning on the way in
  u8 out;                        // 0 as it came in, 1 as it ended
  u8 action;                     // enum class Action
};
static_assert(sizeof(CaptureRecord) == 32);

}  // namespace waymark
