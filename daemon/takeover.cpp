#include "daemon/takeover.h"

#include <fmt/format.h>

#include <chrono>
#include <csignal>
#include <thread>

#include "daemon/client.h"
#include "daemon/log.h"

namespace waymark {

namespace {

using namespace std::chrono_literals;

// Tries for the lock until it is there or `patience` is over.
Result<Lock> wait_for(const std::string& path, std::chrono::milliseconds patience,
                      std::optional<int>* holder = nullptr) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (true) {
    Result<Lock> lock = Lock::take(path, holder);
    if (lock || std::chrono::steady_clock::now() >= end) return lock;
    std::this_thread::sleep_for(2ms);  // flock() cannot wait with a limit
  }
}

}  // namespace

Result<Takeover> Takeover::begin(const std::string& lease, const std::string& socket) {
  Result<Lock> taken = wait_for(lease, 1s);  // a daemon that stands by looks at it now and then
  if (!taken) return Error{fmt::format("another replacement is under way: {}", taken.error().sentence)};
  const Result<std::string> stands = api_post(socket, "/v1/handover", "{}");
  if (!stands) return Error{fmt::format("the running daemon does not stand by: {}", stands.error().sentence)};
  return Takeover(std::move(*taken), stands->find(kStandingBy) != std::string::npos);
}

Result<Lock> Takeover::finish(const std::string& lock, const std::string& socket) {
  // A daemon that died meanwhile has no answer, but its lock is free all the same.
  const Result<std::string> left = api_post(socket, "/v1/leave", "{}");
  std::optional<int> holder;
  Result<Lock> taken = wait_for(lock, 10s, &holder);
  if (taken) return taken;
  if (!left) return Error{fmt::format("the old daemon does not leave: {}", left.error().sentence)};
  // It will not come back from leaving, whatever keeps it from ending: without it gone there would be none.
  log::warning(fmt::format("the old daemon, process {}, said that it leaves and does not end: it is killed", *holder));
  if (*holder > 1) kill(*holder, SIGKILL);
  taken = wait_for(lock, 10s, &holder);
  if (!taken) return Error{fmt::format("the old daemon does not end: {}", taken.error().sentence)};
  return taken;
}

}  // namespace waymark
