// What comes in by a tenant's own link: untunnelled, by an interface or VLAN that is tenants' alone, or with labels
// there.
#pragma once

#include "roles/gateway/packet_enter.h"

namespace waymark::gateway {

// 01-80-C2-00-00-00 to -0F, which no bridge forwards (IEEE 802.1Q, 8.6.3): LLDP, LACP and others of the machine's own.
WM_INLINE constexpr bool is_link_control(u64 mac) { return (mac & 0xf0ff'ffff'ffff) == 0x0000'00c2'8001; }

template <class E>
WM_INLINE Verdict enter_link(E& env, Packet& p, Translating& role) {
  const View v = env.view();
  const auto* frame = v.template at<Ethernet>(0);
  const auto* type = v.template at<Word16>(p.l3 - u32(sizeof(Word16)));
  if (!frame || !type) return parse::why::ethernet_short;
  const u64 to = word_of(frame->destination), from = word_of(frame->source);
  if (is_link_control(to)) return overlay::why::link_control;
  if (!env.settings().role.gateway.held) return overlay::why::not_held;
  const u16 carries = number(be16{type->value});
  Labels labels = {0, 0};
  if (carries == kEtherMpls)
    if (const Verdict end = take_labels(v, p.l3, labels); ended(end)) return end;
  const Address came = link_address(env.interface(), p.outer_vlan, p.inner_vlan, labels.first, labels.second);
  const Front* link = find_front(env, space_of(0, SpaceKind::tenant_link), came);
  const TenantTunnel* tunnel = link ? env.at(table::tenant_tunnels, link->index) : nullptr;
  if (!tunnel) return why::unknown_tunnel;
  if (tunnel->turn == kNotHeld) return overlay::why::not_held;
  const Target* back = env.at(table::gateway_ends, tunnel->end + tunnel->turn);
  if (!back || !back->in_use || !is_link(*back)) return why::no_room;
  const LinkEnd* end = link_end(*back);
  const bool arp = carries == kEtherArp;
  if (arp && tunnel->silent) return overlay::why::not_held;
  const u64 own = word_of(end->own);
  if (to != own && !(arp && to == kBroadcast)) return overlay::why::other_mac;
  if (!arp && carries != kEtherIp4 && carries != kEtherMpls) return why::inner_ip6;
  if (labels.first && from != word_of(end->far)) return why::unknown_tunnel;
  role.came_by = link->index;
  role.frame = 0;
  const Verdict entered = enter_by(env, tunnel, tunnel->turn, env.length(), arp, p, role);
  if (ended(entered) || labels.first) return entered;
  return hear_frame(env, p, own, role);
}

struct pass_program;

struct link_program {
  template <Env E>
  static WM_INLINE Verdict run(E& env) {
    auto* s = env.template scratch<Scratch>();
    if (!s) return why::no_room;
    s->role.between = s->role.onward = 0;
    const Verdict end = enter_link(env, s->o.p, s->role);
    if (end.reason == kToOverlay.reason) return env.template go_on<overlay_program>();
    if (ended(end)) return end;
    reread();
    if (s->role.for_us) return env.template go_on<overlay_program>();
    return env.template go_on<pass_program>();
  }
};

}  // namespace waymark::gateway
