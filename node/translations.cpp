#include "node/translations.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <map>

#include "node/prefix_set.h"

namespace waymark {

namespace {

using translate::Numbers;
using translate::upper_bits;

constexpr u32 kSeedTries = 10'000;
constexpr u8 kNoLength = 255;  // of the side that a mapping is not found by

// Where the bits of an IPv4 address beyond its prefix go: `high_shift` to the right from the top of 64 bits, for those
// in the upper half; `low_shift` to the left, for those in the lower one.
Mapping start(const Prefix& ip4, const Prefix& ip6, u8 kind) {
  const Numbers n = numbers(ip6);
  Mapping m{};
  m.high = n.high;
  m.low = n.low;
  m.ip4 = u32(numbers(ip4).low);
  m.ip4_mask = ip4.length ? u32(~(upper_bits(32 + ip4.length))) : ~0u;
  m.ip6_length = ip6.length;
  m.ip4_length = ip4.length;
  m.kind = kind;
  return m;
}

bool is_well_known(const Prefix& p) {
  const Numbers n = numbers(p);
  return p.length == 96 && n.high == 0x0064ff9b'00000000 && n.low == 0;
}

// A mapping is found by its IPv6 prefix, by its IPv4 prefix, or by either.
struct Entry {
  Numbers prefix;
  bool ip6;
  u8 length;
  u32 mapping;
};

struct Draft {
  std::vector<Entry> entries;
  void add(Image& image, const Mapping& m, bool by4, bool by6) {
    const u32 index = u32(image.mappings.size());
    image.mappings.push_back(m);
    if (by4) entries.push_back({{0, m.ip4}, false, m.ip4_length, index});
    if (by6) entries.push_back({{m.high, m.low}, true, m.ip6_length, index});
  }
};

Mapping native_mapping(const Prefix& p) {
  const bool ip4 = is_ip4(p.address);
  Mapping m = start(ip4 ? p : Prefix{address_of({0}), 32}, ip4 ? Prefix{{}, 128} : p, kMapNative);
  // What it is not must not be found by comparing: no lookup has these lengths.
  (ip4 ? m.ip6_length : m.ip4_length) = kNoLength;
  return m;
}

const Prefix kAllIp4{address_of({0}), 0};

std::vector<Prefix> ip4_of(const EmbeddingConfig& e) { return e.ip4.empty() ? std::vector<Prefix>{kAllIp4} : e.ip4; }

// What is translated: all prefixes of the configuration, of either family.
std::vector<Prefix> translated_by(const TranslatorConfig& config) {
  std::vector<Prefix> out;
  for (const AddressMapConfig& map : config.map) out.insert(out.end(), {map.ip4, map.ip6});
  for (const EmbeddingConfig& e : config.prefix) {
    out.push_back(e.prefix);
    for (const Prefix& p : ip4_of(e)) out.push_back(p);
  }
  return out;
}

void add_native(Image& image, Draft& draft, const Prefix& p) {
  draft.add(image, native_mapping(p), is_ip4(p.address), !is_ip4(p.address));
}

// What the configuration calls native is so however long the prefixes and maps within it are: each of those has a
// native entry of its own.
void add_natives(Image& image, Draft& draft, const TranslatorConfig& config) {
  const PrefixSet natives(config.native);
  PrefixSet added;
  const auto add = [&](const Prefix& p) {
    if (added.add(p)) add_native(image, draft, p);
  };
  for (const Prefix& native : config.native) add(native);
  for (const Prefix& p : translated_by(config))
    if (natives.covers(p)) add(p);
}

// The lengths of one IP version's prefixes, falling, and what there is of each.
u8 write_lengths(const Image& image, const std::vector<Entry>& entries, bool ip6, u64 seed, PrefixLength* out) {
  std::map<u8, PrefixLength, std::greater<>> lengths;
  for (const Entry& e : entries) {
    if (e.ip6 != ip6) continue;
    PrefixLength& of = lengths[e.length];
    const Numbers mask = mask_of(e.length, ip6);
    const bool is_first = of.kinds == 0;
    of = {mask.high,
          mask.low,
          e.prefix.high,
          e.prefix.low,
          mix(seed + e.length + (ip6 ? 256 : 0)),
          is_first ? e.mapping + 1 : 0,
          e.length,
          u8(of.kinds | image.mappings[e.mapping].kind),
          0};
  }
  for (const auto& [length, of] : lengths) *out++ = of;
  return u8(lengths.size());
}

const PrefixLength& length_of(const TranslatorSettings& s, const Entry& e) {
  const auto of = [&](const PrefixLength& l) { return l.length == e.length; };
  return e.ip6 ? *std::find_if(s.length6, s.length6 + s.lengths6, of)
               : *std::find_if(s.length4, s.length4 + s.lengths4, of);
}

bool same_prefix(const Mapping& a, const Mapping& b, bool ip6) {
  return ip6 ? a.ip6_length == b.ip6_length && a.high == b.high && a.low == b.low
             : a.ip4_length == b.ip4_length && a.ip4 == b.ip4;
}

// False where the bucket is full, or has another prefix under this tag: a lookup compares with one mapping alone. Where
// an equal prefix of the same kind came before, it is the one that is found.
bool add_way(PrefixBucket& bucket, u64 hash, u8 kind, u32 mapping, const auto& same) {
  const u16 tag = translate::prefix_tag(hash, kind);
  for (u32 way = 0; way < kPrefixWays; ++way) {
    const u32 other = bucket.mappings >> 16 * way & 0xffff;
    if (!other) {
      bucket.tags |= u64(tag) << 16 * way;
      bucket.mappings |= u64(mapping) << 16 * way;
      return true;
    }
    const u16 taken = u16(bucket.tags >> 16 * way);
    if (translate::prefix_tag(taken) != translate::prefix_tag(hash)) continue;
    if (!same(other)) return false;
    if (taken == tag) return true;
  }
  return false;
}

// Tries seeds, in a fixed order, until no bucket overflows.
Status place(Image& image, const std::vector<Entry>& entries) {
  TranslatorSettings& s = image.settings.translator;
  s.prefix_bits = std::max<u32>(6, u32(std::bit_width(entries.size())) + 1);
  for (u64 seed = 1; seed <= kSeedTries; ++seed) {
    s.prefix_seed = mix(seed);
    s.lengths4 = write_lengths(image, entries, false, s.prefix_seed, s.length4);
    s.lengths6 = write_lengths(image, entries, true, s.prefix_seed, s.length6);
    image.prefixes.assign(std::size_t(1) << s.prefix_bits, PrefixBucket{});
    const bool fit = std::all_of(entries.begin(), entries.end(), [&](const Entry& e) {
      const u64 hash = translate::prefix_hash(length_of(s, e).seed, e.prefix);
      return add_way(
          image.prefixes[hash >> (64 - s.prefix_bits)], hash, image.mappings[e.mapping].kind, e.mapping + 1,
          [&](u32 other) { return same_prefix(image.mappings[other - 1], image.mappings[e.mapping], e.ip6); });
    });
    if (fit) return Done{};
    if (seed % 16 == 0 && s.prefix_bits < 20) ++s.prefix_bits;  // so many tries failed: more room
  }
  return Error{fmt::format("no arrangement of {} translated prefixes was found", entries.size())};
}

}  // namespace

Mapping explicit_mapping(const Prefix& ip4, const Prefix& ip6) {
  Mapping m = start(ip4, ip6, kMapExplicit);
  const u32 bits = 32u - ip4.length, free = 128u - ip6.length - bits;  // below the last copied bit
  const u64 suffix = m.ip4_mask;
  if (free > 32 || ip6.length < 64) {
    m.high_shift = u8(std::min(63u, 96 - std::min(96u, free)));
    m.high_mask = free > 32 ? suffix << 32 >> m.high_shift : 0;
  }
  if (free < 64) {
    m.low_shift = u8(free);
    m.low_mask = suffix << free;
  }
  return m;
}

Mapping embedded_mapping(const Prefix& ip6, const Prefix& ip4, bool nonglobal) {
  Mapping m = start(ip4, ip6, kMapEmbedded);
  // The whole IPv4 address stands in the IPv6 one, its prefix too.
  m.ip4 = 0;
  m.ip4_mask = ~0u;
  if (ip6.length == 96) {
    m.low_mask = ~0u;
  } else {
    const u32 upper = 64u - ip6.length;  // bits before the reserved octet
    if (upper) {
      m.high_shift = u8(64 - upper);
      m.high_mask = (u64(~0u) << 32) >> m.high_shift;
    }
    m.low_shift = u8(24 + upper);
    m.low_mask = (u64(~0u) << m.low_shift) & (~u64(0) >> 8);
    m.flags |= kMapZeroOctet;
  }
  if (is_well_known(ip6) && !nonglobal) m.flags |= kMapGlobalOnly;
  return m;
}

std::vector<Prefix> winners(const TranslatorConfig& config, std::span<const Prefix> natives) {
  const PrefixSet translated(translated_by(config));
  std::vector<Prefix> out;
  for (const Prefix& native : natives)
    if (translated.covers_more_than(native)) out.push_back(native);
  return out;
}

Status add_translator(Image& image, const TranslatorConfig& config, std::span<const Prefix> natives,
                      u32 ticks_per_second) {
  TranslatorSettings& s = image.settings.translator;
  Draft draft;
  for (const AddressMapConfig& map : config.map) {
    if (map.ip6.length + 32u - map.ip4.length < 32)
      return Error{
          fmt::format("a map's \"ip6\" of {} bits is too short for an \"ip4\" of {}: its addresses would end "
                      "within the first 32 bits",
                      map.ip6.length, map.ip4.length)};
  }
  // Of equal prefixes the first is found: native ones, then maps (RFC 7757, 3.3), then embedding ones.
  add_natives(image, draft, config);
  for (const AddressMapConfig& map : config.map) {
    draft.add(image, explicit_mapping(map.ip4, map.ip6), true, true);
    s.hairpins = 1;
  }
  for (const EmbeddingConfig& prefix : config.prefix) {
    Mapping back = embedded_mapping(prefix.prefix, kAllIp4, config.nonglobal);
    back.ip4_length = kNoLength;
    draft.add(image, back, false, true);
    for (const Prefix& ip4 : ip4_of(prefix)) {
      Mapping m = embedded_mapping(prefix.prefix, ip4, config.nonglobal);
      m.ip4 = u32(numbers(ip4).low);  // what it is found by
      m.ip6_length = kNoLength;
      draft.add(image, m, true, false);
    }
  }
  // Of those that are equal to a translated prefix, that one wins.
  PrefixSet taken(translated_by(config));
  for (const Prefix& native : config.native) taken.add(native);
  for (const Prefix& native : winners(config, natives))
    if (taken.add(native)) add_native(image, draft, native);
  if (image.mappings.size() > kMaxMappings)
    return Error{fmt::format("{} prefixes and maps, routes of the machine among them; at most {} fit",
                             image.mappings.size(), kMaxMappings)};
  WM_TRY(place(image, draft.entries));

  s.on = 1;
  s.zone = zone_of(config.zone.data(), u32(config.zone.size()));
  for (const Address& own : config.address)
    if (is_ip4(own))
      s.own4 = number(ip4_of(own));
    else
      s.own6 = own;
  u32 ranges = 0;
  for (const Prefix& p : config.pool) {
    if (ranges == kPoolRanges) return Error{fmt::format("\"pool\" has more than {} prefixes", kPoolRanges)};
    const u32 count = p.length ? u32(1) << (32 - p.length) : ~0u;
    s.pool[ranges++] = {u32(numbers(p).low), count};
    s.pool_size += count;
  }
  s.lowest_ip6_mtu = config.lowest_ip6_mtu;
  s.way_ticks = u32(std::chrono::duration<double>(kWayLifetime).count() * ticks_per_second);
  for (u32 i = 0; i < kPlateaus && i < config.plateaus.size(); ++i) s.plateau[i] = u16(config.plateaus[i]);
  s.zero_checksum_drops = config.zero_checksum == ZeroChecksum::drop;
  s.class_is_set = config.traffic_class.has_value();
  s.traffic_class = config.traffic_class.value_or(0);
  return Done{};
}

}  // namespace waymark
