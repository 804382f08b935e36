#include "roles/translator/translations.h"

#include <fmt/format.h>

#include <algorithm>

#include "roles/compile.h"
#include "roles/prefix_set.h"
#include "roles/translator/hosts.h"
#include "roles/translator/reasons.h"

namespace waymark {

namespace {

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

std::vector<Prefix> translated_by(const TranslatorConfig& config) {
  std::vector<Prefix> out;
  for (const AddressMapConfig& map : config.map) out.insert(out.end(), {map.ip4, map.ip6});
  for (const EmbeddingConfig& e : config.prefix) {
    out.push_back(e.prefix);
    for (const Prefix& p : ip4_of(e)) out.push_back(p);
  }
  return out;
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
    Mapping m = embedded_by4(under.by->prefix, under.ip4, config.nonglobal);
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
  t = translation_settings(config.lowest_ip6_mtu, config.plateaus, config.zero_checksum);
  t.class_is_set = config.traffic_class.has_value();
  t.traffic_class = config.traffic_class.value_or(0);
  return Done{};
}

}  // namespace waymark
