#include "roles/translator/translations.h"

#include <fmt/format.h>

#include <algorithm>

#include "roles/compile.h"
#include "roles/prefix_set.h"
#include "roles/translator/hosts.h"
#include "roles/translator/reasons.h"

namespace waymark {

namespace {

// Where the bits of an IPv4 address beyond its prefix go: `high_shift` to the right from the top of 64 bits, for those
// in the upper half; `low_shift` to the left, for those in the lower one.
Mapping start(const Prefix& ip4, const Prefix& ip6, u8 kind) {
  const AddressBits n = numbers(ip6);
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

// What the configuration calls native is so however long the prefixes and maps within it are: each of those has a
// native entry of its own.
void add_natives(PrefixTable& table, Space space, const TranslatorConfig& config) {
  const PrefixSet natives(config.native);
  PrefixSet added;
  const auto add = [&](const Prefix& p) {
    if (added.add(p)) table.add(plain_mapping(p, space));
  };
  for (const Prefix& native : config.native) add(native);
  for (const Prefix& p : translated_by(config))
    if (natives.covers(p)) add(p);
}

Space space_of(const TranslatorConfig& config) { return waymark::space_of(zone_number(config.zone)); }

}  // namespace

bool is_well_known(const Prefix& p) {
  const AddressBits n = numbers(p);
  return p.length == 96 && n.high == 0x0064ff9b'00000000 && n.low == 0;
}

std::vector<Prefix> translated_by(const TranslatorConfig& config) {
  std::vector<Prefix> out;
  for (const AddressMapConfig& map : config.map) out.insert(out.end(), {map.ip4, map.ip6});
  for (const EmbeddingConfig& e : config.prefix) {
    out.push_back(e.prefix);
    for (const Prefix& p : ip4_of(e)) out.push_back(p);
  }
  return out;
}

std::vector<Prefix> ip4_of(const EmbeddingConfig& e) { return e.ip4.empty() ? std::vector<Prefix>{kAllIp4} : e.ip4; }

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

Status add_prefixes(PrefixTable& table, const TranslatorConfig& config, std::span<const Prefix> natives) {
  const Space space = space_of(config);
  const auto add = [&](Mapping m, bool by4, bool by6) {
    m.space = space;
    m.role = u8(Role::translator);
    table.add(m, by4, by6);
  };
  for (const AddressMapConfig& map : config.map) {
    if (map.ip6.length + 32u - map.ip4.length < 32)
      return Error{
          fmt::format("a map's \"ip6\" of {} bits is too short for an \"ip4\" of {}: its addresses would end "
                      "within the first 32 bits",
                      map.ip6.length, map.ip4.length)};
  }
  // Of equal prefixes the first is found: native ones, then maps (RFC 7757, 3.3), then embedding ones.
  add_natives(table, space, config);
  for (const AddressMapConfig& map : config.map) add(explicit_mapping(map.ip4, map.ip6), true, true);
  for (const EmbeddingConfig& prefix : config.prefix)
    add(embedded_mapping(prefix.prefix, kAllIp4, config.nonglobal), false, true);
  const std::vector<Prefix> won = winners(config, natives);
  for (const Under& under : ip4_under_prefixes(config, won)) {
    Mapping m = embedded_mapping(under.by->prefix, under.ip4, config.nonglobal);
    m.ip4 = u32(numbers(under.ip4).low);  // what it is found by
    m.returns = under.returns;
    add(m, true, false);
  }
  // Of those that are equal to a translated prefix, that one wins.
  PrefixSet taken(translated_by(config));
  for (const Prefix& native : config.native) taken.add(native);
  for (const Prefix& native : won)
    if (taken.add(native)) table.add(plain_mapping(native, space));
  return Done{};
}

Status add_settings(Settings& settings, const TranslatorConfig& config) {
  translator::OwnSettings& s = settings.role.translator;
  s.space = space_of(config);
  s.hairpins = !config.map.empty();
  set_own(settings, translator::kModule, config.address);
  u32 ranges = 0;
  for (const Prefix& p : config.pool) {
    if (ranges == translator::kPoolRanges)
      return Error{fmt::format("\"pool\" has more than {} prefixes", translator::kPoolRanges)};
    const u32 count = p.length ? u32(1) << (32 - p.length) : ~0u;
    s.pool[ranges++] = {u32(numbers(p).low), count};
    s.pool_size += count;
  }
  translate::Settings& t = s.translation;
  t.lowest_ip6_mtu = config.lowest_ip6_mtu;
  for (u32 i = 0; i < translate::kPlateaus && i < config.plateaus.size(); ++i) t.plateau[i] = u16(config.plateaus[i]);
  t.zero_checksum_drops = config.zero_checksum == ZeroChecksum::drop;
  t.class_is_set = config.traffic_class.has_value();
  t.traffic_class = config.traffic_class.value_or(0);
  return Done{};
}

}  // namespace waymark
