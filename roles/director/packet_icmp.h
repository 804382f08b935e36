// What is told to clients, and what comes about a service that is no packet of a flow: closed ports, pings, ICMP
// errors.
#pragma once

#include "core/complain.h"
#include "core/echo.h"
#include "core/quoted.h"
#include "roles/director/packet_flow.h"
#include "roles/director/packet_own.h"

namespace waymark::director {

// The hop limit ends at this router: traceroute shows it, and leaves no flow behind.
template <Env E>
WM_INLINE Verdict expire(E& env, const Packet& p) {
  if (!env.settings().answer_interval[u32(AnswerKind::told)]) return forward::why::hop_limit;
  return tell(env, p, hop_limit_complaint(p.ip6), 0, why::hop_limit, forward::why::hop_limit);
}

// The packet does not fit into its target's tunnel (RFC 2473, 7.1; RFC 1191, 4). An IPv4 packet that may be fragmented
// is told of as well: nobody else could put its pieces into tunnels.
template <Env E>
WM_INLINE Verdict tell_too_big(E& env, const Packet& p, u32 slot) {
  const Target* target = env.at(table::targets, slot);
  const Adjacency* way = target ? env.at(table::adjacencies, u32(read_word(&target->route))) : nullptr;
  if (!way || !env.settings().answer_interval[u32(AnswerKind::told)]) return forward::why::too_big;
  const u32 mtu = way->mtu > target->outer_length ? u32(way->mtu) - target->outer_length : 0;
  if (p.ip6 && p.end - p.l3 <= kLeastMtu6) return why::too_narrow;
  const u32 told = p.ip6 && mtu < kLeastMtu6 ? kLeastMtu6 : mtu;
  return tell(env, p, too_big_complaint(p.ip6), told, why::too_big, forward::why::too_big);
}

// A port that no service takes is closed, as on a host (RFC 9293, 3.10.7.1; RFC 1122, 4.1.3.1; RFC 4443, 3.1).
template <Env E>
WM_INLINE Verdict refuse_port(E& env, const Packet& p) {
  constexpr AnswerKind kind = AnswerKind::closed;
  if (!env.settings().answer_interval[u32(kind)]) return why::port_closed;
  if (p.protocol == kProtoTcp)
    return end_of(env, reset(env, p, kind), {why::closed_reset, why::port_closed, why::limited}, kind);
  const u32 complaint = port_unreachable(p.ip6);
  return end_of(env, complain(env, p.l3, p.end, said_by(kAsDestination, kind, complaint), 0),
                {why::closed_unreachable, why::port_closed, why::limited}, kind, complaint);
}

// Of the services of an address, the first that has a target which takes new flows; or kNoService. Of those with very
// many rules the first are asked.
constexpr u32 kNoService = ~0u, kMostAsked = 16;
template <class E>
WM_INLINE u32 service_up(E& env, const Front* front) {
  const u64* half = env.at(table::half, 0);
  if (!half) return kNoService;
  const u32 which = u32(read_word(half)) & 1, count = front->rule_count, index = front->index;
  for (u32 i = 0; i < kMostAsked; ++i) {
    const Rule* rule = nullptr;
    if (count) {
      rule = i < count ? env.at(table::rules, index + i) : nullptr;
    } else if (i < kFrontRules) {
      rule = &front->rule[i];
    }
    if (!rule || rule->first == kNoRule.first) break;
    const u32 service = rule->service;
    const Choice* choice = env.at(table::choice_heads, head_at(which, service));
    if (choice && choice->size) return service;
  }
  return kNoService;
}

// By its reason: the verdict of a step has no action in the kernel's build.
WM_INLINE constexpr bool was_sent(Verdict v) {
  return v.reason == forward::why::sent.reason || v.reason == forward::why::by_kernel.reason;
}

// What a target carried by send_by_slot().
template <class E>
WM_INLINE void count_traffic(E& env, const Packet& p, u32 slot, Verdict verdict, bool is_new) {
  auto* traffic = env.at(table::target_traffic, slot);
  if (!traffic) return;
  const bool carried = was_sent(verdict);
  traffic->packets += carried;
  traffic->bytes += carried ? p.end - p.l3 : 0;
  traffic->flows += is_new;
}

// To the server that the flow `a` belongs to, which stays as it is. `answers`: the packet's sender may be told.
template <Env E>
WM_INLINE Verdict carry(E& env, const Packet& p, Arrival a, bool answers) {
  if (p.hops <= 1) return answers ? expire(env, p) : Verdict(why::error_withheld);
  a.looks_only = 1;
  const Flow flow = place(env, a);
  if (!flow.slot) return why::no_target;
  const Target* target = target_of(env, flow.slot, a.service);
  if (!target) return why::target_gone;
  if (is_down(target)) return why::dead_target;
  // It answers from its own address, so what quotes the service's is about none of its replies.
  if (!answers && target->tunnel == kTunnelRewrite) return why::icmp_error;
  const Verdict verdict = send_by_slot(env, p, {flow.slot, flow.candidate, u32(a.hash >> 40)});
  if (verdict.reason == forward::why::too_big.reason && answers) return tell_too_big(env, p, flow.slot);
  count_traffic(env, p, flow.slot, verdict, false);
  if (was_sent(verdict) && !answers) env.note(Note::error_carried);
  return verdict;
}

// A ping of the address as a whole: which server it reaches hangs on the two addresses alone.
template <Env E>
WM_INLINE Arrival ping_arrival(E& env, bool ip6, const Address& client, const Address& address, u32 realm,
                               u32 service) {
  const u8 protocol = ip6 ? kProtoIcmp6 : kProtoIcmp4;
  const u64 hash = hash_flow(env.settings().pin_key, realm, protocol, client, address, 0, 0);
  return {hash, hash, service, protocol, 0, 1};
}

template <Env E>
WM_INLINE Verdict receive_ping(E& env, const Packet& p, const Front* front) {
  const Echo echo = env.settings().echo;
  const u32 header = p.ip6 ? sizeof(Ip6) : sizeof(Ip4);
  if (echo == Echo::kernel) return why::icmp_other;
  const u32 service = service_up(env, front);
  if (service == kNoService) return why::echo_down;
  if (echo == Echo::target)
    return carry(env, p, ping_arrival(env, p.ip6, p.source, p.destination, front->realm, service), true);
  if (p.l4 != p.l3 + header) return why::icmp_other;  // with options, which an answer must not simply repeat
  return end_of(env, echo_back(env, p, AnswerKind::pinged), {why::echoed, why::icmp_other, why::limited},
                AnswerKind::pinged);
}

// An ICMP error about a reply, which a server sent past us: it is for that server.
template <Env E>
WM_INLINE Verdict receive_error(E& env, const Packet& p, const Front* front) {
  const Quoted q = quoted_in(env, p);
  if (!q.l4) return why::icmp_error;
  const Packet flow = answered_by(env.view(), p, q);
  if (!(flow.destination == p.destination)) return why::icmp_error;
  if (q.protocol == (p.ip6 ? kProtoIcmp6 : kProtoIcmp4)) {
    if (env.settings().echo != Echo::target) return why::icmp_error;
    const u32 service = service_up(env, front);
    if (service == kNoService) return why::no_target;
    return carry(env, p, ping_arrival(env, p.ip6, flow.source, flow.destination, front->realm, service), false);
  }
  const Rule* rule = find_rule(env, front, flow.protocol, flow.destination_port);
  if (!rule) return why::icmp_error;
  const u32 service = rule->service, realm = front->realm;
  const u64 hash = hash_flow(env.settings().pin_key, realm, flow.protocol, flow.source, flow.destination,
                             flow.source_port, flow.destination_port);
  return carry(env, p, arrival_of(env, flow, service, realm, hash), false);
}

// A packet to a service's address that no rule takes; or to the director's own, which has no rules.
template <Env E>
WM_INLINE Verdict refuse(E& env, const Packet& p, const Front* front) {
  if (!has_rules(front)) return receive_own(env, p);
  if (p.protocol == kProtoTcp || p.protocol == kProtoUdp) return refuse_port(env, p);
  if (p.protocol != (p.ip6 ? kProtoIcmp6 : kProtoIcmp4)) return why::port_closed;
  const auto* icmp = env.view().template at<Icmp>(p.l4);
  if (!icmp) return parse::why::icmp_header;
  if (is_echo(icmp, p.ip6)) return receive_ping(env, p, front);
  if (!is_icmp_error(p.ip6, icmp->type)) return why::icmp_other;
  if (!p.ip6 && icmp->type == kIcmp4Redirect) return why::icmp_error;  // of routers on this very link
  return receive_error(env, p, front);
}

}  // namespace waymark::director
