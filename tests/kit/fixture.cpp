#include "tests/kit/fixture.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "core/steer.h"
#include "core/tunnel.h"
#include "roles/director/reasons.h"

namespace waymark::fixture {

namespace {

using packets::operator+;

constexpr u32 kPinKey[12] = {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0,
                             0x082efa98, 0xec4e6c89, 0x452821e6, 0x38d01377, 0xbe5466cf, 0x34e90c6c};
constexpr u32 kSteerBits = 6;
constexpr u32 kPrime = 7;
constexpr u32 kPattern[2][kPrime] = {{0, 1, 2, 0, 1, 2, 0}, {2, 2, 2, 2, 2, 2, 2}};  // members by half and entry
constexpr u32 kSizeBefore = 2 * kPrime;
constexpr u16 kBefore[kSizeBefore] = {1, 2, 0, 2, 1, 0, kNoMember, 2, 0, 0, kNoMember, 1, 2, kNoMember};

Mac mac(u8 a, u8 b) { return {{2, 0, 0, 0, a, b}}; }

constexpr u32 kOthers = 60;  // slots of the last services' targets are so much more than their numbers

bool is_v4_tunnel(u32 slot) {
  return slot == by_ip4 || slot == by_gue4 || slot == narrow4 || slot == 43 || slot == 51 || slot == 52 ||
         slot == kFellowSlot4 || (slot > kTakenOver && slot % 2 == 0);
}
bool is_gue(u32 slot) {
  return slot == by_gue6 || slot == by_gue4 || slot == narrow4 || (slot > 40 && slot < kTakenOver);
}
bool is_gre(u32 slot) { return slot > kTakenOver && slot - kOthers < by_vxlan6; }
bool is_vxlan(u32 slot) { return slot - kOthers == by_vxlan6 || slot - kOthers == by_vxlan4; }
bool is_by_mac(u32 slot) { return slot - kOthers == by_mac6 || slot - kOthers == by_mac4; }
bool is_rewritten(u32 slot) { return slot - kOthers == by_rewrite6 || slot - kOthers == by_rewrite4; }
bool has_key(u32 slot) { return is_gre(slot) && slot - kOthers >= by_key6; }
u32 adjacency_of(u32 slot) {
  if (slot == no_way) return 0;
  return slot == old_way ? 3 : slot == other ? 2 : slot == narrow6 || slot == narrow4 || slot == 52 ? 4 : 1;
}
u32 first_of(u32 service) {  // of three
  return service == pool ? 21 : service == sticky ? 31 : service == moved6 ? 41 : service == moved4 ? 51 : 0;
}
std::string target4(u32 slot) { return "192.0.2." + std::to_string(100 + slot); }
std::string target6(u32 slot) { return "2001:db8:5::" + std::to_string(100 + slot); }

Rule rule(u8 protocol, u16 first, u16 last, u32 service) {
  return {u32(protocol) * 65536 + first, u16(last - first), u16(service)};
}

std::vector<Rule> rules_of(u32 service) {
  if (service == all) return {rule(6, 0, 65535, service), rule(17, 0, 65535, service)};
  if (service != many)
    return {rule(6, 80, 80, service), rule(6, 443, 443, service), rule(17, 53, 53, service),
            rule(17, 5000, 6000, service)};
  std::vector<Rule> rules;  // tcp/100, tcp/200-209, tcp/300, ... sorted by protocol and first port
  for (u16 i = 1; i <= 30; ++i) rules.push_back(rule(6, u16(i * 100), u16(i * 100 + (i % 2 ? 0 : 9)), service));
  for (u16 i = 1; i <= 9; ++i) rules.push_back(rule(17, u16(i * 1000), u16(i * 1000), service));
  rules.push_back(rule(17, 65000, 65535, service));
  return rules;
}

void add_front(Image& image, Space space, const std::string& text, Role role, const std::vector<Rule>& rules,
               u32 realm = kPublicRealm) {
  Front front{};
  front.address = address(text);
  front.space = space;
  front.role = u8(role);
  front.realm = u8(realm);
  std::fill(front.rule, front.rule + kFrontRules, kNoRule);
  if (rules.size() <= kFrontRules) {
    std::copy(rules.begin(), rules.end(), front.rule);
  } else {
    front.rule_count = u16(rules.size());
    front.index = u32(image.rules.size());
    image.rules.insert(image.rules.end(), rules.begin(), rules.end());
  }
  image.fronts.push_back(front);
}

// Tries seeds until every front has a way in its bucket, as core/steer.h wants it.
void place_fronts(Image& image) {
  image.settings.steer_bits = kSteerBits;
  for (u64 seed = 1;; ++seed) {
    image.steer.assign(1u << kSteerBits, {});
    bool fits = true;
    for (u32 i = 0; i < image.fronts.size() && fits; ++i) {
      const u64 hash = steer_hash(seed, image.fronts[i].space, image.fronts[i].address);
      auto& way = image.steer[hash >> (64 - kSteerBits)].way;
      auto* free = std::find(way, way + kSteerWays, 0u);
      fits = free != way + kSteerWays;
      if (fits) *free = u32(hash & 0xffff) << 16 | (i + 1);
    }
    if (fits) {
      image.settings.steer_seed = seed;
      return;
    }
  }
}

void place_ports(Image& image, const std::vector<Port>& ports) {
  for (u64 seed = 1;; ++seed) {
    image.ports.assign(1u << kPortBits, {});
    bool fits = true;
    for (const Port& port : ports) {
      Port& place = image.ports[port_hash(seed, port.interface, port.outer_vlan, port.inner_vlan)];
      fits = fits && place.interface == 0;
      place = port;
    }
    if (fits) {
      image.settings.port_seed = seed;
      return;
    }
  }
}

Encapsulation tunnel_of(u32 slot) {
  if (is_gre(slot)) return {kTunnelGre, kGuePort, has_key(slot), has_key(slot) ? kKey : 0};
  if (is_vxlan(slot)) return {kTunnelVxlan, kVxlanPort, true, kVni, mac(5, 1)};
  return {is_by_mac(slot)      ? kTunnelMac
          : is_rewritten(slot) ? kTunnelRewrite
          : is_gue(slot)       ? kTunnelGue
                               : kTunnelIp,
          kGuePort};
}

Target target(u32 slot, u32 service) {
  Target t{};
  const bool v4 = is_v4_tunnel(slot);
  set_outer(t, address(v4 ? kHere4 : kHere6), address(v4 ? target4(slot) : target6(slot)), tunnel_of(slot));
  t.route = adjacency_of(slot);
  t.service = service;
  t.in_use = 1;
  return t;
}

u32 le32(const Bytes& b, size_t at) {
  return u32(b.at(at)) | u32(b.at(at + 1)) << 8 | u32(b.at(at + 2)) << 16 | u32(b.at(at + 3)) << 24;
}
u64 le64(const Bytes& b, size_t at) { return le32(b, at) | u64(le32(b, at + 4)) << 32; }
Bytes wide(const std::string& text) {  // 16 bytes, IPv4 as ::ffff:a.b.c.d
  const Bytes b = packets::address_bytes(text);
  return b.size() == 16 ? b : packets::repeat(0, 10) + packets::repeat(0xff, 2) + b;
}
u64 multiply(u32 i, u32 a, u32 b) { return u64(u32(a + kPinKey[i])) * u64(u32(b + kPinKey[i + 1])); }
u64 finish(u64 x) {  // Stafford, variant 13
  x ^= x >> 30, x *= 0xbf58476d1ce4e5b9u;
  x ^= x >> 27, x *= 0x94d049bb133111ebu;
  return x ^ x >> 31;
}

}  // namespace

std::string address4(u32 service) { return "198.51.100." + std::to_string(service == tenant ? u32(by_ip6) : service); }
std::string address6(u32 service) {
  char s[40];
  std::snprintf(s, sizeof s, "2001:db8:80::%x", service);
  return s;
}
Address address(const std::string& text) {
  Address a;
  std::memcpy(&a, wide(text).data(), sizeof a);
  return a;
}

Image image(bool pins, u32 stamp_shift) {
  Image image;
  Settings& s = image.settings;
  std::copy(std::begin(kPinKey), std::end(kPinKey), s.pin_key);
  s.pin_buckets = pins ? pin_buckets_for(kPins) : 0;
  s.embryo_buckets = pins ? embryo_buckets_for(kPins) : 0;
  s.stamp_shift = stamp_shift;
  s.stale_stamps = kStaleStamps;
  s.embryo_stamps = kEmbryoStamps;
  s.second_candidate = 1;
  s.fragment_stamps = kFragmentStamps;
  s.early_interval = kAnswerInterval;
  for (u32 kind = 0; kind < kAnswerKinds; ++kind) {
    s.answer_interval[kind] = kAnswerInterval;
    s.answer_burst[kind] = kAnswerBurst;
  }
  s.tunnel_ends = {kGuePort, kVxlanPort, kKey, kVni, {}, 0xf, 1, 0};
  s.prefix_role = kNoRole;

  for (u32 service = by_ip6; service <= kLastService; ++service) {
    const u32 zone = service == tenant ? kTenant : kPublic;
    add_front(image, space_of(zone), address4(service), Role::director, rules_of(service),
              service == tenant ? kTenantRealm : kPublicRealm);
    if (service != tenant) add_front(image, space_of(zone), address6(service), Role::director, rules_of(service));
  }
  for (const auto& own : {kOwn4, kOwn6}) add_front(image, space_of(kPublic), own, Role::director, {});
  s.own[director::kModule].ip6 = address(kOwn6);
  for (const auto& here : {kHere4, kHere6}) add_front(image, space_of(kPublic), here, Role::host, {});
  for (const auto& peer : {kDirector4, kDirector6})
    add_front(image, space_of(kPublic, SpaceKind::director), peer, Role::host, {});
  for (const auto& served : {kServed4, kServed6})
    add_front(image, kServed, served, Role::host,
              {rule(6, 80, 80, kShared), rule(6, 443, 443, kShared), rule(6, kAlonePort, kAlonePort, kAlone),
               rule(17, 53, 53, kShared)});
  add_front(image, space_of(kPublic, SpaceKind::fellow), kFellow6, Role::host, {rule(0, kShared, kShared, 0)});
  add_front(image, space_of(kPublic, SpaceKind::fellow), kFellow4, Role::host, {rule(0, kShared, kShared, 1)});
  place_fronts(image);

  const Mac ours = mac(0, 1);
  place_ports(image, {{kInterface, 0, 0, kPublic, ours, 1, 0, 1500, 0},
                      {kInterface, kVlan, 0, kPublic, ours, 1, 0, 1500, 0},
                      {kInterface, kVlan, kInnerVlan, kPublic, ours, 1, 0, 1500, 0},
                      {kInterface, kVlanNoTunnels, 0, kPublic, ours, 0, 0, 1500, 0},
                      {kInterface, kVlanTenant, 0, kTenant, ours, 0, 0, 1500, 0}});
  image.fellows = {{kFellowSlot6, 0}, {kFellowSlot4, 0}};
  // Whatever the hash: `pool` has no heir but 22 for the end of kTakenOver.
  s.heir_bits = 1;
  image.heirs.assign(2, {{kTakenOver, by_ip6, 21, 22, 23}});
  image.services.resize(kLastService + 1);
  image.services[sticky].affinity = 1;
  return image;
}

void fill(const Live& live, u32 now) {
  std::fill(live.pins.begin(), live.pins.end(), PinBucket{});
  std::fill(live.embryos.begin(), live.embryos.end(), EmbryoBucket{});
  std::fill(live.fragments.begin(), live.fragments.end(), MemoBucket{});
  std::fill_n(live.targets.begin(), 100, Target{});
  std::fill(live.limits.begin(), live.limits.end(), u64(now) << 16);

  const u32 later = now + 0x1000'0000, before = now - 0x1000'0000;
  live.adjacencies[1] = {kInterface, later, mac(1, 1), mac(1, 0xfe), u16(kMtu), 0, 0, 0};
  live.adjacencies[2] = {kOtherInterface, later, mac(1, 1), mac(1, 0xfe), u16(kMtu), 0, 0, 0};
  live.adjacencies[3] = {kInterface, before, mac(1, 1), mac(1, 0xfe), u16(kMtu), 0, 0, 0};
  live.adjacencies[4] = {kInterface, later, mac(1, 1), mac(1, 0xfe), u16(kNarrowMtu), 0, 0, 0};

  live.half[0] = 0;
  for (u32 half = 0; half < 2; ++half) {
    const u32 base = half * kMaxChoices, members = half * kMaxMembers;
    for (u32 i = 0; i < kPrime; ++i) live.choices[base + i] = u16(kPattern[half][i]);  // shared by pool and sticky
    live.choices[base + kPrime] = 0;                                                   // of one: member 0
    std::copy(std::begin(kBefore), std::end(kBefore), live.previous.begin() + base);
    for (u32 service = by_ip6; service <= kLastService; ++service) {
      const bool three = first_of(service) != 0, moved = three && service != sticky;
      const u32 slot = slot_of(service);
      const u32 first = members + service * 4, count = three ? 3 : 1;
      for (u32 i = 0; i < count; ++i) {
        live.members[first + i] = slot + i;
        if (service != gone && service != empty) live.targets[slot + i] = target(slot + i, service);
      }
      live.choice_heads[head_at(half, service)] = {three ? base : base + kPrime,
                                                   service == empty ? 0
                                                   : three          ? kPrime
                                                                    : 1,
                                                   first,
                                                   count,
                                                   base,
                                                   moved ? kSizeBefore : 0,
                                                   {}};
    }
  }
  for (u32 slot : {kFellowSlot6, kFellowSlot4}) live.targets[slot] = target(slot, 0);
  live.targets[kTakenOver] = target(22, all);
}

u64 flow_hash(u32 realm, const std::string& source, const std::string& destination, const Payload& payload) {
  const Bytes both = wide(source) + wide(destination);
  u64 sum = 0;
  for (u32 i = 0; i < 4; ++i) sum += multiply(2 * i, le32(both, 8 * i), le32(both, 8 * i + 4));
  u32 ports = 0;
  if (payload.transport == 6 || payload.transport == 17)
    for (size_t i = 0; i < 4; ++i) ports = ports << 8 | payload.bytes.at(payload.transport_at + i);
  return finish(sum + multiply(8, ports, realm) + multiply(10, payload.transport, 0));
}

u64 client_hash(u32 realm, const std::string& source) {
  const Bytes b = wide(source);
  return finish(multiply(0, le32(b, 0), le32(b, 4)) + multiply(2, le32(b, 8), le32(b, 12)) + multiply(8, 0, realm));
}

u32 chosen(u32 service, u64 hash) { return first_of(service) + kPattern[0][u32((finish(hash) >> 32) * kPrime >> 32)]; }
u32 chosen_before(u32 service, u64 hash) {
  const u16 entry = kBefore[u32((finish(hash) >> 32) * kSizeBefore >> 32)];
  return entry == kNoMember || service == sticky ? 0 : first_of(service) + entry;
}

u32 slot_of(u32 service) {
  return first_of(service) ? first_of(service) : service > moved4 ? service + kOthers : service;
}

std::string end_of(u32 slot) { return is_v4_tunnel(slot) ? target4(slot) : target6(slot); }

Bytes tunnelled(u32 slot, const Bytes& inner, u64 hash, u8 tos, const packets::Link* link, u32 candidate) {
  const packets::Link way = link ? *link : packets::Link{"02:00:00:00:01:01", "02:00:00:00:01:fe", {}};
  if (is_by_mac(slot)) return packets::frame(inner, way);
  if (is_rewritten(slot)) return packets::frame(packets::readdressed(inner, end_of(slot)), way);
  const u32 entropy = u32(hash >> 40);
  const u16 port = u16(0xc000 | (entropy & 0x3fff));
  const Bytes from = wide(is_v4_tunnel(slot) ? kHere4 : kHere6);
  const u64 sender = finish(le64(from, 0) ^ finish(le64(from, 8)));
  char sends[20];
  std::snprintf(sends, sizeof sends, "02:%02x:%02x:%02x:%02x:%02x", u32(sender >> 32) & 255, u32(sender >> 24) & 255,
                u32(sender >> 16) & 255, u32(sender >> 8) & 255, u32(sender) & 255);
  const Payload carried =
      is_gre(slot) ? packets::gre(has_key(slot) ? 0x2000 : 0, has_key(slot) ? packets::number32(kKey) : Bytes{}, inner)
      : is_vxlan(slot) ? packets::vxlan(port, kVxlanPort, kVni, packets::frame(inner, {kFrameEnd, sends, {}}))
      : candidate      ? packets::gue_naming(port, kGuePort, inner, end_of(candidate))
      : is_gue(slot)   ? packets::gue(port, kGuePort, inner)
                       : packets::inside(inner);
  const Bytes outer =
      is_v4_tunnel(slot)
          ? packets::ip4({.source = kHere4, .destination = target4(slot), .ttl = 64, .tos = tos, .id = 0}, carried)
          : packets::ip6({.source = kHere6,
                          .destination = target6(slot),
                          .hops = 64,
                          .traffic_class = tos,
                          .label = entropy & 0xfffff},
                         carried);
  return packets::frame(outer, way);
}

}  // namespace waymark::fixture
