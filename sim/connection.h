// A client's connection, TCP or UDP: it opens, sends messages and waits for each answer, repeats what is lost, closes.
#pragma once

#include <string>

#include "base/time.h"
#include "sim/frame.h"

namespace waymark::sim {

enum class End : u8 {
  none,         // it goes on
  finished,     // in order
  server_died,  // and the client was told, or found out by itself
  moved,        // reset by, or answered from, a machine that is not its server
  told,         // a director said that its server is dead, but it lives
  refused,      // it could not be opened, though there are servers
  silent,       // no answer for half a minute
  count
};
constexpr u32 kEnds = u32(End::count);
const char* text(End end);
constexpr bool broken(End end) { return end >= End::moved; }

struct Connection {
  Segment way;  // addresses, ports and protocol, as the client sends
  u32 service = 0, router = 0;
  u32 messages = 0;  // to be sent yet
  Duration period{};
  bool opened = false, closing = false;
  u32 next = 0, expected = 0;      // sequence numbers: ours, and the server's
  u32 unanswered = 0, length = 0;  // what is on its way: how often it was sent, how long it is
  u32 timer = 0;                   // number of the timer that counts
  u32 server = kNobody, server_life = 0;
  Time began{}, heard{}, asked{-1};  // when it sent its first packet after its server's death was known
  Time ended{};
  End end = End::none;
  std::string how{};
};

}  // namespace waymark::sim
