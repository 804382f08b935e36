// The last step: out by the adjacency of the next hop, or to the kernel's routing while there is none that is valid.
#pragma once

#include "core/pins.h"
#include "core/rewrite.h"
#include "core/tunnel.h"

namespace waymark {

#define FORWARD_REASONS(X, M)                                                                                  \
  X(M, forward, sent, "sent to the target's next hop")                                                         \
  X(M, pass, by_kernel, "tunnelled or rewritten, and left to the kernel's routes: no valid next hop is known") \
  X(M, pass, hop_limit, "the hop limit ends here: the kernel answers")                                         \
  X(M, drop, too_big, "tunnelled, the packet would be larger than the way to its target allows")               \
  X(M, drop, no_room, "the driver leaves no room in front of the packet for the tunnel header")                \
  X(M, drop, unresolved, "the target's MAC address, by which alone packets are sent to it, is not known")      \
  X(M, drop, off_link, "the target is sent to by its MAC address, but its route has a gateway")                \
  X(M, drop, other_version, "packets are rewritten to its target's address, which is of the other IP version")
WM_REASONS(forward, 4, FORWARD_REASONS)

// One hop less in the IP header at `l3`; hop limits of 0 and 1 must have been refused. False if there is no header.
WM_INLINE bool spend_hop(const View& v, u32 l3, bool ip6) {
  if (ip6) {
    auto* ip = v.at<Ip6>(l3);
    if (!ip) return false;
    --ip->hops;
    return true;
  }
  auto* ip = v.at<Ip4>(l3);
  if (!ip) return false;
  // TTL is the lower byte of its 16-bit word in memory: one less there is one more in the complement sum.
  const u32 sum = ip->checksum.raw + 1u;
  ip->checksum.raw = u16(sum + (sum >= 0xffff));
  --ip->ttl;
  return true;
}

// Why a packet for which there is no tunnel cannot go to its target. By its MAC alone it cannot be left to the kernel,
// which would look for a route to the service.
WM_INLINE Verdict bare_refused(const Packet& p, const Target* target, const Adjacency* valid) {
  if (target->tunnel == kTunnelRewrite)
    return outer_is_ip6(*target) == bool(p.ip6) ? kGoOn : forward::why::other_version;
  if (!valid) return forward::why::unresolved;
  return valid->gateway ? forward::why::off_link : kGoOn;
}

// Puts the IP packet at p.l3 into its target's tunnel and sends it to the next hop; to a target of kTunnelMac it goes
// without, and to one of kTunnelRewrite with its address as destination, a hop less to live all the same: directors
// that point at each other must not circulate packets for ever. Everything is checked before the first byte is written.
// `candidate`, or null, is named in a GUE tunnel as far as there is room for it.
template <Env E>
WM_INLINE Verdict send_through_tunnel(E& env, const Packet& p, const Target* target, u32 slot, u32 entropy,
                                      const Target* candidate = nullptr) {
  const bool outer_ip6 = outer_is_ip6(*target);
  u32 overhead = target->outer_length;
  u32 outer_length = p.end - p.l3 + overhead;
  const u32 way = u32(read_word(&target->route));
  const Adjacency* adjacency = env.at(table::adjacencies, way);
  const bool valid = adjacency && adjacency->interface && int(adjacency->valid_until - env.now()) > 0;
  if (outer_length > (valid ? adjacency->mtu : 0xffffu)) return forward::why::too_big;
  if (WM_UNLIKELY(!overhead))
    if (const Verdict end = bare_refused(p, target, valid ? adjacency : nullptr); ended(end)) return end;
  if (WM_UNLIKELY(candidate)) {
    const bool fits = outer_length + sizeof(GueCandidate) <= (valid ? adjacency->mtu : 0xffffu);
    if (target->tunnel != kTunnelGue || !fits) {
      candidate = nullptr;
    } else {
      overhead += sizeof(GueCandidate);
      outer_length += sizeof(GueCandidate);
      env.note(Note::candidate_sent);
    }
  }
  env.step(Step::tunnel, slot, outer_length, valid ? way : 0);

  LinkAddresses link;  // by way of the kernel the frame stays addressed to us
  if (WM_LIKELY(valid)) {
    link = load_link(&adjacency->destination);  // and the source after it
  } else {
    const auto* old = env.view().template at<Ethernet>(0);
    if (!old) return parse::why::ethernet_short;
    link = load_link(old);
  }

  if (!env.resize(int(sizeof(Ethernet) + overhead - p.l3))) return forward::why::no_room;
  const View v = env.view();
  auto* ethernet = v.at<Ethernet>(0);
  if (!ethernet || !spend_hop(v, sizeof(Ethernet) + overhead, p.ip6)) return forward::why::no_room;
  const Outer outer = {target, outer_length, entropy, p.ip6, p.tos, candidate};
  if (WM_LIKELY(overhead) && !(outer_ip6 ? write_tunnel_ip6(v, outer) : write_tunnel_ip4(v, outer)))
    return forward::why::no_room;
  store_link(ethernet, link, wire16((overhead ? outer_ip6 : bool(p.ip6)) ? kEtherIp6 : kEtherIp4));
  if (WM_UNLIKELY(target->tunnel == kTunnelRewrite)) {
    const u32 l4 = p.l4 - p.l3 + u32(sizeof(Ethernet));
    if (!rewrite(env, sizeof(Ethernet), l4, p.protocol, p.ip6, outer_destination(*target)))
      return forward::why::no_room;
  }
  if (WM_UNLIKELY(!valid)) return forward::why::by_kernel;
  env.leave(adjacency->interface);
  return forward::why::sent;
}

// Into whose tunnel a packet goes, by slots of targets.
struct Through {
  u32 slot;
  u32 candidate;  // who else may know its flow; 0: nobody
  u32 entropy;    // 24 bits, as in struct Outer
};
WM_INLINE constexpr u64 pack_through(const Through& t) {
  return u64(t.slot) | u64(t.candidate) << kSlotBits | u64(t.entropy) << (2 * kSlotBits);
}
WM_INLINE constexpr Through unpack_through(u64 w) {
  return {u32(w) & kSlotMask, u32(w >> kSlotBits) & kSlotMask, u32(w >> (2 * kSlotBits))};
}

namespace core {
struct tunnel_step {
  static constexpr bool kTellsInterface = true;  // left_by(), above the verdict
  template <Env E>
  static WM_INLINE u64 run(E& env, u64 l3, u64 end, u64 kind, u64 packed) {
    const Through through = unpack_through(packed);
    Packet p = packet_at(l3, kind >> 32, end, kind >> 16 & 1);
    p.tos = u8(kind);
    p.protocol = u8(kind >> 8);
    const Target* target = env.at(table::targets, through.slot);
    if (!target || !target->in_use) return pack_verdict(forward::why::no_room);
    const Target* candidate = through.candidate ? env.at(table::targets, through.candidate) : nullptr;
    if (candidate && !candidate->in_use) candidate = nullptr;
    const Verdict verdict = send_through_tunnel(env, p, target, through.slot, through.entropy, candidate);
    return pack_verdict(verdict) | u64(env.left_by()) << 32;
  }
};
}  // namespace core
// The same for packets that are rare, as a step of its own. Of `p` l3, l4, end, ip6, protocol and tos are enough.
template <Env E>
WM_INLINE Verdict send_by_slot(E& env, const Packet& p, const Through& through) {
  const u64 kind = u64(p.l4) << 32 | u64(p.ip6) << 16 | u64(p.protocol) << 8 | p.tos;
  const u64 word = env.template call<core::tunnel_step>(p.l3, p.end, kind, pack_through(through));
  env.leave(u32(word >> 32));
  return unpack_verdict(word);
}

}  // namespace waymark
