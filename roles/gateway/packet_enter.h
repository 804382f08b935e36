// A tenant's packet, once it is known by which of the tenant's tunnels or links it came.
#pragma once

#include "roles/gateway/packet_overlay.h"

namespace waymark::gateway {

WM_INLINE TunnelEnds all_ends(const OwnSettings& s) { return {s.gue_port, s.vxlan_port, 0, 0, {}, 0xff, 0, 0}; }

// `turn`: of the id that it came to; `end`: where what carries it ends. role.came_by and role.frame are known.
template <class E>
WM_INLINE Verdict enter_by(E& env, const TenantTunnel* tunnel, u32 turn, u32 end, bool arp, Packet& p,
                           Translating& role) {
  p.outer_vlan = p.inner_vlan = 0;
  role.came = tunnel->end + turn;
  role.sender = 0;
  role.for_us = kNotForUs;
  if (WM_UNLIKELY(arp)) {
    p.ip6 = 0;
    p.end = end;
    role.for_us = kArpPacket;
    return kToOverlay;
  }
  if (WM_UNLIKELY(ended(parse_ip(env.view(), p, kEtherIp4)) || p.end > end)) return why::inner_ip4;
  const u32 to = u32(bits4(p.destination).low);
  if (WM_UNLIKELY(translate::is_martian(to))) return why::martian;  // multicast and broadcast among them
  if (WM_UNLIKELY(is_own(tunnel, to)))
    role.for_us = kOwnAddress;
  else if (WM_UNLIKELY(!((to ^ tunnel->ip4) & tunnel->mask)))
    return why::own_destination;
  role.tenant = tunnel->tenant * env.settings().role.gateway.held + turn;
  role.turn = turn;
  role.ip4 = tunnel->ip4;
  role.mask = tunnel->mask;
  return kGoOn;
}

}  // namespace waymark::gateway
