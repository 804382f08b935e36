// What a question says besides its name: EDNS (RFC 6891), of which a few options are known here.
#pragma once

#include "roles/path/packet_ask_name.h"

namespace waymark::path {

// Everything of an OPT record but its options; at any address.
struct WM_WIRE DnsOpt {
  u8 root, type[2], payload[2], flags[4], length[2];
};
struct WM_WIRE DnsSubnet {  // Client Subnet of a whole IPv6 address (RFC 7871, 6)
  u8 head[4], family_and_bits[4], address[16];
};
struct WM_WIRE DnsCookie {  // a client's, and the one that it was given (RFC 7873, 4)
  u8 head[4], client[8], server[16];
};
static_assert(sizeof(DnsOpt) == 11 && sizeof(DnsSubnet) == 24 && sizeof(DnsCookie) == 28);
// Words as they stand on the wire.
constexpr u32 kDnsSubnetHead = swap32(8u << 16 | 20), kDnsCookieHead = swap32(10u << 16 | 24);
constexpr u32 kDnsWhole6 = swap32(2u << 16 | 128u << 8), kDnsSecurityOk = swap32(0x8000);
constexpr u16 kDnsOptType = swap16(41), kDnsLeastPayload = 512;  // what says less is odd (RFC 6891, 6.2.3)

// Of the OPT record at Ask::at, which must end with the packet: a client's address, a cookie, both or none of them.
struct ask_options_step {
  template <class E>
  static WM_INLINE u64 run(E& env, u64, u64, u64, u64) {
    Ask* a = env.template scratch<Ask>();
    if (!a) return 0;
    const View v = env.view();
    const u32 at = forget(a->at), first = at + u32(sizeof(DnsOpt));
    const auto* opt = v.at<DnsOpt>(at);
    if (!opt || opt->root || load16(opt->type) != kDnsOptType) return 0;
    if (swap16(load16(opt->payload)) < kDnsLeastPayload) return 0;
    a->edns_flags = load32(opt->flags);
    const u32 length = swap16(load16(opt->length));
    if (first + length != a->end || (a->edns_flags && a->edns_flags != kDnsSecurityOk)) return 0;
    const bool subnet = length == sizeof(DnsSubnet) || length == sizeof(DnsSubnet) + sizeof(DnsCookie);
    const bool cookie = length == sizeof(DnsCookie) || length == sizeof(DnsSubnet) + sizeof(DnsCookie);
    if (length && !subnet && !cookie) return 0;
    u32 subnet_at = first, cookie_at = first;
    if (subnet && cookie) {
      const auto* head = v.at<Word32>(first);
      if (!head) return 0;
      if (head->value == kDnsSubnetHead)
        cookie_at += u32(sizeof(DnsSubnet));
      else
        subnet_at += u32(sizeof(DnsCookie));
    }
    if (subnet && !read_subnet(v, *a, forget(subnet_at))) return 0;
    if (cookie && !read_cookie(v, *a, forget(cookie_at))) return 0;
    a->has_subnet = subnet;
    a->has_cookie = cookie;
    return 1;
  }

 private:
  static WM_INLINE bool read_subnet(const View& v, Ask& a, u32 at) {
    const auto* subnet = v.at<DnsSubnet>(at);
    if (!subnet || load32(subnet->head) != kDnsSubnetHead || load32(subnet->family_and_bits) != kDnsWhole6)
      return false;
    a.subnet = load_address(subnet->address);
    return true;
  }
  static WM_INLINE bool read_cookie(const View& v, Ask& a, u32 at) {
    const auto* cookie = v.at<DnsCookie>(at);
    if (!cookie || load32(cookie->head) != kDnsCookieHead) return false;
    a.cookie[0] = load64(cookie->client);
    a.cookie[1] = load64(cookie->server);
    a.cookie[2] = load64(cookie->server + 8);
    return true;
  }
};
template <class E>
WM_INLINE Verdict read_options(E& env) {
  return env.template call<ask_options_step>() ? kGoOn : why::ask_options;
}

}  // namespace waymark::path
