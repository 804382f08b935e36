// A TCP, UDP or ICMP echo packet with right lengths and checksums, for `trace`.
#pragma once

#include <vector>

#include "core/wire.h"

namespace waymark {

struct PacketPlan {
  u8 protocol = kProtoTcp;  // kProtoIcmp4 stands for ICMP of either family
  Address source{}, destination{};
  u16 source_port = 0, destination_port = 0;
  u8 tcp_flags = kTcpAck;
  u8 hops = 64;
  u32 payload = 0;  // bytes, at most 60,000
};

// From the IP header on.
std::vector<u8> build_packet(const PacketPlan& plan);

}  // namespace waymark
