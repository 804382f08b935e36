#include "bench/translator_site.h"

#include <algorithm>
#include <cstring>
#include <random>
#include <set>

#include "base/address_text.h"
#include "bench/site.h"
#include "core/steer.h"
#include "core/translate/icmp.h"
#include "core/way.h"
#include "roles/translator/translations.h"

namespace waymark::bench {

namespace {

constexpr u32 kHours = 1u << 30, kSmall = 40, kLarge = 1500;
constexpr u16 kAnyChecksum = 0x1234;  // what is adjusted may be anything, but for UDP's 0

const Address kClient4 = *parse_address("192.0.2.33"), kServer4 = *parse_address("198.51.100.80");
const Address kClient6 = *parse_address("2001:db8:64::192.0.2.33"),
              kServer6 = *parse_address("2001:db8:64::198.51.100.80");

template <class H>
void add(std::vector<u8>& frame, const H& header) {
  const std::size_t at = frame.size();
  frame.resize(at + sizeof header);  // not insert(): g++ 12 warns of an overflow in it at -O1
  std::memcpy(frame.data() + at, &header, sizeof header);
}

// `length` counts what follows the header.
void add_ip(std::vector<u8>& frame, bool ip6, u8 protocol, u32 length, bool back) {
  if (ip6) {
    Ip6 header{wire32(6u << 28), wire16(u16(length)), protocol, 64, {}, {}};
    store_address(header.source, back ? kServer6 : kClient6);
    store_address(header.destination, back ? kClient6 : kServer6);
    add(frame, header);
  } else {
    Ip4 header{0x45,
               0,
               wire16(u16(length + sizeof(Ip4))),
               {0},
               wire16(0x4000),
               64,
               protocol,
               {0},
               ip4_of(back ? kServer4 : kClient4),
               ip4_of(back ? kClient4 : kServer4)};
    sum_header(header);
    add(frame, header);
  }
}

void add_tcp(std::vector<u8>& frame) {
  add(frame, Tcp{wire16(40'000), wire16(80), wire32(1), wire32(1), 0x50, kTcpAck, wire16(1000), {kAnyChecksum}, {0}});
}

// Random pairs. Each IPv6 address has a place of its own in the cache of ways: what a shared one costs is the kernel's
// routes, not the map.
std::vector<AddressMapConfig> random_maps(u32 count) {
  std::mt19937_64 random(1);
  const auto address6 = [&] { return Prefix{{random() << 32 | 0xb80d0120, random()}, 128}; };  // 2001:db8::/32
  std::set<u32> ip4;
  while (ip4.size() < count) ip4.insert(10u << 24 | u32(random() >> 40));
  Settings settings{};
  const Meta meta = meta_of({}, 250);
  std::copy(std::begin(meta.pin_key), std::end(meta.pin_key), settings.pin_key);
  std::vector<bool> taken(1u << kWayBits);
  std::vector<AddressMapConfig> maps;
  for (const u32 a : ip4) {
    Prefix ip6 = address6();
    while (taken[way_index(settings, ip6.address)]) ip6 = address6();
    taken[way_index(settings, ip6.address)] = true;
    maps.push_back({{address_of(wire32(a)), 32}, ip6});
  }
  std::shuffle(maps.begin(), maps.end(), random);
  return maps;
}

// What keep_way() wants.
struct Ways {
  const Live& live;
  const Settings& held;
  u32 ticks;
  const Settings& settings() const { return held; }
  u32 now() const { return ticks; }
  CachedRoute* at(decltype(table::ways), u32 i) { return i < live.ways.size() ? &live.ways[i] : nullptr; }
};

}  // namespace

void sum_header(Ip4& header) {
  header.checksum = {0};
  u64 sum = 0;
  for (u32 i = 0; i < sizeof header; i += 4) sum += load32(reinterpret_cast<const u8*>(&header) + i);
  header.checksum = {u16(~fold(sum))};
}

TranslatorConfig translator_config(u32 maps) {
  TranslatorConfig config;
  config.prefix = {{{*parse_address("2001:db8:64::"), 96}, {}}};
  config.map = random_maps(maps);
  return config;
}

std::vector<u8> packet_to_translate(bool ip6, Carried carried) {
  std::vector<u8> frame;
  add(frame, Ethernet{kOurs, kRouter, wire16(ip6 ? kEtherIp6 : kEtherIp4)});
  const u8 icmp = ip6 ? kProtoIcmp6 : kProtoIcmp4;
  const be16 checksum = {kAnyChecksum};
  if (carried == Carried::tcp) {
    add_ip(frame, ip6, kProtoTcp, sizeof(Tcp), false);
    add_tcp(frame);
  } else if (carried == Carried::error) {
    const u32 head = ip6 ? sizeof(Ip6) : sizeof(Ip4);
    add_ip(frame, ip6, icmp, u32(sizeof(Icmp) + head + sizeof(Tcp)), false);
    add(frame, ip6 ? Icmp{2, 0, checksum, wire32(1400)} : Icmp{3, 4, checksum, wire32(1400)});
    add_ip(frame, ip6, kProtoTcp, kLarge - head, true);
    add_tcp(frame);
  } else {
    const u16 length = u16(kSmall - sizeof(Ip4));  // as long as TCP's header
    add_ip(frame, ip6, carried == Carried::udp ? kProtoUdp : icmp, length, false);
    if (carried == Carried::udp)
      add(frame, Udp{wire16(40'000), wire16(53), wire16(length), checksum});
    else
      add(frame, Icmp{ip6 ? kIcmp6Echo : kIcmp4Echo, 0, checksum, wire32(0x10001)});
    frame.insert(frame.end(), length - sizeof(Udp), 0x55);
  }
  return frame;
}

void send_to(std::vector<u8>& frame, be32 ip4) {
  auto* header = reinterpret_cast<Ip4*>(frame.data() + sizeof(Ethernet));
  header->destination = ip4;
  sum_header(*header);
}

Address translated_destination(bool ip6) { return ip6 ? kServer4 : kServer6; }

void keep_ways(const Live& live, const Settings& settings, u32 now, std::span<const Address> destinations) {
  Ways ways{live, settings, now};
  const Ethernet link = {kRouter, kOurs, {}};
  for (const Address& to : destinations)
    keep_way(ways, to, WayKind::direct, kInterface, load_link(&link), kLarge, kHours);
}

}  // namespace waymark::bench
