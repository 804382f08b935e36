#include "roles/checks_mappings.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "config/prefixes.h"
#include "core/translate/records.h"

namespace waymark::config {

namespace {

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

}  // namespace

// Says where a prefix stood first that comes again. `twice`: "is mapped twice".
void check_once(Checking& in, Seen& seen, const Prefix& prefix, std::string_view twice) {
  const auto [first, is_new] = seen.emplace(prefix, &prefix);
  if (!is_new)
    in.problems.error(in.places.at(prefix), fmt::format("{} {}; the first is in line {}", text(prefix), twice,
                                                        in.places.at(*first->second).line));
}

void check_prefixes(Checking& in, const std::vector<EmbeddingConfig>& all_prefixes, std::string_view whose) {
  Seen prefixes, embedded;
  const EmbeddingConfig* all = nullptr;
  for (const EmbeddingConfig& embedding : all_prefixes) {
    if (in.problems.full()) return;
    if (!in.places.good(embedding)) continue;
    if (in.places.good(embedding.prefix)) {
      check_embedding(in, embedding.prefix);
      check_once(in, prefixes, embedding.prefix, fmt::format("is a prefix of {} twice", whose));
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

void check_maps(Checking& in, const std::vector<AddressMapConfig>& maps) {
  Seen ip4, ip6;
  for (const AddressMapConfig& map : maps) {
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

void check_plateaus(Checking& in, const std::vector<u32>& plateaus, std::string_view whose) {
  if (plateaus.size() > translate::kPlateaus)
    in.problems.error(in.places.at(plateaus[translate::kPlateaus]),
                      fmt::format("\"plateaus\" in {} has {} entries; at most {} are supported", whose, plateaus.size(),
                                  translate::kPlateaus));
  const auto up = std::adjacent_find(plateaus.begin(), plateaus.end(), std::less_equal<u32>());
  if (up != plateaus.end() && in.places.good(plateaus))
    in.problems.error(in.places.at(*(up + 1)),
                      fmt::format("\"plateaus\" in {} must descend, but {} follows {}", whose, *(up + 1), *up));
}

}  // namespace waymark::config
