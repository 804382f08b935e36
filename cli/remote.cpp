#include "cli/remote.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>

#include "base/address_text.h"
#include "base/text_table.h"
#include "cli/load.h"
#include "daemon/client.h"

namespace waymark::cli {

namespace {

using Json = nlohmann::ordered_json;

constexpr unsigned kUsualFlows = 1000;  // that the daemon lists unless told otherwise

std::string cell(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  return value.is_null() ? "" : value.dump();
}

// Whether a row counts something, and nothing happened.
bool is_zero(const Json& row) {
  bool numbers = false;
  for (const auto& value : row) {
    if (value.is_number() && value != 0) return false;
    numbers |= value.is_number();
  }
  return numbers;
}

// Commands answer with one sentence.
int post(const Daemon& daemon, const std::string& path, const Json& body) {
  const Result<std::string> socket = running(daemon);
  if (!socket) return complain(socket.error());
  const Result<std::string> answer = api_post(*socket, path, body.dump());
  if (!answer) return complain(failed(*socket, answer.error()));
  return print_results(*answer);
}

// A descriptor of the daemon's process that becomes readable when it ends; -1 where the status does not tell.
int open_process(const std::string& status) {
  const Json json = Json::parse(status, nullptr, false);
  if (!json.is_object() || !json.contains("rows")) return -1;
  for (const Json& row : json["rows"])
    if (row.is_object() && row.value("item", Json()) == "pid" && row["value"].is_number())
      return int(syscall(SYS_pidfd_open, row["value"].get<pid_t>(), 0));
  return -1;
}

}  // namespace

Result<std::string> running(const Daemon& daemon) {
  const Result<std::string> socket = socket_of(daemon);
  if (!socket) return Error{socket.error().sentence + left_behind()};
  if (access(socket->c_str(), F_OK) != 0)
    return Error{fmt::format("no daemon listens at {}{}", *socket, left_behind())};
  return socket;
}

Error failed(const std::string& socket, const Error& error) {
  return api_get(socket, "/v1/status") ? error : Error{error.sentence + left_behind()};
}

int print_results(const std::string& answer) {
  const Json json = Json::parse(answer, nullptr, false);
  if (json.is_object() && json.contains("rows") && json["rows"].is_array())
    for (const Json& row : json["rows"])
      if (row.is_object() && row.contains("result")) fmt::print("{}\n", cell(row["result"]));
  return 0;
}

Result<std::string> socket_of(const Daemon& daemon) {
  if (!daemon.socket.empty()) return daemon.socket;
  return find_socket(daemon.node.empty() ? std::nullopt : std::optional(daemon.node));
}

Result<std::string> to_table(const std::string& text, bool all) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object() || !json.contains("columns") || !json.contains("rows") || !json["columns"].is_array())
    return Error{"the daemon's answer is no table; it may be of another version"};
  TextTable table;
  for (const Json& name : json["columns"]) table.columns.push_back(cell(name));
  for (const Json& row : json["rows"]) {
    if (!row.is_object() || (!all && is_zero(row))) continue;
    auto& cells = table.rows.emplace_back();
    for (const std::string& name : table.columns) cells.push_back(row.contains(name) ? cell(row[name]) : "");
  }
  return aligned(table);
}

// What may be long, and is asked for by name (of a tenant, or of an edge's service) and address.
static bool lists(const ShowOptions& options) {
  return options.what == "flows" || options.what == "neighbours" || options.what == "edge";
}

Result<std::string> path_of(const ShowOptions& options) {
  std::string path = "/v1/" + options.what;
  char before = '?';
  const auto add = [&](const char* key, const std::string& value) {
    path += fmt::format("{}{}={}", before, key, escape_query(value));
    before = '&';
  };
  if (options.what == "firewall" || lists(options)) {
    const char* name = options.what == "edge" ? "service" : "tenant";
    const auto is_address = [](const std::string& word) { return bool(parse_address(word)); };
    const std::size_t addresses = std::size_t(std::count_if(options.words.begin(), options.words.end(), is_address));
    if (addresses > 1 || options.words.size() > addresses + 1)
      return Error{fmt::format("show {}: give one {}{}", options.what, name,
                               options.what == "edge" ? ", one address, or both"
                               : lists(options)       ? ", one IPv4 address, or both"
                                                      : "")};
    for (const std::string& word : options.words) add(is_address(word) ? "address" : name, word);
  } else if (!options.words.empty()) {
    std::string words;
    for (const std::string& word : options.words) words += (words.empty() ? "" : " ") + word;
    add(options.words.size() == 1 ? "service" : "flow", words);
  }
  if (options.count) add("count", std::to_string(*options.count));
  return path;
}

