// What roles/path/role.cpp is put together from.
#pragma once

#include <optional>

#include "base/result.h"
#include "config/plans.h"
#include "config/services.h"
#include "paths/graph.h"
#include "roles/here.h"

namespace waymark {
struct Compiling;
namespace config {
struct Checking;
}
}  // namespace waymark

namespace waymark::path {

struct OwnSettings;

void check(config::Checking& in);
void check_graph(config::Checking& in);
Status compile(const Compiling& c);
Status compile_asked(const Compiling& c, OwnSettings& s);
void look_here(const Config& config, Findings& out);

// A plan by its name; none where the file has none of it that is good.
std::optional<AddressPlan> plan_called(const Config& config, const std::string& name);

// This POP's own entry, or null; and its address of a family, or none: ::.
const PathPopConfig* own_pop(const PathConfig& path);
Address own_address(const PathConfig& path, bool ip4);

// What paths are chosen by: POPs and links, or why there are too many; what a policy wants; what all of them want,
// each set once; the POPs that have servers; what "down" names.
Result<paths::Graph> graph_of(const Config& config);
paths::Rules rules_of(const PathPolicyConfig& policy);
std::vector<paths::Rules> all_rules(const PathConfig& path);
std::vector<u32> server_pops(const PathConfig& path);
paths::Down down_by_file(const PathConfig& path);

// What this POP sends to: the other POPs, and then the servers that are here, each in the file's order. Those that it
// has no address to send from to are left out.
struct Destination {
  const PathPopConfig* pop;  // or null
  const PathServerConfig* server;
  TargetSpec target;
};
std::vector<Destination> destinations(const PathConfig& path);

}  // namespace waymark::path
