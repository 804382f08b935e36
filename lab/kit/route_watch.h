// When addresses' routes come and go in a namespace's main table, as the kernel tells it.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "core/types.h"

namespace waymark::lab {

struct RouteChange {
  Time at;
  std::string netns;
  std::string address;  // "198.51.100.80"
  bool gone;
};

// Of one netlink message: the host route that it tells of; none for everything else. `at` and `netns` are left empty.
std::optional<RouteChange> route_change(std::span<const u8> message);

class RouteWatch {
 public:
  static Result<std::unique_ptr<RouteWatch>> start(const std::vector<std::string>& namespaces);
  ~RouteWatch();
  std::vector<RouteChange> since(Time from) const;

 private:
  struct Socket {
    std::string netns;
    int fd;
  };
  RouteWatch() = default;
  void watch();

  std::vector<Socket> sockets_;
  mutable std::mutex mutex_;  // of changes_
  std::vector<RouteChange> changes_;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

}  // namespace waymark::lab
