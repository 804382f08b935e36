// A capture through the user-space engine: what leaves goes to another capture, and every packet's end is counted.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cli/feed.h"
#include "engine/replay/pcap.h"

namespace waymark::cli {

struct ReplayOptions {
  std::string interface = {};  // where packets come in; empty: Feed's choice
  bool untouched = false;      // write packets that are passed on as they came, too
  bool each = false;           // tell of each packet, in one line of JSON
};

struct ReplayReport {
  u64 packets = 0, sent = 0, passed = 0, dropped = 0, written = 0;
  std::chrono::nanoseconds lasted{0};  // from the first time stamp to the latest
  Counters counters;
};

// What became of one packet of the capture: `outputs` is what was written, as the capture shows packets.
struct Replayed {
  u64 packet;  // from 1
  Verdict verdict;
  std::vector<std::vector<u8>> outputs;
};
using OnReplayed = std::function<void(const Replayed&)>;

// Time is that of the time stamps; one that lies before an earlier one counts as that.
Result<ReplayReport> replay(const Config& config, PcapReader& in, PcapWriter& out, const ReplayOptions& options,
                            const OnReplayed& each = {});
std::string to_json(const Replayed& replayed);  // {"packet":1,"reason":"...","action":"sent","outputs":["4500..."]}

std::string to_text(const ReplayReport& report);
std::string to_json(const ReplayReport& report);

// `waymark replay`: the exit status.
int replay_command(const std::string& config_file, const std::string& in, const std::string& out,
                   const ReplayOptions& options, bool json);

}  // namespace waymark::cli
