// A bounded window on the packet. The only way to its bytes; each access checks its own bounds.
#pragma once

#include "core/types.h"

namespace waymark {

constexpr u32 kMaxOffset = 511;    // headers are looked for no deeper; the verifier wants a constant
constexpr u32 kMaxDepth = 0x7fff;  // of a payload: packets in XDP are shorter

struct View {
  u8 *begin, *end;

  // The masks change nothing: the compiler may read an offset from the stack again after the comparison, and before
  // Linux 6.5 or so the verifier then knows no bound of it.
  // Pointer to a T at `offset` bytes, or null where the packet is shorter or the offset above kMaxOffset.
  template <class T>
  WM_INLINE T* at(u32 offset) const {
#if defined(__bpf__)
    u64 o = offset;
    if (!__builtin_constant_p(offset)) {
      asm("" : "+r"(o));
      if (o > kMaxOffset) return nullptr;
      asm("%0 &= %1" : "+r"(o) : "i"(kMaxOffset));
    }
    u8* p = begin + o;
    asm("" : "+r"(p));  // the check and the access must use the same register
    return p + sizeof(T) > end ? nullptr : reinterpret_cast<T*>(p);
#else
    return offset > kMaxOffset || offset + sizeof(T) > u64(end - begin) ? nullptr
                                                                        : reinterpret_cast<T*>(begin + offset);
#endif
  }

  // The same deep in the payload; only in user space beyond kMaxDepth.
  template <class T>
  WM_INLINE T* deep(u32 offset) const {
#if defined(__bpf__)
    u64 o = offset;
    asm("" : "+r"(o));
    if (o > kMaxDepth) return nullptr;
    asm("%0 &= %1" : "+r"(o) : "i"(kMaxDepth));
    u8* p = begin + o;
    asm("" : "+r"(p));
    return p + sizeof(T) > end ? nullptr : reinterpret_cast<T*>(p);
#else
    return u64(offset) + sizeof(T) > u64(end - begin) ? nullptr : reinterpret_cast<T*>(begin + offset);
#endif
  }
};

// The same value, of which the kernel's verifier knows nothing any more. It proves the program anew for each value that
// it can tell apart, so ways that meet must look alike to it; a word that it takes for unknown, and that is always 0,
// sees to that. One load and one addition; of a 32-bit exclusive or Linux 6.1 does not know that its upper half is 0.
#if defined(__bpf__)
extern "C" {
extern volatile u32 wm_zero;  // engine/xdp/kernel_env.h
}
WM_INLINE u32 forget(u32 x) { return x + wm_zero; }
// An element of an array of N, of which the caller knows that it is there. It is compared once more in the very
// register that is added: Linux 6.1 knows no bound of a copy.
template <u32 N, class T>
WM_INLINE T* nth(T* array, u32 i) {
  u64 at = i;
  asm("if %0 < %1 goto +1\n%0 = 0" : "+r"(at) : "i"(N));
  return array + at;
}
// What was read from memory is read again from here on, instead of being kept: the stack has no room for it.
WM_INLINE void reread() { asm volatile("" : : : "memory"); }
#else
constexpr u32 forget(u32 x) { return x; }
template <u32 N, class T>
constexpr T* nth(T* array, u32 i) {
  return array + i;
}
constexpr void reread() {}
#endif

// The same value, of which the compiler knows nothing any more: it makes no branches of arithmetic that stands for
// them.
WM_INLINE u64 unforeseen(u64 x) {
  asm("" : "+r"(x));
  return x;
}

}  // namespace waymark
