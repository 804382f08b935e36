#include "lab/tenants/fabric.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <csignal>

#include "lab/kit/bird.h"
#include "lab/kit/downloads.h"
#include "lab/kit/loop.h"
#include "lab/kit/netns.h"

namespace waymark::lab {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration kPatience = seconds(10);
constexpr size_t kBulk = 1 << 20;

Cast cast() { return {{"red", "blue"}, {"s"}, kServer6, kServer4}; }

}  // namespace

TenantsFabric::TenantsFabric(TenantsSite site, Tools tools, By by)
    : Crew(site.prefix(), tools.waymark, cast()),
      site_(std::move(site)),
      tools_(std::move(tools)),
      daemons_(site_, tools_),
      gateways_(by == By::waymark ? waymark_gateways(site_, tools_, daemons_) : plain_gateways(site_, tools_)) {}

Status TenantsFabric::build(bool outlives_us) {
  daemons_.outlive_us = outlives_us;
  WM_TRY(site_.build());
  WM_TRY(site_.write_servers());
  WM_TRY(site_.write_birds());
  WM_TRY(write_secret(site_.file("group.key")));
  WM_TRY(write_blob(site_.file("www/bulk"), kBulk));
  WM_TRY(write_blob(site_.file("www/blob")));
  const TenantPlan& blue = kTenants[1];
  auto far = FarEnd::start(site_, blue.name, tools_, {kOverlay, blue.far, end_of(1), blue.key, blue.mtu}, outlives_us);
  if (!far) return far.error();
  blue_ = std::move(*far);
  WM_TRY(ip(site_.netns(blue.name),
            fmt::format("addr add {0}/24 dev {1}\nroute add default dev {1}\n", kTenantAddress, kOverlay)));
  WM_TRY(serve("s", fmt::format("[{}]", kServer6), outlives_us));
  WM_TRY(serve(kFarSite.name, kFarAddress, outlives_us));
  for (const char* node : {"u", "r1", "r2", "g1", "g2", "g3"}) {
    auto bird = start_bird(site_, node, outlives_us);
    if (!bird) return bird.error();
    birds_[node] = std::move(*bird);
  }
  return Done{};
}

Status TenantsFabric::serve(const std::string& node, const std::string& at, bool outlives_us) {
  auto p = Process::start(
      {site_.netns(node), {"nginx", "-c", site_.file(node + ".nginx")}, site_.file(node + ".nginx.out"), outlives_us});
  if (!p) return p.error();
  web_[node] = std::move(*p);
  const std::string url = fmt::format("http://{}/alive", at);
  for (const Time end = now() + kPatience; now() < end && !interrupted(); pause_for(milliseconds(20)))
    if (run({.netns = site_.netns(node), .argv = {"curl", "-sS", "--fail", "--max-time", "10", "--globoff", url}}))
      return Done{};
  return Error{fmt::format("the web server of {} does not answer", node)};
}

Status TenantsFabric::start_gateways() {
  for (const std::string& gateway : kGateways) WM_TRY(start(gateway));
  return gateways_->agree() ? start(kSpare) : Done{};
}

Status TenantsFabric::start(const std::string& gateway) {
  WM_TRY(gateways_->start(gateway, standing_[gateway]));
  running_[gateway] = true;
  return Done{};
}

bool TenantsFabric::passes(const TenantPlan& tenant) const {
  return bool(run({.netns = site_.netns(tenant.name), .argv = {"ping", "-n", "-c", "1", "-W", "1", kServer4}}));
}

Status TenantsFabric::await_passage(Duration patience) const {
  for (const Time end = now() + patience; now() < end && !interrupted();)
    if (passes(kTenants[0]) && passes(kTenants[1])) return Done{};
  return Error{fmt::format("the gateways of {} let no ping pass", site_.prefix())};
}

Status TenantsFabric::down() {
  Status worst = Done{};
  while (!running_.empty()) {
    const Status one = stop(running_.begin()->first);
    if (!one && worst) worst = one;
    if (!one) running_.erase(running_.begin());
  }
  return worst;
}

void TenantsFabric::release() {
  gateways_->release();
  blue_.release();
  for (auto* all : {&birds_, &web_})
    for (auto& [node, process] : *all) process.release();
}

Status TenantsFabric::move_server(DataCentre to) { return site_.move_server(to); }

Status TenantsFabric::announce_specific() {
  for (auto& [gateway, standing] : standing_) {
    standing.specific = true;
    if (runs(gateway)) WM_TRY(gateways_->change(gateway, standing));
  }
  return Done{};
}

Status TenantsFabric::kill(const std::string& gateway) {
  running_.erase(gateway);
  return gateways_->kill(gateway);
}

Status TenantsFabric::stop(const std::string& gateway) {
  WM_TRY(gateways_->stop(gateway));
  running_.erase(gateway);
  return Done{};
}

Status TenantsFabric::lose(const std::string& gateway) {
  WM_TRY(site_.switch_off(gateway));
  WM_TRY(kill(gateway));
  birds_[gateway].signal(SIGKILL);
  (void)birds_[gateway].wait(kPatience);
  return gateways_->forget(gateway);
}

const std::string& TenantsFabric::holder(u32 id) const {
  const auto has = [&](const auto& of) { return std::ranges::count(of.second.holds, id) != 0; };
  return std::ranges::find_if(standing_, has)->first;
}

Status TenantsFabric::take(const std::string& gateway, u32 id) {
  const std::string before = holder(id);
  const bool agree = gateways_->agree();
  if (agree && !runs(gateway)) WM_TRY(start(gateway));
  std::erase(standing_[before].holds, id);
  standing_[gateway].holds.push_back(id);
  if (agree) return gateways_->take(gateway, id);
  if (runs(before)) WM_TRY(gateways_->change(before, standing_[before]));
  return runs(gateway) ? gateways_->change(gateway, standing_[gateway]) : start(gateway);
}

}  // namespace waymark::lab
