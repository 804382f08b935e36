// What is for the gateway itself in a tenant's overlay: ARP (RFC 826, 5227), and pings of its address there.
#pragma once

#include "core/echo.h"
#include "roles/gateway/packet_answers.h"

namespace waymark::gateway {

// Translating::for_us.
constexpr u32 kNotForUs = 0, kArpPacket = 1, kOwnAddress = 2;

// Not a way out, but whose turn it is: overlay_program's.
constexpr Verdict kToOverlay = {0xfffa, Action::pass};

WM_INLINE bool carries_arp(const View& v, u32 inner) {
  const auto* frame = v.at<Ethernet>(inner - u32(sizeof(Ethernet)));
  return frame && number(frame->type) == kEtherArp;
}

// Who sent the frame that the packet `p` stands in. It must be a host; and where neighbours are learnt, it is heard.
template <class E>
WM_INLINE Verdict hear_frame(E& env, const Packet& p, u64 own, Translating& role) {
  const auto* frame = env.view().template at<Ethernet>(role.frame);
  const TenantTunnel* t = env.at(table::tenant_tunnels, role.came_by);
  if (!frame || !t) return why::inner_ip4;
  const u64 from = word_of(frame->source);
  if (WM_UNLIKELY(!is_hosts(from) || from == own)) return overlay::why::frame_source;
  const u32 source = u32(bits4(p.source).low);
  if (WM_UNLIKELY(is_own(t, source))) return overlay::why::conflict;
  if (!t->learns) return kGoOn;
  role.sender = from;
  if (WM_LIKELY(!translate::is_martian(source))) hear(env, role.came_by, source, from);
  return kGoOn;  // whether it is the tenant's at all is for who comes next to say
}

// An ARP packet, of which everything was looked at.
struct ArpSeen {
  Verdict flaw;     // kGoOn: its sender is to be heard
  Verdict end;      // how it ends then; kGoOn: it asks for the gateway's address
  u32 ip4, wanted;  // of whom asks, 0 if a probe (RFC 5227, 2.1.1); and for what
  u64 sender;
};

template <class E>
WM_INLINE ArpSeen look_at_arp(E& env, const Packet& p, u32 frame_at, const TenantTunnel* t, u64 own) {
  const View v = env.view();
  const auto* frame = v.template at<Ethernet>(frame_at);
  const auto* arp = v.template at<Arp>(p.l3);
  if (!frame || !arp || p.l3 + sizeof(Arp) > p.end) return {overlay::why::arp_header, kGoOn, 0, 0, 0};
  const u16 operation = number(arp->operation);
  if (number(arp->hardware) != kArpEthernet || number(arp->protocol) != kEtherIp4 ||
      arp->hardware_length != sizeof(Mac) || arp->protocol_length != 4 ||
      (operation != kArpRequest && operation != kArpReply))
    return {overlay::why::arp_header, kGoOn, 0, 0, 0};
  const u64 to = word_of(frame->destination);
  if (to != own && to != kBroadcast) return {tunnel::why::vxlan_mac, kGoOn, 0, 0, 0};
  const u64 from = word_of(frame->source);
  if (!is_hosts(from) || from == own) return {overlay::why::frame_source, kGoOn, 0, 0, 0};
  ArpSeen seen = {kGoOn, kGoOn, number(be32{load32(arp->sender_ip4)}), number(be32{load32(arp->target_ip4)}),
                  word_of(arp->sender)};
  const bool asks = operation == kArpRequest && seen.wanted != seen.ip4;
  if (seen.sender != from || (!seen.ip4 && !asks)) seen.flaw = overlay::why::arp_sender;
  if (!asks)
    seen.end = overlay::why::arp_heard;
  else if (!is_own(t, seen.wanted))
    seen.end = overlay::why::arp_other;
  return seen;
}

// The reply to the ARP request in Scratch, in place; `a` is who asks, by MAC address, `b` for which address, `c` from
// which.
struct answer_arp_step {
  template <class E>
  static WM_INLINE u64 run(E& env, u64 a, u64 b, u64 c, u64) {
    const auto* s = env.template scratch<Scratch>();
    const Target* back = s ? env.at(table::gateway_ends, s->role.came) : nullptr;
    const auto* ethernet = env.view().template at<Ethernet>(0);
    if (!back || !ethernet) return 0;
    return write_arp(env, back, {kArpReply, u32(b), u32(c), a, a}, swapped(load_link(ethernet)));
  }
};

template <class E>
WM_INLINE Verdict take_arp(E& env, const Scratch* s, const TenantTunnel* t) {
  const Target* back = env.at(table::gateway_ends, s->role.came);
  if (!back || !back->in_use) return why::no_room;
  const ArpSeen seen = look_at_arp(env, s->o.p, s->role.frame, t, own_mac(back));
  if (ended(seen.flaw)) return seen.flaw;
  if (seen.ip4) {
    if (translate::is_martian(seen.ip4)) return overlay::why::arp_sender;
    const Heard heard = hear(env, s->role.came_by, seen.ip4, seen.sender);
    if (heard == Heard::own) return overlay::why::conflict;
    if (heard == Heard::elsewhere) return overlay::why::arp_sender;
  }
  if (ended(seen.end)) return seen.end;
  const OwnSettings& own = env.settings().role.gateway;
  if (!overlay::may(env, hood_of(t), overlay::Turn::arp, own.overlay_interval, own.overlay_burst))
    return overlay::why::limited;
  if (!env.template call<answer_arp_step>(seen.sender, seen.wanted, seen.ip4)) return why::no_room;
  env.leave(env.interface());
  return overlay::why::arp_answered;
}

template <class E>
WM_INLINE Verdict take_ping(E& env, const Scratch* s, const TenantTunnel* t) {
  const Packet& p = s->o.p;
  if (!s->role.source(env, bits4(p.source), false)) return why::foreign_source;
  const auto* ip = env.view().template at<Ip4>(p.l3);
  const auto* icmp = env.view().template at<Icmp>(p.l4);
  if (!ip || p.l4 < p.l3 + sizeof(Ip4)) return why::inner_ip4;
  if (number(ip->fragment) & 0x3fff || p.protocol != kProtoIcmp4 || !icmp || p.l4 + sizeof(Icmp) > p.end ||
      !is_echo(icmp, false))
    return overlay::why::not_a_ping;
  const OwnSettings& own = env.settings().role.gateway;
  if (!overlay::may(env, hood_of(t), overlay::Turn::ping, own.overlay_interval, own.overlay_burst))
    return overlay::why::limited;
  if (!env.template call<bare_step>()) return why::no_room;
  if (echo_back(env, s->o.p, waymark::kAsked) != Answered::sent) return why::no_room;
  if (!env.template call<answer_step>()) return why::no_room;
  env.leave(env.interface());
  return overlay::why::pinged;
}

struct overlay_program {
  template <Env E>
  static WM_INLINE Verdict run(E& env) {
    const auto* s = env.template scratch<Scratch>();
    const TenantTunnel* t = s ? env.at(table::tenant_tunnels, s->role.came_by) : nullptr;
    if (!t) return why::no_room;
    if (s->role.for_us == kArpPacket) return take_arp(env, s, t);
    return take_ping(env, s, t);
  }
};

}  // namespace waymark::gateway
