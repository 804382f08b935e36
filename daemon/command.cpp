#include "daemon/command.h"

#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>

#include "base/address_text.h"
#include "base/codec.h"
#include "core/records.h"
#include "roles/path/revoked.h"

namespace waymark {

namespace {

using Json = nlohmann::json;

constexpr u64 kLongestRevocation = 10ull * 366 * 86'400, kLongestKeep = 366 * 86'400;

constexpr ApiPath kPaths[] = {
    {"GET", "/v1/status"},
    {"GET", "/v1/services"},
    {"GET", "/v1/targets"},
    {"GET", "/v1/pins"},
    {"GET", "/v1/counters"},
    {"GET", "/v1/adjacencies"},
    {"GET", "/v1/health"},
    {"GET", "/v1/group"},
    {"GET", "/v1/holdings"},
    {"GET", "/v1/announce"},
    {"GET", "/v1/firewall"},
    {"GET", "/v1/flows"},
    {"GET", "/v1/edge"},
    {"GET", "/v1/neighbours"},
    {"GET", "/v1/capture"},
    {"GET", "/v1/events"},
    {"GET", "/metrics"},
    {"GET", "/health"},
    {"POST", "/v1/drain"},
    {"POST", "/v1/weight"},
    {"POST", "/v1/take"},
    {"POST", "/v1/give"},
    {"POST", "/v1/reload"},
    {"POST", "/v1/stop"},
    {"POST", "/v1/down"},
    {"POST", "/v1/handover"},
    {"POST", "/v1/leave"},
    {"GET", "/v1/path"},
    {"GET", "/v1/clients"},
    {"POST", "/v1/clients"},
    {"POST", "/v1/clients/move"},
    {"POST", "/v1/clients/revoke"},
    {"GET", "/v1/server-address"},
    {"GET", "/v1/pops"},
    {"GET", "/v1/links"},
    {"GET", "/v1/bindings"},
    {"GET", "/v1/agents"},
    {"GET", "/v1/registrations"},
    {"POST", "/v1/load"},
    {"GET", "/v1/keys"},
    {"GET", "/v1/revoked"},
    {"POST", "/v1/revoke"},
    {"GET", "/v1/dns"},
};

// Nesting is bounded before the parser sees it: it needs stack for each level, and ours need one.
bool too_deep(std::string_view body) {
  int depth = 0;
  for (const char c : body) {
    if (c == '{' || c == '[') ++depth;
    if (depth > 8) return true;
  }
  return false;
}

Result<Json> parse_object(std::string_view body) {
  if (body.find_first_not_of(" \t\r\n") == body.npos) return Json::object();
  if (too_deep(body)) return Error{"the body holds more brackets than any request here has"};
  Json json = Json::parse(body, nullptr, false);
  if (json.is_discarded()) return Error{"the body is not JSON"};
  if (!json.is_object()) return Error{"the body is not a JSON object"};
  return json;
}

// A name from a request in a sentence: not all of it, and without control characters.
std::string in_quotes(std::string_view name) {
  std::string out;
  for (const char c : name.substr(0, 60)) out += u8(c) < 0x20 || c == 0x7f ? '?' : c;
  return "\"" + out + (name.size() > 60 ? "...\"" : "\"");
}

Status check_target(const std::string& target) {
  if (target.empty()) return Error{"\"target\" is missing: it names the target, as in \"web/s1\""};
  if (target.size() > 128) return Error{"\"target\" is longer than any target's name"};
  return Done{};
}

Result<Command> parse_weight(const Json& json) {
  Reweigh reweigh;
  bool given = false;
  for (auto& [key, value] : json.items()) {
    if (key == "target") {
      if (!value.is_string()) return Error{"\"target\" is not a string"};
      reweigh.target = value.get<std::string>();
    } else if (key == "weight") {
      given = true;
      if (value.is_null()) continue;
      if (!value.is_number_unsigned() || value.get<u64>() > 1000)
        return Error{"\"weight\" is neither a whole number from 0 to 1000 nor null"};
      reweigh.weight = value.get<u32>();
    } else if (key == "force") {
      if (!value.is_boolean()) return Error{"\"force\" is neither true nor false"};
      reweigh.force = value.get<bool>();
    } else {
      return Error{fmt::format("{} is not a field of /v1/weight; it knows \"target\", \"weight\" and \"force\"",
                               in_quotes(key))};
    }
  }
  WM_TRY(check_target(reweigh.target));
  if (!given) return Error{"\"weight\" is missing: a number from 0 to 1000, or null for the configuration's"};
  return Command(reweigh);
}

Result<Command> parse_drain(const Json& json) {
  Drain drain;
  for (auto& [key, value] : json.items()) {
    if (key == "target") {
      if (!value.is_string()) return Error{"\"target\" is not a string"};
      drain.target = value.get<std::string>();
    } else if (key == "undo") {
      if (!value.is_boolean()) return Error{"\"undo\" is neither true nor false"};
      drain.undo = value.get<bool>();
    } else if (key == "force") {
      if (!value.is_boolean()) return Error{"\"force\" is neither true nor false"};
      drain.force = value.get<bool>();
    } else {
      return Error{
          fmt::format("{} is not a field of /v1/drain; it knows \"target\", \"undo\" and \"force\"", in_quotes(key))};
    }
  }
  WM_TRY(check_target(drain.target));
  return Command(drain);
}

Result<Command> parse_load(const Json& json) {
  TellLoad load;
  for (auto& [key, value] : json.items()) {
    if (key == "service") {
      if (!value.is_string()) return Error{"\"service\" is not a string"};
      load.service = value.get<std::string>();
    } else if (key == "sessions" || key == "capacity") {
      if (!value.is_number_unsigned() || value.get<u64>() > ~0u)
        return Error{fmt::format("\"{}\" is no whole number from 0 to 4294967295", key)};
      (key == "sessions" ? load.sessions : load.capacity) = value.get<u32>();
    } else {
      return Error{fmt::format("{} is not a field of /v1/load; it knows \"service\", \"sessions\" and \"capacity\"",
                               in_quotes(key))};
    }
  }
  if (!good_name(load.service)) return Error{"\"service\" names a [[host.service]]"};
  if (!load.sessions && !load.capacity) return Error{"\"sessions\" or \"capacity\" is missing: what is in use"};
  return Command(load);
}

// "gateway 2": two names.
Status check_holding(const std::string& holding) {
  const std::size_t space = holding.find(' ');
  if (space != holding.npos && good_name(holding.substr(0, space)) && good_name(holding.substr(space + 1)) &&
      holding.size() < kNameLength)
    return Done{};
  return Error{"\"holding\" names what members of the group hold in turn, as in \"gateway 2\""};
}

Result<Command> parse_holding(std::string_view path, const Json& json) {
  const bool gives = path == "/v1/give";
  Give give;
  for (auto& [key, value] : json.items()) {
    if (key != "holding" && !(gives && key == "member"))
      return Error{fmt::format("{} is not a field of {}; it knows {}", in_quotes(key), path,
                               gives ? "\"holding\" and \"member\"" : "\"holding\" alone")};
    if (!value.is_string()) return Error{fmt::format("\"{}\" is not a string", key)};
    (key == "holding" ? give.holding : give.member) = value.get<std::string>();
  }
  WM_TRY(check_holding(give.holding));
  if (!give.member.empty() && !good_name(give.member)) return Error{"\"member\" is no name of a member"};
  if (gives) return Command(give);
  return Command(Take{give.holding});
}

Result<Command> parse_revoke(const Json& json) {
  Revoke revoke;
  for (auto& [key, value] : json.items()) {
    if (key == "id") {
      if (!value.is_string()) return Error{"\"id\" is not a string such as \"client 17\""};
      const Result<u64> word = path::read_revoked_id(value.get<std::string>());
      if (!word) return word.error();
      revoke.word = *word;
    } else if (key == "seconds") {
      if (!value.is_number_unsigned() || value.get<u64>() < 1 || value.get<u64>() > kLongestRevocation)
        return Error{fmt::format("\"seconds\" is not a whole number from 1 to {}", kLongestRevocation)};
      revoke.seconds = std::chrono::seconds(value.get<u64>());
    } else if (key == "undo") {
      if (!value.is_boolean()) return Error{"\"undo\" is neither true nor false"};
      revoke.undo = value.get<bool>();
    } else {
      return Error{
          fmt::format("{} is not a field of /v1/revoke; it knows \"id\", \"seconds\" and \"undo\"", in_quotes(key))};
    }
  }
  if (!revoke.word) return Error{"\"id\" is missing: whose addresses are refused, as in \"client 17\""};
  if (revoke.undo && revoke.seconds) return Error{"\"seconds\" and \"undo\" exclude each other"};
  return Command(revoke);
}

// Of /v1/clients, /v1/clients/move and /v1/clients/revoke.
Result<Command> parse_provision(std::string_view path, const Json& json) {
  using Act = Provision::Act;
  Provision p;
  p.act = path.ends_with("/move") ? Act::move : path.ends_with("/revoke") ? Act::revoke : Act::add;
  for (auto& [key, value] : json.items()) {
    const bool text = key == "client" || (key == "policy" && p.act != Act::revoke);
    if (text && !value.is_string()) return Error{fmt::format("\"{}\" is not a string", key)};
    if (text) {
      (key == "client" ? p.name : p.policy) = value.get<std::string>();
    } else if (key == "pop" && p.act != Act::revoke) {
      if (!value.is_number_unsigned() || value.get<u64>() < 1 || value.get<u64>() > 65'535)
        return Error{"\"pop\" is not a whole number from 1 to 65535"};
      p.pop = value.get<u32>();
    } else if (key == "keep" && p.act == Act::move) {
      if (!value.is_number_unsigned() || value.get<u64>() > kLongestKeep)
        return Error{fmt::format("\"keep\" is not a whole number of seconds from 0 to {}", kLongestKeep)};
      p.keep = std::chrono::seconds(value.get<u64>());
    } else {
      return Error{fmt::format("{} is not a field of {}; it knows {}", in_quotes(key), path,
                               p.act == Act::revoke ? "\"client\" alone"
                               : p.act == Act::add  ? "\"client\", \"pop\" and \"policy\""
                                                    : "\"client\", \"pop\", \"policy\" and \"keep\"")};
    }
  }
  if (p.name.empty()) return Error{"\"client\" is missing: its name"};
  if (p.act == Act::add && (!p.pop || p.policy.empty()))
    return Error{"\"pop\" and \"policy\" are needed: where the client is, and what it may do"};
  return Command(p);
}

Result<u32> parse_number(const std::string& key, const std::string& text, u32 most, u32 least = 1) {
  u32 value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < least || value > most)
    return Error{fmt::format("\"{}\" is not a whole number from {} to {}", key, least, most)};
  return value;
}

Result<Show::What> what_of(std::string_view asked) {
  using enum Show::What;
  constexpr std::pair<std::string_view, Show::What> kWhat[] = {{"/v1/status", status},
                                                               {"/v1/services", services},
                                                               {"/v1/targets", targets},
                                                               {"/v1/pins", pins},
                                                               {"/v1/counters", counters},
                                                               {"/v1/adjacencies", adjacencies},
                                                               {"/v1/health", health},
                                                               {"/v1/group", group},
                                                               {"/v1/holdings", holdings},
                                                               {"/v1/announce", announce},
                                                               {"/v1/capture", capture},
                                                               {"/v1/events", events},
                                                               {"/metrics", metrics},
                                                               {"/health", wellness},
                                                               {"/v1/firewall", firewall},
                                                               {"/v1/flows", flows},
                                                               {"/v1/neighbours", neighbours},
                                                               {"/v1/edge", edge},
                                                               {"/v1/path", path},
                                                               {"/v1/pops", pops},
                                                               {"/v1/links", links},
                                                               {"/v1/bindings", bindings},
                                                               {"/v1/agents", agents},
                                                               {"/v1/registrations", registrations},
                                                               {"/v1/keys", keys},
                                                               {"/v1/clients", clients},
                                                               {"/v1/server-address", server_address},
                                                               {"/v1/revoked", revoked},
                                                               {"/v1/dns", dns}};
  for (auto& [name, what] : kWhat)
    if (name == asked) return what;
  return Error{fmt::format("there is no {} to GET", in_quotes(asked))};
}

}  // namespace

std::span<const ApiPath> api_paths() { return kPaths; }

Result<Command> parse_command(std::string_view path, std::string_view body) {
  const Result<Json> json = parse_object(body);
  if (!json) return json.error();
  if (path == "/v1/drain") return parse_drain(*json);
  if (path == "/v1/weight") return parse_weight(*json);
  if (path == "/v1/revoke") return parse_revoke(*json);
  if (path == "/v1/load") return parse_load(*json);
  if (path == "/v1/clients" || path == "/v1/clients/move" || path == "/v1/clients/revoke")
    return parse_provision(path, *json);
  if (path == "/v1/take" || path == "/v1/give") return parse_holding(path, *json);
  std::optional<Command> command;
  if (path == "/v1/reload") command = Reload{};
  if (path == "/v1/stop") command = Stop{};
  if (path == "/v1/down") command = Down{};
  if (path == "/v1/handover") command = Handover{};
  if (path == "/v1/leave") command = Leave{};
  if (!command) return Error{fmt::format("there is no {} to POST to", in_quotes(path))};
  if (!json->empty()) return Error{fmt::format("{} takes no fields, but got {}", path, in_quotes(json->begin().key()))};
  return *command;
}

Result<Show> parse_query(std::string_view path, const QueryText& query) {
  const Result<Show::What> what = what_of(path);
  if (!what) return what.error();
  Show show{*what, {}, {}, 1000, std::chrono::seconds(10)};
  const bool pins = *what == Show::What::pins, capture = *what == Show::What::capture;
  const bool events = *what == Show::What::events;
  const bool wellness = *what == Show::What::wellness;
  const bool firewall = *what == Show::What::firewall;
  const bool edge = *what == Show::What::edge;
  const bool clients = *what == Show::What::clients, server = *what == Show::What::server_address;
  bool named = false;                                                                // a server
  const bool flows = *what == Show::What::flows || *what == Show::What::neighbours;  // lists of tenants' own
  for (auto& [key, value] : query) {
    if (query.count(key) > 1) return Error{fmt::format("{} comes twice", in_quotes(key))};
    if (key == "service" && (pins || capture || wellness || edge)) {
      show.service = value;
    } else if (key == "flow" && pins) {
      const Result<FlowQuery> flow = parse_flow(value);
      if (!flow) return flow.error();
      show.flow = *flow;
    } else if (key == "count" && capture) {
      const Result<u32> count = parse_number(key, value, 1'000'000);
      if (!count) return count.error();
      show.count = *count;
    } else if (key == "count" && events) {
      const Result<u32> count = parse_number(key, value, 1000);
      if (!count) return count.error();
      show.count = *count;
    } else if (key == "count" && (flows || edge || clients || *what == Show::What::revoked)) {
      const Result<u32> count = parse_number(key, value, 100'000);
      if (!count) return count.error();
      show.count = *count;
    } else if (key == "client" && (clients || server)) {
      show.client = value;
    } else if (key == "revoked" && clients) {
      if (value != "true" && value != "false") return Error{"\"revoked\" is neither true nor false"};
      show.revoked = value == "true";
    } else if (key == "policy" && server) {
      show.policy = value;
    } else if (key == "path" && server) {
      show.by = value;
    } else if (key == "server" && server) {
      const Result<u32> id = parse_number(key, value, 65'535, 0);
      if (!id) return id.error();
      show.server = *id;
      named = true;
    } else if (key == "tenant" && (flows || firewall)) {
      show.tenant = value;
    } else if (key == "address" && edge) {
      const Result<Address> address = parse_address(value);
      if (!address) return address.error();
      show.address = *address;
    } else if (key == "address" && flows) {
      const Result<Address> address = parse_address(value);
      if (!address || !is_ip4(*address)) return Error{fmt::format("{} is not an IPv4 address", in_quotes(value))};
      show.address = *address;
    } else if (key == "after" && events) {
      u64 number = 0;
      const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
      if (error != std::errc() || end != value.data() + value.size())
        return Error{"\"after\" is not the number of an event"};
      show.after = number;
    } else if (key == "follow" && events) {
      if (value != "true" && value != "false") return Error{"\"follow\" is neither true nor false"};
      show.follow = value == "true";
    } else if (key == "seconds" && capture) {
      const Result<u32> seconds = parse_number(key, value, 3600);
      if (!seconds) return seconds.error();
      show.seconds = std::chrono::seconds(*seconds);
    } else {
      return Error{fmt::format("{} has no parameter {}", path, in_quotes(key))};
    }
  }
  if (server && (show.client.empty() || show.policy.empty() || !named))
    return Error{
        "\"client\", \"server\" and \"policy\" are needed: for whom, of which server, and what the address allows"};
  if (show.flow && !show.service.empty()) return Error{"ask for a service's pins or for a flow's, not for both"};
  return show;
}

}  // namespace waymark
