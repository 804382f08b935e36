#include "engine/replay/packet_build.h"

#include <cstddef>
#include <cstring>

#include "core/checksum.h"
#include "core/icmp.h"

namespace waymark {

namespace {

// Sum of 16-bit words as they stand in memory (RFC 1071).
u64 sum_of(const u8* bytes, size_t length) {
  u64 sum = 0;
  for (size_t i = 0; i + 1 < length; i += 2) sum += u32(bytes[i] | bytes[i + 1] << 8);
  if (length % 2) sum += bytes[length - 1];
  return sum;
}

template <class T>
void put(std::vector<u8>& out, size_t at, const T& value) {
  std::memcpy(&out[at], &value, sizeof value);
}

}  // namespace

std::vector<u8> build_packet(const PacketPlan& plan) {
  const bool ip6 = !is_ip4(plan.source), icmp = plan.protocol == kProtoIcmp4;
  const u8 protocol = icmp && ip6 ? kProtoIcmp6 : plan.protocol;
  const size_t l4 = ip6 ? sizeof(Ip6) : sizeof(Ip4);
  const size_t header = protocol == kProtoTcp ? sizeof(Tcp) : sizeof(Udp);  // ICMP's is as long as UDP's
  const size_t length = header + plan.payload;
  std::vector<u8> out(l4 + length);
  u64 pseudo = u64(swap16(u16(length))) + swap16(protocol);
  if (ip6) {
    Ip6 ip{wire32(6u << 28), wire16(u16(length)), protocol, plan.hops, {}, {}};
    std::memcpy(ip.source, &plan.source, sizeof ip.source);
    std::memcpy(ip.destination, &plan.destination, sizeof ip.destination);
    put(out, 0, ip);
    pseudo += sum_of(&out[8], 32);
  } else {
    Ip4 ip{0x45,
           0,
           wire16(u16(out.size())),
           {0},
           wire16(0x4000),
           plan.hops,
           protocol,
           {0},
           ip4_of(plan.source),
           ip4_of(plan.destination)};
    put(out, 0, ip);
    ip.checksum.raw = u16(~fold(sum_of(out.data(), sizeof ip)));
    put(out, 0, ip);
    pseudo += sum_of(&out[12], 8);
  }

  size_t checksum_at;
  if (protocol == kProtoTcp) {
    put(out, l4,
        Tcp{wire16(plan.source_port),
            wire16(plan.destination_port),
            wire32(1),
            {0},
            0x50,
            plan.tcp_flags,
            wire16(0xffff),
            {0},
            {0}});
    checksum_at = offsetof(Tcp, checksum);
  } else if (protocol == kProtoUdp) {
    put(out, l4, Udp{wire16(plan.source_port), wire16(plan.destination_port), wire16(u16(length)), {0}});
    checksum_at = offsetof(Udp, checksum);
  } else {
    put(out, l4, Icmp{ip6 ? kIcmp6Echo : kIcmp4Echo, 0, {0}, wire32(1)});
    checksum_at = offsetof(Icmp, checksum);
    if (!ip6) pseudo = 0;
  }
  u16 checksum = u16(~fold(pseudo + sum_of(&out[l4], length)));
  if (protocol == kProtoUdp && !checksum) checksum = 0xffff;  // 0 would mean that there is none
  put(out, l4 + checksum_at, checksum);
  return out;
}

}  // namespace waymark
