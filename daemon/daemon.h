// The daemon: a plane, the API's requests, signals and systemd, on one loop.
#pragma once

#include <atomic>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/capture.h"
#include "daemon/dns/server.h"
#include "daemon/drops.h"
#include "daemon/events.h"
#include "daemon/files.h"
#include "daemon/handover.h"
#include "daemon/key_watch.h"
#include "daemon/lock.h"
#include "daemon/loop.h"
#include "daemon/plane.h"
#include "daemon/refused.h"
#include "daemon/renderer.h"
#include "daemon/run.h"
#include "daemon/server.h"
#include "daemon/wellness.h"
#include "daemon/worker.h"
#include "engine/xdp/capture.h"
#include "node/chosen_ways.h"

namespace waymark {

// A file's configuration; its warnings go to the log, its errors into the Error, a line each.
Result<Config> load_config(const std::string& path);

std::string socket_of(const Config& config);

class Daemon {
 public:
  Daemon(const RunOptions& options, const Config& config, std::string lease);
  ~Daemon();

  Status start_plane(bool takes_over = false);  // from a daemon that still runs
  // Two steps, which may precede start_plane(): requests wait for run(). Beside a daemon whose place we take nothing is
  // taken from it before open_servers(); from then on guests are ours, and settle or give back is the end of it.
  Status bind_servers(bool beside);
  Status open_servers();
  void addresses_are_ours(bool ours);
  void took_over(int from);
  int run();  // until stop, down, a signal, or a replacement

 private:
  // On servers' threads. They wait for nothing.
  void on_request(const HttpRequest& request, const Respond& respond);
  void to_loop(std::atomic<u32>& waiting, u32 most, const Respond& respond, std::function<void(const Respond&)> work);
  void make_page();
  // On the loop. Without an answer, `respond` is called when there is one, from any thread.
  std::optional<HttpReply> carry_out(const Command& command, const Respond& respond);
  void answer(const Show& show, const Respond& respond);
  // Of the file of clients, which its own worker opens (daemon/provisioning.h).
  void change_client(const Provision& asked, const Respond& respond);
  void write_client(const Provision& asked, const Respond& respond);
  void show_provisioned(const Show& show, const Respond& respond);
  void show_key_uses(const Respond& respond);
  void start_capture(const Show& show, const Respond& respond);
  HttpReply begin_capture(const Show& show, std::vector<Prefix> addresses);
  void end_capture();
  HttpReply down();

  // Files are read and programs loaded beside the loop. Who asks while a reload is in work waits for one more, as the
  // file may have changed since it was read. A signal waits for no answer.
  void reload(std::optional<Respond> respond);
  void begin_reload();
  void config_read(Result<Config> config);
  void end_reload(const Status& done);
  void resume();
  void leave(const std::string& why);
  // One that has all that commands did so far. For the renderer's thread; the loop does not touch it again.
  std::shared_ptr<Snapshot> snapshot();
  void forget_snapshot();  // something is otherwise than it says
  void follow_wellness(Time now);
  Time step();
  void watch_plane();
  void drop_plane();

  // What happened, daemon/happenings.cpp.
  void tell(Severity severity, std::string kind, std::string text);  // of the node itself
  Time take_events(Time now);
  void follow_keys(Time now);  // those of the configuration that is in force since
  void look_at_keys(Time now);
  void read_refused();  // drivers may take milliseconds
  HttpReply follow_events(const Show& show);
  void follow_config();  // what the process itself does by it

  // daemon/naming.cpp
  struct Names {
    std::shared_ptr<const dns::Zones> zones;
    std::shared_ptr<const ChosenWays> ways;
    path::AskedPlan asked;  // what XDP answers; and by these ways
    std::vector<u64> words;
  };
  void follow_dns();
  Status serve_names(const Names& names);
  void choose_ways(const paths::Links& wan);
  void tell_chosen(const ChosenWays& before);
  Time follow_lost(Time now);

  // daemon/servers.cpp
  struct Moved {  // by a reload
    bool metrics = false, health = false;
    std::unique_ptr<HttpServer> new_metrics, new_health;
  };
  HttpServer::Handler handler();
  Result<std::unique_ptr<HttpServer>> serve_address(const std::string& address, Serves serves, bool beside);
  Result<Moved> move_servers(const Config& next);
  void adopt_servers(Moved moved);
  void share_addresses(bool on);  // with a process that is about to take our place
  void end_servers();
  void retire(std::unique_ptr<HttpServer> server);

  const RunOptions options_;
  const std::string lease_;
  const Time started_;
  std::shared_ptr<const Config> config_;  // in force
  Standing standing_;
  WellnessBoard wellness_;
  SharedPage page_{"text/plain; version=0.0.4; charset=utf-8", 64};
  std::atomic<u32> questions_{0}, commands_{0};
  Renderer renderer_;
  Loop loop_;
  Worker worker_{loop_}, clerk_{loop_};  // the latter is for the file of clients, which may be locked for long
  Events events_{loop_};
  DropWatch drops_;
  KeyWatch keys_;
  std::shared_ptr<const Config> keys_of_;  // that it follows
  RefusedWatch refused_;
  bool refused_is_read_ = false;  // on the worker, just now
  std::string reload_changed_;    // in words, by the last one
  std::unique_ptr<Plane> plane_;
  std::unique_ptr<Loop::Watch> kernel_watch_, capture_watch_;
  std::shared_ptr<Capture> capture_;
  std::unique_ptr<CaptureReader> capture_reader_;
  bool capture_begins_ = false;
  std::vector<std::optional<Respond>> reloading_, to_reload_;  // who waits for the one in work, and for the next
  Time capture_until_{0}, lease_due_{0}, watchdog_due_{0};
  std::optional<Duration> watchdog_period_;
  int exit_status_ = 0;
  std::shared_ptr<Snapshot> snapshot_;  // stands until snapshot_due_, or a command
  Time snapshot_due_{0}, wellness_due_{0};
  u64 wellness_seen_ = 0, captures_ = 0;
  std::shared_ptr<const Config> wellness_of_;
  const FilePlan files_;
  std::unique_ptr<HttpServer> api_, metrics_, health_;  // their threads ask the loop
  std::list<std::future<void>> retired_;                // servers on their way out
  std::unique_ptr<DnsServer> dns_;                      // its thread posts to the loop
  std::shared_ptr<const ChosenWays> ways_;              // that it goes by
  std::optional<SipKey> cookies_;                       // that it makes
  std::shared_ptr<const Config> lost_of_;               // as it was told last what is lost
  u64 lost_seen_ = 0;
  Time lost_due_{0}, measures_due_{0};
  bool measures_wait_ = false;  // something else is measured, and paths are chosen by it once it is due
};

}  // namespace waymark
