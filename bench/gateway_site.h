// The site that the gateway's cases measure: one of two gateways, and a tenant with one tunnel over IPv6, behind which
// are all clients (tenant_flow.h). Their server stands embedded in one prefix (RFC 6052). Every way is in the cache.
#pragma once

#include <vector>

#include "bench/site.h"
#include "bench/tenant_flow.h"

namespace waymark::bench {

enum class GatewayWay {
  out,    // from the tenant to the server
  back,   // from the server to the tenant
  other,  // likewise, but the address names the other gateway
};

void add_gateway(Config& config, const SiteSpec& spec);

// The packet of flow 0 that arrives.
std::vector<u8> gateway_packet(GatewayWay way, Tunnel tunnel, bool bits = false);

// The client that a packet of the site's names, whose last 20 bytes are its TCP header: of a frame that left, or of one
// that arrives.
struct ClientOf {
  be32 address;
  be16 port;
};
ClientOf client_in(const std::vector<u8>& frame, GatewayWay way, bool left);
void set_client(std::vector<u8>& frame, GatewayWay way, const ClientOf& client);

// Where packets are sent once they are what they are to be.
std::vector<Address> gateway_destinations();

// Opens flows 0 to `flows`; how many found room.
u32 open_flows(Live& live, const Settings& settings, u32 ticks, u32 flows);

}  // namespace waymark::bench
