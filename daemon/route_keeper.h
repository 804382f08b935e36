// Keeps the routes of announced addresses as they are wanted, on a thread of its own: what fails is tried again every
// second, and what another hand changed is found and repaired every ten.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "config/config.h"
#include "daemon/worker.h"
#include "rtnetlink/routes.h"

namespace waymark {

class RouteKeeper {
 public:
  // `node` names the file that says, for `waymark down` after a daemon's death, whose routes to withdraw.
  static Result<std::unique_ptr<RouteKeeper>> open(Loop& loop, std::string node);

  Result<std::vector<Prefix>> list(u32 protocol);  // waits: for the start

  // These and no others, each with its metric. Cheap where nothing changed and nothing is due.
  void want(const std::optional<AnnounceConfig>& settings, const std::vector<RoutedPrefix>& routes, Time now);
  Time deadline() const;

  const std::string& failed() const { return failed_; }  // why they are not as wanted; empty: they are

  // Nothing is written any more when this returns.
  void stop();
  // Likewise, and the routes are gone; waits.
  Status withdraw();

 private:
  struct Shared;  // with the thread
  struct Written;
  RouteKeeper(Loop& loop, std::string node, std::shared_ptr<Shared> shared);
  void write(Time now);
  void written(const Written& done);
  void note_announced(std::optional<u32> protocol) const;

  Loop& loop_;
  const std::string node_;
  std::shared_ptr<Shared> shared_;
  std::optional<AnnounceConfig> settings_;
  std::vector<RoutedPrefix> routes_;
  std::set<u32> leaving_;  // protocols whose routes must go
  bool changed_ = false, busy_ = false, stopped_ = false;
  std::string failed_;
  Time due_ = Time::max();
  Worker worker_;
};

}  // namespace waymark
