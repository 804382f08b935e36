// Hosts in tenants' overlays: heard, found, and asked for in the place of a packet that is for one not known.
#pragma once

#include "core/overlay/neighbours.h"
#include "core/overlay/reasons.h"
#include "roles/gateway/packet_sides.h"

namespace waymark::gateway {

using overlay::Hood;
using overlay::is_hosts;
using overlay::store_mac;
using overlay::word_of;

constexpr u64 kBroadcast = overlay::kMacBits;

// An address in a tenant's overlay, and who has it: whether it is one of the overlay's, or even the gateway's own.
enum class Heard : u8 { elsewhere, host, own };
struct hear_step {
  template <class E>
  static WM_INLINE u64 run(E& env, u64 tunnel, u64 ip4, u64 mac, u64) {
    const TenantTunnel* t = env.at(table::tenant_tunnels, u32(tunnel));
    if (!t) return u64(Heard::elsewhere);
    if (is_own(t, u32(ip4))) return u64(Heard::own);
    const OwnSettings& s = env.settings().role.gateway;
    const Hood hood = hood_of(t);
    const u32 member = u32(tunnel) - t->first;
    if (t->learns) {
      const overlay::Seen known = overlay::find_neighbour(env, hood, u32(ip4));
      const u32 age = known.way < kNeighbourWays ? overlay::age_of(known.heard, env.now()) : ~0u;
      if (WM_LIKELY(known.mac == mac && known.member == member && age <= s.neighbour_idle)) {
        if (age < s.neighbour_fresh) return u64(Heard::host);
        Neighbour* n = overlay::neighbour_at(env, known.bucket, known.way);
        if (n) n->heard = env.now();
        return u64(Heard::host);
      }
    }
    const Tenant* tenant = env.at(table::tenants, t->tenant * s.held);
    if (!tenant) return u64(Heard::elsewhere);
    const u32 found = find_any_prefix(env, tenant->routes, {0, u32(ip4)}, wanted_now(env, false, kMapNone));
    const Mapping* route = found ? env.at(table::mappings, found - 1) : nullptr;
    if (!route || route->low || route->index != t->first + 1) return u64(Heard::elsewhere);
    if (t->learns) overlay::keep_neighbour(env, hood, u32(ip4), mac, member, s.neighbour_idle);
    return u64(Heard::host);
  }
};
template <class E>
WM_INLINE Heard hear(E& env, u32 tunnel, u32 ip4, u64 mac) {
  return Heard(env.template call<hear_step>(tunnel, ip4, mac));
}

// Says in the frame of the VXLAN packet that was just written whom it is for, and what it carries; of what leaves by a
// link the latter, where it has no labels.
WM_INLINE bool address_frame(const View& v, const Target* end, u64 to, u16 type) {
  if (WM_UNLIKELY(is_link(*end))) {
    auto* said = v.at<Word16>(__builtin_offsetof(Ethernet, type) + end->outer_length);
    if (said) said->value = wire16(type).raw;
    return said;
  }
  auto* frame = v.at<Ethernet>(end->outer_length);
  if (!frame) return false;
  store_mac(frame->destination, to);
  frame->type = wire16(type);
  return true;
}

// The gateway's own MAC address in the overlay, or on the link, that a header leads to: who sends its frames.
WM_INLINE u64 own_mac(const Target* end) {
  if (WM_UNLIKELY(is_link(*end))) return word_of(link_end(*end)->own);
  constexpr u32 at = sizeof(Udp) + sizeof(Vxlan) + __builtin_offsetof(Ethernet, source);
  const u8* source = outer_is_ip6(*end) ? end->outer + sizeof(Ip6) + at : end->outer + sizeof(Ip4) + at;
  return u64(load32(source)) | u64(load16(source + 4)) << 32;
}

// An ARP packet of the gateway's. Addresses in host order; `to` is whom its frame is for, and `target` may be nobody.
struct Said {
  u16 operation;
  u32 own_ip4, ip4;
  u64 to, target;
};

// Writes it, and its tunnel, over whatever the frame holds. The last write of several, before which all was looked at.
template <class E>
WM_INLINE bool write_arp(E& env, const Target* end, const Said& said, const LinkAddresses& link) {
  constexpr u32 length = sizeof(Ethernet) + sizeof(Arp);
  if (env.length() > length && !env.trim(length)) return false;
  if (env.length() < length && !env.resize(int(length - env.length()))) return false;
  auto* arp = env.view().template at<Arp>(sizeof(Ethernet));
  if (!arp) return false;
  arp->hardware = wire16(kArpEthernet);
  arp->protocol = wire16(kEtherIp4);
  arp->hardware_length = sizeof(Mac);
  arp->protocol_length = 4;
  arp->operation = wire16(said.operation);
  store_mac(arp->sender, own_mac(end));
  word32(arp->sender_ip4)->value = wire32(said.own_ip4).raw;
  store_mac(arp->target, said.target);
  word32(arp->target_ip4)->value = wire32(said.ip4).raw;
  const LinkAddresses to = is_link(*end) ? link_to(said.to, own_mac(end)) : link;
  if (!wrap(env, end, sizeof(Arp), false, 0, 0, to)) return false;
  return address_frame(env.view(), end, said.to, kEtherArp);
}

// The packet in Scratch is for a neighbour who is not known, and so lost: it becomes the question who that is.
struct ask_step {
  template <class E>
  static WM_INLINE u64 run(E& env, u64, u64, u64, u64) {
    const auto* s = env.template scratch<Scratch>();
    if (!s) return pack_verdict(why::no_room);
    const Target* end = env.at(table::gateway_ends, s->role.end);
    const TenantTunnel* t = env.at(table::tenant_tunnels, s->role.leads);
    if (t && t->silent) return pack_verdict(overlay::why::not_held);
    LinkAddresses link;
    if (!end || !t || !link_of(env.view(), s->way, link)) return pack_verdict(why::no_room);
    const OwnSettings& own = env.settings().role.gateway;
    if (!overlay::may(env, hood_of(t), overlay::Turn::question, own.overlay_interval, own.overlay_burst))
      return pack_verdict(overlay::why::unknown);
    if (!write_arp(env, end, {kArpRequest, s->role.asker, s->role.next_hop, kBroadcast, 0}, link))
      return pack_verdict(why::no_room);
    env.split(0, 0);  // whatever was to leave in pieces
    if (s->way.kind != WayKind::direct) return pack_verdict(overlay::why::asked_by_kernel);
    return translate::pack_passed({overlay::why::asked, s->way.interface});
  }
};
template <class E>
WM_INLINE Verdict ask_for_neighbour(E& env) {
  const Passed passed = translate::unpack_passed(env.template call<ask_step>());
  env.leave(passed.value);
  return passed.verdict;
}

}  // namespace waymark::gateway
