#include "cli/paths.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/address_text.h"
#include "base/text_table.h"
#include "cli/load.h"
#include "cli/remote.h"
#include "config/kinds.h"
#include "config/prefixes.h"
#include "daemon/client.h"
#include "paths/explain.h"
#include "provision/clients.h"
#include "roles/path/role.h"

namespace waymark::cli {

namespace {

using config::decimal;

Result<u32> pop_called(const PathConfig& path, const std::string& word) {
  const auto id = decimal(word, 1, 65'535);
  if (id && std::ranges::find(path.pop, u32(*id), &PathPopConfig::id) != path.pop.end()) return u32(*id);
  return Error{fmt::format("there is no POP {} in [path]", word)};
}

// A POP, or the one that is in a client's address.
Result<u32> from_of(const Config& config, const std::string& word) {
  const PathConfig& path = *config.path;
  if (word.find(':') == std::string::npos) return pop_called(path, word);
  const auto address = config::read_address(word);
  const auto plan = path::plan_called(config, path.clients);  // the checks have found it good
  if (!address || !contains({plan->plan.prefix, plan->plan.prefix_length}, Prefix(*address)))
    return Error{fmt::format("{} is neither a POP's id nor an address in plan \"{}\"", word, path.clients)};
  return pop_called(path, std::to_string(read_field(plan->plan, FieldKind::pop, *address)));
}

// A server's POP, or the one of "pop=3".
Result<u32> to_of(const PathConfig& path, const std::string& word) {
  if (word.starts_with("pop=")) return pop_called(path, word.substr(4));
  const auto id = decimal(word, 0, 65'535);
  const auto server = id ? std::ranges::find(path.server, u32(*id), &PathServerConfig::id) : path.server.end();
  if (server == path.server.end()) return Error{fmt::format("there is no server {} in [path]", word)};
  return server->pop;
}

// "2", or "1-2".
Status add_down(const PathConfig& path, const std::string& word, paths::Down& down) {
  const std::size_t dash = word.find('-');
  const auto first = pop_called(path, word.substr(0, dash));
  if (!first) return Error{"--down " + word + ": " + first.error().sentence};
  if (dash == std::string::npos) return down.pops.insert(*first), Done{};
  const auto second = pop_called(path, word.substr(dash + 1));
  if (!second) return Error{"--down " + word + ": " + second.error().sentence};
  down.links.insert(paths::ends_of(*first, *second));
  return Done{};
}

struct Question {
  u32 from = 0, to = 0;
  paths::Graph graph;
  paths::Rules rules;
  paths::Down down;
};

Status add_live(const Daemon& daemon, Question& q) {
  const auto socket = running(daemon);
  if (!socket) return socket.error();
  const auto answer = api_get(*socket, "/v1/links");
  if (!answer) return failed(*socket, answer.error());
  const auto links = read_links(*answer);
  if (!links) return links.error();
  q.down.links.insert(links->down.links.begin(), links->down.links.end());
  paths::measure(q.graph, links->sights);
  return Done{};
}

Result<Question> question(const Config& config, const PathsOptions& options) {
  if (!config.path) return Error{"the configuration has no [path], which tells of POPs and links"};
  const PathConfig& path = *config.path;
  const auto from = from_of(config, options.from);
  if (!from) return from.error();
  const auto to = to_of(path, options.to);
  if (!to) return to.error();
  auto graph = path::graph_of(config);
  if (!graph) return graph.error();
  Question q = {*from, *to, std::move(*graph), {}, path::down_by_file(path)};
  if (!options.policy.empty()) {
    const auto index = provision::policy_called(path, options.policy);
    if (!index) return index.error();
    q.rules = path::rules_of(*std::ranges::find(path.policy, *index, &PathPolicyConfig::index));
  }
  for (const std::string& word : options.down) WM_TRY(add_down(path, word, q.down));
  if (options.live) WM_TRY(add_live(options.daemon, q));
  return q;
}

std::string as_text(const Question& q, const paths::Explanation& e) {
  std::string out;
  if (e.chosen) {
    out = fmt::format("{} is the path from POP {} to POP {}: it costs {}", paths::text(*e.chosen), q.from, q.to,
                      e.chosen->cost);
    if (const auto latency = e.chosen->hops > 1 ? paths::latency_of(q.graph, *e.chosen) : std::nullopt)
      out += fmt::format(", and takes {} ms", *latency / std::chrono::milliseconds(1));
    out += "\n";
  }
  if (!e.others.empty()) {
    TextTable table = {{"other", "cost", "hops", "why not"}, {}};
    for (const paths::Alternative& other : e.others)
      table.rows.push_back(
          {paths::text(other.path), std::to_string(other.path.cost), std::to_string(other.path.hops), other.why_not});
    out += (out.empty() ? "" : "\n") + aligned(table);
  }
  if (e.gave_up) out += "too many paths were tried: there may be others\n";
  return out;
}

nlohmann::ordered_json as_json(const Question& q, const paths::Explanation& e) {
  const auto told = [&](const paths::Path& path) {
    nlohmann::ordered_json out = {{"path", path.pops()}, {"cost", path.cost}};
    if (const auto latency = paths::latency_of(q.graph, path))
      out["latency_ms"] = *latency / std::chrono::milliseconds(1);
    return out;
  };
  nlohmann::ordered_json out = {{"from", q.from}, {"to", q.to}, {"chosen", nullptr}};
  if (e.chosen) out["chosen"] = told(*e.chosen);
  if (!e.chosen) out["why_none"] = e.why_none;
  out["others"] = nlohmann::ordered_json::array();
  for (const paths::Alternative& other : e.others) {
    out["others"].push_back(told(other.path));
    out["others"].back()["why_not"] = other.why_not;
  }
  out["complete"] = !e.gave_up;
  return out;
}

}  // namespace

Result<paths::Links> read_links(const std::string& json) {
  const auto all = nlohmann::json::parse(json, nullptr, false);
  if (!all.is_object() || !all.contains("rows") || !all["rows"].is_array())
    return Error{"the daemon says nothing of links"};
  paths::Links out;
  for (const auto& row : all["rows"]) {
    const auto number = [&](const char* key) -> std::optional<u32> {
      if (!row.is_object() || !row.contains(key) || !row[key].is_number_unsigned()) return {};
      return row[key].get<u32>();
    };
    const auto from = number("from"), to = number("to"), trip = number("round_trip_us"),
               lost = number("lost_per_10000");
    if (!from || !to) return Error{"the daemon says something else than links"};
    if (row.contains("state") && row["state"] == "down") out.down.links.insert(paths::ends_of(*from, *to));
    if (trip && lost) out.sights[{*from, *to}] = {paths::Sight::up, std::chrono::microseconds(*trip), *lost};
  }
  return out;
}

int paths_command(const PathsOptions& options) {
  const auto config = load_config(options.config);
  if (!config) return kFailed;
  const auto q = question(*config, options);
  if (!q) return complain(q.error());
  const paths::Explanation e = paths::explain(q->graph, q->rules, q->down, q->from, q->to);
  if (options.dot)
    fmt::print("{}", paths::as_dot(q->graph, q->rules, q->down, e.chosen));
  else if (options.json)
    fmt::print("{}\n", as_json(*q, e).dump(2));
  else
    fmt::print("{}", as_text(*q, e));
  if (!e.chosen) return complain({e.why_none});
  return 0;
}

}  // namespace waymark::cli
