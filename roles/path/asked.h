// Which questions for names XDP answers, by the file alone, and how table::path_ways is laid out (packet_ask.h). Pure.
#pragma once

#include <string>
#include <vector>

#include "roles/path/role.h"

namespace waymark::path {

struct AskedPlan {
  u64 layout = 0;             // of path_ways: another one means another layout. 0: no question is answered
  std::vector<u32> pops;      // rows: all POPs, by their ids
  std::vector<u32> columns;   // POPs that have servers, likewise
  std::vector<u32> policies;  // of each set of constraints the index of a policy that has it
  u32 hops = 0, width = 0;    // of a path in a server's address
  struct Name {
    const DnsNameConfig* name;  // of the configuration
    const PathPolicyConfig* policy;
    u32 set;
  };
  std::vector<Name> names;
  std::vector<Address> listen;    // where questions are answered
  std::vector<std::string> left;  // what the name server alone answers that it should not have to, in sentences

  std::size_t ways() const { return pops.size() * columns.size() * policies.size(); }
};
AskedPlan asked_plan(const Config& config);

// The path as a word of path_ways: its first hop uppermost. 0: a server's address has no room for it.
u64 way_word(const AskedPlan& plan, const std::vector<u32>& path);

}  // namespace waymark::path
