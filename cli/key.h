// `waymark key`: the keys of a plan's tags, changed in the configuration that all POPs share.
#pragma once

#include <functional>
#include <optional>
#include <string>

namespace CLI {
class App;
}

namespace waymark::cli {

struct KeyOptions {
  std::string config, plan;
  std::optional<unsigned> epoch;  // rotate: none takes the next free one; use, retire: there is one
  bool print = false;             // the new text to standard output, and the file stays as it is
  std::string socket;             // of the daemon that is asked; empty: the one that runs here by this file, if it does
  bool force = false;             // whatever that one says
};

// The commands on `app`. The one that is given sets `chosen`, which returns the exit status; it reads `options`, whose
// `config` is the default.
void add_key_commands(CLI::App& app, KeyOptions& options, std::function<int()>& chosen);

}  // namespace waymark::cli
