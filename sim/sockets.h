// A server's end of connections: what its kernel and its program make of packets. TCP with one segment on its way at a
// time, driven by the client alone: all that is lost the client sends again.
#pragma once

#include <map>
#include <optional>
#include <tuple>
#include <vector>

#include "core/env.h"
#include "sim/frame.h"

namespace waymark::sim {

class Sockets {
 public:
  using Key = std::tuple<u64, u64, u64, u64, u64>;  // of a connection: addresses, protocol and ports
  static Key key_of(const Segment& s);

  // What is listened on: (service's address, protocol << 16 | port). `cookies`: SYNs leave nothing behind (RFC 4987).
  void listen(std::vector<std::pair<Address, u32>> places) { places_ = std::move(places); }
  void start(u64 secret, bool cookies);  // the program, with no connection
  void kill();                           // it, and all its connections
  bool running() const { return running_; }

  Owner owner(const Segment& s) const;

  // A packet that reached this machine's stack, and the answer to it.
  std::optional<Segment> receive(const Segment& s);

 private:
  struct Socket {
    bool established = false;
    u32 expected = 0, next = 0;  // sequence numbers: the peer's, and ours
    u32 reply = 0;               // bytes of our last segment, which is sent again where the peer repeats his
    u8 reply_flags = 0;
  };
  bool listens(const Segment& s) const;
  u32 cookie(const Segment& s) const;
  std::optional<Segment> synchronise(const Segment& s);
  std::optional<Segment> take(Socket& socket, const Segment& s);

  std::map<Key, Socket> sockets_;
  std::vector<std::pair<Address, u32>> places_;
  u64 secret_ = 0;
  bool running_ = false, cookies_ = false;
};

}  // namespace waymark::sim
