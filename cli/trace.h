// Each packet's way in words: every step that the core tells of, the reason it ended with, and what leaves.
#pragma once

#include <string>

#include "cli/feed.h"

namespace waymark::cli {

class Tracer {
 public:
  Tracer(Scene& scene, const Config& config, Feed feed);

  // Runs one packet, and tells of it in lines.
  std::string trace(std::span<const u8> packet, LinkType link);

 private:
  std::string line(const StepSeen& step, Role whose) const;  // whose the packet is
  std::string target(u32 slot) const;

  Scene& scene_;
  const Config& config_;
  Feed feed_;
  TunnelPorts tunnel_ports_;
  u64 packets_ = 0;
};

// `waymark trace`: `what` is a capture's name, or packets as parse_packet() takes them, with "," between. The exit
// status.
int trace_command(const std::string& config_file, const std::vector<std::string>& what, const std::string& interface);

}  // namespace waymark::cli
