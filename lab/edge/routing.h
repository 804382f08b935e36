// What BIRD is told in lab `edge`.
#pragma once

#include <string>

#include "lab/edge/site.h"

namespace waymark::lab {

std::string bird_of_edge(u32 n);                 // announces its flows' prefix, and its clients'
std::string bird_of_clients_router(bool other);  // of g1, which prefers e1, or the `other` edge
std::string bird_of_director_at(u32 n);          // announces the anycast address of site n, while Waymark does
std::string bird_of_transit(u32 n, Preferred site = Preferred::first);  // of r1 to r3; r2 prefers one of its sites

}  // namespace waymark::lab
