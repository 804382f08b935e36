// Packets whose destination becomes their target's address: no tunnel, and sums that follow.
#include "tests/cases/cases.h"

namespace waymark::cases {

using namespace fixture;
using namespace packets;

namespace {

struct Side {
  bool six;
  std::string v, client, address;
  u32 service;
  size_t header() const { return six ? 40 : 20; }
  u32 slot() const { return slot_of(service); }
};
const Side kSides[] = {{false, "4", kClient4, address4(by_rewrite4), by_rewrite4},
                       {true, "6", kClient6, address6(by_rewrite6), by_rewrite6}};

const Payload kSyn = tcp(40000, 80, "S");

void packets_of_flows(std::vector<Case>& c, const Side& s) {
  const auto add = [&](const std::string& name, const char* why, const Payload& payload) {
    c.push_back(sent("rewrite_" + name + s.v, why, s.client, s.address, payload, s.slot()));
  };
  add("tcp", "a server that does not hold the address gets the packet as its own", kSyn);
  add("udp", "likewise", udp(40000, 53));
  add("udp_odd", "and with an odd number of bytes", udp(40000, 53, text("odd")));
  add("udp_without_checksum", "a checksum of zero stays zero", udp_unchecked(40000, 53, text("x")));
  // 0 would say that there is none (RFC 768).
  for (u32 i = 0; i < 0x10000; ++i) {
    const Payload payload = udp(40000, 53, {u8(i >> 8), u8(i)});
    const Bytes to = readdressed(ip(s.client, s.address, payload), end_of(s.slot()));
    if (to.at(s.header() + 6) != 0xff || to.at(s.header() + 7) != 0xff) continue;
    add("udp_sum_of_zero", "a checksum that comes out as zero is written as ones", payload);
    break;
  }
  Case mark = sent("rewrite_tos" + s.v, "marks stay", s.client, s.address, kSyn, s.slot());
  mark.in = frame(ip(s.client, s.address, kSyn, 64, 0xbb));
  mark.out = tunnelled(s.slot(), ip(s.client, s.address, kSyn, 63, 0xbb), mark.flow);
  c.push_back(mark);
  Case pad =
      sent("rewrite_padding" + s.v, "what pads the frame is not the packet", s.client, s.address, kSyn, s.slot());
  pad.in = padded(pad.in, pad.in.size() + 13);
  pad.out = padded(pad.out, pad.out.size() + 13);
  c.push_back(pad);
  Case tagged =
      sent("rewrite_tagged" + s.v, "tags are of the link that it came in by", s.client, s.address, kSyn, s.slot());
  tagged.in = frame(ip(s.client, s.address, kSyn), {.tags = {0x2000 | kVlan, kInnerVlan}, .first_tag_type = 0x88a8});
  c.push_back(tagged);
}

// One more than the right sum, before and after.
void wrong_sums(std::vector<Case>& c, const Side& s) {
  const auto spoilt = [](Bytes frame, size_t at) {
    const u32 sum = (u32(frame.at(at)) << 8 | frame.at(at + 1)) + 1;
    return with_word(frame, at, u16(sum + (sum >> 16)));
  };
  Case wrong =
      sent("rewrite_wrong_sum" + s.v, "what was corrupt is not made good", s.client, s.address, kSyn, s.slot());
  wrong.in = spoilt(wrong.in, 14 + s.header() + 16);
  wrong.out = spoilt(wrong.out, 14 + s.header() + 16);
  c.push_back(wrong);
  if (s.six) return;
  Case header = wrong;
  header.name = "rewrite_wrong_header_sum4";
  header.in = spoilt(frame(ip(s.client, s.address, kSyn)), 14 + 10);
  header.out = spoilt(tunnelled(s.slot(), ip(s.client, s.address, kSyn, 63), header.flow), 14 + 10);
  c.push_back(header);
}

void ways(std::vector<Case>& c, const Side& s) {
  Case router = sent("rewrite_router" + s.v, "the server may be anywhere: routers lead to its own address", s.client,
                     s.address, kSyn, s.slot());
  router.arrange = [](const Live& live, u32) { live.adjacencies[1].gateway = 1; };
  c.push_back(router);
  const Link as_it_came{};
  Case unknown = sent("rewrite_by_kernel" + s.v, "and so does the kernel, while no next hop is known", s.client,
                      s.address, kSyn, s.slot());
  unknown.reason = "forward.by_kernel";
  unknown.arrange = [slot = s.slot()](const Live& live, u32) { live.targets[slot].route = 0; };
  unknown.out = tunnelled(s.slot(), ip(s.client, s.address, kSyn, 63), unknown.flow, 0, &as_it_came);
  c.push_back(unknown);
  Case error =
      ends("rewrite_error" + s.v, "such a server answers from its own address: no reply of its quotes the service's",
           frame(ip(s.six ? "2001:db8:9::77" : "192.0.2.77", s.address,
                    icmp_error(s.six, s.six ? 1 : 3, 4, ip(s.address, s.client, tcp(80, 40000, "PA"))))),
           "director.icmp_error");
  c.push_back(error);
  const std::string other_client = s.six ? kClient4 : kClient6,
                    other = s.six ? address4(s.service) : address6(s.service);
  Case version = ends("rewrite_other_version" + s.v, "no packet changes its IP version on the way",
                      frame(ip(other_client, other, kSyn)), "forward.other_version");
  version.slot = s.slot();
  version.flows = 1;
  version.flow = flow_hash(kPublicRealm, other_client, other, kSyn);
  version.pin = "embryonic " + std::to_string(s.slot());
  c.push_back(version);
}

}  // namespace

std::vector<Case> rewrite_cases() {
  std::vector<Case> c;
  for (const Side& s : kSides) {
    packets_of_flows(c, s);
    wrong_sums(c, s);
    ways(c, s);
  }
  Case options = sent("rewrite_ip4_options", "a longer IPv4 header has a sum over all of it", kClient4,
                      address4(by_rewrite4), kSyn, slot_of(by_rewrite4));
  const auto with_options = [](u8 ttl) {
    return ip4(
        {.source = kClient4, .destination = address4(by_rewrite4), .ttl = ttl, .options = {0x94, 4, 0, 0, 1, 1, 1, 0}},
        kSyn);
  };
  options.in = frame(with_options(64));
  options.out = tunnelled(slot_of(by_rewrite4), with_options(63), options.flow);
  options.bytes = options.in.size() - 14;
  c.push_back(options);
  Case extension6 = sent("rewrite_extensions", "the sum stands behind the extension headers", kClient6,
                         address6(by_rewrite6), kSyn, slot_of(by_rewrite6));
  const Payload behind = extension(60, kSyn, 1);
  extension6.in = frame(ip(kClient6, address6(by_rewrite6), behind));
  extension6.out = tunnelled(slot_of(by_rewrite6), ip(kClient6, address6(by_rewrite6), behind, 63), extension6.flow);
  extension6.bytes = extension6.in.size() - 14;
  c.push_back(extension6);
  return c;
}

}  // namespace waymark::cases
