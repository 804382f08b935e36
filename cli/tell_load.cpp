#include "cli/tell_load.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/load.h"

namespace waymark::cli {

namespace {

int tell(const TellLoadOptions& options, const Daemon& daemon) {
  if (!options.sessions && !options.capacity) {
    fmt::print(stderr, "waymark: say what is in use: --sessions, --capacity, or both\n");
    return kUsage;
  }
  nlohmann::json body = {{"service", options.service}};
  if (options.sessions) body["sessions"] = *options.sessions;
  if (options.capacity) body["capacity"] = *options.capacity;
  return post_command(daemon, "/v1/load", body.dump());
}

}  // namespace

CLI::App* add_tell_load(CLI::App& app, TellLoadOptions& options, const Daemon& daemon, std::function<int()>& chosen) {
  CLI::App* c = app.add_subcommand("load", "Tell directors how busy a service of this server is");
  c->callback([&options, &daemon, &chosen] { chosen = [&options, &daemon] { return tell(options, daemon); }; });
  c->add_option("SERVICE", options.service, "A [[host.service]] with \"register\"")->required();
  c->add_option("--sessions", options.sessions, "Connections, of \"sessions\" at most")->type_name("N");
  c->add_option("--capacity", options.capacity, "Of \"capacity\" at most")->type_name("N");
  return c;
}

}  // namespace waymark::cli
