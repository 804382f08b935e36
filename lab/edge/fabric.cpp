#include "lab/edge/fabric.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>
#include <csignal>

#include "lab/kit/bird.h"
#include "lab/kit/downloads.h"
#include "lab/kit/loop.h"
#include "lab/kit/netns.h"
#include "lab/kit/stage.h"

namespace waymark::lab {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration kPatience = seconds(20);
constexpr size_t kBulk = 1 << 20;
const std::vector<std::string> kSites = {"1", "2", "3"};

Cast cast(Anycast how) {
  Cast out{kEdgeClients, {"s1", "s2", "s3"}, "", kAnycast};
  for (const std::string& server : out.servers)
    out.at_of[server] = fmt::format("{}", fmt::join(answers_at(server, how), ","));
  for (const std::string& client : out.clients) out.to_of[client] = asks(client);
  return out;
}

Status ended(Process& process, int number, const std::string& whose) {
  process.signal(number);
  if (!process.wait(kPatience)) return Error{fmt::format("{} does not end", whose)};
  return Done{};
}

}  // namespace

EdgeFabric::EdgeFabric(EdgeSite site, Tools tools, Anycast how)
    : Crew(site.prefix(), tools.waymark, cast(how)),
      site_(std::move(site)),
      tools_(std::move(tools)),
      how_(how),
      daemons_(site_, tools_) {}

Status EdgeFabric::launch(const std::string& node) {
  auto p = daemons_.start(node, tools_.waymark);
  if (!p) return p.error();
  waymark_[node] = std::move(*p);
  return daemons_.ready(node);
}

Status EdgeFabric::up(bool outlives_us) {
  daemons_.outlive_us = outlives_us;
  WM_TRY(site_.build());
  WM_TRY(site_.write_files(how_));
  WM_TRY(write_blob(site_.file("www/bulk"), kBulk));
  WM_TRY(write_blob(site_.file("www/blob")));
  for (const std::string& n : kSites) {
    for (const auto& [program, file] : {std::pair{"nginx", ".nginx"}, {"knotd", ".knot"}}) {
      const std::string of = site_.file("s" + n + file);
      auto server = Process::start({site_.netns("s" + n), {program, "-c", of}, of + ".out", outlives_us});
      if (!server) return server.error();
      servers_["s" + n].push_back(std::move(*server));
    }
  }
  std::vector<std::string> routers = {"g1", "r1", "r2", "r3", "d1", "d2", "d3"};
  routers.insert(routers.end(), kEdges.begin(), kEdges.end());
  for (const std::string& node : routers) {
    auto bird = start_bird(site_, node, outlives_us);
    if (!bird) return bird.error();
    birds_[node] = std::move(*bird);
  }
  for (const std::string& n : kSites) WM_TRY(launch("d" + n));
  if (has_edges())
    for (const std::string& edge : kEdges) WM_TRY(launch(edge));
  for (const Time end = now() + kPatience; !is_first_preferred(); pause_for(milliseconds(50)))
    if (now() > end || interrupted())
      return Error{fmt::format("no route of {} leads to its first site", site_.prefix())};
  for (const std::string& client : kEdgeClients) {
    const Time end = now() + kPatience;
    for (bool heard = false; !heard; pause_for(milliseconds(50))) {
      heard = bool(who_asks(client));
      if (!heard && (now() > end || interrupted()))
        return Error{fmt::format("{} of {} does not reach {}", client, site_.prefix(), asks(client))};
    }
  }
  if (!outlives_us) return Done{};
  for (auto* all : {&birds_, &waymark_})
    for (auto& [node, process] : *all) process.release();
  for (auto& [node, all] : servers_)
    for (Process& process : all) process.release();
  return Done{};
}

Status EdgeFabric::down() { return daemons_.down(waymark_, kPatience); }

Result<std::string> EdgeFabric::who_asks(const std::string& client) const {
  return run({.netns = site_.netns(client),
              .argv = {"curl", "-sS", "--fail", "--max-time", "2", "--globoff", url(asks(client), "who")}});
}

bool EdgeFabric::is_first_preferred() const {
  for (const auto& [version, service] : {std::pair{"-6", kAnycast}, {"-4", kAnycast4}}) {
    const auto said = run({.netns = site_.netns("r2"), .argv = {"ip", version, "route", "show", "exact", service}});
    if (!said || said->find(" dev lan1 ") == std::string::npos) return false;
  }
  return true;
}

Status EdgeFabric::prefer(Preferred site) {
  return birdc(site_, "r2",
               {"configure", fmt::format("\"{}\"", site_.file(fmt::format("r2.{}.bird.conf", u32(site))))});
}

Status EdgeFabric::spread(bool on) { return site_.spread(on); }

Status EdgeFabric::withdraw(u32 site, bool gone) {
  return birdc(site_, "r2", {gone ? "disable" : "enable", fmt::format("\"site{}_*\"", site)});
}

Status EdgeFabric::kill(const std::string& edge) {
  return has_edges() ? ended(waymark_[edge], SIGKILL, edge) : Status(Done{});
}

Status EdgeFabric::start(const std::string& edge) { return has_edges() ? launch(edge) : Status(Done{}); }

Status EdgeFabric::upgrade(const std::string& edge) {
  if (!has_edges()) return Done{};
  auto next = daemons_.start(edge, tools_.next, true);
  if (!next) return next.error();
  if (!waymark_[edge].wait(kPatience)) return Error{fmt::format("the old daemon of {} does not end", edge)};
  waymark_[edge] = std::move(*next);
  return daemons_.ready(edge);
}

Status EdgeFabric::send_by(bool other) {
  return birdc(site_, "g1",
               {"configure", fmt::format("\"{}\"", site_.file(other ? "g1.other.bird.conf" : "g1.bird.conf"))});
}

Status EdgeFabric::lose_machine(const std::string& edge) {
  WM_TRY(site_.lose(edge));
  WM_TRY(ended(birds_[edge], SIGKILL, "BIRD of " + edge));
  if (!has_edges()) return Done{};
  WM_TRY(ended(waymark_[edge], SIGKILL, edge));
  waymark_.erase(edge);
  forget_instance(site_.instance(edge));
  return Done{};
}

Status EdgeFabric::lose_server(const std::string& server) {
  for (Process& process : servers_[server]) {
    ::kill(-process.pid(), SIGKILL);  // nginx has a worker
    if (!process.wait(kPatience)) return Error{fmt::format("a server program of {} does not end", server)};
  }
  return kill_server_tool(server);
}

}  // namespace waymark::lab
