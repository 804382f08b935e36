// What the program says of a packet that it punts (core/verdict.h); the whole frame follows.
#pragma once

#include "core/types.h"

namespace waymark {

struct PuntRecord {
  u32 interface;  // where it came in
  u32 length;     // of the frame
  u16 reason;
  u8 reserved[6];
};
static_assert(sizeof(PuntRecord) == 16);

}  // namespace waymark
