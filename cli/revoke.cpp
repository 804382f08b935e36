#include "cli/revoke.h"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/load.h"
#include "config/kinds.h"

namespace waymark::cli {

namespace {

int revoke(const Daemon& daemon, const RevokeOptions& options) {
  std::string id;
  for (const std::string& word : options.id) id += (id.empty() ? "" : " ") + word;
  nlohmann::json body = {{"id", id}};
  if (options.undo) body["undo"] = true;
  if (!options.lasts.empty()) {
    const auto lasts =
        config::Span{std::chrono::seconds(1), std::chrono::hours(10 * 366 * 24)}.read({{}, options.lasts});
    if (!lasts) return complain({"--for " + lasts.error().sentence});
    body["seconds"] = u64(std::chrono::ceil<std::chrono::seconds>(*lasts).count());
  }
  return post_command(daemon, "/v1/revoke", body.dump());
}

}  // namespace

CLI::App* add_revoke(CLI::App& app, RevokeOptions& options, const Daemon& daemon, std::function<int()>& chosen) {
  CLI::App* c = app.add_subcommand("revoke", "Refuse the addresses of a client or a server, on all POPs of the group");
  c->callback([&options, &daemon, &chosen] { chosen = [&options, &daemon] { return revoke(daemon, options); }; });
  c->add_option("ID", options.id, "\"17\" or \"client 17\"; \"server 7\"")->required()->expected(1, 2);
  c->add_option("--for", options.lasts, "So long; else for good")
      ->type_name("TIME")
      ->excludes(c->add_flag("--undo", options.undo, "Take them again"));
  return c;
}

}  // namespace waymark::cli
