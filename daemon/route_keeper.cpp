#include "daemon/route_keeper.h"

#include <fmt/format.h>
#include <unistd.h>

#include "base/file.h"
#include "daemon/log.h"
#include "daemon/run.h"

namespace waymark {

namespace {

using namespace std::chrono_literals;

constexpr Duration kLookAgain = 10s, kTryAgain = 1s;

}  // namespace

struct RouteKeeper::Shared {
  explicit Shared(Routes r) : routes(std::move(r)) {}
  std::mutex mutex;
  Routes routes;
  bool stopped = false;
};

struct RouteKeeper::Written {
  std::vector<u32> left;  // protocols that have no routes any more
  std::string failed;
};

Result<std::unique_ptr<RouteKeeper>> RouteKeeper::open(Loop& loop, std::string node) {
  Result<Routes> routes = Routes::open();
  if (!routes) return routes.error();
  return std::unique_ptr<RouteKeeper>(
      new RouteKeeper(loop, std::move(node), std::make_shared<Shared>(std::move(*routes))));
}

RouteKeeper::RouteKeeper(Loop& loop, std::string node, std::shared_ptr<Shared> shared)
    : loop_(loop), node_(std::move(node)), shared_(std::move(shared)), worker_(loop) {}

Result<std::vector<Prefix>> RouteKeeper::list(u32 protocol) {
  const std::lock_guard guard(shared_->mutex);
  return shared_->routes.list(protocol);
}

void RouteKeeper::want(const std::optional<AnnounceConfig>& settings, const std::vector<RoutedPrefix>& routes,
                       Time now) {
  if (stopped_) return;
  if (settings != settings_) {
    if (settings_ && (!settings || settings->protocol != settings_->protocol)) leaving_.insert(settings_->protocol);
    if (settings) leaving_.erase(settings->protocol);
    settings_ = settings;
    changed_ = true;
    note_announced(settings ? std::optional(settings->protocol) : std::nullopt);
  }
  if (settings && routes != routes_) {
    routes_ = routes;
    changed_ = true;
  }
  if (changed_ || now >= due_) write(now);
}

void RouteKeeper::write(Time now) {
  if (busy_) return;
  busy_ = true;
  changed_ = false;
  due_ = now + kLookAgain;
  worker_.run<Written>(
      [shared = shared_, settings = settings_, routes = routes_, leaving = leaving_]() -> Result<Written> {
        const std::lock_guard guard(shared->mutex);
        if (shared->stopped) return Written{};
        Written done;
        const auto note = [&](const Status& status) {
          if (!status) done.failed += (done.failed.empty() ? "" : "; ") + status.error().sentence;
          return bool(status);
        };
        for (const u32 protocol : leaving)
          if (note(shared->routes.sync({}, protocol))) done.left.push_back(protocol);
        if (settings) note(shared->routes.sync(routes, settings->protocol));
        return done;
      },
      [this](Result<Written> done) {
        written(done ? *done : Written{{}, done.error().sentence});
      });
}

void RouteKeeper::written(const Written& done) {
  busy_ = false;
  if (stopped_) return;
  for (const u32 protocol : done.left)
    if (!settings_ || settings_->protocol != protocol) leaving_.erase(protocol);
  if (done.failed != failed_) {
    if (done.failed.empty())
      log::info("the announced routes are as they should be again");
    else
      log::error(fmt::format("{}; tried again every second", done.failed));
  }
  failed_ = done.failed;
  const Time now = boot_time();
  due_ = !failed_.empty() ? now + kTryAgain : settings_ || !leaving_.empty() ? now + kLookAgain : Time::max();
  if (changed_) write(now);
}

Time RouteKeeper::deadline() const { return busy_ || stopped_ ? Time::max() : due_; }

void RouteKeeper::stop() {
  stopped_ = true;
  const std::lock_guard guard(shared_->mutex);
  shared_->stopped = true;
}

Status RouteKeeper::withdraw() {
  stop();
  if (settings_) leaving_.insert(settings_->protocol);
  const std::lock_guard guard(shared_->mutex);
  for (const u32 protocol : leaving_) WM_TRY(shared_->routes.sync({}, protocol));
  note_announced({});
  return Done{};
}

void RouteKeeper::note_announced(std::optional<u32> protocol) const {
  const std::string path = announced_file(node_);
  if (!protocol) {
    unlink(path.c_str());
    return;
  }
  if (const Status done = replace_file(path, std::to_string(*protocol) + "\n", 0644); !done)
    log::warning(
        fmt::format("`waymark down` will not withdraw the routes of a dead daemon: {}", done.error().sentence));
}

}  // namespace waymark
