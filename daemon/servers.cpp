// The daemon's servers: where they listen, how much of its files and time their guests may take, and how their
// addresses go from one process to the next.
#include <fmt/format.h>

#include "daemon/client.h"
#include "daemon/daemon.h"
#include "daemon/log.h"

namespace waymark {

namespace {

using namespace std::chrono_literals;

HttpLimits api_limits(const FilePlan& files) {
  return {.guests = files.api, .guests_per_address = files.api, .streams = std::min(8u, files.api / 2)};
}

HttpLimits metrics_limits(const FilePlan& files) {
  return {.guests = files.metrics,
          .guests_per_address = std::max(4u, files.metrics / 4),
          .streams = 0,
          .body = 1024,
          .body_time = 2s,
          .answer_time = 10s};
}

HttpLimits health_limits(const FilePlan& files) {
  HttpLimits limits = metrics_limits(files);
  limits.guests = files.health;
  limits.guests_per_address = std::max(4u, files.health / 4);
  return limits;
}

}  // namespace

std::string socket_of(const Config& config) {
  return config.api.socket.empty() ? default_socket(config.name) : config.api.socket;
}

HttpServer::Handler Daemon::handler() {
  return [this](const HttpRequest& request, const Respond& respond) { on_request(request, respond); };
}

Result<std::unique_ptr<HttpServer>> Daemon::serve_address(const std::string& address, Serves serves, bool beside) {
  const bool metrics = serves == Serves::metrics;
  Result<Listening> at = Listening::on_address(address, metrics ? "[api] metrics" : "[api] health", beside);
  if (!at) return at.error();
  return HttpServer::make(metrics ? "metrics" : "health", std::move(*at), serves,
                          metrics ? metrics_limits(files_) : health_limits(files_), handler());
}

Status Daemon::bind_servers(bool beside) {
  const std::string socket = socket_of(*config_);
  Result<Listening> at = beside ? Listening::beside_socket(socket) : Listening::on_socket(socket);
  if (!at) return at.error();
  api_ = HttpServer::make("api", std::move(*at), Serves::api, api_limits(files_), handler());
  const std::pair<const std::optional<std::string>&, Serves> addresses[] = {{config_->api.metrics, Serves::metrics},
                                                                            {config_->api.health, Serves::health}};
  for (const auto& [address, serves] : addresses) {
    if (!address) continue;
    auto made = serve_address(*address, serves, beside);
    if (!made) return made.error();
    (serves == Serves::metrics ? metrics_ : health_) = std::move(*made);
  }
  return Done{};
}

Status Daemon::open_servers() {
  for (HttpServer* server : {metrics_.get(), health_.get(), api_.get()})
    if (server) WM_TRY(server->open());
  return Done{};
}

void Daemon::addresses_are_ours(bool ours) { ours ? api_->listening().settle() : api_->listening().give_back(); }

void Daemon::share_addresses(bool on) {
  for (HttpServer* server : {metrics_.get(), health_.get(), api_.get()})
    if (server) server->listening().share(on);
  if (!on && api_) api_->listening().reclaim();
}

// All at once, as each takes its while.
void Daemon::end_servers() {
  for (HttpServer* server : {metrics_.get(), health_.get(), api_.get()})
    if (server) server->end();
  metrics_.reset();
  health_.reset();
  api_.reset();
  retired_.clear();
}

// The loop does not wait for them.
void Daemon::retire(std::unique_ptr<HttpServer> server) {
  retired_.remove_if([](auto& end) { return end.wait_for(0s) == std::future_status::ready; });
  if (server) retired_.push_back(std::async(std::launch::async, [old = std::move(server)]() mutable { old.reset(); }));
}

// An address that stays keeps its server; a new one must be bound before anything else changes.
Result<Daemon::Moved> Daemon::move_servers(const Config& next) {
  Moved moved;
  moved.metrics = next.api.metrics != config_->api.metrics;
  moved.health = next.api.health != config_->api.health;
  for (const Serves serves : {Serves::metrics, Serves::health}) {
    const bool metrics = serves == Serves::metrics;
    const auto& address = metrics ? next.api.metrics : next.api.health;
    if (!(metrics ? moved.metrics : moved.health) || !address) continue;
    auto made = serve_address(*address, serves, false);
    if (!made) return made.error();
    if (const Status open = (*made)->open(); !open) return open.error();
    (metrics ? moved.new_metrics : moved.new_health) = std::move(*made);
  }
  return moved;
}

void Daemon::adopt_servers(Moved moved) {
  if (moved.metrics) retire(std::exchange(metrics_, std::move(moved.new_metrics)));
  if (moved.health) retire(std::exchange(health_, std::move(moved.new_health)));
}

}  // namespace waymark
