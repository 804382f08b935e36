// On to the next POP, to a server, or to a client who is here.
#pragma once

#include "core/congestion.h"
#include "core/way.h"
#include "roles/path/packet_revoked.h"

namespace waymark::path {

// Not ways out, but whose turn it is: further programs', which Work tells of the packet.
constexpr Verdict kTell = {0xfffb, Action::pass}, kCheck = {0xfff8, Action::pass}, kOn = {0xfff7, Action::pass};

// Keeps in Work what its sender is to be told. `p`: where the packet stands.
template <class E>
WM_INLINE Verdict tell(E& env, const Packet& p, const Leg& leg, const Arrived& arrived, u32 kind, u32 rest,
                       Verdict told) {
  Work* w = env.template scratch<Work>();
  if (!w) return why::no_room;
  w->p = p;
  w->leg = leg;
  w->arrived = arrived;
  w->kind = kind;
  w->rest = rest;
  w->told = told;
  return kTell;
}

// What stands in an IPv6 header at `l3` after this hop. False where there is none.
WM_INLINE bool write_hop(const View& v, u32 l3, u8 tos, u8 hops) {
  auto* ip = v.at<Ip6>(l3);
  if (!ip) return false;
  const u32 word = number(ip->version_class_label);
  ip->version_class_label = wire32((word & ~(0xffu << 20)) | u32(tos) << 20);
  ip->hops = hops;
  return true;
}

// A tunnel's own hop limit is the packet's, so that POPs and the routers between them count alike (RFC 3443, 3.1 calls
// it the uniform model).
WM_INLINE bool copy_hops(const View& v, bool outer_ip6, u8 hops) {
  if (outer_ip6) {
    auto* ip = v.at<Ip6>(sizeof(Ethernet));
    if (!ip) return false;
    ip->hops = hops;
    return true;
  }
  auto* ip = v.at<Ip4>(sizeof(Ethernet));
  if (!ip) return false;
  const u16 before = u16(ip->ttl | ip->protocol << 8), after = u16(hops | ip->protocol << 8);
  ip->checksum.raw = update_checksum(ip->checksum.raw, before, after);
  ip->ttl = hops;
  return true;
}

// By the slot of a POP or a server. Whatever is too big is so before the first write.
template <Env E>
WM_INLINE Verdict send_by(E& env, const Packet& p, u32 slot, bool to_pop, u32& room) {
  const Target* target = env.at(table::targets, slot);
  if (!target || !target->in_use) return why::no_room;
  const u32 overhead = target->outer_length;
  const Adjacency* adjacency = env.at(table::adjacencies, u32(read_word(&target->route)));
  room = adjacency ? adjacency->mtu - overhead : 0;
  const u32 entropy = u32(mix((p.source.low + p.destination.low * 3) ^ p.source.high) >> 40);
  const bool outer_ip6 = outer_is_ip6(*target), bare = !overhead;
  const Verdict end = send_through_tunnel(env, p, target, slot, entropy);
  if (end.reason != forward::why::sent.reason && end.reason != forward::why::by_kernel.reason) return end;
  const View v = env.view();
  if (!write_hop(v, u32(sizeof(Ethernet)) + overhead, p.tos, u8(p.hops - 1))) return why::no_room;
  if (to_pop && !bare && !copy_hops(v, outer_ip6, u8(p.hops - 1))) return why::no_room;
  return end;
}

// To a client: by the kernel's routes, as it is.
template <Env E>
WM_INLINE Verdict send_home(E& env, const Packet& p, u32& room) {
  const Onward way = find_way(env, p.source, p.destination);
  reread();
  room = way.mtu;
  if (WM_UNLIKELY(way.kind == WayKind::unreachable)) return why::unreachable;
  if (WM_UNLIKELY(p.end - p.l3 > way.mtu)) return forward::why::too_big;
  env.step(Step::onward, u32(way.kind), way.interface, way.mtu);
  const auto* old = env.view().template at<Ethernet>(0);
  if (!old) return parse::why::ethernet_short;
  const bool direct = way.kind == WayKind::direct;
  const LinkAddresses link = direct ? way.link : load_link(old);
  const u32 before = p.l3 - u32(sizeof(Ethernet));
  if (WM_UNLIKELY(before) && !env.resize(-int(before))) return why::no_room;
  const View v = env.view();
  auto* ethernet = v.template at<Ethernet>(0);
  // The kernel's own forwarding spends a hop where it takes it.
  if (!ethernet || !write_hop(v, u32(sizeof(Ethernet)), p.tos, u8(p.hops - direct))) return why::no_room;
  store_link(ethernet, link, wire16(kEtherIp6));
  if (WM_UNLIKELY(!direct)) return why::by_kernel;
  env.leave(way.interface);
  return why::to_client;
}

template <Env E>
WM_INLINE Verdict go_on(E& env, Packet& p, const Leg& leg, const Arrived& arrived) {
  const OwnSettings& s = env.settings().role.path;
  if (arrived.tunnelled) {
    u32 flip = 0;
    if (!congestion_flip(p.tos, arrived.outer_tos, flip)) return why::congestion;
    if (flip) env.note(Note::ecn_marked);
    p.tos ^= u8(flip);
  }
  u32 slot = 0, room = 0;
  Verdict end = kGoOn, way = why::onward;
  const bool home = !leg.to_server && leg.last == s.pop, serves = leg.to_server && !leg.after;
  if (serves) {
    const PathServer* server = env.at(table::path_servers, u32(read_field(s.servers, FieldKind::id, p.destination)));
    if (!server || !server->known) return why::unknown_server;
    if (server->pop != s.pop) return why::not_here;
    slot = server->slot;
    way = why::to_server;
  } else if (!home) {
    const PathPop* pop = pop_at(env, next_pop(env, p, leg));
    if (!pop || !pop->known)
      return tell(env, p, leg, arrived, complaint(true, kIcmp6Unreachable, 0), 0, why::unreachable);
    slot = pop->slot;
  }
  if (home)
    end = send_home(env, p, room);
  else
    end = send_by(env, p, slot, !serves, room);
  if (WM_LIKELY(end.reason == forward::why::sent.reason)) return way;
  if (end.reason == why::unreachable.reason)
    return tell(env, p, leg, arrived, complaint(true, kIcmp6Unreachable, 0), 0, why::unreachable);
  if (end.reason == forward::why::too_big.reason)
    return tell(env, p, leg, arrived, too_big_complaint(true), room < kLeastMtu6 ? kLeastMtu6 : room, why::too_big);
  return end;
}

}  // namespace waymark::path
