// The Internet checksum (RFC 1071), whole and incremental (RFC 1624), over values as they stand in memory.
#pragma once

#include "core/view.h"
#include "core/wire.h"

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

// What update() adds to a sum for words that are taken out of it.
WM_INLINE constexpr u64 taken(u64 sum) { return u16(~fold(sum)); }

// Where a transport's checksum over the addresses stands, from the transport's first byte; kNoChecksum for all others.
constexpr u32 kNoChecksum = ~0u;
WM_INLINE constexpr u32 checksum_at(u8 protocol) {
  if (protocol == kProtoTcp) return 16;
  return protocol == kProtoUdp || protocol == kProtoDccp || protocol == kProtoUdpLite ? 6 : kNoChecksum;
}
// The same in IPv6, where ICMP's is one as well.
WM_INLINE constexpr u32 checksum_at6(u8 protocol) { return protocol == kProtoIcmp6 ? 2 : checksum_at(protocol); }

// A checksum after what its sum covers grew by `grown` (taken() for what went). UDP's may not become 0, which would
// mean that there is none.
WM_INLINE u16 adjusted(u16 checksum, u64 grown, u8 protocol) {
  const u16 now = u16(~fold(u16(~checksum) + grown));
  return protocol == kProtoUdp && !now ? u16(0xffff) : now;
}

// The sum of the packet's bytes from `from` to `to`, which begins at an even place of what is summed. False where it
// has not all of them, or in the kernel's build more than kMostSummed.
constexpr u32 kMostSummed = 4096;
WM_INLINE bool sum_bytes(const View& v, u32 from, u32 to, u64& sum) {
  sum = 0;
  u32 at = from;
#if defined(__bpf__)
  for (u32 i = 0; i < kMostSummed / 8; ++i) {
    if (at + 8 > to) break;
#else
  while (at + 8 <= to) {
#endif
    const auto* word = v.deep<Word64>(at);
    if (!word) return false;
    const u64 value = word->value;
    sum += u32(value) + (value >> 32);
    at += 8;
  }
  for (u32 i = 0; i < 4; ++i) {
    if (at + 2 > to) break;
    const auto* word = v.deep<Word16>(at);
    if (!word) return false;
    sum += word->value;
    at += 2;
  }
  if (at + 1 == to) {
    const auto* last = v.deep<u8>(at);
    if (!last) return false;
    sum += *last;
    ++at;
  }
  return at >= to;
}

constexpr u64 kNoSum = ~u64(0);
namespace core {
struct sum_step {
  template <class E>
  static WM_INLINE u64 run(E& env, u64 from, u64 to, u64, u64) {
    u64 sum = 0;
    return sum_bytes(env.view(), u32(from), u32(to), sum) ? u64(fold(sum)) : kNoSum;
  }
};
}  // namespace core
// The same as a step of its own, folded; or kNoSum.
template <class E>
WM_INLINE u64 sum_of_bytes(E& env, u32 from, u32 to) {
  return env.template call<core::sum_step>(from, to);
}

}  // namespace waymark
