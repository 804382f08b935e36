// ICMP errors that this node sends about a packet, back where it came from: as a router, from an address of its own, or
// in the place of whoever the packet is for.
#pragma once

#include "core/answer.h"
#include "core/icmp.h"

namespace waymark {

// Whether an ICMP error may be sent about a packet at all (RFC 1812, 4.3.2.7; RFC 4443, 2.4 e): not about another
// error, nor about a fragment that is not the first, nor to a source that is no single host's. `p.l4` and `p.protocol`
// name what follows the IP headers.
WM_INLINE bool may_complain(const View& v, const Packet& p, u32 fragment_offset) {
  if (fragment_offset || is_martian_source(p.source)) return false;
  if (p.protocol != (p.ip6 ? kProtoIcmp6 : kProtoIcmp4)) return true;
  const auto* icmp = v.at<Icmp>(p.l4);
  if (!icmp) return false;
  return p.ip6 ? !is_icmp6_error(icmp->type) && icmp->type != kIcmp6Redirect : !is_icmp4_error(icmp->type);
}

// What is to be said, and by whom: type and code of ICMP or ICMPv6; the role whose own address it comes from, by its
// module of reasons, or nobody's, and then from the packet's destination; and which limit it counts against.
constexpr u32 kComplainIp6 = 1u << 16, kAsDestination = kModules;
WM_INLINE constexpr u32 complaint(bool ip6, u8 type, u8 code) {
  return (ip6 ? kComplainIp6 : 0) | u32(type) << 8 | code;
}
WM_INLINE constexpr u32 too_big_complaint(bool ip6) {
  return ip6 ? complaint(true, kIcmp6TooBig, 0) : complaint(false, kIcmp4Unreachable, 4);
}
WM_INLINE constexpr u32 hop_limit_complaint(bool ip6) {
  return complaint(ip6, ip6 ? kIcmp6TimeExceeded : kIcmp4TimeExceeded, 0);
}
WM_INLINE constexpr u32 said_by(u32 speaker, AnswerKind limit, u32 complaint) {
  return complaint | speaker << 24 | u32(limit) << 17;
}

WM_INLINE constexpr LinkAddresses swapped(const LinkAddresses& link) {
  return {link.first >> 48 | u64(link.last) << 16 | link.first << 48, u32(link.first >> 16)};
}

// The address that a role speaks from; all zeros where it has none of the family.
WM_INLINE Address voice_of(const Settings& s, u32 module, bool ip6) {
  const OwnAddresses& own = s.own[module];
  return ip6 ? own.ip6 : own.ip4 ? address_of(wire32(own.ip4)) : Address{};
}

// Turns the IP packet at `l3`, which ends at `end`, into the ICMP error about it. `kind` is said_by(), `rest` the ICMP
// header's second word in host order. Everything is checked before the first byte is written.
template <class E>
WM_INLINE Answered make_complaint(E& env, u32 l3, u32 end, u32 kind, u32 rest) {
  const bool ip6 = kind & kComplainIp6;
  const u32 head = u32(ip6 ? sizeof(Ip6) : sizeof(Ip4)), added = head + u32(sizeof(Icmp));
  const u32 most = (ip6 ? kLongestError6 : kLongestError4) - added;
  const u32 quote = end - l3 < most ? end - l3 : most;
  be16 its_id = {0};
  Packet p = {};  // as if it had been sent to us: answers swap the addresses
  p.ip6 = ip6;
  const View v = env.view();
  p.l3 = l3;
  if (!load_addresses(v, p)) return Answered::none;
  if (!ip6) {
    const auto* ip = v.at<Ip4>(l3);
    if (!ip) return Answered::none;
    its_id = ip->id;
  }
  if (const u32 speaker = kind >> 24 & 31; speaker < kModules) {
    p.destination = voice_of(env.settings(), speaker, ip6);
    if (p.destination == Address{}) return Answered::none;
  }
  const auto* old = v.at<Ethernet>(0);
  const auto* old_tags = v.at<Word64>(sizeof(Ethernet));  // the IP header behind it is longer
  if (!old || !old_tags) return Answered::none;
  const LinkAddresses link = swapped(load_link(old));
  const be16 type = old->type;
  const u64 tags = old_tags->value;
  const AnswerKind limit = AnswerKind(kind >> 17 & 15);
  if (limit != kAsked && !may_answer(env, limit)) return Answered::limited;  // before the sum, which is the work
  const u64 quoted = sum_of_bytes(env, l3, l3 + quote);
  if (quoted == kNoSum) return Answered::none;
  if (!env.resize(int(added)) || !env.trim(l3 + added + quote)) return Answered::none;
  const View after = env.view();
  auto* ethernet = after.at<Ethernet>(0);
  auto* new_tags = after.at<Word64>(sizeof(Ethernet));
  auto* icmp = after.at<Icmp>(l3 + head);
  if (!ethernet || !new_tags || !icmp) return Answered::none;
  store_link(ethernet, link, type);
  new_tags->value = tags;  // where there are fewer, the IP header overwrites the rest
  const u32 length = u32(sizeof(Icmp)) + quote;
  u64 sum = quoted;
  if (ip6) {
    auto* ip = after.at<Ip6>(l3);
    if (!ip) return Answered::none;
    write_answer_ip6(ip, p, kAnswerTos, kProtoIcmp6, length);
    sum += pseudo_sum(p.destination, p.source, true, length, kProtoIcmp6);
  } else {
    auto* ip = after.at<Ip4>(l3);
    if (!ip) return Answered::none;
    write_answer_ip4(ip, p, kAnswerTos, kProtoIcmp4, length);
    // It may be fragmented: of an error lost for its size nobody would be told (RFC 1812, 4.3.2.7).
    // What the packet is told apart by tells the error apart, which goes to the same host.
    const be16 id = {u16(its_id.raw ? its_id.raw : fold(quoted) | 1)};
    ip->checksum.raw = update_checksum(ip->checksum.raw, ip->fragment.raw, id.raw);
    ip->id = id;
    ip->fragment = {0};
  }
  icmp->type = u8(kind >> 8);
  icmp->code = u8(kind);
  icmp->rest = wire32(rest);
  sum += (icmp->type | icmp->code << 8) + u64(wire32(rest).raw);
  icmp->checksum = {u16(~fold(sum))};
  return Answered::sent;
}

namespace core {
struct complain_step {
  template <class E>
  static WM_INLINE u64 run(E& env, u64 l3, u64 end, u64 kind, u64 rest) {
    return u64(make_complaint(env, u32(l3), u32(end), u32(kind), u32(rest)));
  }
};
}  // namespace core
// The same as a step of its own.
template <class E>
WM_INLINE Answered complain(E& env, u32 l3, u32 end, u32 kind, u32 rest) {
  return Answered(env.template call<core::complain_step>(l3, end, kind, rest));
}

}  // namespace waymark
