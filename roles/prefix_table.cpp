#include "roles/prefix_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <map>

#include "roles/prefix_set.h"

namespace waymark {

namespace {

constexpr u32 kSeedTries = 10'000, kLeastRoom = 512, kFewestBits = 6;

bool same_prefix(const Mapping& a, const Mapping& b, bool ip6) {
  if (a.space != b.space) return false;
  return ip6 ? a.ip6_length == b.ip6_length && a.high == b.high && a.low == b.low
             : a.ip4_length == b.ip4_length && a.ip4 == b.ip4;
}

// False where the bucket is full, or has another prefix under this tag: a lookup compares with one mapping alone. Where
// an equal prefix of the same kind came before, it is the one that is found.
bool add_way(PrefixBucket& bucket, u64 hash, u8 kind, u32 mapping, const auto& same) {
  const u16 tag = prefix_tag(hash, kind);
  for (u32 way = 0; way < kPrefixWays; ++way) {
    const u32 other = bucket.mappings >> 16 * way & 0xffff;
    if (!other) {
      bucket.tags |= u64(tag) << 16 * way;
      bucket.mappings |= u64(mapping) << 16 * way;
      return true;
    }
    const u16 taken = u16(bucket.tags >> 16 * way);
    if (prefix_tag(taken) != prefix_tag(hash)) continue;
    if (!same(other)) return false;
    if (taken == tag) return true;
  }
  return false;
}

const PrefixLength& length_of(const PrefixLengths& all, bool ip6, u8 length) {
  const auto of = [&](const PrefixLength& l) { return l.length == length; };
  return ip6 ? *std::find_if(all.length6, std::end(all.length6), of)
             : *std::find_if(all.length4, std::end(all.length4), of);
}

// What holds for all prefixes spares a packet the look-up that would tell it.
void write_what_all_share(Settings& settings, const std::vector<Mapping>& mappings) {
  settings.prefix_role = kNoRole;
  settings.prefix_space = mappings.empty() ? kAnySpace : mappings[0].space;
  for (const Mapping& m : mappings) {
    if (m.space != settings.prefix_space) settings.prefix_space = kAnySpace;
    if (m.space == kServed) settings.serves_prefixes = 1;
    if (m.role == kNoRole || m.space == kServed) continue;  // the latter are looked up by the host alone
    settings.prefix_role = settings.prefix_role == kNoRole || settings.prefix_role == m.role ? m.role : kManyRoles;
  }
}

}  // namespace

Mapping plain_mapping(const Prefix& prefix, Space space, u8 role) {
  const AddressBits bits = numbers(prefix);
  Mapping m{};
  m.space = space;
  m.kind = kMapNone;
  m.role = role;
  m.ip4_length = m.ip6_length = PrefixTable::kNoLength;
  if (is_ip4(prefix.address)) {
    m.ip4 = u32(bits.low);
    m.ip4_length = prefix.length;
  } else {
    m.high = bits.high;
    m.low = bits.low;
    m.ip6_length = prefix.length;
  }
  return m;
}

void PrefixTable::add(const Mapping& m, bool by4, bool by6) {
  const u32 index = u32(mappings_.size());
  // What it is not found by must not be found by comparing either.
  Mapping& kept = mappings_.emplace_back(m);
  if (!by4) kept.ip4_length = kNoLength;
  if (!by6) kept.ip6_length = kNoLength;
  if (by4) entries_.push_back({m.space, {0, m.ip4}, false, m.ip4_length, index});
  if (by6) entries_.push_back({m.space, {m.high, m.low}, true, m.ip6_length, index});
}

// The lengths of one IP version's prefixes, falling, and what there is of each.
void PrefixTable::write_lengths(u64 seed, bool ip6, PrefixLength* out) const {
  std::map<u8, PrefixLength, std::greater<>> lengths;
  for (const Entry& e : entries_) {
    if (e.ip6 != ip6) continue;
    PrefixLength& of = lengths[e.length];
    const AddressBits mask = mask_of(e.length, ip6);
    const bool is_first = of.kinds == 0;
    of = {mask.high,
          mask.low,
          mix(seed + e.length + (ip6 ? 256 : 0)),
          is_first ? e.mapping + 1 : 0,
          e.length,
          u8(of.kinds | mappings_[e.mapping].kind),
          0};
  }
  for (const auto& [length, of] : lengths) *out++ = of;
}

// False where a bucket overflows.
bool PrefixTable::place(Image& image, u64 seed, u32 bits) const {
  PrefixLengths& all = image.lengths.of[0];
  all = {};
  all.bits = bits;
  write_lengths(seed, false, all.length4);
  write_lengths(seed, true, all.length6);
  image.prefixes.assign(std::size_t(1) << bits, PrefixBucket{});
  return std::all_of(entries_.begin(), entries_.end(), [&](const Entry& e) {
    const u64 hash = prefix_hash(length_of(all, e.ip6, e.length).seed, e.space, e.prefix);
    return add_way(image.prefixes[hash >> (64 - bits)], hash, mappings_[e.mapping].kind, e.mapping + 1,
                   [&](u32 other) { return same_prefix(mappings_[other - 1], mappings_[e.mapping], e.ip6); });
  });
}

// Tries seeds, in a fixed order, until no bucket overflows. Half of what is then laid out is the spare half, and both
// have room for about as many again, so that a change of the machine's routes rarely needs another load.
Status PrefixTable::write(Image& image) {
  std::stable_partition(entries_.begin(), entries_.end(), [&](const Entry& e) { return mappings_[e.mapping].front; });
  Settings& s = image.settings;
  write_what_all_share(s, mappings_);
  if (mappings_.empty()) return Done{};
  if (mappings_.size() > kMaxMappings)
    return Error{fmt::format("{} prefixes and maps, routes of the machine among them; at most {} fit", mappings_.size(),
                             kMaxMappings)};
  u32 bits = std::max<u32>(kFewestBits, u32(std::bit_width(entries_.size())) + 1);
  u32 room = std::max<u32>(10, bits);
  for (u64 seed = 1; !place(image, mix(seed), bits); ++seed) {
    if (seed == kSeedTries) return Error{fmt::format("no arrangement of {} prefixes was found", entries_.size())};
    if (seed % 16 == 0 && bits < 20) room = std::max(room, ++bits);  // so many tries failed: more room
  }
  image.prefixes.resize(std::size_t(2) << room);
  image.mappings = mappings_;
  image.mappings.resize(
      2 * std::size_t(std::min(kMaxMappings, std::max(kLeastRoom, std::bit_ceil(2 * u32(mappings_.size()))))));
  return Done{};
}

}  // namespace waymark
