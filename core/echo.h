// The answer to a ping, from the address that was pinged.
#pragma once

#include "core/answer.h"
#include "core/icmp.h"

namespace waymark {

WM_INLINE bool is_echo(const Icmp* icmp, bool ip6) {
  return icmp->type == (ip6 ? kIcmp6Echo : kIcmp4Echo) && !icmp->code;
}

// Turns the echo request at p.l4 into its reply, in place, to be sent back by the interface it came in on. Everything
// is checked before the first byte is written. One of the steps that the kernel's verifier proves apart (Env::echo).
template <class E>
WM_INLINE Answered echo(E& env, const Packet& p, AnswerKind limit) {
  if (!may_answer(env, limit)) return Answered::limited;
  if (env.length() > p.end && !env.trim(p.end)) return Answered::none;  // what pads the frame is not sent back
  const View v = env.view();
  auto* icmp = v.at<Icmp>(p.l4);
  auto* ethernet = v.at<Ethernet>(0);
  if (!icmp || !ethernet) return Answered::none;
  // The addresses change places, which no checksum notices. Each header is compared where it is used: older verifiers
  // do not remember it from a comparison beside p.ip6.
  if (p.ip6) {
    auto* ip = v.at<Ip6>(p.l3);
    if (!ip) return Answered::none;
    const Address source = load_address(ip->source), destination = load_address(ip->destination);
    store_address(ip->source, destination);
    store_address(ip->destination, source);
    ip->hops = kAnswerHops;
  } else {
    auto* ip = v.at<Ip4>(p.l3);
    if (!ip) return Answered::none;
    const be32 source = ip->source;
    ip->source = ip->destination;
    ip->destination = source;
    const u16 before = u16(ip->ttl | ip->protocol << 8), after = u16(kAnswerHops | ip->protocol << 8);
    ip->checksum.raw = update_checksum(ip->checksum.raw, before, after);
    ip->ttl = kAnswerHops;
  }
  const u8 reply = p.ip6 ? kIcmp6EchoReply : kIcmp4EchoReply;
  icmp->checksum.raw = update_checksum(icmp->checksum.raw, icmp->type, reply);
  icmp->type = reply;
  swap_link(ethernet);
  return Answered::sent;
}

}  // namespace waymark
