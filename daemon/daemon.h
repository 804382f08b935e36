// The daemon: a plane, the API's requests, signals and systemd, on one loop.
#pragma once

#include <list>
#include <memory>
#include <string>
#include <vector>

#include "daemon/capture.h"
#include "daemon/handover.h"
#include "daemon/lock.h"
#include "daemon/loop.h"
#include "daemon/plane.h"
#include "daemon/run.h"
#include "daemon/server.h"
#include "daemon/worker.h"
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
  // On the loop. The reply may come later, from the loop as well; once.
  using Reply = std::function<void(HttpReply)>;
  void carry_out(const Command& command, Reply reply);
  HttpReply answer(const Show& show);
  HttpReply down();

  // Files are read and programs loaded beside the loop. Who asks while a reload is in work waits for one more, as the
  // file may have changed since it was read. Empty replies are a signal's.
  void reload(Reply reply);
  void begin_reload();
  void config_read(Result<Config> config);
  void end_reload(const Status& done);

  void start_capture(const Show& show, Reply reply);
  HttpReply begin_capture(const Show& show, std::vector<Address> addresses);
  void end_capture();
  void resume();
  void leave(const std::string& why);
  Snapshot snapshot();
  Time step();
  void watch_plane();
  void drop_plane();
  void retire(std::unique_ptr<HttpServer> server);

  const RunOptions options_;
  const std::string lease_;
  const Time started_;
  std::shared_ptr<const Config> config_;  // in force
  Standing standing_;
  Loop loop_;
  Worker worker_{loop_};
  std::unique_ptr<Plane> plane_;
  std::unique_ptr<Loop::Watch> kernel_watch_, capture_watch_;
  std::shared_ptr<Capture> capture_;
  std::unique_ptr<CaptureReader> capture_reader_;
  bool capture_begins_ = false;
  std::vector<Reply> reloading_, to_reload_;  // who waits for the one in work, and for the next
  Time capture_until_{0}, lease_due_{0}, watchdog_due_{0};
  std::optional<Duration> watchdog_period_;
  int exit_status_ = 0;
  std::unique_ptr<HttpServer> metrics_, api_;  // their threads ask the loop
  std::list<std::future<void>> retired_;       // servers on their way out
};

}  // namespace waymark
