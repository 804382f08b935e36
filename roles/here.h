// What on this machine would keep a configuration from working: what roles find, and how they ask the machine.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "config/config.h"

namespace waymark {

struct Finding {
  bool warning;  // it works all the same, or in part
  std::string sentence;
};
using Findings = std::vector<Finding>;

namespace here {

inline void error(Findings& out, std::string sentence) { out.push_back({false, std::move(sentence)}); }
inline void warn(Findings& out, std::string sentence) { out.push_back({true, std::move(sentence)}); }

// Of an interface and "all" together, as the kernel takes it: the larger; 0 where there is no such setting.
u32 ip4_setting(const std::string& interface, const std::string& name);

// Says of each interface in a zone that forwarding is off there, where what was translated to this IP version goes by
// the kernel. Untagged ones: the kernel's interfaces of VLANs have names that the configuration does not know.
void look_at_forwarding(const std::string& interface, bool ip6, Findings& out);
std::set<std::string> untagged_in(const Config& config, const std::string& zone);

// That the kernel drops what comes in by an interface with a source of this machine's own, and what of it to do.
void look_at_own_sources(const std::string& interface, bool has_own, const std::string& why, Findings& out);

// What makes an address one of this machine's: "ip addr add 192.0.2.1/32 dev lo".
std::string address_command(const Address& address);

// Names without VLANs, each once.
std::vector<std::string> interface_names(const Config& config);

}  // namespace here
}  // namespace waymark
