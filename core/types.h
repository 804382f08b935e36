// Plain integers, compiler words, and big-endian wire integers, for the kernel and the user-space build.
#pragma once

namespace waymark {

using u8 = unsigned char;
using u16 = unsigned short;
using u32 = unsigned int;
using u64 = unsigned long long;
static_assert(sizeof(u16) == 2 && sizeof(u32) == 4 && sizeof(u64) == 8);

#define WM_INLINE __attribute__((always_inline)) inline

// Wire structs: natural alignment in BPF (wide loads, the verifier knows packets as 8-bit aligned),
// alignment 1 in user space (no undefined behaviour). Every shared struct asserts its size.
#if defined(__bpf__)
#define WM_WIRE [[gnu::may_alias]]
#else
#define WM_WIRE [[gnu::packed, gnu::may_alias]]
#endif

#define WM_LIKELY(x) __builtin_expect(!!(x), 1)
#define WM_UNLIKELY(x) __builtin_expect(!!(x), 0)

constexpr u16 swap16(u16 x) { return u16(__builtin_bswap16(x)); }
constexpr u32 swap32(u32 x) { return __builtin_bswap32(x); }

// A big-endian integer as it stands on the wire. Data only, so that BTF can describe it.
struct be16 {
  u16 raw;
};
struct be32 {
  u32 raw;
};

constexpr u16 number(be16 x) { return swap16(x.raw); }
constexpr u32 number(be32 x) { return swap32(x.raw); }
constexpr be16 wire16(u16 x) { return {swap16(x)}; }
constexpr be32 wire32(u32 x) { return {swap32(x)}; }
constexpr bool operator==(be16 a, be16 b) { return a.raw == b.raw; }
constexpr bool operator==(be32 a, be32 b) { return a.raw == b.raw; }

// Words that may stand at any address. Through these BPF moves them whole, where it would go byte by byte for a struct
// of bytes; x86 and arm64 do not mind.
struct WM_WIRE Word16 {
  u16 value;
};
struct WM_WIRE Word32 {
  u32 value;
};
struct WM_WIRE Word64 {
  u64 value;
};
WM_INLINE Word16* word16(void* p) { return static_cast<Word16*>(p); }
WM_INLINE Word32* word32(void* p) { return static_cast<Word32*>(p); }
WM_INLINE Word64* word64(void* p) { return static_cast<Word64*>(p); }
WM_INLINE u16 load16(const void* p) { return static_cast<const Word16*>(p)->value; }
WM_INLINE u32 load32(const void* p) { return static_cast<const Word32*>(p)->value; }
WM_INLINE u64 load64(const void* p) { return static_cast<const Word64*>(p)->value; }

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "big-endian hosts are not supported");

}  // namespace waymark
