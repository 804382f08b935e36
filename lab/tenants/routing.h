// What BIRD is told in lab `tenants`.
#pragma once

#include <string>

#include "lab/tenants/site.h"

namespace waymark::lab {

constexpr u32 kOrchestrator = 201;  // the protocol number of the route to the server, where it is

std::string bird_of_gateway(u32 gateway);  // after packaging/examples/bird-gateway.conf
std::string bird_of_data_centre(DataCentre at);
std::string bird_of_underlay();

}  // namespace waymark::lab
