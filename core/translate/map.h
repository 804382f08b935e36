// Which addresses have a translation, and which: explicit maps (RFC 7757) and embedded addresses (RFC 6052), in one
// table of prefixes, the longest match first.
#pragma once

#include "core/hash.h"
#include "core/tables.h"

namespace waymark::translate {

// An address as numbers in host order: the upper and the lower 64 bits; an IPv4 address is below 2^32 in `low`.
struct Numbers {
  u64 high, low;
};

WM_INLINE constexpr u64 swap64(u64 x) { return __builtin_bswap64(x); }
WM_INLINE constexpr Numbers numbers6(const Address& a) { return {swap64(a.high), swap64(a.low)}; }
WM_INLINE constexpr Numbers numbers4(const Address& mapped) { return {0, number(ip4_of(mapped))}; }
WM_INLINE constexpr Address address6(const Numbers& n) { return {swap64(n.high), swap64(n.low)}; }
WM_INLINE constexpr Address address4(u32 n) { return address_of(wire32(n)); }

WM_INLINE constexpr u64 upper_bits(u32 count) { return count ? ~u64(0) << (64 - count) : 0; }
// The upper `length` bits; an IPv4 address counts as the last 32 of 128.
WM_INLINE constexpr Numbers mask_of(u32 length) {
  return length <= 64 ? Numbers{upper_bits(length), 0} : Numbers{~u64(0), upper_bits(length - 64)};
}
WM_INLINE constexpr Numbers operator&(const Numbers& a, const Numbers& b) { return {a.high & b.high, a.low & b.low}; }

WM_INLINE constexpr u64 prefix_hash(u64 seed, const Numbers& prefix) {
  u64 x = (prefix.high ^ seed) * 0x9e3779b97f4a7c15ull;
  x = (x ^ x >> 32 ^ prefix.low) * 0xd6e8feb86659fd93ull;
  return (x ^ x >> 32) * 0xd6e8feb86659fd93ull;
}
// Beside a bit for each kind, which no lookup's tag has.
constexpr u32 kPrefixTagBits = 13, kPrefixTagMask = (1u << kPrefixTagBits) - 1;
WM_INLINE constexpr u16 prefix_tag(u64 hash) { return u16(hash) & kPrefixTagMask; }
WM_INLINE constexpr u16 prefix_tag(u64 hash, u8 kind) { return u16(prefix_tag(hash) | kind << kPrefixTagBits); }

// The first way whose tag and kind are the wanted ones: a bit in its place, or 0. All four at once, and none by a carry
// from the one below.
WM_INLINE constexpr u64 first_way(u64 tags, u16 tag, u32 kinds) {
  constexpr u64 ones = 0x0001000100010001;
  const u64 differ = (tags ^ tag * ones) & kPrefixTagMask * ones;
  const u64 kind = tags >> kPrefixTagBits & kinds * ones;
  const u64 other = (differ + kPrefixTagMask * ones) >> (kPrefixTagBits - 3);
  const u64 same = (kind + 7 * ones) & ~other & 8 * ones;
  return same & -same;
}
WM_INLINE constexpr u32 pick_way(u64 mappings, u64 way) {
  u64 picked = mappings & (way >> 3) * 0xffff;
  picked |= picked >> 32;
  return u16(picked | picked >> 16);
}

// The mapping of one of `kinds` whose prefix is just this, and 1; or 0. Control sees to it that the ways of one bucket
// with equal tags have equal prefixes, so one mapping is looked at; most lengths have none.
template <class E>
WM_INLINE u32 find_exactly(E& env, const PrefixLength& of, const Numbers& prefix, bool ip6, u32 kinds) {
  const u64 hash = prefix_hash(of.seed, prefix);
  const PrefixBucket* bucket = env.at(table::prefixes, u32(hash >> (64 - env.settings().translator.prefix_bits)));
  if (!bucket) return 0;
  const u64 way = first_way(bucket->tags, prefix_tag(hash), kinds);
  if (WM_LIKELY(!way)) return 0;
  const u32 found = pick_way(bucket->mappings, way);
  const Mapping* m = env.at(table::mappings, found - 1);
  if (!m) return 0;
  const bool is_it = ip6 ? m->ip6_length == of.length && m->high == prefix.high && m->low == prefix.low
                         : m->ip4_length == of.length && m->ip4 == u32(prefix.low);
  return is_it ? found : 0;
}

// The mapping of one of `kinds` with the longest prefix that holds the address, and 1; or 0; among the lengths from
// `first` to `end`. The kernel's verifier proves all but the nearest apart (Env::find_mapping).
constexpr u32 kNearLengths = 2;
template <class E>
WM_INLINE u32 find_mapping(E& env, const Numbers& address, bool ip6, u32 kinds, u32 first = 0, u32 end = kLengths6) {
  const TranslatorSettings& s = env.settings().translator;
  const PrefixLength* lengths = ip6 ? s.length6 : s.length4;
  const u32 count = ip6 ? s.lengths6 : s.lengths4;
  for (u32 i = first; i < end && i < count; ++i) {
    const PrefixLength& of = lengths[i];
    if (!(of.kinds & kinds)) continue;
    const Numbers prefix = address & Numbers{of.high_mask, of.low_mask};
    if (of.only) {
      if (prefix.high == of.high && prefix.low == of.low) return of.only;
    } else if (const u32 found = find_exactly(env, of, prefix, ip6, kinds)) {
      return found;
    }
  }
  return 0;
}

// RFC 6052, 2.2 and RFC 7757, 3.3.
WM_INLINE constexpr Numbers to_ip6(const Mapping* m, u32 ip4) {
  const u64 bits = u64(ip4 & m->ip4_mask);
  return {m->high | ((bits << 32 >> m->high_shift) & m->high_mask), m->low | ((bits << m->low_shift) & m->low_mask)};
}
WM_INLINE constexpr u32 to_ip4(const Mapping* m, const Numbers& ip6) {
  return m->ip4 | u32((ip6.high & m->high_mask) << m->high_shift >> 32) | u32((ip6.low & m->low_mask) >> m->low_shift);
}

// Addresses of RFC 5735, section 3, that are not those of a host on the Internet; but documentation's, which stand for
// such (RFC 6052 itself writes 64:ff9b::192.0.2.33).
WM_INLINE constexpr bool is_private(u32 a) {
  const u32 first = a >> 24, two = a >> 16;
  return first == 0 || first == 10 || first == 127 || first >= 224 || two == 0xa9fe || a >> 20 == 0xac1 ||
         two == 0xc0a8 || a >> 22 == 0x6440 >> 6 || a >> 8 == 0xc00000 || a >> 17 == 0xc612 >> 1;
}

// Why an address has no translation although a prefix holds it.
enum class Refused : u8 { no, reserved_bits, nonglobal, martian };

// Link-local ones too: no router may forward them (RFC 3927, 7; RFC 4291, 2.5.6).
WM_INLINE constexpr bool is_martian(u32 a) { return is_martian_source4(wire32(a)) || a >> 16 == 0xa9fe; }
WM_INLINE constexpr bool is_martian(const Address& ip6) {
  return is_martian_source6(ip6) || (ip6.high & 0xc0ff) == 0x80fe;
}

WM_INLINE Refused judge(const Mapping* m, const Numbers& ip6, u32 ip4) {
  if (WM_UNLIKELY(m->flags)) {
    if ((m->flags & kMapZeroOctet) && ip6.low >> 56) return Refused::reserved_bits;
    if ((m->flags & kMapGlobalOnly) && is_private(ip4)) return Refused::nonglobal;
  }
  return is_martian(ip4) ? Refused::martian : Refused::no;
}

}  // namespace waymark::translate
