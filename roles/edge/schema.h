// The keys of [edge].
#pragma once

#include "config/keys.h"
#include "roles/edge/config.h"

namespace waymark::edge {

using namespace config;

constexpr Span kFlowIdle{1min, 7'440s};

constexpr auto kService = section<EdgeServiceConfig>(
    "[[edge.service]]", "An anycast service whose clients are behind this node.",
    Field{"name", &EdgeServiceConfig::name, kName, required, "Its name, unique within `[edge]`."},
    Field{
        "anycast", &EdgeServiceConfig::anycast, Several{HostPrefix{}}, required,
        "The addresses that clients use, or prefixes of them; of IPv6 with at least 64 bits, and all services together "
        "have at most 256 different upper halves. A family needs `prefix`, or `pool`."},
    Field{"ports", &EdgeServiceConfig::ports, Several{config::Ports{}}, required,
          "What is caught of what goes to these addresses, pings besides; all else is left to the kernel."},
    Field{"servers", &EdgeServiceConfig::servers, Several{PrefixOf{}}, required,
          "What genuine replies come from: prefixes of the servers' own addresses, at most 16, of each family that "
          "`anycast` has. Where servers answer "
          "from the anycast address itself, their flows stay anycast."});

constexpr auto kMember = section<EdgeMemberConfig>(
    "[[edge.member]]",
    "Another member of the `[group]` that is an edge: this node knows its flows, so that they outlive it, and so "
    "that a client's packets may come by either. It needs `prefix`, `pool` or both, as `[edge]` has them.",
    Field{"member", &EdgeMemberConfig::member, kName, required, "Its name, one of `[[group.member]]`."},
    Field{"prefix", &EdgeMemberConfig::prefix, PrefixOf{PrefixOf::ip6}, optional, "What it has as `prefix`: a /64.",
          "its IPv6 flows are not known"},
    Field{"pool", &EdgeMemberConfig::pool, Several{PrefixOf{PrefixOf::ip4}}, optional,
          "What it has as `pool`, in the same order; all pools together have at most 1,024 addresses.",
          "its IPv4 flows are not known"},
    Field{"stand_in", &EdgeMemberConfig::stand_in, Flag{}, optional,
          "Whether this node takes prefix and pool, and announces them, where that member is lost."});

constexpr auto kSection = section<EdgeConfig>(
    "[edge]",
    "This node hides from its clients that services are anycast: each flow gets a source address of its own (IPv6), or "
    "an address and port (IPv4), learns the server that answered, and goes there from then on, whatever routes do. It "
    "needs `prefix`, `pool` or both.",
    Field{"zone", &EdgeConfig::zone, kName, optional, "The zone of the clients: one of `[engine] interfaces`."},
    Field{"outside", &EdgeConfig::outside, kName, optional, "The zone of the network, where replies come in.",
          "`zone`"},
    Field{"prefix", &EdgeConfig::prefix, PrefixOf{PrefixOf::ip6}, optional,
          "Where IPv6 flows' own addresses are from: a /64 that is routed here, and that no host has an address of. "
          "`[announce]` announces it.",
          "no IPv6"},
    Field{"address", &EdgeConfig::address, HostAddress{}, optional,
          "Where its ICMP errors to IPv6 hosts come from: an IPv6 address of this machine. Needed with `prefix`.",
          "none"},
    Field{
        "pool", &EdgeConfig::pool, Several{PrefixOf{PrefixOf::ip4}}, optional,
        "The addresses that IPv4 flows share, by ports: at most 1,024, routed here, of which no host has one. A client "
        "keeps one of them. Each takes 256 KiB. `[announce]` announces these prefixes. Their number cannot change but "
        "by `waymark down`, and where their order does, flows break.",
        "no IPv4"},
    Field{"address4", &EdgeConfig::address4, HostAddress{}, optional,
          "Where its ICMP errors to IPv4 hosts come from: an IPv4 address of this machine, none of `pool`. Needed with "
          "`pool`.",
          "none"},
    Field{"flows", &EdgeConfig::flows, Number<u32>{1000, 12'000'000}, optional,
          "How many flows it knows at once: of IPv4, of its own `prefix`, and of each member's. One of IPv6 takes some "
          "98 bytes, one of IPv4 some 55 and what `pool` takes."},
    Field{"quota", &EdgeConfig::quota, Number<u32>{1, 12'000'000, true}, optional,
          "How many flows a client may have at once, half-open ones among them. With 0 any number."},
    Field{"new_flows", &EdgeConfig::new_flows, Number<u32>{1, 1'000'000, true}, optional,
          "How many flows a client may begin a second, and as many at once. With 0 any number."},
    Field{"tcp_idle", &EdgeConfig::tcp_idle, kFlowIdle, optional,
          "How long a silent TCP connection is known (RFC 5382, REQ-5)."},
    Field{"udp_idle", &EdgeConfig::udp_idle, kFlowIdle, optional,
          "How long a silent flow of UDP is known (RFC 4787, REQ-5)."},
    Field{"errors", &EdgeConfig::errors, Number<u32>{1, 1'000'000, true}, optional,
          "How many ICMP errors of its own it sends a second at most. With 0 none."},
    Field{"service", &EdgeConfig::service, Repeated{kService, 1'024}, optional, ""},
    Field{"member", &EdgeConfig::member, Repeated{kMember, 3}, optional, ""},
    Field{"interface", &EdgeConfig::interface, InterfaceName{}, optional,
          "Where packets leave in `replay` and `trace`, which know no routes.", "the first interface"});

}  // namespace waymark::edge
