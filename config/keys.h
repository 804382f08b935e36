// Kinds of keys, and a table, that several sections have.
#pragma once

#include "config/section.h"

namespace waymark::config {

using namespace std::chrono_literals;

constexpr Name kName{};
constexpr bool kMayBeEmpty = true;
constexpr Number<u16> kPort{1, 65535};

// Of a tunnel. GRE's key and VXLAN's VNI have one name, as they are for the same: several tunnels between two
// addresses.
constexpr auto kTunnel = one_of<Tunnel>({{"ip", Tunnel::ip},
                                         {"gue", Tunnel::gue},
                                         {"gre", Tunnel::gre},
                                         {"vxlan", Tunnel::vxlan},
                                         {"mac", Tunnel::mac},
                                         {"rewrite", Tunnel::rewrite}});
constexpr auto kTunnelWithEnd =
    one_of<Tunnel>({{"ip", Tunnel::ip}, {"gue", Tunnel::gue}, {"gre", Tunnel::gre}, {"vxlan", Tunnel::vxlan}});
constexpr Number<u32> kTunnelKey{0, 4'294'967'295};
constexpr Number<u32> kSpi{256, 4'294'967'295};  // RFC 4285, 5
constexpr std::string_view kTunnelPort = "6080, with VXLAN 4789";

constexpr auto kCheck = section<CheckConfig>(
    "check", "How it is found out whether targets are well: one of `tcp`, `http`, `https` and `icmp`.",
    Field{"tcp", &CheckConfig::tcp, Flag{}, optional, "A TCP connection must be accepted."},
    Field{"http", &CheckConfig::http, RequestPath{}, optional,
          "An HTTP request for this path must be answered with a status from 200 to 399.", "not asked"},
    Field{"https", &CheckConfig::https, RequestPath{}, optional, "The same over TLS.", "not asked"},
    Field{"icmp", &CheckConfig::icmp, Flag{}, optional, "An echo request must be answered."},
    Field{"port", &CheckConfig::port, kPort, optional, "The port asked.", "the service's first TCP port"},
    Field{"host", &CheckConfig::host, HostName{}, optional,
          "The `Host` header, and with `https` the name that the certificate must carry.", "the address asked"},
    Field{"ca", &CheckConfig::ca, FilePath{}, optional, "The certificates trusted with `https`.", "the system's"},
    Field{"verify", &CheckConfig::verify, Flag{}, optional,
          "With `https`: the certificate must be valid and carry the name."},
    Field{"through", &CheckConfig::through, Flag{}, optional,
          "Ask the service's own address, through the tunnel to the target; else the target's address."},
    Field{"every", &CheckConfig::every, Span{100ms, 1h}, optional, "From one question to the next."},
    Field{"timeout", &CheckConfig::timeout, Span{50ms, 1min}, optional,
          "How long an answer is waited for: at most `every`.", "1s, or `every` if that is less"},
    Field{"rise", &CheckConfig::rise, Number<u32>{1, 100}, optional, "How many answers in a row make a target up."},
    Field{"fall", &CheckConfig::fall, Number<u32>{1, 100}, optional, "How many failures in a row make it down."},
    Field{"jitter", &CheckConfig::jitter, Number<u32>{1, 50, true}, optional,
          "By how many percent each pause is longer or shorter, at random."});

}  // namespace waymark::config
