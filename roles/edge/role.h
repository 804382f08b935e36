// What roles/edge/role.cpp is put together from.
#pragma once

#include "base/result.h"
#include "config/config.h"
#include "config/holding.h"
#include "roles/here.h"

namespace waymark {
struct Compiling;
namespace config {
struct Checking;
}
}  // namespace waymark

namespace waymark::edge {

void check(config::Checking& in);
void check_members(config::Checking& in, const EdgeConfig& edge);
// That no address stands in a pool twice; `called`: "\"pool\" in [edge]".
bool check_pool_of(config::Checking& in, const std::vector<Prefix>& pool, const std::string& called);
Status compile(const Compiling& c);
void look_here(const Config& config, Findings& out);

// Where this node's flows have own addresses, of either family.
std::vector<Prefix> own_prefixes(const EdgeConfig& edge);
// Of IPv6: this node's own, and then the other members', in an order that no file's changes; none without `prefix`.
std::vector<Prefix> prefixes_of(const EdgeConfig& edge);
// Likewise the pools of IPv4.
std::vector<std::vector<Prefix>> pools_of(const EdgeConfig& edge);
// For how many flows a family's table is made that has so many regions, each for `flows`.
u32 room_in(std::size_t regions, u32 flows);

// What members hold in turn (roles/role.h).
std::vector<Holding> holdings(const Config& config);
void hold(Config& config, const Holds& holds);

// The upper halves of all anycast addresses, each once.
std::vector<u64> anycast_halves(const EdgeConfig& edge);

}  // namespace waymark::edge
