#include "cli/events.h"

#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "cli/load.h"
#include "daemon/client.h"

namespace waymark::cli {

namespace {

using Json = nlohmann::ordered_json;

std::string for_people(const Json& event) {
  const auto word = [&](const char* key) {
    return event.contains(key) && event[key].is_string() ? event[key].get<std::string>() : std::string();
  };
  if (word("time").empty()) return "";
  return fmt::format("{}  {:7}  {}\n", word("time"), word("severity"), word("text"));
}

bool print(const std::string& text) {
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
}

int follow(const std::string& socket, const EventsOptions& options) {
  std::string rest;
  bool printed = true;
  const Status done =
      api_stream(socket, fmt::format("/v1/events?follow=true&count={}", options.count), [&](std::string_view bytes) {
        rest += bytes;
        for (std::size_t end; printed && (end = rest.find('\n')) != rest.npos; rest.erase(0, end + 1)) {
          const std::string line = rest.substr(0, end + 1);
          if (line.size() > 1) printed = print(options.json ? line : event_for_people(line));
        }
        return printed;
      });
  if (!printed) return 0;  // whoever reads has enough
  if (!done) return complain(done.error());
  return complain({"the daemon has ended, and its events with it"});
}

}  // namespace

std::string event_for_people(const std::string& line) {
  const Json event = Json::parse(line, nullptr, false);
  return event.is_object() ? for_people(event) : "";
}

int events_command(const Daemon& daemon, const EventsOptions& options) {
  const Result<std::string> socket = running(daemon);
  if (!socket) return complain(socket.error());
  if (options.follow) return follow(*socket, options);
  const Result<std::string> answer = api_get(*socket, fmt::format("/v1/events?count={}", options.count));
  if (!answer) return complain(failed(*socket, answer.error()));
  const Json json = Json::parse(*answer, nullptr, false);
  if (!json.is_object() || !json.contains("rows") || !json["rows"].is_array())
    return complain({"the daemon's answer is no table; it may be of another version"});
  for (const Json& row : json["rows"])
    if (row.is_object() && !print(options.json ? row.dump() + "\n" : for_people(row))) return 0;
  return 0;
}

}  // namespace waymark::cli
