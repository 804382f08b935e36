// A packet that names a gateway whose work another node does: in a tunnel to that gateway's own address, or as it is by
// the network's routes.
#pragma once

#include "core/complain.h"
#include "core/inner.h"
#include "roles/gateway/packet_sides.h"

namespace waymark::gateway {

// Everything is looked at before the first write. What could not be sent is for translate::finish() to tell.
template <class E>
WM_INLINE Passed send_onward(E& env, const Packet& p, u32 end) {
  if (WM_UNLIKELY(p.end > env.length() || p.end < p.l4)) return {parse::why::ip_length, 0};
  if (WM_UNLIKELY(translate::is_martian(p.source))) return {parse::why::martian_source, 0};
  if (WM_UNLIKELY(p.hops <= 1)) return {translate::why::hop_limit, 0};
  const auto by_route = [&] { return env.settings().role.gateway.routes_on; };  // read again where it is asked for
  const Target* header = env.at(table::gateway_ends, end);
  if (!header) return {why::no_room, 0};
  const Onward way = by_route() ? find_way(env, p.source, p.destination) : way_through(env, header);
  if (WM_UNLIKELY(way.kind == WayKind::unreachable)) return {translate::why::unreachable, 0};
  const u32 length = p.end - p.l3;
  if (WM_UNLIKELY(length > way.mtu)) return {translate::why::too_big, way.mtu < kLeastMtu6 ? kLeastMtu6 : way.mtu};
  const bool direct = way.kind == WayKind::direct;
  if (by_route() && !direct) return {why::onward_by_kernel, 0};
  const u32 entropy = entropy_of(env.view(), p, p.l4);
  LinkAddresses link;
  if (!link_of(env.view(), way, link)) return {parse::why::ethernet_short, 0};
  if (WM_UNLIKELY(env.length() > p.end) && !env.trim(p.end)) return {why::no_room, 0};
  // Without what stands in front of the packet: the link's tags.
  if (WM_UNLIKELY(p.l3 != sizeof(Ethernet)) && !take_out(env, u32(sizeof(Ethernet)), p.l3, true))
    return {why::no_room, 0};
  const View v = env.view();
  auto* ethernet = v.template at<Ethernet>(0);
  if (!ethernet || !spend_hop(v, u32(sizeof(Ethernet)), true)) return {why::no_room, 0};
  if (by_route())
    store_link(ethernet, link, wire16(kEtherIp6));
  else if (!wrap(env, header, length, true, p.tos, entropy, link))
    return {why::no_room, 0};
  if (WM_UNLIKELY(!direct)) return {why::onward_by_kernel, 0};
  return {why::onward, way.interface};
}

struct onward_step {
  template <class E>
  static WM_INLINE u64 run(E& env, u64, u64, u64, u64) {
    auto* s = env.template scratch<Scratch>();
    if (!s) return pack_verdict(why::no_room);
    const Packet& p = s->o.p;
    Passed passed = send_onward(env, p, s->role.end);
    if (translate::complaint_of(passed.verdict, true) != translate::kNothing && !may_complain(env.view(), p, 0))
      passed.verdict = translate::why::error_withheld;
    return translate::pack_passed(passed);
  }
};
// The same as a step of its own, of the packet and to the end that stand in Scratch.
template <class E>
WM_INLINE Passed pass_onward(E& env) {
  return translate::unpack_passed(env.template call<onward_step>());
}

}  // namespace waymark::gateway
