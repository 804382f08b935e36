// Announced addresses as routes of the main table: host routes with a protocol number that is this node's alone, which
// a routing daemon picks up. They are `unreachable`: XDP takes a service's packets before the kernel routes them, and
// one that reaches the kernel because the engine is gone must end here, not circle between router and director.
#pragma once

#include <vector>

#include "base/result.h"
#include "rtnetlink/netlink.h"

namespace waymark {

class Routes {
 public:
  static Result<Routes> open();  // in the network namespace where this is called

  // The addresses that have a route of the protocol, whatever its metric and type; in order of bytes, each once.
  Result<std::vector<Address>> list(u32 protocol);  // 1 to 255

  // Afterwards the protocol's host routes are those to `desired` with this metric: only the difference is written, and
  // what another hand changed is repaired. Other protocols' routes, and prefixes, are left alone. One sentence says all
  // that failed; what did not fail is done.
  Status sync(const std::vector<Address>& desired, u32 protocol, u32 metric);

 private:
  explicit Routes(netlink::Socket socket) : socket_(std::move(socket)) {}
  netlink::Socket socket_;
};

}  // namespace waymark
