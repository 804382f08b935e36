// The cases of the gateway and of its firewall.
#pragma once

#include "bench/case.h"
#include "bench/gateway_site.h"

namespace waymark::bench {

struct GatewaySpec {
  GatewayWay way;
  u32 flows = 1;               // packets are of a random one of so many, all open; 0: each begins one
  Tunnel tunnel = Tunnel::ip;  // the tenant's: IP in IP or VXLAN
  bool firewall = true;
  bool alone = false;  // the firewall's answer about a tenant's packet, and nothing else
  u32 bits = 0;        // the flows' addresses have a class of service, in a plan with so many fields (SiteSpec)
};
std::unique_ptr<Case> make_gateway(const GatewaySpec& spec);

// In user space, the whole engine.
std::unique_ptr<Case> make_userspace_gateway(GatewayWay way, u32 flows);

// What the wrapper program of a way and tunnel is called, and how much longer than what arrives is what leaves.
const char* gateway_wrapper(GatewayWay way, Tunnel tunnel);
int gateway_overhead(GatewayWay way, Tunnel tunnel);
SiteSpec gateway_site(u32 open, Tunnel tunnel, bool firewall = true,
                      u32 bits = 0);  // with room for so many open flows

// Of a gateway's packet that goes the usual way.
u16 gateway_reason(GatewayWay way);

}  // namespace waymark::bench
