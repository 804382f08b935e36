// Who takes an id over has another MAC address than who had it, and hosts on the id's links would keep the old one for
// minutes: so the new one announces the addresses that it has there.
#include <algorithm>

#include "config/kinds.h"
#include "core/wire.h"
#include "roles/compile.h"
#include "roles/gateway/overlays.h"
#include "roles/gateway/role.h"

namespace waymark::gateway {

namespace {

template <class T>
void append(std::vector<u8>& frame, const T& header) {
  const auto* bytes = reinterpret_cast<const u8*>(&header);
  frame.insert(frame.end(), bytes, bytes + sizeof header);
}

std::vector<u8> announcement(const InterfaceConfig& on, const Mac& own, const Address& address) {
  constexpr Mac kAll = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
  std::vector<u8> frame;
  append(frame, Ethernet{kAll, own,
                         wire16(!on.outer_vlan  ? kEtherArp
                                : on.inner_vlan ? kEtherVlanService
                                                : kEtherVlan)});
  if (on.outer_vlan) append(frame, Vlan{wire16(on.outer_vlan), wire16(on.inner_vlan ? kEtherVlan : kEtherArp)});
  if (on.inner_vlan) append(frame, Vlan{wire16(on.inner_vlan), wire16(kEtherArp)});
  Arp arp = {wire16(kArpEthernet), wire16(kEtherIp4), sizeof(Mac), 4, wire16(kArpRequest), own, {}, {}, {}};
  for (u8* ip4 : {arp.sender_ip4, arp.target_ip4}) word32(ip4)->value = ip4_of(address).raw;
  append(frame, arp);
  return frame;
}

}  // namespace

std::vector<Greeting> greetings(const Config& config, std::span<const InterfaceFacts> interfaces) {
  std::vector<Greeting> out;
  for (const TenantConfig& tenant : config.gateway->tenant)
    for (const TenantTunnelConfig& link : tenant.tunnel) {
      if (link.tunnel != Tunnel::ethernet || !stays(*config.gateway, link.id)) continue;
      const auto on = config::InterfaceName{}.parse(link.interface);
      if (!on) continue;
      const auto facts =
          std::find_if(interfaces.begin(), interfaces.end(), [&](auto& f) { return f.name == on->name; });
      if (facts == interfaces.end()) continue;
      for (const Address& address : link.gateway) out.push_back({facts->index, announcement(*on, facts->mac, address)});
    }
  return out;
}

}  // namespace waymark::gateway
