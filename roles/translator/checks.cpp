// A translator's prefixes and maps: each lookup must have one answer.
#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "config/checks.h"
#include "config/prefixes.h"
#include "core/translate/records.h"
#include "roles/translator/role.h"

namespace waymark::translator {

using namespace config;

namespace {

struct PrefixHash {
  std::size_t operator()(const Prefix& p) const { return AddressHash()(p.address) * 131 + p.length; }
};
using Seen = std::unordered_map<Prefix, const Prefix*, PrefixHash>;

// Says where a prefix stood first that comes again. `twice`: "is mapped twice".
void check_once(Checking& in, Seen& seen, const Prefix& prefix, std::string_view twice) {
  const auto [first, is_new] = seen.emplace(prefix, &prefix);
  if (!is_new)
    in.problems.error(in.places.at(prefix), fmt::format("{} {}; the first is in line {}", text(prefix), twice,
                                                        in.places.at(*first->second).line));
}

// RFC 6052, 2.2.
void check_embedding(Checking& in, const Prefix& prefix) {
  const u32 length = prefix.length;
  if (length != 96 && (length % 8 != 0 || length < 32 || length > 64))
    in.problems.error(in.places.at(prefix),
                      fmt::format("{} has {} bits; IPv4 addresses are embedded behind 32, 40, 48, 56, 64 or 96 (RFC "
                                  "6052, 2.2)",
                                  text(prefix), length));
  else if (byte_of(prefix.address, 8) != 0)
    in.problems.error(in.places.at(prefix),
                      fmt::format("bits 64 to 71 of {} must be zero (RFC 6052, 2.2)", text(prefix)));
}

void check_prefixes(Checking& in, const TranslatorConfig& translator) {
  Seen prefixes, embedded;
  const EmbeddingConfig* all = nullptr;
  for (const EmbeddingConfig& embedding : translator.prefix) {
    if (in.problems.full()) return;
    if (!in.places.good(embedding)) continue;
    if (in.places.good(embedding.prefix)) {
      check_embedding(in, embedding.prefix);
      check_once(in, prefixes, embedding.prefix, "is a prefix of the translator twice");
    }
    for (const Prefix& ip4 : embedding.ip4) check_once(in, embedded, ip4, "is embedded twice");
    if (!embedding.ip4.empty() || !in.places.good(embedding.ip4)) continue;
    if (all)
      in.problems.error(in.places.at(embedding.prefix, embedding),
                        fmt::format("{} and {} in line {} both embed all IPv4 addresses; say by \"ip4\" which embeds "
                                    "what",
                                    text(embedding.prefix), text(all->prefix), in.places.at(all->prefix, *all).line));
    else
      all = &embedding;
  }
}

void check_maps(Checking& in, const TranslatorConfig& translator) {
  Seen ip4, ip6;
  for (const AddressMapConfig& map : translator.map) {
    if (in.problems.full()) return;
    if (!in.places.good(map)) continue;
    const bool good4 = in.places.good(map.ip4), good6 = in.places.good(map.ip6);
    if (good4) check_once(in, ip4, map.ip4, "is mapped twice");
    if (good6) check_once(in, ip6, map.ip6, "is mapped twice");
    if (!good4 || !good6 || 128u - map.ip6.length >= 32u - map.ip4.length) continue;
    in.problems.error(in.places.at(map.ip6),
                      fmt::format("{} leaves {} bits for the {} that follow {}; it may have at most {} (RFC 7757, 3.2)",
                                  text(map.ip6), 128 - map.ip6.length, 32 - map.ip4.length, text(map.ip4),
                                  128 - (32 - map.ip4.length)));
  }
}

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
  const auto& plateaus = translator.plateaus;
  if (plateaus.size() > 16)
    in.problems.error(
        in.places.at(plateaus[16]),
        fmt::format("\"plateaus\" in [translator] has {} entries; at most 16 are supported", plateaus.size()));
  const auto up = std::adjacent_find(plateaus.begin(), plateaus.end(), std::less_equal<u32>());
  if (up != plateaus.end() && in.places.good(plateaus))
    in.problems.error(in.places.at(*(up + 1)),
                      fmt::format("\"plateaus\" in [translator] must descend, but {} follows {}", *(up + 1), *up));
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
  check_prefixes(in, translator);
  check_maps(in, translator);
  check_lists(in, translator);
  check_use(in, translator);
}

}  // namespace waymark::translator
