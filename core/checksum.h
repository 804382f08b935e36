// The Internet checksum (RFC 1071), whole and incremental (RFC 1624), over values as they stand in memory.
#pragma once

#include "core/types.h"

namespace waymark {

WM_INLINE constexpr u16 fold(u64 sum) {
  sum = (sum & 0xffffffff) + (sum >> 32);
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  return u16(sum);
}

// A checksum field after one 16-bit word of what it covers changed (RFC 1624, equation 3).
WM_INLINE constexpr u16 update_checksum(u16 checksum, u16 before, u16 after) {
  return u16(~fold(u64(u16(~checksum)) + u16(~before) + after));
}

}  // namespace waymark
