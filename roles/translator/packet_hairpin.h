// From one IPv6 host to another by their IPv4 addresses (RFC 7757, 4.2.2): as if translated to IPv4 and back, of which
// the addresses are all that differs. The sender shows its embedded address, so that answers come back through here;
// a sender with none has no translation, as its map must not be used.
#pragma once

#include "roles/translator/packet_maps.h"

namespace waymark::translator {

static_assert(kModule == translate::kModule);  // so what ends here is known to translate::finish()

template <class E>
WM_INLINE Verdict swap_inside(E& env, const Inside& outer, Swapped& s) {
  const View v = env.view();
  Inside in;
  Verdict end = kGoOn;
  s.l3 = outer.l4 + u32(sizeof(Icmp));
  const auto* icmp = v.at<Icmp>(outer.l4);
  if (!icmp) return parse::why::icmp_header;
  const u32 declared = translate::datagram_length6(icmp->type, number(icmp->rest));  // behind it are extensions
  if (declared > outer.end - s.l3) return why::icmp_length;
  const u32 shown = declared ? s.l3 + declared : outer.end;
  if (!translate::look_inside6(env, s.l3, shown, in, end) || ended(end)) return why::inner_header;
  const auto* ip = v.at<Ip6>(s.l3);
  if (!ip) return why::inner_header;
  s.was = {load_address(ip->source), load_address(ip->destination)};
  Ends ip4;
  if (!map_to_ip4(env, s.was.source, ip4.source) || !map_to_ip4(env, s.was.destination, ip4.destination) ||
      !map_to_ip6(env, ip4.source, kAnyMap, s.now.source) ||
      !map_to_ip6(env, ip4.destination, kMapEmbedded, s.now.destination))
    return why::inner_unknown;
  const u64 growth = translate::growth(s.was, true, s.now, true);
  s.grown = growth;
  const u32 at = checksum_at6(in.protocol);
  if (translate::offset_of(in) || at == kNoChecksum || in.l4 + at + 2 > in.end) return kGoOn;
  const auto* field = v.at<Word16>(in.l4 + at);
  if (!field || (!field->value && in.protocol == kProtoUdp)) return kGoOn;
  s.at = in.l4 + at;
  s.checksum = adjusted(field->value, growth, in.protocol);
  s.grown += taken(field->value) + s.checksum;
  return kGoOn;
}

template <class E>
WM_INLINE Passed hairpin(E& env) {
  auto* s = env.template scratch<Scratch>();
  if (!s) return {why::no_room, 0};
  const Opened& o = s->o;
  const Packet& p = o.p;
  const Inside& in = o.in;
  Swapped& inside = s->role.inside;
  inside.grown = inside.at = inside.l3 = 0;
  Ends& to = inside.to;
  if (!map_to_ip6(env, o.to.destination, kAnyMap, to.destination)) return {why::martian, 0};
  if (!map_to_ip6(env, o.to.source, kMapEmbedded, to.source))
    return {translate::told(env.view(), o, why::source_unknown_told), 0};
  const View v = env.view();
  if (const Verdict end = translate::judge_transport(v, in, true); ended(end)) return {end, 0};
  const bool error = translate::is_error(v, in, true);
  if (error)
    if (const Verdict end = swap_inside(env, in, inside); ended(end)) return {end, 0};
  const Ends was = {p.source, p.destination};
  const u32 at = checksum_at6(in.protocol);
  u16 checksum = 0;
  bool has_checksum = !translate::offset_of(in) && at != kNoChecksum;
  if (has_checksum) {
    const auto* field = v.at<Word16>(in.l4 + at);
    if (!field) return {parse::why::udp_header, 0};
    has_checksum = field->value || in.protocol != kProtoUdp;
    checksum = adjusted(field->value, translate::growth(was, true, to, true) + inside.grown, in.protocol);
  }
  s->way = find_way(env, to.source, to.destination);
  const Onward& way = s->way;
  reread();
  if (WM_UNLIKELY(way.kind == WayKind::unreachable || p.end - p.l3 > way.mtu)) {
    if (way.kind == WayKind::unreachable) return {translate::told(v, o, why::unreachable), 0};
    return {translate::told(v, o, why::too_big), way.mtu};
  }

  const u32 head = u32(sizeof(Ethernet)), shift = p.l3 - head;
  if (!translate::open_frame(env, p.l3, p.end, head, way, kEtherIp6)) return {why::no_room, 0};
  const View out = env.view();
  reread();
  auto* ip = out.at<Ip6>(head);
  auto* field = out.at<Word16>(in.l4 + (has_checksum ? at : 0) - shift);
  auto* quoted = out.at<Ip6>(inside.l3 - (error ? shift : 0));
  auto* inner = out.at<Word16>(inside.at - (inside.at ? shift : 0));
  if (!ip || !inner || (has_checksum && !field) || (error && !quoted)) return {why::no_room, 0};
  store_address(ip->source, to.source);
  store_address(ip->destination, to.destination);
  ip->hops = translate::hops_left(p.hops, way);
  if (has_checksum && field) field->value = checksum;
  if (error && quoted) {
    store_address(quoted->source, inside.now.source);
    store_address(quoted->destination, inside.now.destination);
    if (inside.at) inner->value = inside.checksum;
  }
  if (way.kind != WayKind::direct) return {why::to_ip6_by_kernel, 0};
  return {why::hairpinned, way.interface};
}

struct hairpin_step {
  template <class E>
  static WM_INLINE u64 run(E& env, u64, u64, u64, u64) {
    return translate::pack_passed(hairpin(env));
  }
};

}  // namespace waymark::translator
