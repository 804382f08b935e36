// `waymark revoke`: a client's or a server's id, "client 17", whose addresses POPs refuse.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cli/remote.h"

namespace CLI {
class App;
}

namespace waymark::cli {

struct RevokeOptions {
  std::vector<std::string> id;
  std::string lasts;  // a duration; empty: for good
  bool undo = false;
};

// The command, which puts what it would do into `chosen`. All of it must outlive `app`.
CLI::App* add_revoke(CLI::App& app, RevokeOptions& options, const Daemon& daemon, std::function<int()>& chosen);

}  // namespace waymark::cli
