// Captures as pcapng (draft-ietf-opsawg-pcapng-02): each function appends one whole block to `out`. No I/O.
#pragma once

#include <chrono>
#include <span>
#include <string>
#include <string_view>

#include "core/types.h"

namespace waymark {

// What a captured frame starts with, by the registry of link types: an Ethernet header, or an IPv4 or IPv6 header.
enum class LinkType : u16 { ethernet = 1, raw = 101 };

namespace pcapng {

enum class Direction : u8 { unknown = 0, inbound = 1, outbound = 2 };

struct Packet {
  u32 interface = 0;                 // the n-th append_interface() of the section, from 0
  std::chrono::nanoseconds epoch{};  // since 1970, not negative
  std::span<const u8> bytes{};       // as captured
  u32 original_length = 0;           // as on the wire; below bytes.size(): bytes.size() is written
  Direction direction = Direction::unknown;
  std::string_view comment{};  // UTF-8, cut at 65,535 bytes; empty: none
};

// A file is one section, then its interfaces, then its packets (4.1); the application's name is optional.
void append_section(std::string& out, std::string_view application);

// Time stamps of its packets are in nanoseconds; no limit is set on a packet's length.
void append_interface(std::string& out, std::string_view name, LinkType link);

void append_packet(std::string& out, const Packet& packet);

}  // namespace pcapng
}  // namespace waymark
