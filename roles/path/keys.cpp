#include "roles/path/keys.h"

#include <algorithm>
#include <cstring>

#include "base/hmac.h"
#include "roles/path/records.h"
#include "roles/path/role.h"

namespace waymark::path {

namespace {

ByteView bytes(std::string_view s) { return ByteView(reinterpret_cast<const u8*>(s.data()), s.size()); }
template <class T>
ByteView raw(const T& value) {
  return ByteView(reinterpret_cast<const u8*>(&value), sizeof value);
}

u64 digest_of(const std::string& plan, const TagKey& key) {
  static constexpr std::string_view kWhat = "waymark: a key of tags";
  const HmacValue all = Hmac(bytes(kWhat)).of({raw(key.epoch), raw(key.key), bytes(plan)});
  u64 word = 0;
  std::memcpy(&word, all.data(), sizeof word);
  return word;
}

}  // namespace

std::vector<KnownKey> known_keys(const Config& config) {
  std::vector<KnownKey> out;
  if (!config.path) return out;
  u32 first = 0;
  for (const std::string& name : {config.path->servers, config.path->clients}) {
    const auto plan = plan_called(config, name);
    const std::size_t begin = out.size();
    for (u32 i = 0; plan && i < kTagKeys; ++i)
      if (plan->plan.key_places >> i & 1)
        out.push_back({name, u32(plan->plan.keys[i].epoch), i == plan->plan.maker, first + i,
                       digest_of(name, plan->plan.keys[i])});
    std::ranges::sort(out.begin() + std::ptrdiff_t(begin), out.end(), {}, &KnownKey::epoch);
    first += kTagKeys;
  }
  return out;
}

}  // namespace waymark::path
