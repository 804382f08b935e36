#include "lab/fabric.h"

#include <fmt/format.h>
#include <sys/wait.h>

#include <algorithm>
#include <csignal>

#include "lab/loop.h"

namespace waymark::lab {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration kPatience = seconds(15);  // for anything that should take a moment
const std::string kLifetime = "300";         // seconds after which a traffic tool ends by itself

}  // namespace

Status Fabric::up(const DirectorPlan& plan, bool outlives_us) {
  outlives_us_ = outlives_us;
  WM_TRY(site_.build());
  WM_TRY(write_blob(site_.file("www/blob")));
  for (const auto& s : kServers) {
    WM_TRY(site_.write_nginx(s));
    WM_TRY(site_.write_host(s));
    const std::string netns = site_.netns(s);
    auto web =
        Process::start({netns, {"nginx", "-c", site_.file(s + ".nginx")}, site_.file(s + ".nginx.out"), outlives_us});
    if (!web) return web.error();
    webs_.push_back(std::move(*web));
    auto host = Process::start(
        {netns, {tools_.waymark, "run", "-c", site_.file(s + ".toml")}, site_.file(s + ".log"), outlives_us});
    if (!host) return host.error();
    hosts_.push_back(std::move(*host));
  }
  WM_TRY(configure(plan, false));
  WM_TRY(start_director(tools_.waymark));
  for (const auto& s : kServers) WM_TRY(ready(s));
  if (outlives_us) {
    for (auto* group : {&webs_, &hosts_})
      for (auto& p : *group) p.release();
    director_.release();
  }
  return Done{};
}

Status Fabric::down() {
  std::vector<std::string> nodes = kServers;
  nodes.push_back("d");
  Status worst = Done{};
  for (const auto& node : nodes) {
    auto said = run({.netns = site_.netns(node), .argv = {tools_.waymark, "down", "--socket", site_.socket(node)}});
    if (!said && worst) worst = said.error();
  }
  (void)director_.wait(kPatience);
  for (auto& p : hosts_) (void)p.wait(kPatience);
  for (auto& p : webs_) p.signal(SIGTERM);
  for (auto& p : webs_) (void)p.wait(kPatience);
  return worst;
}

Status Fabric::ready(const std::string& node) const {
  const Time end = now() + kPatience;
  Status last = Error{"it was not asked"};
  while (now() < end && !interrupted()) {
    auto said = run({.netns = site_.netns(node),
                     .argv = {tools_.waymark, "show", "status", "--json", "--socket", site_.socket(node)}});
    if (said) return Done{};
    last = said.error();
    pause_for(milliseconds(20));
  }
  return Error{fmt::format("the daemon of {} is not ready: {}", node, last.error().sentence)};
}

Status Fabric::launch_director(const std::string& program) {
  auto p = Process::start(
      {site_.netns("d"), {program, "run", "-c", site_.file("d.toml")}, site_.file("d.log"), outlives_us_});
  if (!p) return p.error();
  director_ = std::move(*p);
  return Done{};
}

Status Fabric::director_ready() {
  WM_TRY(ready("d"));
  if (!director_.running()) return Error{"the director's daemon has ended; its log says why"};
  return Done{};
}

Status Fabric::start_director(const std::string& program) {
  WM_TRY(launch_director(program));
  return director_ready();
}

Status Fabric::replace_director(const std::string& program) {
  auto p = Process::start(
      {site_.netns("d"), {program, "run", "--replace", "-c", site_.file("d.toml")}, site_.file("d.log"), outlives_us_});
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
  std::vector<std::string> argv = {tools_.waymark};
  argv.insert(argv.end(), words.begin(), words.end());
  argv.insert(argv.end(), {"--socket", site_.socket("d")});
  auto said = run({.netns = site_.netns("d"), .argv = argv});
  if (!said) return said.error();
  return Done{};
}

Result<std::string> Fabric::show(const std::string& what) const {
  return run(
      {.netns = site_.netns("d"), .argv = {tools_.waymark, "show", what, "--json", "--socket", site_.socket("d")}});
}

Status Fabric::start_traffic(const Load& load) {
  load_ = load;
  const std::string addresses = kService6 + "," + kService4, port = std::to_string(kEchoPort);
  for (const auto& s : kServers) {
    auto p = Process::start({.netns = site_.netns(s),
                             .argv = {tools_.waymark, "lab", "traffic", "server", "--name", s, "--at", addresses,
                                      "--port", port, "--for", kLifetime}});
    if (!p) return p.error();
    servers_.push_back(std::move(*p));
  }
  if (auto all = servers(); !all) return all.error();  // they listen now
  for (size_t i = 0; i < kClients.size(); ++i) {
    auto p = Process::start({.netns = site_.netns(kClients[i]),
                             .argv = {tools_.waymark, "lab", "traffic", "client", "--to", addresses, "--port", port,
                                      "--id", std::to_string(i + 1), "--for", kLifetime}});
    if (!p) return p.error();
    clients_.push_back(std::move(*p));
  }
  return resume();
}

Status Fabric::resume() {
  WM_TRY(open());
  if (auto told = tell("fresh " + std::to_string(load_.fresh / kClients.size())); !told) return told.error();
  return probe(load_.probes);
}

Status Fabric::probe(u32 per_second) {
  if (auto told = tell("probe " + std::to_string(per_second / kClients.size())); !told) return told.error();
  if (per_second) return Done{};
  return wait_for("hear of all probes", [](const ClientReport& r) { return r.probes_under_way == 0; });
}

Status Fabric::open() {
  const u64 each = load_.connections / kClients.size();
  if (auto told = tell("open " + std::to_string(each)); !told) return told.error();
  return wait_for("open all connections", [&](const ClientReport& r) { return r.live == each * kClients.size(); });
}

Status Fabric::mark(const std::string& name) {
  auto told = tell("mark " + name);
  if (!told) return told.error();
  return Done{};
}

Status Fabric::close() {
  if (auto told = tell("close"); !told) return told.error();
  return wait_for("end all connections", [](const ClientReport& r) { return r.live == 0 && r.under_way == 0; });
}

Result<ClientReport> Fabric::clients() { return tell("report"); }

Result<ClientReport> Fabric::tell(const std::string& command) {
  for (auto& c : clients_) WM_TRY(c.say(command));
  ClientReport all;
  for (auto& c : clients_) {
    auto line = c.line(kPatience);
    if (!line) return line.error();
    auto one = client_report(*line);
    if (!one) return one.error();
    all.add(*one);
  }
  return all;
}

Status Fabric::wait_for(const std::string& what, const std::function<bool(const ClientReport&)>& holds) {
  const Time end = now() + kPatience;
  while (now() < end && !interrupted()) {
    auto all = clients();
    if (!all) return all.error();
    if (holds(*all)) return Done{};
    pause_for(milliseconds(50));
  }
  auto all = clients();
  const u64 live = all ? all->live : 0, under_way = all ? all->under_way : 0;
  return Error{fmt::format("the clients could not {}: {} are open and {} under way", what, live, under_way)};
}

Result<ServerReport> Fabric::servers() {
  ServerReport all;
  for (const auto& name : kServers) {
    auto one = server(name);
    if (!one) return one.error();
    all.add(*one);
  }
  return all;
}

Result<ServerReport> Fabric::server(const std::string& name) {
  const auto at = std::find(kServers.begin(), kServers.end(), name) - kServers.begin();
  WM_TRY(servers_[size_t(at)].say("report"));
  auto line = servers_[size_t(at)].line(kPatience);
  if (!line) return line.error();
  return server_report(*line);
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
