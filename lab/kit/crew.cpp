#include "lab/kit/crew.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <csignal>

#include "lab/kit/loop.h"

namespace waymark::lab {
namespace {

constexpr Duration kPatience = std::chrono::seconds(15);  // for anything that should take a moment
const std::string kLifetime = "300";                      // seconds after which a traffic tool ends by itself

}  // namespace

Status Crew::start_traffic(const Load& load) {
  load_ = load;
  const std::string port = std::to_string(kEchoPort);
  const auto own = [](const std::map<std::string, std::string>& of, const std::string& node, const std::string& usual) {
    const auto found = of.find(node);
    return found == of.end() ? usual : found->second;
  };
  for (const auto& s : cast_.servers) {
    auto p = Process::start({.netns = prefix_ + s,
                             .argv = {program_, "lab", "traffic", "server", "--name", s, "--at",
                                      own(cast_.at_of, s, cast_.at), "--port", port, "--for", kLifetime}});
    if (!p) return p.error();
    servers_.push_back(std::move(*p));
  }
  if (auto all = servers(); !all) return all.error();  // they listen now
  for (size_t i = 0; i < cast_.clients.size(); ++i) {
    const std::string& c = cast_.clients[i];
    auto p = Process::start({.netns = prefix_ + c,
                             .argv = {program_, "lab", "traffic", "client", "--to", own(cast_.to_of, c, cast_.to),
                                      "--port", port, "--id", std::to_string(i + 1), "--for", kLifetime}});
    if (!p) return p.error();
    clients_.push_back(std::move(*p));
  }
  return resume();
}

Status Crew::resume() {
  WM_TRY(open());
  if (auto told = tell("fresh " + std::to_string(load_.fresh / cast_.clients.size())); !told) return told.error();
  return probe(load_.probes);
}

Status Crew::probe(u32 per_second) {
  if (auto told = tell("probe " + std::to_string(per_second / cast_.clients.size())); !told) return told.error();
  if (per_second) return Done{};
  return wait_for("hear of all probes", [](const ClientReport& r) { return r.probes_under_way == 0; });
}

Status Crew::open(u64 may_lack) {
  const u64 each = load_.connections / cast_.clients.size();
  if (auto told = tell("open " + std::to_string(each)); !told) return told.error();
  return wait_for("open all connections",
                  [&](const ClientReport& r) { return r.live + may_lack >= each * cast_.clients.size(); });
}

Status Crew::mark(const std::string& name) {
  auto told = tell("mark " + name);
  if (!told) return told.error();
  return Done{};
}

Status Crew::close() {
  if (auto told = tell("close"); !told) return told.error();
  return wait_for("end all connections", [](const ClientReport& r) { return r.live == 0 && r.under_way == 0; });
}

Result<ClientReport> Crew::clients() { return tell("report"); }

Result<ClientReport> Crew::tell(const std::string& command) {
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

Status Crew::wait_for(const std::string& what, const std::function<bool(const ClientReport&)>& holds) {
  const Time end = now() + kPatience;
  while (now() < end && !interrupted()) {
    auto all = clients();
    if (!all) return all.error();
    if (holds(*all)) return Done{};
    pause_for(std::chrono::milliseconds(50));
  }
  auto all = clients();
  const u64 live = all ? all->live : 0, under_way = all ? all->under_way : 0;
  return Error{
      fmt::format("the clients of {} could not {}: {} are open and {} under way", prefix_, what, live, under_way)};
}

Result<ServerReport> Crew::servers() {
  ServerReport all;
  for (const auto& name : cast_.servers) {
    auto one = server(name);
    if (!one) return one.error();
    all.add(*one);
  }
  return all;
}

size_t Crew::place_of(const std::string& server) const {
  return size_t(std::find(cast_.servers.begin(), cast_.servers.end(), server) - cast_.servers.begin());
}

Result<ServerReport> Crew::server(const std::string& name) {
  if (const auto gone = gone_.find(name); gone != gone_.end()) return gone->second;
  Process& tool = servers_[place_of(name)];
  WM_TRY(tool.say("report"));
  auto line = tool.line(kPatience);
  if (!line) return line.error();
  return server_report(*line);
}

Status Crew::kill_server_tool(const std::string& name) {
  auto last = server(name);
  if (!last) return last.error();
  gone_[name] = *last;
  Process& tool = servers_[place_of(name)];
  tool.signal(SIGKILL);
  if (!tool.wait(kPatience)) return Error{fmt::format("the traffic server of {} does not end", name)};
  return Done{};
}

}  // namespace waymark::lab
