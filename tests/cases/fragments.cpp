// Fragments of a service's packets: the first chooses, the others follow it into its target's tunnel.
#include "tests/cases/cases.h"

namespace waymark::cases {

using namespace fixture;
using namespace packets;

namespace {

struct Family {
  bool six;
  std::string name, client, service;
  u16 id;  // of its datagrams, in packets:: alike
  u32 slot;
};
const Family kFamilies[] = {{false, "4", kClient4, address4(by_ip6), 0x4242, by_ip6},
                            {true, "6", kClient6, address6(by_ip6), 0x1234, by_ip6}};
// Where packets are rewritten, the datagram's checksum is in the first.
const Family kRewritten[] = {{false, "_rewritten4", kClient4, address4(by_rewrite4), 0x4242, slot_of(by_rewrite4)},
                             {true, "_rewritten6", kClient6, address6(by_rewrite6), 0x1234, slot_of(by_rewrite6)}};
const Payload kSyn = tcp(40000, 80, "S");

// A part of a datagram: in units of 8 bytes.
Bytes part_of(const Family& f, u16 offset, bool more, const Payload& p, u8 hops = 64) {
  if (f.six) return ip6({.source = f.client, .destination = f.service, .hops = hops}, fragment6(offset, more, p));
  return ip4({.source = f.client, .destination = f.service, .ttl = hops, .fragment = u16((more ? 0x2000 : 0) | offset)},
             p);
}
// What spreads a datagram's tunnels, all of them alike: its hash, with the identification for the ports.
u64 datagram(const Family& f) { return flow_hash(kPublicRealm, f.client, f.service, tcp(0, f.id, "S")); }

Case first(const Family& f, const std::string& name, const std::string& why, bool more) {
  Case c = sent(name + f.name, why, f.client, f.service, kSyn, f.slot);
  c.in = frame(part_of(f, 0, more, kSyn));
  c.bytes = c.in.size() - 14;
  c.out = tunnelled(f.slot, part_of(f, 0, more, kSyn, 63), datagram(f));
  return c;
}
const Payload kRest = raw(6, repeat(0x35, 24));
Case follows(const Family& f, const std::string& name, const std::string& why, u16 offset, bool more) {
  Case c = ends(name + f.name, why, frame(part_of(f, offset, more, kRest)), "forward.sent");
  c.before = {frame(part_of(f, 0, true, kSyn))};
  c.out = tunnelled(f.slot, part_of(f, offset, more, kRest, 63), datagram(f));
  c.slot = f.slot;
  c.packets = 1;
  c.bytes = c.in.size() - 14;
  return c;
}

}  // namespace

std::vector<Case> fragment_cases() {
  std::vector<Case> c;
  for (const Family& f : kFamilies) {
    c.push_back(first(f, "fragment_first", "it has the ports, and goes where its flow goes", true));
    c.push_back(follows(f, "fragment_follows", "it has none, and goes where the first one went", 4, false));
    c.push_back(follows(f, "fragment_middle", "likewise", 4, true));
    const Bytes later = frame(part_of(f, 4, false, kRest));
    c.push_back(ends("fragment_early" + f.name, "what stands where ports would be is data: it waits for the first",
                     later, "director.early"));
    Case many = ends("fragment_late" + f.name, "a flood of them must not push out what else the daemon has to finish",
                     later, "director.fragment");
    many.arrange = [](const Live& live, u32 now) {
      live.limits[kEarlyLimit] =
          ((u64(now) << 16) + u64(kAnswerInterval) * 64 - kAnswerInterval / 2) & 0xffff'ffff'ffffull;
    };
    c.push_back(many);
    Case other =
        ends("fragment_of_another" + f.name, "another datagram's first says nothing of it", later, "director.early");
    other.before = {
        frame(f.six ? ip6({.source = f.client, .destination = f.service}, fragment6(0, true, kSyn, 0x1235))
                    : ip4({.source = f.client, .destination = f.service, .id = 0x4243, .fragment = 0x2000}, kSyn))};
    c.push_back(other);
    Case old = follows(f, "fragment_too_late", "nobody waits so long for a datagram's rest", 4, false);
    old.reason = "director.early";
    old.out.clear();
    old.slot = 0, old.packets = old.bytes = 0;
    old.arrange = [](const Live& live, u32) {
      for (MemoBucket& bucket : live.fragments)
        for (u64& way : bucket.way)
          if (way) way -= u64(kFragmentStamps + 1) << 50;
    };
    c.push_back(old);
    Case gone = follows(f, "fragment_target_gone", "its first one's target is no more", 4, false);
    gone.reason = "director.target_gone";
    gone.out.clear();
    gone.slot = 0, gone.packets = gone.bytes = 0;
    gone.arrange = [](const Live& live, u32) { live.targets[by_ip6].in_use = 0; };
    c.push_back(gone);
    gone.name = "fragment_target_dead" + f.name;
    gone.why = "nor is it told, which takes ports";
    gone.reason = "director.dead_target";
    gone.arrange = [](const Live& live, u32) { live.targets[by_ip6].route |= kTargetDown; };
    c.push_back(gone);
    Case first_dead = ends("fragment_first_target_dead" + f.name, "a reset needs the whole segment",
                           frame(part_of(f, 0, true, tcp(40000, 80, "A"))), "director.dead_target");
    first_dead.before = {frame(ip(f.client, f.service, kSyn)), frame(ip(f.client, f.service, tcp(40000, 80, "A")))};
    first_dead.arrange = gone.arrange;
    c.push_back(first_dead);
    Case expired = ends("fragment_hop_limit" + f.name, "no error is sent about it (RFC 1122, 3.2.2; RFC 4443, 2.4)",
                        frame(part_of(f, 4, false, kRest, 1)), "forward.hop_limit");
    expired.before = {frame(part_of(f, 0, true, kSyn))};
    c.push_back(expired);
    c.push_back(ends("fragment_closed_port" + f.name, "no service's", frame(part_of(f, 0, true, tcp(40000, 81, "S"))),
                     "director.port_closed"));
    c.push_back(ends("fragment_tiny" + f.name, "a header in two pieces hides its flags (RFC 1858)",
                     frame(part_of(f, 0, true, raw(6, cut(kSyn.bytes, 16)))), "parse.tcp_header"));
    c.push_back(ends("fragment_tiny_udp" + f.name, "nor are ports looked for in another piece",
                     frame(part_of(f, 0, true, raw(17, repeat(0, 7)))), "parse.udp_header"));
    c.push_back(ends("fragment_of_a_ping" + f.name, "an answer wants all of it: the kernel's",
                     frame(part_of(f, 0, true, f.six ? icmp6(128, 0) : icmp4(8, 0))), "parse.fragment"));
  }
  for (const Family& f : kRewritten) {
    c.push_back(first(f, "fragment_first", "its checksum follows its addresses", true));
    c.push_back(follows(f, "fragment_follows", "what stands where that would be is data", 4, false));
  }
  c.push_back(first(kFamilies[1], "fragment_atomic", "all of a packet in one (RFC 6946)", false));
  const Family& six = kFamilies[1];
  c.push_back(ends("fragment6_cut", "a Fragment Header that ends with the packet",
                   frame(ip(six.client, six.service, raw(44, {6, 0, 0, 1}))), "parse.extension_short"));
  Case df = first(kFamilies[0], "fragment_df", "DF does not hide that more follow", true);
  const auto with_df = [&](u8 ttl) {
    return ip4({.source = kClient4, .destination = address4(by_ip6), .ttl = ttl, .fragment = 0x6000}, kSyn);
  };
  df.in = frame(with_df(64));
  df.out = tunnelled(by_ip6, with_df(63), datagram(kFamilies[0]));
  c.push_back(df);
  return c;
}

}  // namespace waymark::cases
