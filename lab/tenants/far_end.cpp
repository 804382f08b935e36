#include "lab/tenants/far_end.h"

#include <fmt/format.h>

#include <chrono>

#include "lab/kit/netns.h"

namespace waymark::lab {

Result<FarEnd> FarEnd::start(const Place& place, const std::string& node, const Tools& tools, const GrePlan& plan,
                             bool outlives_us) {
  auto p = Process::start({.netns = place.netns(node),
                           .argv = {tools.waymark, "lab", "traffic", "gre", "--device", plan.device, "--from",
                                    plan.from, "--to", plan.to, "--key", std::to_string(plan.key)},
                           .outlives_us = outlives_us});
  if (!p) return p.error();
  auto line = p->line(std::chrono::seconds(5));
  if (!line) return line.error();
  if (*line != "ready") return Error{fmt::format("GRE in {}: {}", node, *line)};
  WM_TRY(ip(place.netns(node),
            fmt::format("link set dev {0} addrgenmode none\nlink set dev {0} mtu {1} up\n", plan.device, plan.mtu)));
  FarEnd out;
  out.tool_ = std::move(*p);
  return out;
}

}  // namespace waymark::lab
