// This machine's rules of policy routing (ip-rule(8)), as far as they choose by what is not asked about.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/prefix.h"
#include "base/result.h"

namespace waymark {

struct RuleFact {
  bool ip6 = false;
  u32 priority = 0;                 // lower ones are looked at first
  std::optional<Prefix> from = {};  // none: any
  bool by_source = false;           // it chooses by the source, be it by all but `from`
  bool to_all = true;               // whatever the destination
  u32 table = 0;                    // where it looks; 0: it does something else
  std::string per_packet = {};      // "iif eth0 dport 80": what else of a packet it chooses by; empty: nothing
};

// "from 192.0.2.0/24 iif eth0": what it chooses by beside the destination; empty where that is all.
std::string beside_destination(const RuleFact& rule);

// Those of both families in the kernel's order, but for the ones that every machine has, and those for VRFs. Marks and
// users are left out: packets that the kernel forwards for XDP have none. In the network namespace where this is
// called.
Result<std::vector<RuleFact>> rules();

}  // namespace waymark
