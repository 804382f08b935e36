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
    Field{"anycast", &EdgeServiceConfig::anycast, Several{HostPrefix{}}, required,
          "The addresses that clients use, or prefixes of them of at least 64 bits. IPv6 alone: what clients send by "
          "IPv4 is left to the kernel. All services together have at most 256 different upper halves."},
    Field{"ports", &EdgeServiceConfig::ports, Several{config::Ports{}}, required,
          "What is caught of what goes to these addresses, pings besides; all else is left to the kernel."},
    Field{"servers", &EdgeServiceConfig::servers, Several{PrefixOf{}}, required,
          "What genuine replies come from: prefixes of the servers' own addresses, at most 16. Where servers answer "
          "from the anycast address itself, their flows stay anycast."});

constexpr auto kSection = section<EdgeConfig>(
    "[edge]",
    "This node hides from its clients that services are anycast: each flow gets a source address of its own, learns "
    "the server that answered, and goes there from then on, whatever routes do. IPv6.",
    Field{"zone", &EdgeConfig::zone, kName, optional, "The zone of the clients: one of `[engine] interfaces`."},
    Field{"outside", &EdgeConfig::outside, kName, optional, "The zone of the network, where replies come in.",
          "`zone`"},
    Field{"prefix", &EdgeConfig::prefix, PrefixOf{PrefixOf::ip6}, required,
          "Where flows' own addresses are from: a /64 that is routed here, and that no host has an address of. "
          "`[announce]` announces it."},
    Field{"address", &EdgeConfig::address, HostAddress{}, required,
          "Where its ICMP errors come from: an IPv6 address of this machine."},
    Field{"flows", &EdgeConfig::flows, Number<u32>{1000, 12'000'000}, optional,
          "How many flows it knows at once. Each takes some 98 bytes."},
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
    Field{"interface", &EdgeConfig::interface, InterfaceName{}, optional,
          "Where packets leave in `replay` and `trace`, which know no routes.", "the first interface"});

}  // namespace waymark::edge
