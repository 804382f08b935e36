// What a router between this gateway and a tunnel's far end says of the tunnel's packet is told to who sent what was in
// it, by this gateway (RFC 2003, 4): that the host is not to be reached, or how long packets may be. Nothing is kept of
// it.
#pragma once

#include "core/complain.h"
#include "core/inner.h"
#include "roles/gateway/packet_enter.h"

namespace waymark::gateway {

// Errors that say that the far end was not reached.
WM_INLINE constexpr bool says_too_big(bool ip6, u8 type, u8 code) {
  return ip6 ? type == kIcmp6TooBig : type == kIcmp4Unreachable && code == 4;
}
WM_INLINE constexpr bool says_unreached(bool ip6, u8 type) {
  if (ip6) return type == kIcmp6Unreachable || type == kIcmp6TooBig || type == kIcmp6TimeExceeded;
  return type == kIcmp4Unreachable || type == kIcmp4TimeExceeded;
}

// The packet inside the tunnel's that the error quotes, as far as it goes.
struct ToldOf {
  u32 tunnel;  // index and 1; 0: it is for the kernel
  u32 mtu;     // of the packet inside; 0: it was not too big
  u32 at, end;
};
WM_INLINE constexpr u64 pack_told(const ToldOf& t) {
  return t.tunnel | u64(t.mtu) << 20 | u64(t.at) << 36 | u64(t.end) << 46;
}
WM_INLINE constexpr ToldOf unpack_told(u64 w) {
  return {u32(w) & 0xf'ffff, u32(w >> 20) & 0xffff, u32(w >> 36) & 0x3ff, u32(w >> 46) & 0xffff};
}
constexpr u32 kLeastMtu4 = 68;  // RFC 791, 3.2

template <class E>
WM_INLINE bool has_right_sum(E& env, const Packet& p) {
  const u64 sum = sum_of_bytes(env, p.l4, p.end);
  if (sum == kNoSum) return false;
  const u64 pseudo = p.ip6 ? pseudo_sum(p.source, p.destination, true, p.end - p.l4, kProtoIcmp6) : 0;
  return fold(sum + pseudo) == 0xffff;
}

template <class E>
WM_INLINE ToldOf look_at_told(E& env, const Packet& p) {
  const View v = env.view();
  const auto* icmp = v.template at<Icmp>(p.l4);
  if (!icmp || !says_unreached(p.ip6, icmp->type)) return {};
  u32 end = p.end;
  const bool too_big = says_too_big(p.ip6, icmp->type, icmp->code);
  const u32 rest = number(icmp->rest), mtu = p.ip6 ? rest : rest & 0xffff;
  u32 said = p.ip6 ? rest >> 24 << 3 : (rest >> 16 & 0xff) << 2;  // RFC 4884, 4
  if (too_big) said = 0;
  Packet q = {};
  q.l3 = p.l4 + u32(sizeof(Icmp));
  if (said && q.l3 + said < end) end = q.l3 + said;
  if (ended(parse_ip(v, q, p.ip6 ? kEtherIp6 : kEtherIp4)) || q.l4 < q.l3 + sizeof(Ip4)) return {};
  if (!(q.source == p.destination)) return {};
  q.end = end;
  const u8 kind = kind_of(env, q, all_ends(env.settings().role.gateway));
  if (kind == kNoTunnel) return {};
  const Inner found = find_inner(env, q, kind);
  if (found.type != kEtherIp4 || ended(found.flaw)) return {};
  const Front* far = find_front(env, tunnel_space(found.kind, found.has_key, found.key), q.destination);
  Packet inner = {};
  inner.l3 = found.offset;
  if (!far || ended(parse_ip(v, inner, kEtherIp4)) || inner.l4 + 8 > end) return {};  // RFC 792: so much is quoted
  const auto* ip = v.template at<Ip4>(inner.l3);
  if (!ip || inner.l4 < inner.l3 + sizeof(Ip4)) return {};
  if (!may_complain(v, inner, number(ip->fragment) & 0x1fff)) return {};
  const u32 added = inner.l3 - q.l3;
  if (too_big && (mtu < added + kLeastMtu4 || mtu > 0xffff)) return {};
  return {far->index + 1, too_big ? mtu - added : 0, inner.l3, end};
}

struct look_at_told_step {
  template <class E>
  static WM_INLINE u64 run(E& env, u64, u64, u64, u64) {
    const auto* s = env.template scratch<Scratch>();
    if (!s || !has_right_sum(env, s->o.p)) return 0;
    return pack_told(look_at_told(env, s->o.p));
  }
};

// Leaves of the frame what is quoted of the packet inside: an error about it, of this gateway's, can be made of that.
struct leave_told_step {
  template <class E>
  static WM_INLINE u64 run(E& env, u64 at, u64, u64, u64) {
    return take_out(env, u32(sizeof(Ethernet)), u32(at), false);
  }
};

struct pass_program;
struct told_program {
  template <Env E>
  static WM_INLINE Verdict run(E& env) {
    auto* s = env.template scratch<Scratch>();
    if (!s) return why::no_room;
    Packet& p = s->o.p;
    if (ended(validate(env.view(), p, env.length()))) return why::local;
    const ToldOf seen = unpack_told(env.template call<look_at_told_step>());
    const TenantTunnel* tunnel = env.at(table::tenant_tunnels, seen.tunnel - 1);
    if (!seen.tunnel || !tunnel) return why::local;
    if (!env.template call<leave_told_step>(seen.at)) return why::no_room;
    u32 kind = complaint(false, kIcmp4Unreachable, 1);
    if (seen.mtu) kind = too_big_complaint(false);
    constexpr u32 l3 = sizeof(Ethernet);
    const u32 by_us = said_by(kModule, Translating::kLimit, kind);
    const Answered told = complain(env, l3, seen.end - seen.at + l3, by_us, seen.mtu);
    if (told == Answered::limited) return why::error_limited;
    auto* ethernet = env.view().template at<Ethernet>(0);
    if (told != Answered::sent || !ethernet) return why::error_withheld;
    swap_link(ethernet);  // the kernel, where it goes on with it, takes what is for us alone
    env.note(Note::error_carried);
    p.l3 = l3;
    s->role.between = s->role.onward = s->role.frame = 0;
    s->role.came_by = seen.tunnel - 1;
    reread();
    const Verdict entered = enter_by(env, tunnel, s->role.turn, env.length(), false, p, s->role);
    if (ended(entered)) return entered;
    if (s->role.for_us) return overlay::why::not_a_ping;
    return env.template go_on<pass_program>();
  }
};

}  // namespace waymark::gateway
