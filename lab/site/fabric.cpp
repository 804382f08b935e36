#include "lab/site/fabric.h"

#include <fmt/format.h>

#include <chrono>
#include <csignal>

#include "lab/kit/reconcile.h"

namespace waymark::lab {
namespace {

constexpr Duration kPatience = std::chrono::seconds(15);  // for anything that should take a moment

}  // namespace

Status Fabric::up(const DirectorPlan& plan, bool outlives_us) {
  daemons_.outlive_us = outlives_us;
  WM_TRY(site_.build());
  WM_TRY(write_blob(site_.file("www/blob")));
  for (const auto& s : kServers) WM_TRY(site_.write_host(s));
  WM_TRY(servers_.start(site_, daemons_, tools_));
  WM_TRY(configure(plan, false));
  WM_TRY(start_director(tools_.waymark));
  for (const auto& s : kServers) WM_TRY(daemons_.ready(s));
  if (outlives_us) {
    servers_.release();
    director_.release();
  }
  return Done{};
}

Status Fabric::down() {
  std::vector<std::string> nodes = kServers;
  nodes.push_back("d");
  const Status worst = daemons_.down(nodes);
  (void)director_.wait(kPatience);
  servers_.end();
  return worst;
}

Status Fabric::launch_director(const std::string& program) {
  auto p = daemons_.start("d", program);
  if (!p) return p.error();
  director_ = std::move(*p);
  return Done{};
}

Status Fabric::director_ready() {
  WM_TRY(daemons_.ready("d"));
  if (!director_.running()) return Error{"the director's daemon has ended; its log says why"};
  return Done{};
}

Status Fabric::start_director(const std::string& program) {
  WM_TRY(launch_director(program));
  return director_ready();
}

Status Fabric::replace_director(const std::string& program) {
  auto p = daemons_.start("d", program, true);
  if (!p) return p.error();
  std::swap(director_, *p);
  if (!p->wait(kPatience)) return Error{"the director's old daemon did not make way for the new one"};
  return director_ready();
}

Status Fabric::kill_director() {
  director_.signal(SIGKILL);
  if (director_.wait(kPatience) != 128 + SIGKILL) return Error{"the director's daemon was gone before it was killed"};
  return Done{};
}

Status Fabric::renew_director(const DirectorPlan& plan) {
  WM_TRY(ask_director({"down"}));
  if (!director_.wait(kPatience)) return Error{"the director's daemon went on after `waymark down`"};
  WM_TRY(configure(plan, false));
  return start_director(tools_.waymark);
}

Status Fabric::configure(const DirectorPlan& plan, bool reload) {
  plan_ = plan;
  WM_TRY(site_.write_director(plan));
  return reload ? ask_director({"reload"}) : Status(Done{});
}

Status Fabric::ask_director(const std::vector<std::string>& words) const {
  auto said = daemons_.ask("d", words);
  if (!said) return said.error();
  return Done{};
}

Result<std::string> Fabric::show(const std::string& what) const { return daemons_.show("d", what); }

Result<std::string> Fabric::reconciled() const {
  return reconcile(site_, "d", [this](const std::string& what) { return show(what); });
}

Status Fabric::start_downloads() {
  std::vector<Wanted> all;
  for (const auto& c : kClients)
    for (const std::string& host : {"[" + kService6 + "]", kService4})
      all.push_back({site_.netns(c), fmt::format("http://{}/blob", host),
                     site_.file(fmt::format("download.{}.{}", c, host == kService4 ? "v4" : "v6"))});
  return downloads_.start(all);
}

}  // namespace waymark::lab
