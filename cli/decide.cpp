#include "cli/decide.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "cli/load.h"
#include "daemon/client.h"
#include "daemon/command.h"

namespace waymark::cli {

namespace {

using Json = nlohmann::ordered_json;
using Seconds = std::chrono::seconds;
using Steady = std::chrono::steady_clock;

// A person at both ends: what is asked is read and answered.
bool somebody_there() { return isatty(STDIN_FILENO) && isatty(STDERR_FILENO); }

bool agreed(std::string question) {
  fmt::print(stderr, "{}.\nDo it all the same? [y/N] ", question);
  std::fflush(stderr);
  char answer[16] = "";
  return std::fgets(answer, sizeof answer, stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}

// As post(), and asks where the daemon wants to be told twice.
int decide(const Daemon& daemon, const std::string& path, Json body, bool force) {
  if (force) body["force"] = true;
  const Result<std::string> socket = running(daemon);
  if (!socket) return complain(socket.error());
  Result<std::string> answer = api_post(*socket, path, body.dump());
  if (!answer && answer.error().sentence.ends_with(kWantsForce)) {
    std::string sentence = answer.error().sentence;
    sentence.resize(sentence.size() - kWantsForce.size());
    if (!somebody_there()) return complain({sentence + "; --force does it all the same"});
    if (!agreed(sentence)) return complain({"nothing was changed"});
    body["force"] = true;
    answer = api_post(*socket, path, body.dump());
  }
  if (!answer) return complain(failed(*socket, answer.error()));
  return print_results(*answer);
}

u64 status_number(const std::string& socket, const std::string& item) {
  const Result<std::string> status = api_get(socket, "/v1/status");
  const Json json = Json::parse(status ? *status : "", nullptr, false);
  if (json.is_object() && json.contains("rows"))
    for (const Json& row : json["rows"])
      if (row.is_object() && row.value("item", Json()) == item && row["value"].is_number()) return row["value"];
  return 0;
}

volatile std::sig_atomic_t interrupted = 0;

// Pins are counted by sweeps: what one before the drain found says nothing.
int wait_until_empty(const std::string& socket, const std::string& target, unsigned seconds, u64 sweeps_before) {
  std::signal(SIGINT, [](int) { interrupted = 1; });
  const auto end = Steady::now() + Seconds(seconds);
  const bool progress = isatty(STDERR_FILENO);
  const auto clear = [&] {
    if (progress) fmt::print(stderr, "\r\033[K");
  };
  for (;;) {
    const Result<std::string> targets = api_get(socket, "/v1/targets");
    if (!targets) return clear(), complain(targets.error());
    const auto pins = pins_of(*targets, target);
    const bool counted = status_number(socket, "sweeps") > sweeps_before + 1;  // one may have been under way
    if (counted && pins.value_or(0) == 0) {
      clear();
      fmt::print("{} has no flows here any more\n", target);
      return 0;
    }
    if (progress) {
      fmt::print(stderr, "\r\033[K{}: {} flows", target, counted ? std::to_string(pins.value_or(0)) : "counting");
      std::fflush(stderr);
    }
    if (interrupted) {
      clear();
      return complain({fmt::format("{} stays drained; `waymark drain --undo {}` ends that", target, target)});
    }
    if (seconds && Steady::now() >= end) {
      clear();
      return complain(
          {fmt::format("{} still has {} flows after {} s; it stays drained", target, pins.value_or(0), seconds)});
    }
    poll(nullptr, 0, 500);
  }
}

}  // namespace

std::optional<unsigned long long> pins_of(const std::string& targets_json, const std::string& target) {
  const Json json = Json::parse(targets_json, nullptr, false);
  if (!json.is_object() || !json.contains("rows") || !json["rows"].is_array()) return std::nullopt;
  std::optional<unsigned long long> pins;
  for (const Json& row : json["rows"]) {
    if (!row.is_object() || !row.contains("target") || !row["target"].is_string()) continue;
    const std::string name = row["target"];
    if (name != target && name.substr(name.find('/') + 1) != target) continue;
    if (row.contains("pins") && row["pins"].is_number_unsigned())
      pins = pins.value_or(0) + row["pins"].get<unsigned long long>();
  }
  return pins;
}

bool sort_words(const std::string& wait_word, std::string& target, unsigned& seconds) {
  seconds = 0;
  if (wait_word.empty()) return true;
  const char* end = wait_word.data() + wait_word.size();
  const auto [at, error] = std::from_chars(wait_word.data(), end, seconds);
  if (error == std::errc() && at == end) return true;
  seconds = 0;
  if (!target.empty()) return false;
  target = wait_word;
  return true;
}

int drain_command(const Daemon& daemon, const std::string& target, const DrainOptions& options) {
  if (options.undo && options.wait) return complain({"--undo and --wait exclude each other"});
  const Result<std::string> socket = running(daemon);
  if (!socket) return complain(socket.error());
  const int code = decide(daemon, "/v1/drain", {{"target", target}, {"undo", options.undo}}, options.force);
  if (code != 0 || !options.wait) return code;
  return wait_until_empty(*socket, target, *options.wait, status_number(*socket, "sweeps"));
}

int weight_command(const Daemon& daemon, const std::string& target, std::optional<unsigned> weight, bool force) {
  return decide(daemon, "/v1/weight", {{"target", target}, {"weight", weight ? Json(*weight) : Json()}}, force);
}

}  // namespace waymark::cli
