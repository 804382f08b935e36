// Packets as a person writes and reads them.
//
//   tcp 192.0.2.1:4000 198.51.100.80:80 syn        udp [2001:db8::1]:4000 [2001:db8:80::1]:443 len 1200
//   icmp 192.0.2.1 198.51.100.80 ttl 1             45 00 00 28 ...  (an IP packet or an Ethernet frame in hexadecimal)
//
// After the addresses: TCP flags (syn ack fin rst psh; none means ack), "len N" bytes of payload, "ttl N".
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/pcapng.h"
#include "base/result.h"
#include "core/wire.h"
#include "roles/role.h"

namespace waymark::cli {

struct WrittenPacket {
  LinkType link = LinkType::raw;
  std::vector<u8> bytes{};
};
Result<WrittenPacket> parse_packet(std::string_view text);

// "192.0.2.1:80" or "[2001:db8::1]:80".
struct Endpoint {
  Address address{};
  u16 port = 0;
};
Result<Endpoint> parse_endpoint(std::string_view text);
std::string text(const Endpoint& endpoint);

// An Ethernet frame in words, with what its tunnel holds: "02:.. > 02:.., IPv4 192.0.2.1 > 192.0.2.2, TCP 4000 > 80
// syn". UDP to `ports` is taken for a tunnel.
std::string describe(std::span<const u8> frame, const TunnelPorts& ports);

}  // namespace waymark::cli
