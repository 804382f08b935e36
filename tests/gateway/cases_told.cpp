// What routers between gateway and far end say of a tunnel's packet (RFC 2003, 4): told to who sent what was in it.
#include "tests/gateway/cases.h"

namespace waymark::gateway_cases {

namespace {

const std::string kRouter4 = "198.51.100.1", kReason = "gateway.to_ip6", kLocal = "gateway.local";

// By the gateway's first own address, as whatever is none of the tenant's.
Bytes host_unreachable(const Bytes& about) {
  return ip6({.source = kOwn1, .destination = kServer6, .hops = 63, .traffic_class = 0xc0},
             icmp_error(true, 1, 0, about));
}

}  // namespace

void add_of_routers(Cases& c) {
  const Payload back = udp(53, 4000);
  const auto add = [&](const std::string& name, const std::string& why, const Bytes& in, const std::string& reason,
                       const std::vector<Bytes>& out = {}) {
    c.push_back({"told/" + name, why, site(), in, reason, out});
  };
  const auto says = [&](uint8_t type, uint8_t code, const Bytes& about) {
    return ip4({kRouter4, kEnd1}, icmp_error(false, type, code, about));
  };
  const Bytes ours = to_red(to_four(back)), told = host_unreachable(six(back, {.hops = 63}));
  add("unreachable", "a router has no way to the far end", says(3, 0, ours), kReason, {told});
  add("hop_limit", "a loop on the way there is no loop of the sender's", says(11, 0, ours), kReason, {told});
  add("prohibited", "nor what a router prohibits", says(3, 13, ours), kReason, {told});
  add("protocol", "the far end takes no tunnel", says(3, 2, ours), kReason, {told});
  add("least", "the header inside and eight bytes", says(3, 1, cut(ours, 48)), kReason,
      {host_unreachable(cut(six(back, {.hops = 63}), 48))});
  const std::string behind_gre = "3fff:c00:100:100::a02:5", by4 = "3fff:c00:400:200::a03:9";
  const Bytes in_gre = ip6({kEnd16, kRedFar6}, gre(to_four(back, kServer4, "10.2.0.5"), 0x2000, gre_key(7)));
  const Bytes of_gre = host_unreachable(six(back, {.hops = 63}, kServer6, behind_gre));
  add("over_ip6", "likewise", ip6({kRouter6, kEnd16}, icmp_error(true, 1, 0, in_gre)), kReason, {of_gre});
  add("hop_limit_over_ip6", "likewise", ip6({kRouter6, kEnd16}, icmp_error(true, 3, 0, in_gre)), kReason, {of_gre});
  const Bytes in_vxlan =
      ip4({.source = kEnd4, .destination = kBlueFarVxlan, .id = 0},
          vxlan(to_four(back, kServer4, "10.3.0.9"), 5001, "02:00:00:00:50:01", "02:57:00:00:00:04", 51'000));
  add("vxlan", "in the frame", ip4({kRouter4, kEnd4}, icmp_error(false, 3, 1, in_vxlan)), kReason,
      {host_unreachable(six(back, {.hops = 63}, kServer6, by4))});
  const auto too_big = [&](uint32_t mtu, const Bytes& about) {
    return ip6({.source = kOwn1, .destination = kServer6, .hops = 63, .traffic_class = 0xc0},
               icmp_error(true, 2, 0, about, mtu));
  };
  const auto says_mtu = [&](uint32_t mtu) { return ip4({kRouter4, kEnd1}, icmp_error(false, 3, 4, ours, mtu)); };
  add("too_big", "1400 less the tunnel's 20, and 20 more of IPv6", says_mtu(1400), kReason,
      {too_big(1400, six(back, {.hops = 63}))});
  add("too_big_over_ip6", "1400 less 48", ip6({kRouter6, kEnd16}, icmp_error(true, 2, 0, in_gre, 1400)), kReason,
      {too_big(1372, six(back, {.hops = 63}, kServer6, behind_gre))});
  add("too_big_for_all", "no IPv4 packet fits", says_mtu(87), kLocal);
  add("too_big_of_nothing", "a router that says no number (RFC 1191, 5)", says_mtu(0), kLocal);
  add("too_big_of_much", "no number of IPv4's", ip6({kRouter6, kEnd16}, icmp_error(true, 2, 0, in_gre, 0x10000)),
      kLocal);
  add("short", "too little is quoted", says(3, 1, cut(ours, 47)), kLocal);
  add("no_header", "or not even that", says(3, 1, cut(ours, 19)), kLocal);
  add("of_no_tunnel", "what the machine itself had sent", says(3, 1, ip4({kEnd1, kRedFar}, back)), kLocal);
  add("of_anothers", "quotes what was not ours", says(3, 1, to_red(to_four(back), kEnd4)), kLocal);
  add("of_no_far_end", "nobody's tunnel leads there",
      says(3, 1, ip4({.source = kEnd1, .destination = kRouter4}, inside(to_four(back)))), kLocal);
  add("of_no_key", "nor with this key",
      ip6({kRouter6, kEnd16}, icmp_error(true, 1, 0, ip6({kEnd16, kRedFar6}, gre(to_four(back), 0x2000, gre_key(8))))),
      kLocal);
  add("about_an_error", "never", says(3, 1, to_red(to_four(icmp4(3, 3, text("whatever stands there"))))), kLocal);
  add("about_a_fragment", "nor about one that is not the first",
      says(3, 1, to_red(four(back, {.fragment = 0x0010}, kServer4, kClient))), kLocal);
  const Bytes good = says(3, 1, ours);
  add("sum", "is not what the router said", with_byte(good, good.size() - 1, uint8_t(good.back() ^ 1)), kLocal);
  add("ping", "is no error", ip4({kRouter4, kEnd1}, icmp4(8, 0)), kLocal);
  add("from_a_martian", "there is nobody to tell", says(3, 1, to_red(four(back, {}, "127.0.0.1", kClient))), kLocal);
}

}  // namespace waymark::gateway_cases
