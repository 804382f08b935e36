#include "lab/kit/daemons.h"

#include <fmt/format.h>

#include <chrono>
#include <csignal>

#include <nlohmann/json.hpp>

#include "lab/kit/loop.h"

namespace waymark::lab {
namespace {

using Json = nlohmann::json;

constexpr Duration kPatience = std::chrono::seconds(15);  // for anything that should take a moment

Json rows_of(const std::string& shown) { return Json::parse(shown, nullptr, false).value("rows", Json::array()); }

}  // namespace

Result<Process> Daemons::start(const std::string& node, const std::string& program, bool replace) const {
  std::vector<std::string> argv = {program, "run"};
  if (replace) argv.push_back("--replace");
  argv.insert(argv.end(), {"-c", place_.file(node + ".toml")});
  const auto limited = limits.find(node);
  return Process::start({place_.netns(node), argv, place_.file(node + ".log"), outlive_us,
                         limited == limits.end() ? Limits() : limited->second});
}

Result<std::string> Daemons::ask(const std::string& node, std::vector<std::string> words) const {
  words.insert(words.begin(), tools_.waymark);
  words.insert(words.end(), {"--socket", place_.socket(node)});
  return run({.netns = place_.netns(node), .argv = words});
}

Result<std::string> Daemons::show(const std::string& node, const std::string& what) const {
  return ask(node, {"show", what, "--json"});
}

Result<u64> Daemons::count(const std::string& node, const std::string& reason) const {
  auto said = show(node, "counters");
  if (!said) return said.error();
  for (const Json& row : rows_of(*said))
    if (row.value("reason", "") == reason) return row.value("packets", u64(0));
  return u64(0);
}

Result<u64> Daemons::sum(const std::string& node, const std::string& what, const std::string& column) const {
  auto said = show(node, what);
  if (!said) return said.error();
  u64 all = 0;
  for (const Json& row : rows_of(*said)) all += row.value(column, u64(0));
  return all;
}

Status Daemons::ready(const std::string& node) const {
  const Time end = now() + kPatience;
  Status last = Error{"it was not asked"};
  while (now() < end && !interrupted()) {
    auto said = show(node, "status");
    if (said) return Done{};
    last = said.error();
    pause_for(std::chrono::milliseconds(20));
  }
  return Error{fmt::format("the daemon of {} is not ready: {}", node, last.error().sentence)};
}

Status Daemons::down(const std::vector<std::string>& nodes) const {
  Status worst = Done{};
  for (const auto& node : nodes)
    if (auto said = ask(node, {"down"}); !said && worst) worst = said.error();
  return worst;
}

Status Daemons::down(std::map<std::string, Process>& running, Duration patience) const {
  Status worst = Done{};
  for (auto& [node, process] : running) {
    const Status one = down({node});
    if (!one && worst) worst = one;
    if (!process.wait(patience) && worst) worst = Error{fmt::format("the daemon of {} does not end", node)};
  }
  return worst;
}

Status Servers::start(const Place& place, const Daemons& daemons, const Tools& tools) {
  for (const auto& s : kServers) {
    WM_TRY(place.write_nginx(s));
    auto web = Process::start(
        {place.netns(s), {"nginx", "-c", place.file(s + ".nginx")}, place.file(s + ".nginx.out"), daemons.outlive_us});
    if (!web) return web.error();
    auto host = daemons.start(s, tools.waymark);
    if (!host) return host.error();
    all_.push_back({s, std::move(*web), std::move(*host)});
  }
  return Done{};
}

Status Servers::kill(const std::string& server) {
  for (One& one : all_) {
    if (one.name != server) continue;
    for (Process* p : {&one.web, &one.host}) {
      ::kill(-p->pid(), SIGKILL);  // nginx has a worker
      if (p->wait(kPatience) != 128 + SIGKILL) return Error{fmt::format("{} had lost a program already", server)};
    }
  }
  return Done{};
}

void Servers::end() {
  for (One& one : all_) (void)one.host.wait(kPatience);
  for (One& one : all_) one.web.signal(SIGTERM);
  for (One& one : all_) (void)one.web.wait(kPatience);
}

void Servers::release() {
  for (One& one : all_) {
    one.host.release();
    one.web.release();
  }
}

}  // namespace waymark::lab
