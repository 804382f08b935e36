// `check --here`: what on this machine would keep a configuration from working, each with what to do about it.
#pragma once

#include <string>
#include <vector>

#include "config/config.h"

namespace waymark::cli {

struct Finding {
  bool warning;  // it works all the same, or in part
  std::string sentence;
};

// Looks at the current network namespace. Takes up to a second while next hops are asked for.
std::vector<Finding> look_here(const Config& config);

namespace here {
using Findings = std::vector<Finding>;

inline void error(Findings& out, std::string sentence) { out.push_back({false, std::move(sentence)}); }
inline void warn(Findings& out, std::string sentence) { out.push_back({true, std::move(sentence)}); }

void look_at_interfaces(const Config& config, Findings& out);
void look_at_director(const Config& config, Findings& out);
void look_at_host(const Config& config, Findings& out);
void look_at_translator(const Config& config, Findings& out);

// Of an interface and "all" together, as the kernel takes it: the larger; 0 where there is no such setting.
u32 ip4_setting(const std::string& interface, const std::string& name);

// Names without VLANs, each once.
std::vector<std::string> interface_names(const Config& config);

// Whether the hardware takes VLAN tags out of packets before XDP sees them.
bool strips_vlan_tags(const std::string& interface);
}  // namespace here

}  // namespace waymark::cli
