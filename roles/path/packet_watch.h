// Seamless BFD's reflector (RFC 7880, 7881): another POP asks whether this one is up, and the packet path itself
// answers, so that a dead daemon is no dead POP. Nothing is kept, and each answer is as long as its question.
#pragma once

#include "core/answer.h"
#include "core/bfd.h"
#include "roles/path/reasons.h"

namespace waymark::path {

constexpr u32 kWatchLeastInterval = 10'000;  // microseconds: what is said to be taken of one POP

// For the step below: whether it is a packet of that port. `p`: from parse_ip(), to an address of this POP's own.
template <class E>
WM_INLINE bool is_watch(const E& env, const Packet& p) {
  if (p.protocol != kProtoUdp) return false;
  const auto* udp = env.view().template at<Udp>(p.l4);
  return udp && number(udp->destination) == kSeamlessBfdPort;
}

// Whether an initiator may have sent it to this POP. What a reflector sends has no D bit, and goes to another port, so
// two reflectors never answer each other.
WM_INLINE bool is_question(const Bfd& bfd, const Udp& udp, u32 pop) {
  if ((bfd.version_diagnostic & kBfdVersionBits) != kBfdVersion || !bfd.multiplier) return false;
  if (bfd.length != sizeof(Bfd) || number(udp.length) < sizeof(Udp) + sizeof(Bfd)) return false;
  if ((bfd.state_flags & (kBfdFinal | kBfdAuthenticated | kBfdDemand | kBfdMultipoint)) != kBfdDemand) return false;
  return number(udp.source) != kSeamlessBfdPort && bfd.mine.raw && number(bfd.yours) == pop;
}

// A wrong checksum of the question stays as wrong in the answer: for who asked to see.
WM_INLINE bool write_answer(const View& v, const Packet& p) {
  auto* ethernet = v.at<Ethernet>(0);
  auto* udp = v.at<Udp>(p.l4);
  auto* bfd = v.at<Bfd>(p.l4 + u32(sizeof(Udp)));
  if (!ethernet || !udp || !bfd) return false;
  if (p.ip6) {
    auto* ip = v.at<Ip6>(p.l3);
    if (!ip) return false;
    store_address(ip->source, p.destination);
    store_address(ip->destination, p.source);
    ip->hops = kSeamlessBfdHops;
  } else {
    auto* ip = v.at<Ip4>(p.l3);
    if (!ip) return false;
    const u16 before = u16(ip->ttl | ip->protocol << 8), after = u16(kSeamlessBfdHops | ip->protocol << 8);
    ip->source = ip4_of(p.destination);
    ip->destination = ip4_of(p.source);
    ip->checksum.raw = update_checksum(ip->checksum.raw, before, after);
    ip->ttl = kSeamlessBfdHops;
  }
  const be16 port = udp->source;
  udp->source = udp->destination;
  udp->destination = port;
  // The discriminators change places, which no checksum notices.
  const be32 theirs = bfd->mine, least = wire32(kWatchLeastInterval);
  const u16 first = load16(&bfd->version_diagnostic);
  const u64 old = u64(first) + bfd->required.raw + bfd->echo.raw;
  bfd->mine = bfd->yours;
  bfd->yours = theirs;
  bfd->version_diagnostic = kBfdVersion;
  bfd->state_flags = u8(kBfdUp | kBfdIndependent | (bfd->state_flags & kBfdPoll) >> 1);
  bfd->required = least;
  bfd->echo = {0};
  if (udp->checksum.raw)
    udp->checksum.raw =
        adjusted(udp->checksum.raw, taken(old) + load16(&bfd->version_diagnostic) + least.raw, kProtoUdp);
  swap_link(ethernet);
  return true;
}

// Of `packed`: the packet's end, and whether it is IPv6. Everything is checked before the first byte is written.
struct watch_step {
  template <class E>
  static WM_INLINE u64 run(E& env, u64 l3, u64 l4, u64 packed, u64) {
    return pack_verdict(answer(env, packet_at(l3, l4, packed >> 1, packed & 1)));
  }

 private:
  template <class E>
  static WM_INLINE Verdict answer(E& env, Packet p) {
    const OwnSettings& s = env.settings().role.path;
    if (!load_addresses(env.view(), p)) return parse::why::ip_short;
    if (!find_front(env, space_of(0, SpaceKind::pop), p.source)) return why::watch_refused;
    p.protocol = kProtoUdp;
    if (const Verdict end = validate(env.view(), p, env.length()); ended(end)) return end;
    const auto* udp = env.view().template at<Udp>(p.l4);
    const auto* bfd = env.view().template at<Bfd>(p.l4 + u32(sizeof(Udp)));
    if (!udp || !bfd || (p.ip6 && !udp->checksum.raw) || !is_question(*bfd, *udp, s.pop)) return why::watch_refused;
    if (env.length() > p.end && !env.trim(p.end)) return why::no_room;
    if (!write_answer(env.view(), p)) return why::no_room;
    return why::watched;
  }
};
template <class E>
WM_INLINE Verdict answer_watch(E& env, const Packet& p) {
  const Verdict end = unpack_verdict(env.template call<watch_step>(p.l3, p.l4, u64(p.end) << 1 | p.ip6));
  env.leave(env.interface());  // where it is answered
  return end;
}

}  // namespace waymark::path
