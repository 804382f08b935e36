// A compiled address plan: where in the 128 bits of an IPv6 address each named field stands (DESIGN.md, "Address
// plans"). Reading a field is a shift; whether an address belongs to a plan, and whether what must be zero is zero, are
// masks. Both builds read it; config/plans.h makes it.
#pragma once

#include "core/address.h"
#include "core/siphash.h"

namespace waymark {

// Every field that a layout may name, at most once, but for `zero`: that becomes part of Plan::zeros, however often.
enum class FieldKind : u8 {
  tenant,
  gateway,
  ipv4,
  path,
  pop,
  policy,
  id,
  tag,
  epoch,
  dscp,
  birth,
  chain,
  valid,
  watch,
  mark,
  zero
};
inline constexpr u32 kFieldKinds = u32(FieldKind::zero), kPlanFields = 16, kPlanHops = 16, kTagKeys = 4;

// Bits count from the first on the wire. A field has at most 64 of them, so that its value is one register; a path's
// hops are read one by one, so that holds for each of them, and a path of 16 still ends within the address.
struct PlanField {
  u8 offset, width, count, unused;  // `count` hops of `width` bits; other fields: 1. Width 0: the plan lacks it
};

struct TagKey {
  SipKey key;
  u64 epoch;
};

struct Plan {
  Address prefix, prefix_mask;
  Address zeros;                 // bits that must be zero
  Address tag_mask;              // the tag's own bits, which it does not cover
  TagKey keys[kTagKeys];         // where `key_places` has a bit
  PlanField field[kFieldKinds];  // by kind
  u8 prefix_length;
  u8 key_places;  // bits: at which places of `keys` one stands; it stays there while others come and go
  u8 over_pair;   // the tag covers the client, too
  u8 maker;       // the place of the key that makes new addresses
};
static_assert(sizeof(PlanField) == 4 && sizeof(TagKey) == 24 && sizeof(Plan) == 64 + 96 + 60 + 4);

WM_INLINE constexpr Address operator&(const Address& a, const Address& b) { return {a.high & b.high, a.low & b.low}; }
WM_INLINE constexpr Address operator|(const Address& a, const Address& b) { return {a.high | b.high, a.low | b.low}; }
WM_INLINE constexpr Address operator^(const Address& a, const Address& b) { return {a.high ^ b.high, a.low ^ b.low}; }
WM_INLINE constexpr Address operator~(const Address& a) { return {~a.high, ~a.low}; }
WM_INLINE constexpr bool any(const Address& a) { return (a.high | a.low) != 0; }

// Ones in the first `length` bits, 0 to 128.
WM_INLINE constexpr Address leading_ones(u32 length) {
  const u64 high = length >= 64 ? ~0ull : length ? ~0ull << (64 - length) : 0;
  const u64 low = length >= 128 ? ~0ull : length > 64 ? ~0ull << (128 - length) : 0;
  return {__builtin_bswap64(high), __builtin_bswap64(low)};
}

// The number in `width` bits from `offset` on; 1 <= width <= 64, offset + width <= 128.
WM_INLINE constexpr u64 read_bits(const Address& a, u32 offset, u32 width) {
  const u64 high = __builtin_bswap64(a.high), low = __builtin_bswap64(a.low);
  const u32 end = offset + width;
  u64 value = high >> ((64 - end) & 63);
  if (end > 64) {
    const u32 behind = (128 - end) & 63;
    value = behind ? high << (64 - behind) | low >> behind : low;
  }
  return value & (~0ull >> ((64 - width) & 63));
}

// The address with `value` in those bits; the value's higher bits are cut off.
WM_INLINE constexpr Address write_bits(const Address& a, u32 offset, u32 width, u64 value) {
  const u32 end = offset + width;
  value &= ~0ull >> ((64 - width) & 63);
  u64 high = 0, low = 0;
  if (end <= 64) {
    high = value << (64 - end);
  } else {
    const u32 behind = (128 - end) & 63;
    low = value << behind;
    high = behind ? value >> (64 - behind) : 0;
  }
  const Address mask = leading_ones(end) & ~leading_ones(offset);
  return (a & ~mask) | Address{__builtin_bswap64(high), __builtin_bswap64(low)};
}

WM_INLINE constexpr PlanField field_of(const Plan& plan, FieldKind kind) { return plan.field[u32(kind)]; }
WM_INLINE constexpr bool has(const Plan& plan, FieldKind kind) { return field_of(plan, kind).width != 0; }

// A field of a plan that has it. Of a path: its `hop`-th, from the client's side.
WM_INLINE constexpr u64 read_field(const Plan& plan, FieldKind kind, const Address& a, u32 hop = 0) {
  const PlanField f = field_of(plan, kind);
  return read_bits(a, f.offset + f.width * hop, f.width);
}
WM_INLINE constexpr Address write_field(const Plan& plan, FieldKind kind, const Address& a, u64 value, u32 hop = 0) {
  const PlanField f = field_of(plan, kind);
  return write_bits(a, f.offset + f.width * hop, f.width, value);
}

WM_INLINE constexpr bool in_prefix(const Plan& plan, const Address& a) {
  return !any((a ^ plan.prefix) & plan.prefix_mask);
}
WM_INLINE constexpr bool zeros_hold(const Plan& plan, const Address& a) { return !any(a & plan.zeros); }

enum class PathShape : u8 { good, empty, gap, twice };  // no hop at all; a zero before a hop; a hop that comes again

// Whether the path is one: at least one hop, then zeros, and no hop twice. For plans that have a path.
WM_INLINE constexpr PathShape path_shape(const Plan& plan, const Address& a) {
  const PlanField f = field_of(plan, FieldKind::path);
  bool ended = false;
  for (u32 i = 0; i < kPlanHops; ++i) {
    if (i >= f.count) break;
    const u64 hop = read_field(plan, FieldKind::path, a, i);
    if (hop && ended) return PathShape::gap;
    ended |= hop == 0;
    for (u32 j = 0; j < kPlanHops && hop; ++j) {
      if (j >= i) break;
      if (read_field(plan, FieldKind::path, a, j) == hop) return PathShape::twice;
    }
  }
  return read_field(plan, FieldKind::path, a) ? PathShape::good : PathShape::empty;
}

// What a tag over the pair covers of the client: all of its address where it is of a plan, else its /64 (whose other
// half the client chooses anew as it likes, RFC 8981).
WM_INLINE constexpr Address client_in_tag(const Address& client, bool of_a_plan) {
  return of_a_plan ? client : Address{client.high, 0};
}

// The tag of `a` by one key: the last bits of SipHash-2-4 over the client (if the plan says so; always first,
// whichever way the packet goes), then the address with its tag zero. `client` is as client_in_tag gives it.
WM_INLINE constexpr u64 tag_by(const Plan& plan, const SipKey& key, const Address& a, const Address& client) {
  SipHash hash(key);
  const Address covered = a & ~plan.tag_mask;
  if (plan.over_pair) {
    hash.add(client.high);
    hash.add(client.low);
  }
  hash.add(covered.high);
  hash.add(covered.low);
  return hash.finish(0, plan.over_pair ? 32 : 16) & (~0ull >> ((64 - field_of(plan, FieldKind::tag).width) & 63));
}

// The key that the address's epoch names: its index, or kTagKeys where there is none (it retired, or never was). Plans
// without an epoch have one key, of epoch 0.
WM_INLINE constexpr u32 key_of(const Plan& plan, const Address& a) {
  const u64 epoch = has(plan, FieldKind::epoch) ? read_field(plan, FieldKind::epoch, a) : 0;
  for (u32 i = 0; i < kTagKeys; ++i)
    if (plan.key_places >> i & 1 && plan.keys[i].epoch == epoch) return i;
  return kTagKeys;
}

// The key that makes new addresses. For plans that have a tag.
WM_INLINE constexpr const TagKey& maker_of(const Plan& plan) { return plan.keys[plan.maker & (kTagKeys - 1)]; }

enum class TagCheck : u8 { good, bad, unknown_epoch };

// Whether the tag is the one of this address (and client), by the key that its epoch names. For plans that have a tag.
WM_INLINE constexpr TagCheck check_tag(const Plan& plan, const Address& a, const Address& client) {
  const u32 key = key_of(plan, a);
  if (key >= kTagKeys) return TagCheck::unknown_epoch;
  return read_field(plan, FieldKind::tag, a) == tag_by(plan, plan.keys[key].key, a, client) ? TagCheck::good
                                                                                            : TagCheck::bad;
}

}  // namespace waymark
