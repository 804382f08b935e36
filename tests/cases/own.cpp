// To the director's own address: what routers say of its tunnels reaches the sender of the packet in the tunnel.
#include "tests/cases/cases.h"

namespace waymark::cases {

using namespace fixture;
using namespace packets;

namespace {

const std::string kRouter4 = "192.0.2.77", kRouter6 = "2001:db8:9::77", kEnd4 = "192.0.2.101",
                  kEnd6 = "2001:db8:5::101";

Payload tunnel_of(const Bytes& packet, int kind) {
  return kind == 0   ? inside(packet)
         : kind == 1 ? gue(0xc123, kGuePort, packet)
         : kind == 3 ? gre(0, {}, packet)
         : kind == 4 ? gre(0x2000, number32(kKey), packet)
         : kind == 5 ? vxlan(0xc123, kVxlanPort, kVni, frame(packet))
                     : gue_naming(0xc123, kGuePort, packet, "2001:db8:5::102");
}
constexpr int kKinds[] = {0, 1, 2, 3, 4, 5};
u32 overhead(bool outer_six, int kind) {
  constexpr u32 kBehindIp[] = {0, 12, 32, 4, 8, 30};
  return (outer_six ? 40 : 20) + kBehindIp[kind];
}

// What a router says of a tunnel from here with `packet` in it, of which it quotes `left` bytes.
Bytes said(bool outer_six, int kind, const Bytes& packet, size_t left, u32 mtu, u8 type = 0, u8 code = 0) {
  const std::string own = outer_six ? kOwn6 : kOwn4, end = outer_six ? kEnd6 : kEnd4;
  const Bytes whole = ip(own, end, tunnel_of(packet, kind));
  const Bytes quoted = cut(whole, overhead(outer_six, kind) + std::min(left, packet.size()));
  return ip(outer_six ? kRouter6 : kRouter4, own,
            type ? icmp_error(outer_six, type, code, quoted, mtu)
                 : icmp_error(outer_six, outer_six ? 2 : 3, outer_six ? 0 : 4, quoted, mtu));
}

Bytes big(bool six, size_t size) {
  return ip(six ? kClient6 : kClient4, six ? address6(by_ip6) : address4(by_ip6),
            tcp(40000, 80, "PA", repeat('b', size - (six ? 60 : 40))), 63);
}

void told(std::vector<Case>& c) {
  for (const bool outer : {false, true})
    for (const int kind : kKinds)
      for (const bool six : {false, true}) {
        const std::string v = std::string(outer ? "6" : "4") + (six ? "6" : "4") + "_" + std::to_string(kind);
        const Bytes packet = big(six, 1460);
        const auto add = [&](const std::string& name, const char* why, const Bytes& in, size_t left, u32 mtu,
                             const Link& link = {}) {
          Case k = ends("tunnel_told_" + name + v, why, frame(in, link), "director.told_on");
          k.out = error_back(six ? kOwn6 : address4(by_ip6), six ? 2 : 3, six ? 0 : 4, mtu,
                             cut(packet, std::min(left, packet.size())), link);
          c.push_back(k);
        };
        const u32 mtu = 1450 - overhead(outer, kind);
        add("", "path MTU discovery ends at the tunnel's ends otherwise", said(outer, kind, packet, 500, 1450), 500,
            mtu);
        add("tagged_", "tags stay", said(outer, kind, packet, 500, 1450), 500, mtu, {.tags = {kVlan}});
        add("two_tags_", "both of them", said(outer, kind, packet, 500, 1450), 500, mtu,
            {.tags = {0x2000 | kVlan, kInnerVlan}, .first_tag_type = 0x88a8});
        add("little_", "eight bytes behind the inner IP header are enough",
            said(outer, kind, packet, six ? 48 : 28, 1450), six ? 48 : 28, mtu);
        add("small_", "whom less would not move is asked for as much as it must take",
            said(outer, kind, packet, 500, 68), 500, six ? 1280 : 68);
        if (!outer)
          add("old_", "an old router names no MTU (RFC 1191, 5)", said(outer, kind, packet, 500, 0), 500,
              six ? 1280 : 576);
        c.push_back(ends("tunnel_told_short_" + v, "without ports nobody knows whose packet it was",
                         frame(said(outer, kind, packet, six ? 47 : 27, 1450)), "director.error_short"));
        c.push_back(ends("tunnel_told_fits_" + v, "a router that lies: the packet fits what it names",
                         frame(said(outer, kind, packet, 500, 1460 + overhead(outer, kind))), "director.local"));
        const Bytes error = ip(six ? kClient6 : kClient4, six ? address6(by_ip6) : address4(by_ip6),
                               icmp_error(six, six ? 2 : 3, six ? 0 : 4, repeat(1, 1300), 1280));
        c.push_back(ends("tunnel_told_of_error_" + v, "never an error about an error",
                         frame(said(outer, kind, error, 500, 1300)), "director.local"));
        Case limited = ends("tunnel_told_limited_" + v, "so many and no more",
                            frame(said(outer, kind, packet, 500, 1450)), "director.limited");
        limited.arrange = [](const Live& live, u32 now) {
          live.limits[u32(AnswerKind::told)] =
              ((u64(now) << 16) + u64(kAnswerInterval) * kAnswerBurst - kAnswerInterval / 2) & 0xffff'ffff'ffffull;
        };
        c.push_back(limited);
      }
}

void kernels(std::vector<Case>& c) {
  const Bytes packet = big(true, 1460);
  const auto add = [&](const std::string& name, const char* why, const Bytes& in) {
    c.push_back(ends("own_" + name, why, frame(in), "director.local"));
  };
  for (const bool six : {false, true}) {
    const std::string v = six ? "6" : "4", own = six ? kOwn6 : kOwn4, router = six ? kRouter6 : kRouter4;
    add("ssh" + v, "the machine is administered by it", ip(router, own, tcp(40000, 22, "S")));
    add("udp" + v, "and answers to others", ip(router, own, udp(53, 40000)));
    add("gue" + v, "no tunnel ends here", ip(router, own, gue(1, kGuePort, packet)));
    add("ping" + v, "the kernel answers pings of it", ip(router, own, six ? icmp6(128, 0) : icmp4(8, 0)));
    add("unreachable" + v, "that a target is gone is for health checks to see",
        said(six, 0, packet, 500, 0, six ? 1 : 3, six ? 3 : 1));
    add("time_exceeded" + v, "likewise", said(six, 0, packet, 500, 0, six ? 3 : 11, 0));
    add("of_other" + v, "a packet of another address in it",
        ip(router, own,
           icmp_error(six, six ? 2 : 3, six ? 0 : 4, ip(six ? kHere6 : kHere4, six ? kEnd6 : kEnd4, inside(packet)),
                      1400)));
    add("of_tcp" + v, "this machine's own connections",
        ip(router, own,
           icmp_error(six, six ? 2 : 3, six ? 0 : 4, ip(own, router, tcp(22, 40000, "A", repeat(1, 1400))), 1400)));
    add("of_dns" + v, "and its own datagrams",
        ip(router, own,
           icmp_error(six, six ? 2 : 3, six ? 0 : 4, ip(own, router, udp(40000, 53, repeat(1, 1400))), 1400)));
    add("empty" + v, "nothing in it", ip(router, own, icmp_error(six, six ? 2 : 3, six ? 0 : 4, {}, 1400)));
    const Bytes check = ip(kOwn6, address6(by_ip6), tcp(40000, 80, "PA", repeat(1, 1400)));
    add("of_check" + v, "a health check through the tunnel is this machine's", said(six, 0, check, 500, 1400));
    const Bytes martian = ip("ff02::1", address6(by_ip6), tcp(40000, 80, "PA", repeat(1, 1400)));
    add("of_martian" + v, "nobody can be told who cannot be", said(six, 0, martian, 500, 1400));
  }
}

}  // namespace

std::vector<Case> own_cases() {
  std::vector<Case> c;
  told(c);
  kernels(c);
  return c;
}

}  // namespace waymark::cases
