#include "cli/load.h"

#include <fmt/format.h>

#include "config/parse.h"

namespace waymark::cli {

int complain(const Error& error) {
  fmt::print(stderr, "waymark: {}\n", error.sentence);
  return kFailed;
}

std::optional<Config> load_config(const std::string& path) {
  const Result<std::string> text = read_config_file(path, true);
  if (!text) {
    complain(text.error());
    return std::nullopt;
  }
  Parsed parsed = parse_config(*text, path);
  for (const Problem& problem : parsed.problems)
    if (!problem.warning) fmt::print(stderr, "{}\n", render(problem));
  return std::move(parsed.config);
}

std::optional<Config> load_node(const std::string& path) {
  std::optional<Config> config = load_config(path);
  if (!config || !only_plans(*config)) return config;
  complain({no_node_in(path)});
  return std::nullopt;
}

}  // namespace waymark::cli
