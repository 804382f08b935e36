// The kernel's rtnetlink, as facts. Two sockets: one for requests and answers, one for what changes meanwhile. Both
// stay in the network namespace where they were opened. No libnl or kernel header shows here.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "base/result.h"
#include "rtnetlink/facts.h"

struct nl_sock;

namespace waymark::netlink {

struct CloseSocket {
  void operator()(nl_sock* socket) const;
};
using Socket = std::unique_ptr<nl_sock, CloseSocket>;

class Requests {
 public:
  static Result<Requests> open();
  Result<std::vector<LinkInfo>> links();
  Result<std::vector<std::optional<LinkInfo>>> links(std::span<const u32> indices);  // in order; none: it is gone
  // Likewise; fails where the kernel has another answer than that there is no such interface.
  Result<std::vector<std::optional<LinkInfo>>> links_named(std::span<const std::string> names);
  Result<std::vector<NeighbourFact>> neighbours();
  Result<std::vector<RouteFact>> routes(std::span<const RouteQuestion> questions);  // an answer for each, in order
  Result<std::vector<int>> use(std::span<const Hop> hops);  // let the kernel verify each; 0 or its errno, in order

 private:
  explicit Requests(Socket socket) : socket_(std::move(socket)) {}
  Socket socket_;
};

struct LinkChange {  // Only which: the announcement of an MTU is written before IPv6 has taken it over.
  u32 index;
};
struct RouteChange {  // where the route to any address of the prefix may be another now
  Address prefix;
  u32 length;  // of 128 bits, IPv4 as mapped
};
struct AnyRouteChange {};  // addresses, rules, next-hop objects: any answer may be another now
using Event = std::variant<LinkChange, NeighbourFact, RouteChange, AnyRouteChange>;

class Events {
 public:
  enum class End { empty, more, lost };  // lost: events did not fit, or the socket failed; read everything anew

  static Result<Events> open();
  int descriptor() const;
  End drain(std::vector<Event>& out);  // at most some thousands

 private:
  explicit Events(Socket socket) : socket_(std::move(socket)) {}
  Socket socket_;
};

}  // namespace waymark::netlink
