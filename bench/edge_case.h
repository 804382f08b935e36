// The cases of the edge's client side, over IPv6: TCP flows from many clients to one service, whose server is learnt.
#pragma once

#include "bench/case.h"
#include "bench/site.h"

namespace waymark::bench {

enum class EdgeWay {
  out,    // from a client, to the server
  back,   // from the server, to the flow's own address
  begin,  // from a client, for a flow that is new
  flood,  // likewise, where half-open flows have taken all other room
};

// Packets are of one of so many flows, all open, or come beside them: the table is made for a quarter more.
std::unique_ptr<Case> make_edge(EdgeWay way, u32 flows);

// What the kernel does instead, by conntrack and nft, for each new flow.
std::unique_ptr<Case> make_kernel_snat();

void add_edge(Config& config, const SiteSpec& spec);

// The packet of flow 0 that arrives; without its own address where it comes back.
std::vector<u8> edge_packet(EdgeWay way);

// Where packets of so many flows go.
std::vector<Address> edge_destinations(EdgeWay way, u32 flows);

// What arrived, so that this left; empty where no flow is like that.
std::vector<u8> edge_arrived(EdgeWay way, const Live& live, const std::vector<u8>& left);

// Opens flows 0 to `flows`: the lower halves of their own addresses, as on the wire; 0 of one that found no room.
std::vector<u64> open_edge_flows(Live& live, const Settings& settings, u32 ticks, u32 flows);

// Ends the half-open flows.
void end_half_open(Live& live);

// As if a reply of each open flow had been seen at this stamp.
void renew_edge_flows(Live& live, u32 stamp);

}  // namespace waymark::bench
