// The answer to a ping, from the address that was pinged.
#pragma once

#include "core/answer.h"
#include "core/icmp.h"

namespace waymark {

WM_INLINE bool is_echo(const Icmp* icmp, bool ip6) {
  return icmp->type == (ip6 ? kIcmp6Echo : kIcmp4Echo) && !icmp->code;
}

// Turns the echo request at p.l4 into its reply, in place, to be sent back by the interface it came in on. Everything
// is checked before the first byte is written.
template <class E>
WM_INLINE Answered answer_by_echo(E& env, const Packet& p, AnswerKind limit) {
  if (limit != kAsked && !may_answer(env, limit)) return Answered::limited;
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

namespace core {
struct echo_step {
  template <class E>
  static WM_INLINE u64 run(E& env, u64 l3, u64 l4, u64 end, u64 kind) {
    return u64(answer_by_echo(env, packet_at(l3, l4, end, kind >> 8), AnswerKind(kind & 15)));
  }
};
}  // namespace core
// The same as a step of its own. `p`: l3, l4, end and ip6 are enough.
template <class E>
WM_INLINE Answered echo_back(E& env, const Packet& p, AnswerKind limit) {
  return Answered(env.template call<core::echo_step>(p.l3, p.l4, p.end, u64(p.ip6) << 8 | u64(limit)));
}

}  // namespace waymark
