#include "lab/group/fabric.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <csignal>

#include "lab/kit/bird.h"
#include "lab/kit/loop.h"
#include "lab/kit/stage.h"

namespace waymark::lab {
namespace {

constexpr Duration kPatience = std::chrono::seconds(20);  // routing sessions and a group's wait are among it

// By how many ways a node sends to an address.
Result<size_t> hops(const std::string& netns, const char* family, const std::string& address) {
  auto said = run({.netns = netns, .argv = {"ip", family, "route", "show", "exact", address}});
  if (!said) return said.error();
  size_t count = 0;
  for (size_t at = 0; (at = said->find("via ", at)) != std::string::npos; ++at) ++count;
  return count;
}

}  // namespace

Status GroupFabric::up(const GroupPlan& plan, bool outlives_us) {
  daemons_.outlive_us = outlives_us;
  plan_ = plan;
  WM_TRY(site_.build());
  WM_TRY(site_.write_key("group.key"));
  WM_TRY(site_.write_hosts());
  WM_TRY(site_.write_birds());
  WM_TRY(site_.write_directors(plan));
  WM_TRY(servers_.start(site_, daemons_, tools_));
  auto router = start_bird(site_, "r", outlives_us);
  if (!router) return router.error();
  router_ = std::move(*router);
  for (const auto& d : plan.present) WM_TRY(launch_director(d));
  for (const auto& s : kServers) WM_TRY(daemons_.ready(s));
  WM_TRY(await_hops(plan.present.size()));
  if (!outlives_us) return Done{};
  servers_.release();
  router_.release();
  for (auto& [name, d] : directors_) {
    d.daemon.release();
    d.bird.release();
  }
  return Done{};
}

Status GroupFabric::down() {
  std::vector<std::string> left;
  for (const auto& [name, d] : directors_)
    if (d.runs) left.push_back(name);
  const Status worst = daemons_.down(left);
  for (auto& [name, d] : directors_) {
    if (d.runs) (void)d.daemon.wait(kPatience);
    d.bird.signal(SIGTERM);
    (void)d.bird.wait(kPatience);
  }
  router_.signal(SIGTERM);
  (void)router_.wait(kPatience);
  return worst;
}

Status GroupFabric::configure(const GroupPlan& plan) {
  plan_ = plan;
  WM_TRY(site_.write_directors(plan));
  for (const auto& [name, d] : directors_)
    if (d.runs) WM_TRY(ask(name, {"reload"}));
  return Done{};
}

Status GroupFabric::weigh(const std::string& target, u32 weight) {
  GroupPlan plan = plan_;
  for (TargetPlan& t : plan.targets)
    if (t.name == target) t.weight = weight;
  return configure(plan);
}

Status GroupFabric::ask(const std::string& director, const std::vector<std::string>& words) const {
  auto said = daemons_.ask(director, words);
  if (!said) return said.error();
  return Done{};
}

Result<std::string> GroupFabric::show(const std::string& director, const std::string& what) const {
  return daemons_.show(director, what);
}

Status GroupFabric::kill_director(const std::string& director) {
  Director& d = directors_[director];
  WM_TRY(site_.cut_off(director));
  for (Process* p : {&d.daemon, &d.bird}) {
    p->signal(SIGKILL);
    if (p->wait(kPatience) != 128 + SIGKILL) return Error{fmt::format("{} had lost a daemon already", director)};
  }
  d.runs = false;
  return forget(director);
}

// A routing daemon that finds routes there would announce them before the director is ready.
Status GroupFabric::forget(const std::string& director) const {
  forget_instance(site_.instance(director));
  for (const char* family : {"-6", "-4"}) {
    auto said = run({.netns = site_.netns(director), .argv = {"ip", family, "route", "flush", "proto", "200"}});
    if (!said) return said.error();
  }
  return Done{};
}

Status GroupFabric::launch_director(const std::string& director) {
  Director& d = directors_[director];
  WM_TRY(site_.join(director));
  auto bird = start_bird(site_, director, daemons_.outlive_us);
  if (!bird) return bird.error();
  d.bird = std::move(*bird);
  return start_daemon(director);
}

Status GroupFabric::start_daemon(const std::string& director) {
  auto daemon = daemons_.start(director, tools_.waymark);
  if (!daemon) return daemon.error();
  directors_[director].daemon = std::move(*daemon);
  directors_[director].runs = true;
  return daemons_.ready(director);
}

Result<Process> GroupFabric::try_daemon(const std::string& director) {
  return daemons_.start(director, tools_.waymark);
}

Status GroupFabric::replace_director(const std::string& director) {
  auto p = daemons_.start(director, tools_.next, true);
  if (!p) return p.error();
  std::swap(directors_[director].daemon, *p);
  if (!p->wait(kPatience)) return Error{fmt::format("the old daemon of {} did not make way for the new one", director)};
  return daemons_.ready(director);
}

Status GroupFabric::await_hops(size_t directors) const {
  const std::string r = site_.netns("r");
  const Time end = now() + kPatience;
  size_t six = 0, four = 0;
  while (now() < end && !interrupted()) {
    auto by6 = hops(r, "-6", kService6), by4 = hops(r, "-4", kService4);
    if (!by6) return by6.error();
    if (!by4) return by4.error();
    six = *by6, four = *by4;
    if (six == directors && four == directors) return Done{};
    pause_for(std::chrono::milliseconds(20));
  }
  return Error{fmt::format("the router of {} sends to {} directors by IPv6 and to {} by IPv4, not to {}",
                           site_.prefix(), six, four, directors)};
}

Status GroupFabric::flap(const std::string& director, bool up) const {
  for (const char* protocol : {"waymark6", "waymark4"})
    WM_TRY(birdc(site_, director, {up ? "enable" : "disable", protocol}));
  return Done{};
}

Status GroupFabric::kill_server(const std::string& server) {
  WM_TRY(site_.cut_off(server));
  WM_TRY(kill_server_tool(server));
  WM_TRY(servers_.kill(server));
  forget_instance(site_.instance(server));
  return Done{};
}

}  // namespace waymark::lab
