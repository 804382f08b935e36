// The daemon: a plane, the API's requests, signals and systemd, on one loop.
#pragma once

#include <list>
#include <memory>
#include <string>

#include "daemon/capture.h"
#include "daemon/handover.h"
#include "daemon/lock.h"
#include "daemon/loop.h"
#include "daemon/plane.h"
#include "daemon/run.h"
#include "daemon/server.h"
#include "engine/xdp/capture.h"

namespace waymark {

// A file's configuration; its warnings go to the log, its errors into the Error, a line each.
Result<Config> load_config(const std::string& path);

class Daemon {
 public:
  Daemon(const RunOptions& options, const Config& config, std::string lease);
  ~Daemon();

  Status start_plane();
  Status start_servers();  // may precede start_plane(): requests wait for run()
  int run();               // until stop, down, a signal, or a replacement

 private:
  // On servers' threads.
  HttpReply on_request(const HttpRequest& request);
  // On the loop.
  HttpReply carry_out(const Command& command);
  HttpReply answer(const Show& show);
  HttpReply start_capture(const Show& show);
  HttpReply reload();
  HttpReply down();

  Status reload_config();
  void end_capture();
  void resume();
  void leave(const std::string& why);
  Snapshot snapshot();
  Time step();
  void watch_plane();
  void retire(std::unique_ptr<HttpServer> server);

  const RunOptions options_;
  const std::string lease_;
  const Time started_;
  std::shared_ptr<const Config> config_;  // in force
  Standing standing_;
  Loop loop_;
  std::unique_ptr<Plane> plane_;
  std::unique_ptr<Loop::Watch> kernel_watch_, capture_watch_;
  std::shared_ptr<Capture> capture_;
  std::unique_ptr<CaptureReader> capture_reader_;
  Time capture_until_{0}, lease_due_{0}, watchdog_due_{0};
  std::optional<Duration> watchdog_period_;
  int exit_status_ = 0;
  std::unique_ptr<HttpServer> metrics_, api_;  // their threads ask the loop
  std::list<std::future<void>> retired_;       // servers on their way out
};

}  // namespace waymark
