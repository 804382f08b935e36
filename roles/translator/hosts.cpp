#include "roles/translator/hosts.h"

#include <bit>
#include <map>
#include <optional>

#include "config/prefixes.h"
#include "core/translate/map.h"
#include "roles/prefix_set.h"
#include "roles/translator/translations.h"

namespace waymark {

namespace {

// The IPv4 addresses whose embedded ones are all within `native`, which is within the prefix.
std::optional<Prefix> embedded_within(const EmbeddingConfig& e, const Prefix& native) {
  const Mapping m = embedded_mapping(e.prefix, kAllIp4, true);
  const u32 bits = u32(std::popcount(translate::to_ip4(&m, mask_of(native.length, true))));
  const u32 first = translate::to_ip4(&m, numbers(native));
  if (!contains(native, address6(translate::to_ip6(&m, first)))) return {};  // of bits that no embedded address has
  return Prefix{address4(first), u8(bits)};
}

// Who has an IPv4 address, by the longest prefix: one of the prefixes, or none where a map or a native one has it.
class Owners {
 public:
  Owners(const TranslatorConfig& config, const std::vector<Under>& all, std::span<const Prefix> natives)
      : always_native_(config.native) {
    for (const Prefix& p : natives) add(p, nullptr);
    for (const AddressMapConfig& map : config.map) add(map.ip4, nullptr);
    for (const Under& under : all) add(under.ip4, under.by);
  }
  const EmbeddingConfig* of(const Prefix& ip4) const {
    if (always_native_.covers(ip4)) return nullptr;
    for (u32 length = ip4.length + 1; length-- > 0;)
      if (const auto at = owners_.find(key_of(ip4, length)); at != owners_.end()) return at->second;
    return nullptr;
  }

 private:
  void add(const Prefix& ip4, const EmbeddingConfig* owner) {
    if (is_ip4(ip4.address)) owners_.emplace(key_of(ip4, ip4.length), owner);
  }
  PrefixSet always_native_;
  std::map<PrefixKey, const EmbeddingConfig*> owners_;
};

}  // namespace

std::vector<Under> ip4_under_prefixes(const TranslatorConfig& config, std::span<const Prefix> natives) {
  std::vector<Under> out;
  std::map<PrefixKey, const EmbeddingConfig*> by_prefix;
  const PrefixSet native(config.native);
  for (const EmbeddingConfig& e : config.prefix) {
    by_prefix.emplace(key_of(e.prefix, e.prefix.length), &e);
    const bool returns = !config.map.empty() && !native.covers(e.prefix);
    for (const Prefix& ip4 : ip4_of(e)) out.push_back({ip4, &e, returns});
  }
  if (config.map.empty()) return out;

  const Owners owners(config, out, natives);
  std::map<const EmbeddingConfig*, PrefixSet> hosts;
  std::vector<Under> more;
  const auto add = [&](const Prefix& host) {
    for (const u32 length : {32u, 40u, 48u, 56u, 64u, 96u}) {
      if (is_ip4(host.address) || host.length <= length) continue;
      const auto at = by_prefix.find(key_of(host, length));
      if (at == by_prefix.end()) continue;
      const std::optional<Prefix> ip4 = embedded_within(*at->second, host);
      if (ip4 && hosts[at->second].add(*ip4) && owners.of(*ip4) == at->second)
        more.push_back({*ip4, at->second, false});
    }
  };
  for (const Prefix& p : config.native) add(p);
  for (const Prefix& p : natives) add(p);
  for (Under& under : out)
    if (hosts[under.by].covers(under.ip4)) under.returns = false;
  out.insert(out.end(), more.begin(), more.end());
  return out;
}

}  // namespace waymark
