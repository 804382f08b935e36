// Frames between clients and servers: real bytes with right checksums, and beside them what only the simulator knows.
#pragma once

#include <array>
#include <optional>
#include <span>

#include "core/wire.h"

namespace waymark::sim {

constexpr u32 kNobody = ~0u;
constexpr u32 kHeadRoom = 192, kFrameRoom = 704;  // a frame lies behind its head room, and tunnels grow into that

struct Frame {
  u32 connection = kNobody;  // whose it is
  u32 maker = kNobody;       // the machine that made it, and in which of its lives
  u32 life = 0;
  u32 passed_on = 0;  // how often hosts passed it on
  u32 begin = 0, end = 0;
  std::array<u8, kFrameRoom> bytes;

  std::span<u8> view() { return {bytes.data() + begin, end - begin}; }
};

// What a TCP or UDP packet says; or an ICMP "port unreachable", of the packet that it quotes.
struct Segment {
  u8 protocol = kProtoTcp;
  Address source{}, destination{};
  u16 source_port = 0, destination_port = 0;
  u32 sequence = 0, acknowledgement = 0;
  u8 flags = 0;
  u32 payload = 0;           // bytes
  bool unreachable = false;  // the packet to `destination` was refused
};

// Puts it into the frame as an Ethernet frame from one machine to another.
void write(Frame& frame, const Segment& segment, const Mac& to, const Mac& from);

// None where it is no such packet, or a checksum is wrong.
std::optional<Segment> read(std::span<const u8> frame);

// How long the IP packet behind the Ethernet header says that the frame is.
u32 length_of(std::span<const u8> frame);

}  // namespace waymark::sim
