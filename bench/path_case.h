// The cases of a POP: a client's TCP packet to a server by the path 1, 2, 3. In the middle of it POP 2 sends it on, to
// a neighbour on its link or out of one tunnel into another; where it enters, POP 1 checks tag and policies besides.
#pragma once

#include "bench/case.h"
#include "bench/site.h"
#include "core/siphash.h"

namespace waymark::bench {

std::unique_ptr<Case> make_path(PathWay way);
std::unique_ptr<Case> make_userspace_path();  // PathWay::forward

Config path_config(PathWay way);
std::vector<u8> path_packet(PathWay way);  // as it arrives

// A listed resolver asks for a client's address of a name, by UDP, with a cookie that POP 1 made then.
std::unique_ptr<Case> make_asked();
constexpr SipKey kAskedCookies = {1, 2};
std::vector<u8> asking_packet(u32 seconds);

}  // namespace waymark::bench
