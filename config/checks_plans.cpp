#include <fmt/format.h>

#include "config/checks.h"
#include "config/plans.h"
#include "config/prefixes.h"

namespace waymark::config {
namespace {

struct Compiled {
  const PlanConfig* config;
  AddressPlan plan;
};

void check_overlaps(Checking& in, const std::vector<Compiled>& plans) {
  for (std::size_t i = 0; i < plans.size(); ++i)
    for (std::size_t j = 0; j < i && !in.problems.full(); ++j) {
      if (!overlap(plans[i].plan.plan, plans[j].plan.plan)) continue;
      const PlanConfig &later = *plans[i].config, &earlier = *plans[j].config;
      in.problems.error(in.places.at(later.prefix, later),
                        fmt::format("{} ({}) and {} ({}) in line {} overlap: an address could belong to both",
                                    title("plan", later.name), text(later.prefix), title("plan", earlier.name),
                                    text(earlier.prefix), in.places.at(earlier.prefix, earlier).line));
    }
}

}  // namespace

void check_plans(Checking& in) {
  std::vector<Compiled> plans;
  for (const PlanConfig& plan : in.config.plan) {
    if (!in.places.good(plan) || !in.places.good(plan.prefix)) continue;
    if (!in.places.good(plan.layout) || !in.places.good(plan.over)) continue;
    if (!in.places.good(plan.keys) || !in.places.good(plan.use)) continue;
    if (auto compiled = compile_plan(plan)) {
      if (!has(compiled->plan, FieldKind::birth))
        warn_unused(in, plan.birth_unit, plan, title("plan", plan.name), "birth_unit", "without the field \"birth\"");
      plans.push_back({&plan, std::move(*compiled)});
    } else {
      in.problems.error(in.places.at(plan.layout, plan), compiled.error().sentence);
    }
  }
  check_overlaps(in, plans);
}

}  // namespace waymark::config
