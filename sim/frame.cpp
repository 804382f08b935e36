#include "sim/frame.h"

#include <cstddef>
#include <cstring>

#include "core/checksum.h"

namespace waymark::sim {

namespace {

// Of 16-bit words as they stand in memory (RFC 1071).
u64 sum_of(const u8* bytes, std::size_t length) {
  u64 sum = 0;
  std::size_t i = 0;
  for (; i + 4 <= length; i += 4) sum += load32(bytes + i);
  for (; i + 1 < length; i += 2) sum += load16(bytes + i);
  return i < length ? sum + bytes[i] : sum;
}

u64 pseudo_sum(const u8* l3, bool ip6, u32 length, u8 protocol) {
  return (ip6 ? sum_of(l3 + 8, 32) : sum_of(l3 + 12, 8)) + swap16(u16(length)) + u64(protocol) * 256;
}

template <class T>
void put(u8* at, const T& value) {
  std::memcpy(at, &value, sizeof value);
}
template <class T>
T get(const u8* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

struct Ip {
  Address source, destination;
  u8 protocol;
  const u8* l3;
  std::span<const u8> payload;
};

std::optional<Ip> read_ip(std::span<const u8> packet, bool whole) {
  if (packet.size() < sizeof(Ip4)) return std::nullopt;
  if (packet[0] >> 4 == 6) {
    if (packet.size() < sizeof(Ip6)) return std::nullopt;
    const Ip6 ip = get<Ip6>(packet.data());
    const u32 length = number(ip.length);
    if (whole && sizeof ip + length > packet.size()) return std::nullopt;
    return Ip{load_address(ip.source), load_address(ip.destination), ip.next, packet.data(),
              packet.subspan(sizeof ip, std::min<std::size_t>(length, packet.size() - sizeof ip))};
  }
  const Ip4 ip = get<Ip4>(packet.data());
  if (ip.version_ihl != 0x45 || (whole && number(ip.length) > packet.size())) return std::nullopt;
  if (whole && fold(sum_of(packet.data(), sizeof ip)) != 0xffff) return std::nullopt;
  const std::size_t end = std::min<std::size_t>(number(ip.length), packet.size());
  if (end < sizeof ip) return std::nullopt;
  return Ip{address_of(ip.source), address_of(ip.destination), ip.protocol, packet.data(),
            packet.subspan(sizeof ip, end - sizeof ip)};
}

}  // namespace

void write(Frame& frame, const Segment& s, const Mac& to, const Mac& from) {
  const bool ip6 = !is_ip4(s.source), tcp = s.protocol == kProtoTcp;
  const u32 header = u32(tcp ? sizeof(Tcp) : sizeof(Udp)), length = header + s.payload;
  const u32 l3 = u32(ip6 ? sizeof(Ip6) : sizeof(Ip4));
  frame.begin = kHeadRoom;
  frame.end = u32(frame.begin + sizeof(Ethernet) + l3 + length);
  u8* at = frame.view().data();
  put(at, Ethernet{to, from, wire16(ip6 ? kEtherIp6 : kEtherIp4)});
  u8* ip = at + sizeof(Ethernet);
  if (ip6) {
    Ip6 h{wire32(6u << 28), wire16(u16(length)), s.protocol, 64, {}, {}};
    store_address(h.source, s.source);
    store_address(h.destination, s.destination);
    put(ip, h);
  } else {
    Ip4 h{0x45,
          0,
          wire16(u16(l3 + length)),
          {0},
          wire16(0x4000),
          64,
          s.protocol,
          {0},
          ip4_of(s.source),
          ip4_of(s.destination)};
    h.checksum.raw = u16(~fold(sum_of(reinterpret_cast<const u8*>(&h), sizeof h)));
    put(ip, h);
  }
  u8* l4 = ip + l3;
  std::memset(l4 + header, int(s.sequence & 0xff), s.payload);
  if (tcp)
    put(l4, Tcp{wire16(s.source_port),
                wire16(s.destination_port),
                wire32(s.sequence),
                wire32(s.acknowledgement),
                0x50,
                s.flags,
                wire16(0xffff),
                {0},
                {0}});
  else
    put(l4, Udp{wire16(s.source_port), wire16(s.destination_port), wire16(u16(length)), {0}});
  u16 checksum = u16(~fold(pseudo_sum(ip, ip6, length, s.protocol) + sum_of(l4, length)));
  if (!tcp && !checksum) checksum = 0xffff;
  put(l4 + (tcp ? offsetof(Tcp, checksum) : offsetof(Udp, checksum)), checksum);
}

std::optional<Segment> read(std::span<const u8> frame) {
  if (frame.size() < sizeof(Ethernet)) return std::nullopt;
  const auto ip = read_ip(frame.subspan(sizeof(Ethernet)), true);
  if (!ip || ip->payload.size() < sizeof(Udp)) return std::nullopt;
  const bool ip6 = !is_ip4(ip->source);
  const u8* l4 = ip->payload.data();
  const u32 length = u32(ip->payload.size());
  const bool icmp = ip->protocol == (ip6 ? kProtoIcmp6 : kProtoIcmp4);
  const u64 pseudo = icmp && !ip6 ? 0 : pseudo_sum(ip->l3, ip6, length, ip->protocol);
  if (fold(pseudo + sum_of(l4, length)) != 0xffff) return std::nullopt;
  Segment s;
  s.source = ip->source;
  s.destination = ip->destination;
  s.protocol = ip->protocol;
  if (icmp) {  // what it quotes is turned round: the packet seems to come from whom it was sent to
    const auto quoted = read_ip(ip->payload.subspan(sizeof(Icmp)), false);
    if (l4[0] != (ip6 ? 1 : 3) || !quoted || quoted->payload.size() < sizeof(Ports)) return std::nullopt;
    const Ports ports = get<Ports>(quoted->payload.data());
    s.protocol = quoted->protocol;
    s.source_port = number(ports.destination);
    s.destination_port = number(ports.source);
    s.unreachable = true;
    return s;
  }
  if (ip->protocol == kProtoUdp) {
    const Udp udp = get<Udp>(l4);
    s.source_port = number(udp.source);
    s.destination_port = number(udp.destination);
    s.payload = length - u32(sizeof udp);
    return s;
  }
  if (ip->protocol != kProtoTcp || length < sizeof(Tcp)) return std::nullopt;
  const Tcp tcp = get<Tcp>(l4);
  s.source_port = number(tcp.source);
  s.destination_port = number(tcp.destination);
  s.sequence = number(tcp.sequence);
  s.acknowledgement = number(tcp.acknowledgement);
  s.flags = tcp.flags;
  s.payload = length - (tcp.offset >> 4) * 4u;
  return s;
}

u32 length_of(std::span<const u8> frame) {
  const u8* l3 = frame.data() + sizeof(Ethernet);
  const u32 ip = *l3 >> 4 == 6 ? u32(sizeof(Ip6)) + number(get<Ip6>(l3).length) : number(get<Ip4>(l3).length);
  return u32(sizeof(Ethernet)) + ip;
}

}  // namespace waymark::sim
