// One netlink message <-> one fact. Only for the .cpp files that talk to the kernel: libnl's and Linux's headers show.
#pragma once

#include <linux/rtnetlink.h>
#include <netlink/msg.h>

#include <memory>
#include <optional>

#include "rtnetlink/facts.h"
#include "rtnetlink/netlink.h"

namespace waymark::netlink {

struct FreeMessage {
  void operator()(nl_msg* message) const { nlmsg_free(message); }
};
using Message = std::unique_ptr<nl_msg, FreeMessage>;

// A route in the main table, as far as it tells one from another.
struct PrefixRoute {
  Prefix prefix;
  u32 metric;
  u8 protocol, type, tos;
};

Message ask_link(const u32& index);
Message ask_link_named(const std::string& name);
Message ask_route(const RouteQuestion& question);
Message ask_use(const Hop& hop);
Message ask_routes_of(u8 family, u8 protocol);  // a dump, filtered on a socket with NETLINK_GET_STRICT_CHK
Message add_route(const PrefixRoute& route);    // refused where one with this metric is there
Message remove_route(const PrefixRoute& route);

// None for messages of other kinds: bridge ports, forwarding databases, proxies, what lacks an essential attribute.
std::optional<LinkInfo> link_in(nlmsghdr* header);
std::optional<NeighbourFact> neighbour_in(nlmsghdr* header);  // RTM_DELNEIGH as State::unknown
std::optional<RouteFact> route_in(nlmsghdr* header);
std::optional<PrefixRoute> prefix_route_in(nlmsghdr* header);  // none for a default route
std::optional<Event> event_in(nlmsghdr* header);

}  // namespace waymark::netlink
