// A capture through the native engine: what leaves goes to another capture, and every packet's end is counted.
#pragma once

#include <string>

#include "cli/feed.h"
#include "engine/replay/pcap.h"

namespace waymark::cli {

struct ReplayOptions {
  std::string interface = {};  // where packets come in; empty: Feed's choice
  bool untouched = false;      // write packets that are passed on as they came, too
};

struct ReplayReport {
  u64 packets = 0, sent = 0, passed = 0, dropped = 0, written = 0;
  std::chrono::nanoseconds lasted{0};  // from the first time stamp to the latest
  Counters counters;
};

// Time is that of the time stamps; one that lies before an earlier one counts as that.
Result<ReplayReport> replay(const Config& config, PcapReader& in, PcapWriter& out, const ReplayOptions& options);

std::string to_text(const ReplayReport& report);
std::string to_json(const ReplayReport& report);

// `waymark replay`: the exit status.
int replay_command(const std::string& config_file, const std::string& in, const std::string& out,
                   const ReplayOptions& options, bool json);

}  // namespace waymark::cli
