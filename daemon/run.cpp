#include "daemon/run.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <optional>

#include "base/file.h"
#include "daemon/client.h"
#include "daemon/daemon.h"
#include "daemon/log.h"
#include "daemon/takeover.h"
#include "engine/xdp/kernel_facts.h"
#include "rtnetlink/routes.h"

namespace waymark {

namespace {

int refused(const std::string& sentences) {
  log::refusal(sentences);
  return 1;
}

}  // namespace

// Everything that can fail comes before the first word to the running daemon or the first packet, as far as it can.
int run_daemon(const RunOptions& options) {
  const Result<Config> config = load_config(options.config);
  if (!config) return refused(config.error().sentence);
  log::set_level(config->log_level);
  if (const Status usable = bpf_usable(); !usable) return refused(usable.error().sentence);
  const Result<std::string> folder = run_folder();
  if (!folder) return refused(folder.error().sentence);
  const std::string lock_path = fmt::format("{}/{}.lock", *folder, config->name);
  const std::string lease_path = fmt::format("{}/{}.next.lock", *folder, config->name);

  std::optional<int> holder;
  Result<Lock> lock = Lock::take(lock_path, &holder);
  if (!lock && !holder) return refused(lock.error().sentence);
  if (!lock && !options.replace)
    return refused(fmt::format("a daemon for \"{}\" runs already, as process {}; --replace takes its place",
                               config->name, *holder));

  Daemon daemon(options, *config, lease_path);
  if (lock) {
    if (const Status done = daemon.bind_servers(false); !done) return refused(done.error().sentence);
    if (const Status done = daemon.open_servers(); !done) return refused(done.error().sentence);
    if (const Status done = daemon.start_plane(); !done) return refused(done.error().sentence);
    return daemon.run();
  }

  {
    const std::string socket = socket_of(*config);
    const auto goes_on = [&](const Error& error) {
      return refused(fmt::format("{}; the running daemon, process {}, goes on", error.sentence, *holder));
    };
    Result<Takeover> takeover = Takeover::begin(lease_path, socket);
    if (!takeover) return refused(takeover.error().sentence);
    if (takeover->shares())
      if (const Status done = daemon.bind_servers(true); !done) return goes_on(done.error());
    if (const Status done = daemon.start_plane(true); !done) return goes_on(done.error());
    if (takeover->shares()) {
      if (const Status done = daemon.open_servers(); !done) {
        daemon.addresses_are_ours(false);
        return goes_on(done.error());
      }
      lock = takeover->finish(lock_path, socket + Listening::kLeft);
      daemon.addresses_are_ours(bool(lock));
    } else {
      lock = takeover->finish(lock_path, socket);
    }
    if (!lock) return refused(lock.error().sentence);
    if (!takeover->shares()) {
      if (const Status done = daemon.bind_servers(false); !done) return refused(done.error().sentence);
      if (const Status done = daemon.open_servers(); !done) return refused(done.error().sentence);
    }
  }
  daemon.took_over(*holder);
  return daemon.run();
}

std::string announced_file(const std::string& node) { return fmt::format("/run/waymark/{}.announced", node); }

namespace {

Status withdraw_left_behind(const std::string& node) {
  const Result<std::string> text = read_file(announced_file(node), {.most_bytes = 16});
  const u32 protocol = text ? u32(std::strtoul(text->c_str(), nullptr, 10)) : 0;
  if (protocol == 0 || protocol > 255) return Done{};
  Result<Routes> routes = Routes::open();
  if (!routes) return routes.error();
  WM_TRY(routes->sync({}, protocol));
  unlink(announced_file(node).c_str());
  return Done{};
}

}  // namespace

Status take_down(const std::string& node) {
  const Result<std::string> folder = run_folder();
  if (!folder) return folder.error();
  const Result<Lock> lock = Lock::take(fmt::format("{}/{}.lock", *folder, node));
  if (!lock) return Error{fmt::format("a daemon for \"{}\" runs: {}", node, lock.error().sentence)};
  if (!XdpEngine::exists(node)) return Error{fmt::format("nothing of \"{}\" is pinned here", node)};
  WM_TRY(withdraw_left_behind(node));
  return XdpEngine::remove(node);
}

}  // namespace waymark
