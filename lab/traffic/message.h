// Checked messages: what the lab's clients and servers say to each other over TCP, and the numbered UDP probe.
// Each payload follows from (connection, sequence, direction) alone, so either end knows every byte it must receive.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/types.h"

namespace waymark::lab {

enum class Direction : u32 { request = 1, reply = 2 };

using ServerName = std::array<char, 8>;  // padded with zeros
ServerName server_name(std::string_view name);
std::string text(const ServerName& name);

// Both ends run on one machine: host byte order. `check` covers the other fields.
struct MessageHeader {
  u64 connection;
  u32 sequence;
  u32 length;  // of the payload, 0 to kLongestPayload
  Direction direction;
  u32 check;
  ServerName server;  // who answers; zeros in a request
};
static_assert(sizeof(MessageHeader) == 32);

constexpr u32 kLongestPayload = 8192;

// 64 well mixed bits of x (splitmix64's finaliser): the lab's only source of pseudo-randomness.
constexpr u64 mix(u64 x) {
  x += 0x9e3779b97f4a7c15ull;
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
  x = (x ^ x >> 27) * 0x94d049bb133111ebull;
  return x ^ x >> 31;
}

// 16 to 1200 bytes; one message in sixteen has 4096 to 8192, so that it needs several segments.
u32 payload_length(u64 connection, u32 sequence, Direction direction);

// Appends the whole message, header and payload, to `out`.
void append_message(std::vector<u8>& out, u64 connection, u32 sequence, Direction direction, const ServerName& server);

// Takes a stream apart and verifies every byte of it.
class MessageReader {
 public:
  enum class Outcome { more, message, mismatch };
  // Consumes bytes from the front of `bytes` until one message is whole, wrong, or the bytes are used up.
  Outcome read(std::span<const u8>& bytes);
  const MessageHeader& header() const { return header_; }  // of the last whole message
  bool at_boundary() const { return have_ == 0; }          // no message is half received

 private:
  MessageHeader header_{};
  size_t have_ = 0;  // bytes of the current message seen so far, header included
};

struct Probe {
  u64 number;
  u64 socket;
  ServerName server;
  std::array<u8, 40> padding;
};
static_assert(sizeof(Probe) == 64);

}  // namespace waymark::lab
