// Fragments of a service's packets. The first of a datagram has the ports, and chooses; the others follow it, by a word
// that says whom it went to (core/memo.h). One that comes before its first is held by the daemon (core/early.h).
#pragma once

#include "core/early.h"
#include "core/steer.h"
#include "roles/director/packet_icmp.h"

namespace waymark::director {

// What the first program knows of one. `p.l4`: in IPv6 its Fragment Header, else what follows the IP header.
struct FragmentScratch {
  Packet p;
  Space space;
};

constexpr u8 kNoNextHeader = 59;  // RFC 8200, 4.7: nothing that has a checksum

// How a datagram's fragment says which part it is, as IPv6 has it: offset in bytes, and 1 if more follow.
struct Part {
  u32 id;
  u16 field;
  bool found;
};
WM_INLINE u32 offset_of(const Part& part) { return part.field & 0xfff8; }

// Goes behind the Fragment Header.
WM_INLINE Part part_of(const View& v, Packet& p) {
  if (!p.ip6) {
    const auto* ip = v.at<Ip4>(p.l3);
    if (!ip) return {0, 0, false};
    const u16 fragment = number(ip->fragment);
    return {number(ip->id), u16(fragment << 3 | (fragment >> 13 & 1)), true};
  }
  const auto* header = v.at<Ip6Fragment>(p.l4);
  if (!header || p.l4 + sizeof(Ip6Fragment) > p.end) return {0, 0, false};
  p.protocol = header->next;
  p.l4 += u32(sizeof(Ip6Fragment));
  return {number(header->id), u16(number(header->offset) & 0xfff9), true};
}

// What becomes of all its datagram's fragments: the first, or one that is all there is (RFC 6946).
template <Env E>
WM_INLINE Verdict choose_for_all(E& env, Packet& p, const Front* front, const Part& part, u64 datagram) {
  p.source_port = p.destination_port = 0;
  p.tcp_flags = 0;
  if (p.protocol == kProtoTcp) {  // with all of its header, or ports could be written over (RFC 1858)
    if (const Verdict end = parse_transport(env.view(), p); ended(end)) return end;
  } else {
    const auto* udp = env.view().template at<Udp>(p.l4);
    if (!udp || p.l4 + sizeof(Udp) > p.end) return parse::why::udp_header;
    p.source_port = number(udp->source);
    p.destination_port = number(udp->destination);
  }
  reread();
  const Rule* rule = find_rule(env, front, p.protocol, p.destination_port);
  if (!rule) return why::port_closed;
  const u32 service = rule->service;
  env.step(Step::matched, service, p.destination_port, p.protocol);
  if (p.hops <= 1) return expire(env, p);
  const u64 hash = hash_flow(env.settings().pin_key, front->realm, p.protocol, p.source, p.destination, p.source_port,
                             p.destination_port);
  const Flow flow = place(env, arrival_of(env, p, service, front->realm, hash));
  if (flow.proven) prove(env, hash);
  if (!flow.slot) return why::no_target;
  const Target* target = target_of(env, flow.slot, service);
  if (!target) return why::target_gone;
  if (is_down(target)) return why::dead_target;
  if (part.field) keep_fragment(env, datagram, flow.slot);
  const Verdict verdict = send_by_slot(env, p, {flow.slot, 0, u32(datagram >> 40)});
  if (verdict.reason == forward::why::too_big.reason) return tell_too_big(env, p, flow.slot);
  count_traffic(env, p, flow.slot, verdict, flow.is_new);
  return verdict;
}

// One behind the first.
template <Env E>
WM_INLINE Verdict follow_first(E& env, const Packet& p, const Part& part, u64 datagram) {
  const u32 slot = find_fragment(env, datagram);
  if (slot == kNoMemo) {
    const u32 from = offset_of(part);
    if (env.whole()) env.early(mix(p.source.high ^ p.source.low), datagram, from, from + p.end - p.l4);
    if (env.whole() || may_be_early(env)) return why::early;
    return why::fragment;
  }
  if (p.hops <= 1) return forward::why::hop_limit;
  const Target* target = env.at(table::targets, slot);
  if (!target || !target->in_use) return why::target_gone;
  if (is_down(target)) return why::dead_target;
  Packet rest = p;
  rest.protocol = kNoNextHeader;  // the datagram's checksum is in its first fragment
  const Verdict verdict = send_by_slot(env, rest, {slot, 0, u32(datagram >> 40)});
  count_traffic(env, p, slot, verdict, false);
  return verdict;
}

struct fragment_program {
  template <Env E>
  static WM_INLINE Verdict run(E& env) {
    auto* s = env.template scratch<FragmentScratch>();
    if (!s) return forward::why::no_room;
    Packet& p = s->p;
    const Front* front = front_of(env, {find_front(env, s->space, p.destination), nullptr, kNoRole}, s->space, p);
    if (!front) return steer::why::not_ours;
    const Part part = part_of(env.view(), p);
    if (!part.found) return parse::why::extension_short;
    if (p.protocol != kProtoTcp && p.protocol != kProtoUdp) return parse::why::fragment;
    const u64 datagram = hash_flow(env.settings().pin_key, front->realm, p.protocol, p.source, p.destination,
                                   u16(part.id >> 16), u16(part.id));
    reread();
    return offset_of(part) ? follow_first(env, p, part, datagram) : choose_for_all(env, p, front, part, datagram);
  }
};

}  // namespace waymark::director
