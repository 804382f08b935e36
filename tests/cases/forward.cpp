// The last step: hop limits, MTUs, adjacencies, head-room.
#include "tests/cases/cases.h"

namespace waymark::cases {

using namespace fixture;
using namespace packets;

namespace {

Payload filled(size_t size) { return udp(40000, 53, repeat(0x55, size - 8)); }

// A new flow is chosen a target and pinned, but its packet goes nowhere.
Case refused(const std::string& name, const std::string& why, const std::string& from, const std::string& to,
             const Payload& payload, u32 slot, const std::string& reason) {
  Case c = ends(name, why, frame(ip(from, to, payload)), reason);
  c.slot = slot;
  c.flows = 1;
  c.flow = flow_hash(kPublicRealm, from, to, payload);
  c.pin = "embryonic " + std::to_string(slot);
  return c;
}

void hop_limits(std::vector<Case>& c) {
  const Payload syn = tcp(40000, 80, "S");
  for (u32 slot : {u32(by_ip6), u32(by_gue4)}) {
    for (bool six : {false, true}) {
      const std::string from = six ? kClient6 : kClient4, to = six ? address6(slot) : address4(slot);
      const std::string name = "_" + std::to_string(slot) + (six ? "_6" : "_4");
      for (u8 hops : Bytes{0, 1}) {
        Case end =
            ends("hop_limit_" + std::to_string(hops) + name, "traceroute shows this hop, and leaves no flow behind",
                 frame(ip(from, to, syn, hops)), "director.hop_limit");
        end.out = error_back(six ? kOwn6 : to, six ? 3 : 11, 0, 0, ip(from, to, syn, hops));
        end.flow = flow_hash(kPublicRealm, from, to, syn);
        end.pin = "none";
        c.push_back(end);
      }
      for (u8 hops : Bytes{2, 3, 128, 255}) {
        Case live = sent("hop_limit_" + std::to_string(hops) + name, "one hop is spent, no more", from, to, syn, slot);
        live.in = frame(ip(from, to, syn, hops));
        live.out = tunnelled(slot, ip(from, to, syn, u8(hops - 1)), live.flow);
        c.push_back(live);
      }
    }
  }
}

void sizes(std::vector<Case>& c) {
  struct Size {
    u32 slot;
    bool six;
    u32 overhead, mtu;
  };
  for (const Size& w : {Size{narrow6, false, 40, kNarrowMtu},
                        {narrow6, true, 40, kNarrowMtu},
                        {narrow4, false, 32, kNarrowMtu},
                        {narrow4, true, 32, kNarrowMtu},
                        {by_ip4, false, 20, kMtu},
                        {by_gue6, true, 52, kMtu},
                        {by_gre4, false, 24, kMtu},
                        {by_key6, true, 48, kMtu},
                        {by_vxlan4, true, 50, kMtu},
                        {by_vxlan6, false, 70, kMtu},
                        {by_mac4, true, 0, kMtu},
                        {by_rewrite4, false, 0, kMtu},
                        {by_rewrite6, true, 0, kMtu}}) {
    const std::string from = w.six ? kClient6 : kClient4, to = w.six ? address6(w.slot) : address4(w.slot);
    const u32 fits = w.mtu - w.overhead - (w.six ? 40 : 20);
    const std::string name = std::to_string(w.slot) + (w.six ? "_6" : "_4");
    c.push_back(
        sent("mtu_exactly_" + name, "a packet that just fits is sent", from, to, filled(fits), slot_of(w.slot)));
    const Bytes over = ip(from, to, filled(fits + 1));
    const bool is_heard = !w.six || over.size() > 1280;
    Case big = refused("mtu_and_one_" + name, "one byte more is too big, of which its sender hears", from, to,
                       filled(fits + 1), slot_of(w.slot), is_heard ? "director.too_big" : "director.too_narrow");
    big.flows = 0;
    if (is_heard) big.out = error_back(w.six ? kOwn6 : to, w.six ? 2 : 3, w.six ? 0 : 4, w.mtu - w.overhead, over);
    c.push_back(big);
    Case small = big;
    small.name = "mtu_1280_" + name;
    small.why = "whom a smaller MTU would not move is asked for 1280 bytes, as IPv6 has it";
    small.in = frame(ip(from, to, filled(1300)));
    small.reason = "director.too_big";
    small.out =
        error_back(w.six ? kOwn6 : to, w.six ? 2 : 3, w.six ? 0 : 4,
                   w.six ? std::max(1280u, w.mtu - w.overhead) : w.mtu - w.overhead, ip(from, to, filled(1300)));
    if (w.mtu < 1280) c.push_back(small);
    Case pad = sent("mtu_padding_" + name, "padding does not make it bigger", from, to, filled(fits), slot_of(w.slot));
    pad.in = padded(pad.in, pad.in.size() + 1);
    pad.out = padded(pad.out, pad.out.size() + 1);
    c.push_back(pad);
  }
}

// A target that is sent to by its MAC: neither the kernel nor a router could take its packets there.
void by_mac(std::vector<Case>& c) {
  const Payload syn = tcp(40000, 80, "S");
  for (const u32 service : {u32(by_mac6), u32(by_mac4)})
    for (const bool six : {false, true}) {
      const std::string from = six ? kClient6 : kClient4, to = six ? address6(service) : address4(service);
      const std::string v = std::to_string(service) + (six ? "_6" : "_4");
      const u32 slot = slot_of(service);
      const auto lost = [&](const char* name, const char* why, const char* reason) {
        return refused(std::string("by_mac_") + name + v, why, from, to, syn, slot, reason);
      };
      Case unknown = lost("unknown", "before its MAC is known", "forward.unresolved");
      unknown.arrange = [slot](const Live& live, u32) { live.targets[slot].route = 0; };
      c.push_back(unknown);
      Case old = lost("old", "or when it is out of date", "forward.unresolved");
      old.arrange = [slot](const Live& live, u32) { live.targets[slot].route = 3; };
      c.push_back(old);
      Case router = lost("router", "a router would take the packet anywhere, or back here", "forward.off_link");
      router.arrange = [](const Live& live, u32) { live.adjacencies[1].gateway = 1; };
      c.push_back(router);
      Case tagged = sent("by_mac_tagged" + v, "tags are of the link that it came in by", from, to, syn, slot);
      tagged.in = frame(ip(from, to, syn), {.tags = {0x2000 | kVlan, kInnerVlan}, .first_tag_type = 0x88a8});
      c.push_back(tagged);
    }
}

void unknown_next_hops(std::vector<Case>& c) {
  const Payload syn = tcp(40000, 80, "S");
  const Link as_it_came{};
  struct Unknown {
    u32 slot;
    const char *name, *why;
  };
  for (const Unknown& w :
       {Unknown{no_way, "no_adjacency", "before neighbours are known the kernel routes the tunnel"},
        Unknown{old_way, "adjacency_out_of_date", "a daemon that is dead cannot keep a next hop true"}}) {
    for (bool six : {false, true}) {
      const std::string from = six ? kClient6 : kClient4, to = six ? address6(w.slot) : address4(w.slot);
      Case k = sent(std::string(w.name) + (six ? "6" : "4"), w.why, from, to, syn, w.slot);
      k.reason = "forward.by_kernel";
      k.out = tunnelled(w.slot, ip(from, to, syn, 63), k.flow, 0, &as_it_came);
      c.push_back(k);
    }
  }
  Case beyond = c.back();  // still of old_way
  beyond.name = "adjacency_beyond_the_table";
  beyond.arrange = [](const Live& live, u32) { live.targets[old_way].route = 2 * kUsualTargets; };
  c.push_back(beyond);
  Case empty_slot = beyond;
  empty_slot.name = "adjacency_of_no_interface";
  empty_slot.arrange = [](const Live& live, u32 now) {
    live.adjacencies[3] = Adjacency{.interface = 0,
                                    .valid_until = now + 0x1000'0000,
                                    .destination = {},
                                    .source = {},
                                    .mtu = 1500,
                                    .gateway = 0,
                                    .reserved = 0,
                                    .reserved2 = 0};
  };
  c.push_back(empty_slot);
  Case upper = sent("route_upper_half", "the route's upper half is no part of the index; its lowest bit alone counts",
                    kClient4, address4(by_ip6), syn, by_ip6);
  upper.arrange = [](const Live& live, u32) { live.targets[by_ip6].route = 0xffff'fffe'0000'0001ull; };
  c.push_back(upper);
  c.push_back(sent("other_interface", "the way out is the next hop's", kClient4, address4(other), syn, other));

  Case big = sent("big_by_kernel", "the kernel knows the MTU where we do not", kClient4, address4(no_way), filled(2000),
                  no_way);
  big.reason = "forward.by_kernel";
  big.out = tunnelled(no_way, ip(kClient4, address4(no_way), filled(2000), 63), big.flow, 0, &as_it_came);
  c.push_back(big);

  for (const auto& [slot, room] : {std::pair<u32, u32>{by_ip6, 36},
                                   {by_gue6, 48},
                                   {by_ip4, 16},
                                   {by_gue4, 28},
                                   {by_gre4, 20},
                                   {by_key6, 44},
                                   {by_vxlan6, 68}}) {
    Case tight =
        refused("no_head_room_" + std::to_string(slot), "a driver without room in front: said, not half written",
                kClient4, address4(slot), syn, slot_of(slot), "forward.no_room");
    tight.head_room = room;
    c.push_back(tight);
    Case enough = sent("just_enough_head_room_" + std::to_string(slot), "as much room as the header needs is enough",
                       kClient4, address4(slot), syn, slot_of(slot));
    enough.head_room = room + 4;
    c.push_back(enough);
  }
}

}  // namespace

std::vector<Case> forward_cases() {
  std::vector<Case> c;
  hop_limits(c);
  sizes(c);
  by_mac(c);
  unknown_next_hops(c);
  return c;
}

}  // namespace waymark::cases
