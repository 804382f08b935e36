// The daemon as a function: what `waymark run` calls.
#pragma once

#include <span>
#include <string>

#include "base/result.h"
#include "core/types.h"

namespace waymark {

struct RunOptions {
  std::string config = "/etc/waymark/waymark.toml";
  bool replace = false;              // take over from the daemon that runs under the same name
  std::span<const u8> program = {};  // the BPF object (engine/xdp/program.h)
  std::string version = {};          // what `status` and the metrics call this build
};

// Runs until a signal, `stop`, `down` or a replacement ends it. Returns the exit status: 0, or 1 after the sentences
// that say why went to standard error. Forwarding goes on after it, but for `down` and for persist = false.
int run_daemon(const RunOptions& options);

// `waymark down` where no daemon runs under this name: detaches its program and unpins its tables. Fails where one runs
// (then it is to be asked, by POST /v1/down), and where nothing is there.
Status take_down(const std::string& node);

// Where a daemon notes the protocol number of the routes that it announces, for take_down.
std::string announced_file(const std::string& node);

}  // namespace waymark
