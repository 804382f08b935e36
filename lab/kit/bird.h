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

Result<Process> start_bird(const Place& place, const std::string& node, bool outlives_us);
Status birdc(const Place& place, const std::string& node, const std::vector<std::string>& words);

}  // namespace waymark::lab
