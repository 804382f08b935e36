// What the file gives a translator and nothing follows from.
#include <fmt/format.h>

#include <algorithm>

#include "config/checks.h"
#include "config/prefixes.h"
#include "core/translate/map.h"
#include "roles/prefix_set.h"
#include "roles/translator/role.h"
#include "roles/translator/translations.h"

namespace waymark::translator {

using namespace config;

namespace {

// Of at least eight bits whose first and last address are not global, no range of global ones lies between.
bool is_nonglobal(const Prefix& ip4) {
  const u32 first = number(ip4_of(ip4.address)), last = first | u32(~u64(0) >> 32 >> ip4.length);
  return ip4.length >= 8 && translate::is_nonglobal(first) && translate::is_nonglobal(last);
}

}  // namespace

void check_use(Checking& in, const TranslatorConfig& translator) {
  const std::string whose = "[translator]";
  const auto well_known = [](const EmbeddingConfig& e) { return is_well_known(e.prefix); };
  const auto& prefixes = translator.prefix;
  if (!in.places.good(prefixes) || !in.places.good(translator.map)) return;
  if (translator.nonglobal && std::none_of(prefixes.begin(), prefixes.end(), well_known))
    warn_unused(in, translator.nonglobal, translator, whose, "nonglobal", "without the prefix 64:ff9b::/96");
  if (translator.address.empty() && in.places.good(translator.address)) {
    const std::string from_nowhere = "without \"address\": they have no source";
    if (translator.errors) warn_unused(in, translator.errors, translator, whose, "errors", from_nowhere);
    if (translator.echoes) warn_unused(in, translator.echoes, translator, whose, "echoes", from_nowhere);
  }
  for (const EmbeddingConfig& embedding : prefixes)
    for (const Prefix& ip4 : embedding.ip4)
      if (!translator.nonglobal && well_known(embedding) && is_nonglobal(ip4) && !in.problems.full())
        in.problems.warn(in.places.at(ip4),
                         fmt::format("{} has no translation: it is not global, and {} is for global addresses alone, "
                                     "unless \"nonglobal\" is true (RFC 6052, 3.1)",
                                     text(ip4), text(embedding.prefix)));
  if (translator.native.empty()) return;
  std::vector<Prefix> all = translated_by(translator);
  const PrefixSet translated(all);
  const auto in_order = [](const Prefix& a, const Prefix& b) {  // IPv4 addresses lie among IPv6 ones, as an Address
    return is_ip4(a.address) == is_ip4(b.address) ? before(a, b) : is_ip4(a.address);
  };
  std::sort(all.begin(), all.end(), in_order);
  for (const Prefix& native : translator.native) {
    if (in.problems.full()) return;
    const auto within = std::lower_bound(all.begin(), all.end(), native, in_order);
    if (translated.covers(native) || (within != all.end() && contains(native, *within))) continue;
    in.problems.warn(in.places.at(native), fmt::format("\"native\" in [translator] has {}, which has no effect: no "
                                                       "prefix and no map would translate it",
                                                       text(native)));
  }
}

}  // namespace waymark::translator
