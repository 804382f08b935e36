// What both ends of a path check, by the addresses alone: policies, and tags.
#pragma once

#include "core/icmp.h"
#include "core/quoted.h"
#include "core/steer.h"
#include "core/translate/inside.h"
#include "roles/path/packet_rate.h"

namespace waymark::path {

// Of a Fragment Header (RFC 8200, 4.5). An atomic fragment (RFC 6946) is none.
struct Part {
  u8 later;  // 1: a fragment that is not the first
};

// The packet's transport header, behind whatever extension headers; of a fragment that is not the first, only its
// protocol.
template <class E>
WM_INLINE Verdict look(E& env, Packet& p, Part& part) {
  part.later = 0;
  if (WM_UNLIKELY(p.protocol != kProtoTcp && p.protocol != kProtoUdp && p.protocol != kProtoIcmp6)) {
    const translate::Skipped s = translate::skip_headers(env, p.l4, p.end, p.protocol);
    if (s.end == translate::SkipEnd::after_fragment || s.routing) return why::headers;
    if (s.end != translate::SkipEnd::transport) return translate::verdict_of(s.end);
    p.l4 = s.l4;
    p.protocol = s.protocol;
    if (s.fragment) {
      const auto* header = env.view().template at<Ip6Fragment>(s.fragment);
      if (!header) return parse::why::extension_short;
      part.later = (number(header->offset) & 0xfff8) != 0;
    }
  }
  p.l4 = forget(p.l4);
  p.protocol = u8(forget(p.protocol));
  p.source_port = p.destination_port = 0;
  p.tcp_flags = 0;
  return part.later ? kGoOn : parse_transport(env.view(), p);
}

// Which way a packet goes as one of its addresses sees it: away from a client, or towards one.
enum class Towards : u32 { server = 0, client = 1 };
WM_INLINE constexpr u32 bit_of(Towards way) { return 1u << u32(way); }
WM_INLINE constexpr Towards other(Towards way) { return way == Towards::server ? Towards::client : Towards::server; }

// The ports that connections may be begun to, one way.
WM_INLINE constexpr Space ports_space(u32 policy, Towards way) { return space_of(policy, SpaceKind::policy, u32(way)); }
constexpr Address kPortsAddress = {0, 0};

WM_INLINE constexpr u32 all_ports(u8 protocol) { return u32(protocol) << 16; }
template <class E>
WM_INLINE const Rule* rule_for(E& env, u32 policy, Towards way, u8 protocol, u16 port) {
  const Front* front = find_front(env, ports_space(policy, way), kPortsAddress);
  return front && has_rules(front) ? find_rule(env, front, protocol, port) : nullptr;
}

// Begun this way to the destination's port, or an answer to what was begun the other way to what is the source's port
// now. Nobody begins a TCP connection with an answer.
template <class E>
WM_INLINE bool passes_by_port(E& env, u32 policy, Towards way, const Packet& p, const Part& part) {
  if (WM_UNLIKELY(part.later)) {  // which has no ports: where any will do
    const Rule* rule = rule_for(env, policy, way, p.protocol, 0);
    if (!rule || rule->first != all_ports(p.protocol) || rule->span != 0xffff)
      rule = rule_for(env, policy, other(way), p.protocol, 0);
    return rule && rule->first == all_ports(p.protocol) && rule->span == 0xffff;
  }
  if (rule_for(env, policy, way, p.protocol, p.destination_port)) return true;
  if (p.protocol == kProtoTcp && (p.tcp_flags & (kTcpSyn | kTcpAck)) == kTcpSyn) return false;
  return rule_for(env, policy, other(way), p.protocol, p.source_port);
}

// Errors always do: path MTU discovery hangs on them. Pings do where TCP connections may be begun the same way.
template <class E>
WM_INLINE bool passes_by_ping(E& env, const PathPolicy* policy, Towards way, const Packet& p, const Part& part) {
  if (part.later) return policy->pings != 0;
  const auto* icmp = env.view().template at<Icmp>(p.l4);
  if (!icmp) return false;
  if (is_icmp6_error(icmp->type)) return true;
  if (icmp->type == kIcmp6Echo) return policy->pings & bit_of(way);
  return icmp->type == kIcmp6EchoReply && policy->pings & bit_of(other(way));
}

// `rated` becomes other than 0 where the policy has a rate.
template <class E>
WM_INLINE Verdict judge(E& env, u32 named, Towards way, const Packet& p, const Part& part, u32& rated) {
  if (!named) return kGoOn;
  const PathPolicy* policy = policy_at(env, named - 1);
  if (!policy) return why::unknown_policy;
  rated |= policy->batch;
  bool passes = false;
  if (WM_LIKELY(p.protocol == kProtoTcp || p.protocol == kProtoUdp))
    passes = passes_by_port(env, named - 1, way, p, part);
  else if (p.protocol == kProtoIcmp6)
    passes = passes_by_ping(env, policy, way, p, part);
  else
    passes = policy->protocols[forget(p.protocol) >> 6 & 3] >> (p.protocol & 63) & 1;
  if (!passes) return why::refused;
  return kGoOn;
}

// Where the IP packet is that is to go on, and by what it came.
struct Arrived {
  u32 came, limit;  // the frame's end, or the outer packet's
  u8 hops, outer_tos, tunnelled;
};

// In Env::scratch(), for steps and the further programs.
struct Work {
  Packet p;
  Part part;
  Leg leg;
  Named named;
  Arrived arrived;
  // What the packet's sender is to be told (packet_told.h).
  u32 kind, rest;
  Verdict told;
};
static_assert(sizeof(Work) <= kScratchBytes);

// Both policies, and their rates. Of what a server sends to another one, the destination's alone.
struct judge_step {
  template <class E>
  static WM_INLINE u64 run(E& env, u64, u64, u64, u64) {
    const Work* w = env.template scratch<Work>();
    if (!w) return pack_verdict(why::no_room);
    const Towards client_way = w->leg.to_server ? Towards::server : Towards::client;
    u32 rated = 0;
    Verdict end = judge(env, w->named.client, client_way, w->p, w->part, rated);
    if (!ended(end)) {
      const Towards other_way = w->leg.from_client ? Towards::server : client_way;
      end = judge(env, w->named.server, other_way, w->p, w->part, rated);
    }
    if (WM_LIKELY(!rated) || ended(end)) return pack_verdict(end);
    if (!within_rate(env, w->named, u32(client_way), w->p.end - w->p.l3)) end = why::over_rate;
    return pack_verdict(end);
  }
};

// What the traffic class becomes where a policy says so: the server's first.
template <class E>
WM_INLINE u8 class_by(E& env, const Named& named, u8 tos) {
  const PathPolicy* policy = named.server ? policy_at(env, named.server - 1) : nullptr;
  if (!policy || !policy->sets_class) policy = named.client ? policy_at(env, named.client - 1) : nullptr;
  return policy && policy->sets_class ? u8(policy->dscp << 2 | (tos & 3)) : tos;
}

// The tag of an address of this plan, whose keys are counted from `first` on. Counts the key where it is good.
template <class E>
WM_INLINE Verdict check_tag_by(E& env, const Plan& plan, u32 first, const Address& a, const Address& client) {
  const u32 key = key_of(plan, a);
  if (WM_UNLIKELY(key >= kTagKeys)) return why::unknown_epoch;
  if (WM_UNLIKELY(read_field(plan, FieldKind::tag, a) != tag_by(plan, plan.keys[key].key, a, client)))
    return why::bad_tag;
  if (u64* uses = env.at(table::tag_uses, first + key)) *uses += 1;
  return kGoOn;
}

// The client that a server's tag over the pair covers. Of an ICMP error towards a server it is whoever the quoted
// packet was for: routers on the way have no tag of their own.
template <class E>
WM_INLINE Address paired_client(E& env, const Work* w) {
  const Packet& p = w->p;
  if (!w->leg.to_server) return p.destination;
  if (w->leg.from_client || p.protocol != kProtoIcmp6 || w->part.later) return p.source;
  const auto* icmp = env.view().template at<Icmp>(p.l4);
  const auto* quoted = env.view().template at<Ip6>(quoted_l3(p));
  if (!icmp || !quoted || !is_icmp6_error(icmp->type) || quoted_l3(p) + sizeof(Ip6) > p.end) return p.source;
  return load_address(quoted->destination);
}

struct tags_step {
  template <class E>
  static WM_INLINE u64 run(E& env, u64, u64, u64, u64) {
    const Work* w = env.template scratch<Work>();
    if (!w) return pack_verdict(why::no_room);
    const OwnSettings& s = env.settings().role.path;
    const Leg& leg = w->leg;
    Verdict end = kGoOn;
    if (has(s.servers, FieldKind::tag) && (leg.to_server || leg.from_server)) {
      const Address client = paired_client(env, w);
      const Address& server = leg.to_server ? w->p.destination : w->p.source;
      end = check_tag_by(env, s.servers, 0, server, client_in_tag(client, is_client(s, client)));
    }
    if (!ended(end) && has(s.clients, FieldKind::tag)) {
      if (!leg.to_server) end = check_tag_by(env, s.clients, kTagKeys, w->p.destination, {});
      if (!ended(end) && leg.from_client) end = check_tag_by(env, s.clients, kTagKeys, w->p.source, {});
    }
    return pack_verdict(end);
  }
};

// At either end of a path. A hop limit that ends comes before policies, or traceroute would show but the first POP, and
// after tags, as forged addresses learn nothing.
template <class E>
WM_INLINE Verdict check_tags(E& env) {
  const OwnSettings& s = env.settings().role.path;
  if (!has(s.servers, FieldKind::tag) && !has(s.clients, FieldKind::tag)) return kGoOn;
  return unpack_verdict(env.template call<tags_step>());
}
template <class E>
WM_INLINE Verdict check_policies(E& env) {
  return unpack_verdict(env.template call<judge_step>());
}

}  // namespace waymark::path
