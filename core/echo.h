// The answer to a ping of this node's own address.
#pragma once

#include "core/complain.h"
#include "core/translate/headers.h"

namespace waymark::translate {

// Turns the echo request at p.l4 into its reply, in place. Everything is checked before the first byte is written.
template <class E>
WM_INLINE Verdict echo(E& env, const Packet& p) {
  View v = env.view();
  auto* icmp = v.at<Icmp>(p.l4);
  auto* ethernet = v.at<Ethernet>(0);
  if (!icmp || !ethernet) return parse::why::icmp_header;
  const u8 request = p.ip6 ? kIcmp6Echo : kIcmp4Echo, reply = p.ip6 ? kIcmp6EchoReply : kIcmp4EchoReply;
  if (icmp->type != request || icmp->code) return translator::why::local;
  if (!may_answer(env, AnswerKind::echo)) return translator::why::error_limited;
  if (WM_UNLIKELY(env.length() > p.end)) {  // what pads the frame is not sent back
    if (!env.trim(p.end)) return translator::why::no_room;
    v = env.view();
    icmp = v.at<Icmp>(p.l4);
    ethernet = v.at<Ethernet>(0);
  }
  if (!icmp || !ethernet) return parse::why::ip_short;
  // The addresses change places, which no checksum notices. Each header is compared where it is used: older verifiers
  // do not remember it from a comparison beside p.ip6.
  if (p.ip6) {
    auto* ip = v.at<Ip6>(p.l3);
    if (!ip) return parse::why::ip_short;
    store_address(ip->source, p.destination);
    store_address(ip->destination, p.source);
    ip->hops = kAnswerHops;
  } else {
    auto* ip = v.at<Ip4>(p.l3);
    if (!ip) return parse::why::ip_short;
    ip->source = ip4_of(p.destination);
    ip->destination = ip4_of(p.source);
    const u16 before = u16(ip->ttl | ip->protocol << 8), after = u16(kAnswerHops | ip->protocol << 8);
    ip->checksum.raw = update_checksum(ip->checksum.raw, before, after);
    ip->ttl = kAnswerHops;
  }
  icmp->checksum.raw = adjusted(icmp->checksum.raw, taken(request) + reply, kProtoIcmp6);
  icmp->type = reply;
  swap_link(ethernet);
  env.step(Step::answered, u32(AnswerKind::echo), 0, 0);
  env.leave(env.interface());
  return translator::why::echoed;
}

}  // namespace waymark::translate
