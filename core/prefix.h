// The longest prefix that holds an address, in one look-up for each length that there is. A prefix belongs to a space,
// and leads to a role; explicit maps (RFC 7757) and embedded addresses (RFC 6052) stand in the same table.
#pragma once

#include "core/hash.h"
#include "core/tables.h"

namespace waymark {

// An address as numbers in host order: the upper and the lower 64 bits; an IPv4 address is below 2^32 in `low`.
struct AddressBits {
  u64 high, low;
};

WM_INLINE constexpr u64 swap64(u64 x) { return __builtin_bswap64(x); }
WM_INLINE constexpr AddressBits bits6(const Address& a) { return {swap64(a.high), swap64(a.low)}; }
WM_INLINE constexpr AddressBits bits4(const Address& mapped) { return {0, number(ip4_of(mapped))}; }
WM_INLINE constexpr Address address6(const AddressBits& n) { return {swap64(n.high), swap64(n.low)}; }
WM_INLINE constexpr Address address4(u32 n) { return address_of(wire32(n)); }

WM_INLINE constexpr u64 upper_bits(u32 count) { return count ? ~u64(0) << (64 - count) : 0; }
// The upper `length` bits; an IPv4 address counts as the last 32 of 128.
WM_INLINE constexpr AddressBits mask_of(u32 length) {
  return length <= 64 ? AddressBits{upper_bits(length), 0} : AddressBits{~u64(0), upper_bits(length - 64)};
}
WM_INLINE constexpr AddressBits operator&(const AddressBits& a, const AddressBits& b) {
  return {a.high & b.high, a.low & b.low};
}

WM_INLINE constexpr u64 prefix_hash(u64 seed, Space space, const AddressBits& prefix) {
  return hash_words(seed, prefix.high, prefix.low ^ space);
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

// What a look-up is for, in one word, as it crosses to a function of its own in the kernel: kinds, and these.
constexpr u32 kIsIp6 = 0x100, kSecondHalf = 0x200;
template <class E>
WM_INLINE u32 wanted_now(E& env, bool ip6, u32 kinds) {
  return kinds | (ip6 ? kIsIp6 : 0) | (env.prefixes().half ? kSecondHalf : 0);
}

// Whether a mapping is of this prefix. Where all prefixes are in one space, nobody asks for another.
template <class E>
WM_INLINE bool is_of(E& env, const Mapping* m, bool ip6, u8 length, Space space, const AddressBits& prefix) {
  if (env.settings().prefix_space == kAnySpace && m->space != space) return false;
  return ip6 ? m->ip6_length == length && m->high == prefix.high && m->low == prefix.low
             : m->ip4_length == length && m->ip4 == u32(prefix.low);
}

// The number of the mapping that alone may be the one of a length that holds the address, and 1; or 0, as mostly.
// Control sees to it that the ways of one bucket with equal tags have equal prefixes.
template <class E>
WM_INLINE u32 find_at_length(E& env, const PrefixLengths& all, const PrefixLength& of, Space space,
                             const AddressBits& prefix, u32 kinds) {
  if (of.only) return all.mapping + of.only;
  const u64 hash = prefix_hash(of.seed, space, prefix);
  const PrefixBucket* bucket = env.at(table::prefixes, all.bucket + u32(hash >> (64 - all.bits)));
  if (!bucket) return 0;
  const u64 way = first_way(bucket->tags, prefix_tag(hash), kinds);
  return WM_LIKELY(!way) ? 0 : all.mapping + pick_way(bucket->mappings, way);
}

// The mapping of one of the kinds with the longest prefix of the space that holds the address, among the lengths from
// `first` to `end`; and its number and 1. A length that there is not has no kinds.
template <class E>
WM_INLINE const Mapping* find_among(E& env, bool ip6, Space space, const AddressBits& address, u32 wanted, u32 first,
                                    u32 end, u32& found) {
  const PrefixLengths& all = env.prefixes().of[wanted & kSecondHalf ? 1 : 0];
  const PrefixLength* lengths = ip6 ? all.length6 : all.length4;
  for (u32 i = first; i < end; ++i) {
    const PrefixLength& of = lengths[i];
    if (!of.kinds) break;
    if (!(of.kinds & wanted)) continue;
    const AddressBits prefix = {ip6 ? address.high & of.high_mask : 0, address.low & of.low_mask};
    found = find_at_length(env, all, of, space, prefix, wanted & 0xff);
    if (WM_LIKELY(!found)) continue;
    const Mapping* m = env.at(table::mappings, found - 1);
    if (m && is_of(env, m, ip6, of.length, space, prefix)) return m;
  }
  return nullptr;
}

// The number of the mapping, among the lengths from `first` on, and 1; or 0.
template <class E>
WM_INLINE u32 find_from(E& env, Space space, const AddressBits& address, u32 wanted, u32 first) {
  u32 found = 0;
  const Mapping* m = wanted & kIsIp6 ? find_among(env, true, space, address, wanted, first, kLengths6, found)
                                     : find_among(env, false, space, address, wanted, first, kLengths4, found);
  return m ? found : 0;
}

// Most prefixes are of the longest lengths: those are looked for in line, the others in a step of their own, whose call
// costs as much as two of them.
constexpr u32 kNearLengths = 2;
namespace core {
struct find_far_prefix_step {
  template <class E>
  static WM_INLINE u64 run(E& env, u64 space, u64 high, u64 low, u64 wanted) {
    return find_from(env, space, {high, low}, u32(wanted), kNearLengths);
  }
};
struct find_any_prefix_step {
  template <class E>
  static WM_INLINE u64 run(E& env, u64 space, u64 high, u64 low, u64 wanted) {
    return find_from(env, space, {high, low}, u32(wanted), 0);
  }
};
}  // namespace core
template <class E>
WM_INLINE u32 find_any_prefix(E& env, Space space, const AddressBits& address, u32 wanted) {
  return u32(env.template call<core::find_any_prefix_step>(space, address.high, address.low, wanted));
}

template <class E>
WM_INLINE const Mapping* mapping_of(E& env, Space space, const AddressBits& address, bool ip6, u32 kinds) {
  const u32 wanted = wanted_now(env, ip6, kinds);
  u32 found;
  if (const Mapping* near = find_among(env, ip6, space, address, wanted, 0, kNearLengths, found)) return near;
  const PrefixLengths& all = env.prefixes().of[wanted & kSecondHalf ? 1 : 0];
  if (!(ip6 ? all.length6 : all.length4)[kNearLengths].kinds) return nullptr;
  found = u32(env.template call<core::find_far_prefix_step>(space, address.high, address.low, wanted));
  return found ? env.at(table::mappings, found - 1) : nullptr;
}

}  // namespace waymark
