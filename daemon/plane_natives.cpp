// Routes of this machine that win over what is translated: they are in the image, so another one is loaded when they
// change.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "daemon/log.h"
#include "daemon/loop.h"
#include "daemon/plane.h"
#include "kernel/natives.h"
#include "node/translations.h"

namespace waymark {

namespace {

using namespace std::chrono_literals;

// A burst of routes is one load; and where they keep changing, there is one in so long.
constexpr Duration kSettle = 200ms, kGap = 2s;

bool same(const std::vector<Prefix>& a, const std::vector<Prefix>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const Prefix& x, const Prefix& y) { return x.address == y.address && x.length == y.length; });
}

}  // namespace

Result<std::vector<Prefix>> Plane::natives_for(const Config& config) {
  if (!config.translator) return std::vector<Prefix>();
  const auto found = natives(config.announce ? std::optional(config.announce->protocol) : std::nullopt);
  if (!found) return found.error();
  std::vector<Prefix> out;
  for (const Native& native : *found) out.push_back({native.address, native.length});
  return winners(*config.translator, out);
}

void Plane::plan_natives(Time now) {
  const u64 changes = resolver_->route_changes();
  if (std::exchange(routes_seen_, changes) == changes || !config().translator) return;
  natives_due_ = std::min(natives_due_, std::max(now + kSettle, natives_after_));
}

void Plane::check_natives(Time now) {
  natives_after_ = now + kGap;
  natives_due_ = suspended_ ? natives_after_ : Time::max();
  if (suspended_) return;
  const Config config = control_->node().config();
  const Result<std::vector<Prefix>> found = natives_for(config);
  if (!found) {
    natives_due_ = natives_after_;
    return log::warning(found.error().sentence);
  }
  if (same(*found, natives_)) return;
  if (const Status done = put_in_force(config, capturing_); done)
    log::info(fmt::format("routes changed: {} of this machine now win over what is translated", natives_.size()));
  else
    log::error(fmt::format("routes changed, but: {}", done.error().sentence));
  natives_ = *found;  // also where it failed: once is enough, until they change again
}

}  // namespace waymark
