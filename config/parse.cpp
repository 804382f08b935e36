#include "config/parse.h"

#include "config/checks.h"
#include "config/schema.h"
#include "roles/role.h"

namespace waymark {
namespace {

// A file of plans describes addresses and no node, and needs no [engine]; every other file does.
bool lacks_engine(const config::Node& root) {
  bool plans = false, node = false;
  for (const config::Member& member : *root.as<config::Table>()) {
    if (member.key == "engine") return false;
    plans |= member.key == "plan";
    node |= member.key != "plan" && member.key != "node" && member.key != "api";
  }
  return node || !plans;
}

}  // namespace

Parsed parse_config(std::string_view toml, std::string file_name) {
  config::Problems problems(std::move(file_name));
  config::Places places;
  Config config;
  const config::Node root = config::parse_tree(toml, problems);
  if (!problems.any_error()) {
    config::Reading reading{problems, places};
    read_section(reading, root, config::kRoot, config);
    if (lacks_engine(root))  // as if it were there and empty: its own keys say what is missing
      read_value(reading, {"engine", ""}, config::Inner{config::kEngine}, {root.at, config::Table{}}, config.engine);
    config::check(config, places, problems);
  }
  // From here on nobody needs the places, so ports may move.
  for (u32 role = 0; role < kRoles; ++role)
    if (const auto settle = descriptor_of(Role(role)).settle) settle(config);
  Parsed parsed;
  if (!problems.any_error()) parsed.config = std::move(config);
  parsed.problems = problems.take();
  return parsed;
}

}  // namespace waymark
