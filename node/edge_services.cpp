#include "node/edge_services.h"

#include "config/prefixes.h"

namespace waymark {

EdgeServices::EdgeServices(const EdgeConfig& edge) {
  for (u32 i = 0; i < edge.service.size(); ++i)
    for (const Prefix& prefix : edge.service[i].anycast) {
      Length& length = lengths_[prefix.length];
      length.mask = mask_of(prefix);
      std::vector<Ports>& ports = length.prefixes[prefix.address];
      for (const PortRange& range : edge.service[i].ports) ports.push_back({range, i});
    }
}

std::optional<u32> EdgeServices::service_of(const edge::Ends& ends) const {
  const Address& anycast = ends.anycast;
  for (const auto& [bits, length] : lengths_) {
    const auto found = length.prefixes.find({anycast.high & length.mask.high, anycast.low & length.mask.low});
    if (found == length.prefixes.end()) continue;
    for (const Ports& ports : found->second)
      if (ends.protocol == kProtoIcmp6 || ends.protocol == kProtoIcmp4 ||
          (u8(ports.range.protocol) == ends.protocol && ports.range.first <= ends.port &&
           ends.port <= ports.range.last))
        return ports.service;
    return std::nullopt;  // the longest prefix decides, as for packets
  }
  return std::nullopt;
}

}  // namespace waymark
