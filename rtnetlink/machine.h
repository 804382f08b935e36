// Questions about this machine, in the current network namespace: what the daemon asks at start and `check --here`.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "rtnetlink/facts.h"

namespace waymark {

Result<std::vector<LinkInfo>> links();
std::optional<LinkInfo> link_by_name(std::string_view name);

// The way that the kernel's routes give to a destination; Kind::none where there is none.
Result<RouteFact> route_to(const Address& destination);

// Whether the kernel takes packets for it as its own: configured addresses, and local routes (AnyIP).
Result<bool> is_local(const Address& address);

struct OwnAddress {
  std::string interface;
  Address address;
  u8 length;  // of the subnet that is reached there, as in a Prefix
};
std::vector<OwnAddress> own_addresses();  // of all interfaces

// A setting's text without the newline: "net.ipv4.conf.all.rp_filter". Where a name holds a dot itself, separate with
// slashes: "net/ipv4/conf/eth0.5/rp_filter". None where there is no such setting or it may not be read.
std::optional<std::string> sysctl(std::string_view name);

struct RouteAdvmss {
  std::string interface;
  u32 mtu = 0;     // of the device, or the route's own where that is smaller
  u32 advmss = 0;  // RTAX_ADVMSS, bytes of TCP payload; 0 for none
};
// The route that replies from the local service address `source` take to a far `destination`.
Result<RouteAdvmss> route_advmss(const Address& source, const Address& destination);

}  // namespace waymark
