// `waymark load`: what of a service that this node registers is in use.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "cli/remote.h"

namespace CLI {
class App;
}

namespace waymark::cli {

struct TellLoadOptions {
  std::string service;
  std::optional<unsigned> sessions, capacity;
};

// The command, which puts what it would do into `chosen`. All of it must outlive `app`.
CLI::App* add_tell_load(CLI::App& app, TellLoadOptions& options, const Daemon& daemon, std::function<int()>& chosen);

}  // namespace waymark::cli
