// A question becomes its answer: one record is put in between question and options, so the options move, and all that
// changes besides is headers.
#pragma once

#include "core/answer.h"
#include "roles/path/packet_ask_options.h"

namespace waymark::path {

constexpr u16 kDnsPayload = 1232;  // as the name server says that it takes

struct ask_write_step {
  template <class E>
  static WM_INLINE u64 run(E& env, u64, u64, u64, u64) {
    Ask* a = env.template scratch<Ask>();
    if (!a) return pack_verdict(why::ask_room);
    const u16 sum = new_sum(env, *a);
    if (!sum || !grow(env, *a)) return pack_verdict(why::ask_room);
    return pack_verdict(write(env, *a, sum) ? why::answered : why::ask_room);
  }

 private:
  // At its end; where the driver leaves no room there, as veths do, at its front, and what stands before the record
  // moves there. False: it is as it was.
  template <class E>
  static WM_INLINE bool grow(E& env, const Ask& a) {
    constexpr u32 kMostWords = 48, kBy = sizeof(DnsAaaa);
    if (WM_LIKELY(env.extend(kBy))) return true;
    if (!env.resize(int(kBy))) return false;
    const View v = env.view();
    const u32 end = forget(a.at), last = end - 8;
    if (end > 8 * kMostWords || !v.at<Word64>(last + kBy)) {
      (void)env.resize(-int(kBy));
      return false;
    }
    for (u32 i = 0; i < kMostWords; ++i) {
      const auto* from = v.at<Word64>(8 * i + kBy);
      auto* to = v.at<Word64>(8 * i);
      if (8 * i >= last || !from || !to) break;
      to->value = from->value;
    }
    const auto* from = v.at<Word64>(last + kBy);
    auto* to = v.at<Word64>(last);
    if (from && to) to->value = from->value;
    return true;
  }

  // 0: there is no packet. What stands at odd places of the packet is summed with its bytes changed about.
  template <class E>
  static WM_INLINE u16 new_sum(E& env, const Ask& a) {
    const AskedSettings& s = env.settings().role.path.asked;
    const View v = env.view();
    const auto* udp = v.at<Udp>(a.l4);
    const auto* head = v.at<DnsHeader>(a.l4 + u32(sizeof(Udp)));
    if (!udp || !head) return 0;
    u64 added = u64(kDnsOwner.raw) + kDnsAaaa.raw + kDnsIn.raw + s.ttl.raw + wire16(16).raw + sum_of(a.answer);
    u64 gone = 0;
    if (a.has_options) {
      const auto* opt = v.at<DnsOpt>(forget(a.at));
      if (!opt) return 0;
      // From an even place on both would be the other way round.
      added += kDnsPayload;
      gone = swap16(load16(opt->payload));
    }
    if (a.has_subnet) added += s.scope;
    u16 sum = fold(fold(added) + taken(gone));
    if ((a.at - a.l4) & 1) sum = swap16(sum);
    const u64 lengths = 2 * u64(wire16(u16(a.end - a.l4 + sizeof(DnsAaaa))).raw) + taken(2 * u64(udp->length.raw));
    const u64 heads = wire16(kDnsAnswer | a.flags).raw + wire16(1).raw + taken(head->flags.raw);
    return adjusted(udp->checksum.raw, sum + lengths + heads, kProtoUdp);
  }

  // False, before any write, where there is no room: there is, as the frame has grown.
  template <class E>
  static WM_INLINE bool write(E& env, const Ask& a, u16 sum) {
    const AskedSettings& s = env.settings().role.path.asked;
    const View v = env.view();
    const u32 at = forget(a.at), opt_at = at + u32(sizeof(DnsAaaa)), subnet_at = opt_at + u32(sizeof(DnsOpt)),
              cookie_at = forget(subnet_at + (a.has_subnet ? u32(sizeof(DnsSubnet)) : 0));
    auto* ethernet = v.at<Ethernet>(0);
    auto* udp = v.at<Udp>(a.l4);
    auto* head = v.at<DnsHeader>(a.l4 + u32(sizeof(Udp)));
    auto* record = v.at<DnsAaaa>(at);
    auto* opt = v.at<DnsOpt>(opt_at);
    auto* subnet = v.at<DnsSubnet>(subnet_at);
    auto* cookie = v.at<DnsCookie>(cookie_at);
    if (!ethernet || !udp || !head || !record) return false;
    if ((a.has_options && !opt) || (a.has_subnet && !subnet) || (a.has_cookie && !cookie)) return false;
    Packet p = packet_at(a.l3, a.l4, a.end, a.ip6);
    p.source = a.source;
    p.destination = a.destination;
    const u32 length = a.end - a.l4 + u32(sizeof(DnsAaaa));
    if (a.ip6) {
      auto* ip = v.at<Ip6>(a.l3);
      if (!ip) return false;
      write_answer_ip6(ip, p, 0, kProtoUdp, length);
    } else {
      auto* ip = v.at<Ip4>(a.l3);
      if (!ip) return false;
      write_answer_ip4(ip, p, 0, kProtoUdp, length);
    }
    swap_link(ethernet);
    const be16 port = udp->source;
    udp->source = udp->destination;
    udp->destination = port;
    udp->length = wire16(u16(length));
    udp->checksum = {sum};
    head->flags = wire16(kDnsAnswer | a.flags);
    head->answers = wire16(1);
    record->owner = kDnsOwner;
    record->type = kDnsAaaa;
    record->in = kDnsIn;
    word32(record->ttl)->value = s.ttl.raw;
    record->length = wire16(16);
    store_address(record->address, a.answer);
    // Each pointer is compared in the branch that uses it: what another branch knew of it the verifier forgets.
    if (opt && forget(a.has_options)) {
      opt->root = 0;
      word16(opt->type)->value = kDnsOptType;
      word16(opt->payload)->value = swap16(kDnsPayload);
      word32(opt->flags)->value = a.edns_flags;
      const u32 options = (a.has_subnet ? u32(sizeof(DnsSubnet)) : 0) + (a.has_cookie ? u32(sizeof(DnsCookie)) : 0);
      word16(opt->length)->value = swap16(u16(options));
    }
    if (subnet && forget(a.has_subnet)) {
      word32(subnet->head)->value = kDnsSubnetHead;
      word32(subnet->family_and_bits)->value = kDnsWhole6 | u32(s.scope) << 24;
      store_address(subnet->address, a.subnet);
    }
    if (cookie && forget(a.has_cookie)) {
      word32(cookie->head)->value = kDnsCookieHead;
      word64(cookie->client)->value = a.cookie[0];
      word64(cookie->server)->value = a.cookie[1];
      word64(cookie->server + 8)->value = a.cookie[2];
    }
    return true;
  }
};
template <class E>
WM_INLINE Verdict write_reply(E& env) {
  return unpack_verdict(env.template call<ask_write_step>());
}

}  // namespace waymark::path
