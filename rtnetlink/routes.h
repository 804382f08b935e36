// Announced prefixes as routes of the main table, with a protocol number that is this node's alone, which a routing
// daemon picks up. They are `unreachable`: XDP takes a role's packets before the kernel routes them, and one that
// reaches the kernel because the engine is gone must end here, not circle between the router and this node.
#pragma once

#include <vector>

#include "base/result.h"
#include "rtnetlink/netlink.h"

namespace waymark {

class Routes {
 public:
  static Result<Routes> open();  // in the network namespace where this is called

  // What has a route of the protocol, whatever its metric and type, but for default routes; in order, each once.
  Result<std::vector<Prefix>> list(u32 protocol);  // 1 to 255

  // Afterwards the protocol's routes are these: only the difference is written, and what another hand changed is
  // repaired. Other protocols' routes, and default routes, are left alone. One sentence says all that failed; what did
  // not fail is done.
  Status sync(const std::vector<RoutedPrefix>& desired, u32 protocol);

 private:
  explicit Routes(netlink::Socket socket) : socket_(std::move(socket)) {}
  netlink::Socket socket_;
};

}  // namespace waymark
