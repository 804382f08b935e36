#include "cli/meaning.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/address_text.h"
#include "config/kinds.h"
#include "config/prefixes.h"

namespace waymark::cli {

namespace {

struct Block {
  const char *prefix, *what;
};
// The first that fits is the narrowest.
constexpr Block kBlocks[] = {
    {"255.255.255.255", "the broadcast address (RFC 919)"},
    {"0.0.0.0", "the unspecified address (RFC 1122, 3.2.1.3)"},
    {"192.0.0.0/24", "an address for protocols' own use (RFC 6890)"},
    {"192.0.2.0/24", "an address for documentation (RFC 5737)"},
    {"198.51.100.0/24", "an address for documentation (RFC 5737)"},
    {"203.0.113.0/24", "an address for documentation (RFC 5737)"},
    {"169.254.0.0/16", "a link-local address (RFC 3927)"},
    {"192.168.0.0/16", "a private address (RFC 1918)"},
    {"198.18.0.0/15", "an address for measurements (RFC 2544)"},
    {"172.16.0.0/12", "a private address (RFC 1918)"},
    {"100.64.0.0/10", "a provider's shared address (RFC 6598)"},
    {"0.0.0.0/8", "an address of no host (RFC 1122, 3.2.1.3)"},
    {"10.0.0.0/8", "a private address (RFC 1918)"},
    {"127.0.0.0/8", "a loopback address (RFC 1122, 3.2.1.3)"},
    {"224.0.0.0/4", "a multicast address (RFC 5771)"},
    {"240.0.0.0/4", "a reserved address (RFC 1112, 4)"},
    {"0.0.0.0/0", "a global address"},
    {"::", "the unspecified address (RFC 4291, 2.5.2)"},
    {"::1", "the loopback address (RFC 4291, 2.5.3)"},
    {"64:ff9b::/96", "behind the well-known prefix of translators (RFC 6052, 2.1)"},
    {"100::/64", "an address whose packets are discarded (RFC 6666)"},
    {"64:ff9b:1::/48", "behind a prefix for translators within one network (RFC 8215)"},
    {"2001::/32", "a Teredo address (RFC 4380)"},
    {"2001:db8::/32", "an address for documentation (RFC 3849)"},
    {"3fff::/20", "an address for documentation (RFC 9637)"},
    {"2002::/16", "a 6to4 address (RFC 3056)"},
    {"fe80::/10", "a link-local address (RFC 4291, 2.5.6)"},
    {"ff00::/8", "a multicast address (RFC 4291, 2.7)"},
    {"fc00::/7", "a unique local address (RFC 4193)"},
    {"2000::/3", "a global address (RFC 4291, 2.5.4)"},
    {"::/0", "in no block that is assigned (RFC 4291, 2.4)"},
};

Prefix prefix_of(const char* text) { return *config::PrefixOf{}.read(config::Node{{}, std::string(text)}); }

// Of those with `side(x)` around the address, the one with the longest; null where there is none.
template <class T, class Side>
const T* longest(const std::vector<T>& all, const Address& address, Side side) {
  const T* best = nullptr;
  for (const T& one : all)
    if (contains(side(one), address) && (!best || side(one).length > side(*best).length)) best = &one;
  return best;
}

std::string name_of(const AddressMapConfig& map) {
  return fmt::format("explicit map {} <-> {} (RFC 7757)", text(map.ip4), text(map.ip6));
}

std::optional<Translation> to_ip6(const TranslatorConfig& translator, const Address& ip4) {
  if (const auto* map = longest(translator.map, ip4, [](auto& m) { return m.ip4; })) {
    const u32 bits = 32u - map->ip4.length;
    if (!bits) return Translation{map->ip6.address, name_of(*map)};
    const u64 suffix = read_bits(ip4, 128 - bits, bits);
    return Translation{write_bits(map->ip6.address, map->ip6.length, bits, suffix), name_of(*map)};
  }
  const EmbeddingConfig* best = nullptr;
  int length = -1;
  for (const EmbeddingConfig& embedding : translator.prefix) {
    const Prefix* fits = longest(embedding.ip4, ip4, [](auto& p) { return p; });
    const int fit = embedding.ip4.empty() ? 0 : fits ? fits->length : -1;
    if (fit > length) best = &embedding, length = fit;
  }
  if (!best) return {};
  return Translation{embed_ip4(best->prefix, ip4), fmt::format("prefix {} (RFC 6052)", text(best->prefix))};
}

std::optional<Translation> to_ip4(const TranslatorConfig& translator, const Address& ip6) {
  if (const auto* map = longest(translator.map, ip6, [](auto& m) { return m.ip6; })) {
    const u32 bits = 32u - map->ip4.length;
    if (!bits) return Translation{map->ip4.address, name_of(*map)};
    return Translation{write_bits(map->ip4.address, 128 - bits, bits, read_bits(ip6, map->ip6.length, bits)),
                       name_of(*map)};
  }
  const auto* embedding = longest(translator.prefix, ip6, [](auto& e) { return e.prefix; });
  if (!embedding) return {};
  return Translation{extract_ip4(ip6, embedding->prefix.length),
                     fmt::format("prefix {} (RFC 6052)", text(embedding->prefix))};
}

}  // namespace

std::string general_meaning(const Address& address) {
  for (const Block& block : kBlocks)
    if (contains(prefix_of(block.prefix), address)) return block.what;
  return "";
}

// Bits 64 to 71 are stepped over, so the address may stand in two parts.
Address extract_ip4(const Address& address, u32 length) {
  const u32 before = length == 96 ? 32 : std::min(64 - length, 32u);
  const u64 first = before ? read_bits(address, length, before) : 0;
  const u64 ip4 = before == 32 ? first : first << (32 - before) | read_bits(address, 72, 32 - before);
  return address_of(wire32(u32(ip4)));
}

Address embed_ip4(const Prefix& prefix, const Address& ip4) {
  const u32 before = prefix.length == 96 ? 32 : std::min(64u - prefix.length, 32u);
  const u64 value = number(ip4_of(ip4));
  Address out = prefix.address;
  if (before) out = write_bits(out, prefix.length, before, value >> (32 - before));
  return before == 32 ? out : write_bits(out, 72, 32 - before, value);
}

std::optional<Translation> translated(const TranslatorConfig& translator, const Address& address) {
  const auto& own = translator.address;
  if (std::find(own.begin(), own.end(), address) != own.end()) return Translation{{}, "the translator's own address"};
  if (const Prefix* native = longest(translator.native, address, [](auto& p) { return p; }))
    return Translation{{}, fmt::format("never translated, by native {}", text(*native))};
  return is_ip4(address) ? to_ip6(translator, address) : to_ip4(translator, address);
}

}  // namespace waymark::cli
