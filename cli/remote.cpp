#include "cli/remote.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>

#include "base/text_table.h"
#include "cli/load.h"
#include "daemon/client.h"

namespace waymark::cli {

namespace {

using Json = nlohmann::ordered_json;

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

int show_command(const Daemon& daemon, const ShowOptions& options) {
  std::string path = "/v1/" + options.what;
  if (!options.words.empty()) {
    std::string words;
    for (const std::string& word : options.words) words += (words.empty() ? "" : " ") + word;
    path += fmt::format("?{}={}", options.words.size() == 1 ? "service" : "flow", escape_query(words));
  }
  const Result<std::string> socket = running(daemon);
  if (!socket) return complain(socket.error());
  const Result<std::string> answer = api_get(*socket, path);
  if (!answer) return complain(failed(*socket, answer.error()));
  if (options.json) {
    fmt::print("{}", *answer);
    return 0;
  }
  const Result<std::string> table = to_table(*answer, options.all || options.what != "counters");
  if (!table) return complain(table.error());
  const bool nothing = table->find('\n') + 1 == table->size();
  if (nothing && options.words.size() > 1) {
    fmt::print("no pin knows this flow\n");
  } else if (nothing && options.what == "counters") {
    fmt::print("no packet was counted yet\n");
  } else {
    fmt::print("{}", *table);
  }
  return 0;
}

int post_command(const Daemon& daemon, const std::string& path) { return post(daemon, path, Json::object()); }

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
