#include "cli/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "cli/here.h"
#include "cli/load.h"
#include "config/parse.h"
#include "node/scene.h"
#include "roles/role.h"

namespace waymark::cli {

namespace {

// What only the tables know: whether all of it fits into them. How many pins is no matter of fit.
Status fits(Config config) {
  config.engine.pins = std::min(config.engine.pins, 1000u);
  const auto scene = Scene::make(config);
  if (!scene) return scene.error();
  return Done{};
}

}  // namespace

std::string summary(const Config& config) {
  if (only_plans(config)) return counted(config.plan.size(), "address plan") + ", and no node";
  std::string out = "node " + config.name;
  const auto names = here::interface_names(config);
  for (size_t i = 0; i < names.size(); ++i)
    out += (i == 0 ? " on " : i + 1 == names.size() ? " and " : ", ") + names[i];
  std::string_view before = ": ";
  for (const Descriptor* role : roles_at_work(config))
    out += std::string(std::exchange(before, "; ")) + role->summary(config);
  if (!config.plan.empty()) out += "; " + counted(config.plan.size(), "address plan");
  return out;
}

int check_command(const std::string& file, bool here) {
  const Result<std::string> text = read_config_file(file, true);
  if (!text) return complain(text.error());
  const Parsed parsed = parse_config(*text, file);
  bool good = parsed.config.has_value();
  for (const Problem& problem : parsed.problems) fmt::print("{}\n", render(problem));
  const bool node = parsed.config && !only_plans(*parsed.config);
  if (here && node)
    for (const Finding& finding : look_here(*parsed.config)) {
      fmt::print("{}: here: {}{}\n", file, finding.warning ? "warning: " : "", finding.sentence);
      good &= finding.warning;
    }
  if (node)
    if (const Status status = fits(*parsed.config); !status) {
      fmt::print("{}: {}\n", file, status.error().sentence);
      good = false;
    }
  if (!good) return kFailed;
  fmt::print("{}: ok: {}\n", file, summary(*parsed.config));
  return 0;
}

}  // namespace waymark::cli