int show_command(const Daemon& daemon, const ShowOptions& options) {
  const Result<std::string> path = path_of(options);
  if (!path) return complain(path.error());
  const Result<std::string> socket = running(daemon);
  if (!socket) return complain(socket.error());
  const Result<std::string> answer = api_get(*socket, *path);
  if (!answer) return complain(failed(*socket, answer.error()));
  if (options.json) {
    fmt::print("{}", *answer);
    return 0;
  }
  const Result<std::string> table = to_table(*answer, options.all || options.what != "counters");
  if (!table) return complain(table.error());
  const auto rows = std::count(table->begin(), table->end(), '\n') - 1;
  const bool nothing = rows <= 0;
  if (nothing && options.what == "flows") {
    fmt::print("the firewall knows no such flow\n");
  } else if (nothing && options.what == "edge") {
    fmt::print("the edge knows no such flow\n");
  } else if (nothing && options.what == "neighbours") {
    fmt::print("no such host is known in a tenant's overlay\n");
  } else if (nothing && options.what == "dns") {
    fmt::print("the node has no [dns]\n");
  } else if (nothing && options.words.size() > 1) {
    fmt::print("no pin knows this flow\n");
  } else if (nothing && options.what == "pops") {
    fmt::print("no other POP is watched\n");
  } else if (nothing && options.what == "links") {
    fmt::print("the node has no [path]\n");
  } else if (nothing && options.what == "bindings") {
    fmt::print("no server is registered\n");
  } else if (nothing && options.what == "agents") {
    fmt::print("the node has no [agents]\n");
  } else if (nothing && options.what == "registrations") {
    fmt::print("the node registers no service\n");
  } else if (nothing && options.what == "keys") {
    fmt::print("the node has no [path] whose addresses have tags\n");
  } else if (nothing && options.what == "revoked") {
    fmt::print("no id is revoked\n");
  } else if (nothing && options.what == "counters") {
    fmt::print("no packet was counted yet\n");
  } else {
    fmt::print("{}", *table);
  }
  if (const unsigned most = options.count.value_or(kUsualFlows); lists(options) && rows >= long(most))
    fmt::print(stderr, "waymark: there may be more than these {} {}; --count shows more, a {} or an address fewer\n",
               most, options.what == "edge" ? "flows" : options.what, options.what == "edge" ? "service" : "tenant");
  return 0;
}

int post_command(const Daemon& daemon, const std::string& path, const std::string& json) {
  return post(daemon, path, Json::parse(json));
}

int take_command(const Daemon& daemon, const std::string& holding) {
  return post(daemon, "/v1/take", {{"holding", holding}});
}

int give_command(const Daemon& daemon, const std::string& holding, const std::string& member) {
  Json body = {{"holding", holding}};
  if (!member.empty()) body["member"] = member;
  return post(daemon, "/v1/give", body);
}

int ending_command(const Daemon& daemon, const std::string& path) {
  constexpr int kPatience = 15'000;  // ms
  const Result<std::string> socket = running(daemon);
  if (!socket) return complain(socket.error());
  const Result<std::string> status = api_get(*socket, "/v1/status");
  const int process = status ? open_process(*status) : -1;
  const int code = post_command(daemon, path);
  pollfd gone{process, POLLIN, 0};
  const bool late = process >= 0 && code == 0 && poll(&gone, 1, kPatience) == 0;
  if (process >= 0) close(process);
  return late ? complain({"the daemon took the command, but its process does not end"}) : code;
}

int capture_command(const Daemon& daemon, const CaptureOptions& options) {
  const Result<std::string> socket = running(daemon);
  if (!socket) return complain(socket.error());
  const bool to_stdout = options.file == "-";
  std::FILE* file = to_stdout ? stdout : std::fopen(options.file.c_str(), "wb");
  if (!file) return complain({fmt::format("\"{}\" cannot be written: {}", options.file, std::strerror(errno))});
  std::string path = fmt::format("/v1/capture?count={}&seconds={}", options.count, options.seconds);
  if (!options.service.empty()) path += "&service=" + escape_query(options.service);
  bool written = true;
  const Status status = api_stream(*socket, path, [&](std::string_view bytes) {
    // Flushed at once: whoever reads a pipe, or ends us by ^C, has all that was captured.
    written = std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size() && std::fflush(file) == 0;
    return written;
  });
  const int why = errno;
  if (!to_stdout) written &= std::fclose(file) == 0;
  if (!status) return complain(failed(*socket, status.error()));
  if (!written)
    return complain({fmt::format("\"{}\" could not be written whole: {}", options.file, std::strerror(why))});
  return 0;
}

}  // namespace waymark::cli
