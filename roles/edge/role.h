// What roles/edge/role.cpp is put together from.
#pragma once

#include "base/result.h"
#include "config/config.h"
#include "roles/here.h"

namespace waymark {
struct Compiling;
namespace config {
struct Checking;
}
}  // namespace waymark

namespace waymark::edge {

void check(config::Checking& in);
Status compile(const Compiling& c);
void look_here(const Config& config, Findings& out);

// Where flows' own addresses are from, of either family.
std::vector<Prefix> own_prefixes(const EdgeConfig& edge);
// The upper halves of all anycast addresses, each once.
std::vector<u64> anycast_halves(const EdgeConfig& edge);

}  // namespace waymark::edge
