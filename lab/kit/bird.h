// BIRD in the nodes of a place: the router's and the directors' side, after packaging/examples/bird*.conf.
#pragma once

#include <string>
#include <vector>

#include "lab/kit/place.h"
#include "lab/kit/process.h"

namespace waymark::lab {

struct BirdPeer {
  std::string name, ip6, ip4;
};

// What <node>.bird.conf says. The directors are of one AS; all speak on one segment, with BFD.
std::string bird_of_router(const std::string& id, const std::string& interface, const std::vector<BirdPeer>& directors);
std::string bird_of_director(const std::string& id, const BirdPeer& router);

// Parts of which such files are made. A template for sessions of AS `ours`, with BFD on these interfaces.
std::string bird_head(const std::string& id);
std::string bird_sessions(const std::string& name, const std::vector<std::string>& interfaces, u32 ours);
// The protocol "waymark6" or "waymark4": what Waymark announces of BIRD's set of prefixes, and what the kernel gets.
std::string bird_of_waymark(int family, const std::string& prefixes, const std::string& into_kernel = "none");

Result<Process> start_bird(const Place& place, const std::string& node, bool outlives_us);
Status birdc(const Place& place, const std::string& node, const std::vector<std::string>& words);

}  // namespace waymark::lab
