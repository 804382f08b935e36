#include "daemon/daemon.h"

#include <fmt/format.h>
#include <unistd.h>

#include <csignal>

#include "config/difference.h"
#include "config/parse.h"
#include "daemon/client.h"
#include "daemon/log.h"
#include "daemon/notify.h"

namespace waymark {

namespace {

using namespace std::chrono_literals;

constexpr Duration kLookAtLease = 50ms;
constexpr int kWellnessRests = 20;  // times what it takes to write down who is well

}  // namespace

Result<Config> load_config(const std::string& path) {
  const Result<std::string> text = read_config_file(path);
  if (!text) return text.error();
  Parsed parsed = parse_config(*text, path);
  std::string errors;
  for (const Problem& problem : parsed.problems) {
    if (problem.warning)
      log::warning(render(problem));
    else
      errors += (errors.empty() ? "" : "\n") + render(problem);
  }
  if (!parsed.config) return Error{errors};
  if (only_plans(*parsed.config)) return Error{no_node_in(path)};
  return std::move(*parsed.config);
}

Daemon::Daemon(const RunOptions& options, const Config& config, std::string lease)
    : options_(options),
      lease_(std::move(lease)),
      started_(boot_time()),
      config_(std::make_shared<const Config>(config)),
      files_(plan_files(raise_file_limit())) {
  if (files_.small) log::warning(in_words(files_));
}

Daemon::~Daemon() {
  loop_.close();
  dns_.reset();
  end_servers();
}

Status Daemon::start_plane(bool takes_over) {
  Result<std::unique_ptr<Plane>> plane = Plane::start(options_.program, config_, loop_, worker_, takes_over);
  if (!plane) return plane.error();
  plane_ = std::move(*plane);
  watch_plane();
  return Done{};
}

void Daemon::watch_plane() {
  kernel_watch_.reset();
  if (plane_) kernel_watch_ = loop_.on_readable(plane_->kernel_descriptor(), [this] { plane_->on_kernel(); });
}

// Whoever waits for it is answered.
void Daemon::drop_plane() {
  kernel_watch_.reset();
  if (plane_) plane_->suspend();
  plane_.reset();
}

int Daemon::run() {
  follow_config();
  follow_dns();
  loop_.on_signal(SIGHUP, [this] {
    if (const Status done = standing_.may_change(); !done) return log::warning(done.error().sentence);
    reload(std::nullopt);
  });
  for (const int number : {SIGTERM, SIGINT})
    loop_.on_signal(number, [this, number] { leave(number == SIGTERM ? "SIGTERM" : "SIGINT"); });
  watchdog_period_ = notify::watchdog_period();
  notify::ready(plane_->in_words());
  tell(Severity::info, "daemon.started", fmt::format("{} runs; its API is at {}", config_->name, socket_of(*config_)));
  loop_.run([this] { return step(); });
  notify::stopping();
  end_capture();
  // Nobody is left to end it later.
  if (plane_)
    if (const Status done = plane_->end_capture_now(); !done)
      log::error(fmt::format("the program that copies packets stays: {}", done.error().sentence));
  take_events(boot_time());
  events_.finish();
  return exit_status_;
}

// Leaves forwarding as it is, as far as the configuration wants it to stay.
void Daemon::leave(const std::string& why) {
  tell(Severity::info, "daemon.ends",
       config_->engine.persist && plane_
           ? fmt::format("{}: the daemon ends; {} goes on, and `waymark down` ends it", why, plane_->in_words())
           : fmt::format("{}: the daemon ends, and forwarding with it, as [engine] persist = false", why));
  loop_.stop();
}

Time Daemon::step() {
  const Time now = boot_time();
  Time due = std::min(now + 1h, take_events(now));
  if (watchdog_period_) {
    if (now >= watchdog_due_) {
      notify::watchdog();
      watchdog_due_ = now + *watchdog_period_;
    }
    due = std::min(due, watchdog_due_);
  }
  if (standing_.state() != Standing::State::running) {
    if (now >= lease_due_) {
      lease_due_ = now + kLookAtLease;
      if (standing_.on_lease(Lock::held(lease_))) resume();
    }
    if (standing_.state() != Standing::State::running) return std::min(due, lease_due_);
  }
  if (capture_) {
    if (now >= capture_until_ || capture_->full())
      end_capture();
    else
      due = std::min(due, capture_until_);
  }
  if (!plane_) return due;
  plane_->step(now);
  follow_wellness(now);
  due = std::min(due, follow_lost(now));
  if (wellness_due_ > now) due = std::min(due, wellness_due_);
  return std::min({due, plane_->deadline(), take_events(now)});
}

// Where it changed; and as with snapshots, it takes a small share of the time at most.
void Daemon::follow_wellness(Time now) {
  if (!config_->host) {
    if (std::exchange(wellness_of_, config_) != config_) wellness_.put({});
    return;
  }
  const u64 verdicts = plane_->health().verdicts();
  if (wellness_seen_ == verdicts && wellness_of_ == config_) {
    wellness_due_ = Time{0};
    return;
  }
  if (now < wellness_due_) return;
  wellness_seen_ = verdicts;
  wellness_of_ = config_;
  const Time begin = boot_time();
  wellness_.put(plane_->health().views());
  const Time end = boot_time();
  wellness_due_ = end + kWellnessRests * (end - begin);
}

// The process that was to take over gave up or died. What it left in the tables is not known, so all is read anew.
void Daemon::resume() {
  share_addresses(false);
  Result<std::unique_ptr<Plane>> fresh = Plane::start(options_.program, config_, loop_, worker_, false);
  if (!fresh) {
    log::error(
        fmt::format("the replacement gave up, and what it left cannot be taken over: {}", fresh.error().sentence));
    if (!plane_) {
      exit_status_ = 1;
      loop_.stop();
    }
    watch_plane();
    return;
  }
  plane_ = std::move(*fresh);
  watch_plane();
  follow_dns();
  forget_snapshot();
  tell(Severity::warning, "daemon.resumed",
       fmt::format("the replacement gave up: {} goes on here", plane_->in_words()));
}

void Daemon::reload(std::optional<Respond> respond) {
  to_reload_.push_back(std::move(respond));
  if (reloading_.empty()) begin_reload();
}

void Daemon::begin_reload() {
  reloading_ = std::exchange(to_reload_, {});
  if (reloading_.empty()) return;
  notify::reloading();
  worker_.run<Config>([path = options_.config] { return load_config(path); },
                      [this](Result<Config> config) { config_read(std::move(config)); });
}

void Daemon::config_read(Result<Config> config) {
  if (!config) return end_reload(config.error());
  if (const Status may = standing_.may_change(); !may) return end_reload(may);
  if (socket_of(*config) != socket_of(*config_) && config->name == config_->name)
    return end_reload(
        Error{fmt::format("[api] socket cannot change to {} while the daemon runs: restart it", socket_of(*config))});
  Result<Moved> moved = move_servers(*config);
  if (!moved) return end_reload(moved.error());
  const auto next = std::make_shared<const Config>(std::move(*config));
  plane_->reload(next, [this, next, servers = std::make_shared<Moved>(std::move(*moved))](const Status& done) {
    if (!done) {
      retire(std::move(servers->new_metrics));
      retire(std::move(servers->new_health));
      return end_reload(done);
    }
    reload_changed_ = difference(*config_, *next);
    config_ = next;
    follow_config();
    follow_dns();
    follow_keys(boot_time());
    adopt_servers(std::move(*servers));
    end_reload(done);
  });
  end_capture();  // what the plane reloads copies no packets, so this needs no load of its own
}

void Daemon::end_reload(const Status& done) {
  forget_snapshot();
  if (done)
    tell(Severity::info, "reload.done", fmt::format("reloaded {}: {}", options_.config, reload_changed_));
  else
    tell(Severity::warning, "reload.refused",
         fmt::format("the reload was refused, and the old configuration stays in force: {}", done.error().sentence));
  notify::ready(plane_ ? plane_->in_words() : "no program");
  for (const std::optional<Respond>& respond : std::exchange(reloading_, {}))
    if (respond)
      (*respond)(done ? HttpReply{200, to_json({{"result"}, {{fmt::format("{} is in force", options_.config)}}})}
                      : refusal(409, done.error().sentence));
  begin_reload();
}

HttpReply Daemon::down() {
  const std::string words = plane_ ? plane_->in_words() : "nothing";
  if (plane_)
    if (const Status done = plane_->withdraw(); !done) log::error(done.error().sentence);
  drop_plane();
  end_capture();
  if (const Status done = XdpEngine::remove(config_->name); !done) {
    log::error(fmt::format("down failed, and the daemon ends: {}", done.error().sentence));
    loop_.stop();
    return refusal(500, done.error().sentence);
  }
  tell(Severity::info, "daemon.ends", fmt::format("down: {} is detached and its tables are gone", words));
  loop_.stop();
  return {200, to_json({{"result"}, {{fmt::format("{} is detached and its tables are gone", words)}}})};
}

}  // namespace waymark
