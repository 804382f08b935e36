// A translator's prefixes and maps: each lookup must have one answer.
#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "config/checks.h"
#include "config/prefixes.h"
#include "core/translate/records.h"
#include "roles/checks_mappings.h"
#include "roles/translator/role.h"

namespace waymark::translator {

using namespace config;

namespace {

// `native` wins over maps. Of an IPv6 side that costs nothing: it is where the host is.
void warn_of_natives(Checking& in, const TranslatorConfig& translator, const Seen& native) {
  for (const AddressMapConfig& map : translator.map) {
    if (!in.places.good(map)) continue;
    for (u32 length = map.ip4.length + 1u; length-- > 0;) {
      const u32 first = number(ip4_of(map.ip4.address)) & (length ? ~0u << (32 - length) : 0);
      const auto at = native.find({address_of(wire32(first)), u8(length)});
      if (at == native.end()) continue;
      in.problems.warn(
          in.places.at(map.ip4),
          fmt::format("packets to {} are never translated: \"native\" in line {} has {}, and wins over maps",
                      text(map.ip4), in.places.at(*at->second).line, text(*at->second)));
      break;
    }
  }
}

void check_lists(Checking& in, const TranslatorConfig& translator) {
  Seen native, pool;
  for (const Prefix& prefix : translator.native)
    if (!in.problems.full()) check_once(in, native, prefix, "is listed twice");
  warn_of_natives(in, translator, native);
  if (translator.pool.size() > kPoolRanges)
    in.problems.error(in.places.at(translator.pool[kPoolRanges]),
                      fmt::format("\"pool\" in [translator] has {} prefixes; at most {} are supported",
                                  translator.pool.size(), kPoolRanges));
  for (const Prefix& prefix : translator.pool) {
    if (in.problems.full()) return;
    check_once(in, pool, prefix, "is listed twice");
  }
  check_plateaus(in, translator.plateaus, "[translator]");
}

void check_size(Checking& in, const TranslatorConfig& translator) {
  std::size_t entries = translator.prefix.size() + translator.map.size() + translator.native.size();
  for (const EmbeddingConfig& embedding : translator.prefix) entries += embedding.ip4.size();
  if (entries > kMaxAddresses)
    in.problems.error(in.places.at(translator),
                      fmt::format("[translator] has {} prefixes, maps and native entries; at most {} are supported",
                                  entries, kMaxAddresses));
  else if (translator.prefix.empty() && translator.map.empty() && in.places.good(translator.prefix) &&
           in.places.good(translator.map))
    in.problems.error(in.places.at(translator),
                      "[translator] has neither a [[translator.prefix]] nor a [[translator.map]]: it could translate "
                      "nothing");
}

}  // namespace

void check(Checking& in) {
  if (!in.config.translator || !in.places.good(in.config.translator)) return;
  const TranslatorConfig& translator = *in.config.translator;
  check_one_per_family(in, translator.address, "[translator]", "it answers from one address per family");
  check_zone(in, translator.zone, in.places.at(translator.zone, translator), "[translator]");
  for (const std::string* name : {&translator.interface4, &translator.interface6})
    if (!name->empty()) check_interface(in, *name, "[translator]");
  check_size(in, translator);
  check_prefixes(in, translator.prefix, "the translator");
  check_maps(in, translator.map);
  check_lists(in, translator);
  check_use(in, translator);
}

}  // namespace waymark::translator
