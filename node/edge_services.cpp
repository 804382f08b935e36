#include "node/edge_services.h"

#include "config/prefixes.h"
#include "roles/edge/role.h"

namespace waymark {

EdgeServices::EdgeServices(const EdgeConfig& edge) {
  for (const u64 half : edge::anycast_halves(edge)) halves_[edge::number_of(half)] = half;
  for (u32 i = 0; i < edge.service.size(); ++i)
    for (const Prefix& prefix : edge.service[i].anycast) {
      Length& length = lengths_[prefix.length];
      length.mask = mask_of(prefix);
      std::vector<Ports>& ports = length.prefixes[prefix.address];
      for (const PortRange& range : edge.service[i].ports) ports.push_back({range, i});
    }
}

std::optional<Address> EdgeServices::anycast_of(const edge::Key& key) const {
  const auto half = halves_.find(edge::number_in(key.word[3]));
  if (half == halves_.end()) return std::nullopt;
  return Address{half->second, key.word[2]};
}

std::optional<u32> EdgeServices::service_of(const edge::Key& key) const {
  const std::optional<Address> anycast = anycast_of(key);
  if (!anycast) return std::nullopt;
  for (const auto& [bits, length] : lengths_) {
    const auto found = length.prefixes.find({anycast->high & length.mask.high, anycast->low & length.mask.low});
    if (found == length.prefixes.end()) continue;
    const u8 protocol = edge::protocol_in(key.word[3]);
    const u16 port = u16(key.word[3]);
    for (const Ports& ports : found->second)
      if (protocol == kProtoIcmp6 ||
          (u8(ports.range.protocol) == protocol && ports.range.first <= port && port <= ports.range.last))
        return ports.service;
    return std::nullopt;  // the longest prefix decides, as for packets
  }
  return std::nullopt;
}

}  // namespace waymark
