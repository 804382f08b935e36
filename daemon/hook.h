// The program of [node] on_event: run once for each event, one at a time, as the daemon's user and with its rights. It
// never holds up the loop: events wait for it in a bounded queue, and what finds the queue full is counted as lost.
// What does not end within kDeadline is killed, with all of its process group; so is what an ended one left behind in
// it.
//
// It gets WAYMARK_EVENT_KIND, _SUBJECT, _TEXT, _SEVERITY, _TIME and _NODE beside PATH, the event as a line of JSON on
// standard input, nothing to write to, no other descriptor, and "/" as its directory. No shell is between.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "daemon/event_ring.h"
#include "daemon/loop.h"

namespace waymark {

// A program whom nobody but root and this user could have written: it, and each directory above it, is root's or ours
// and not writable by others. Elsewhere anybody could have commands run with the daemon's rights.
Status may_run(const std::string& path);

struct HookCounts {
  u64 ran = 0;               // that ended, by whatever status
  u64 failed = 0, lost = 0;  // that came to nothing; events that it was not run for
  std::string trouble = {};  // why the last one came to nothing; empty where it did not
};

class Hook {
 public:
  static constexpr std::size_t kQueue = 100;
  static constexpr Duration kDeadline = std::chrono::seconds(10);

  // `told`: a sentence for each run that came to nothing, and for events that were lost.
  Hook(Loop& loop, std::function<void(std::string)> told, Duration deadline = kDeadline);
  ~Hook();  // kills what runs

  void configure(const std::string& path, const std::string& node);  // an empty path: none
  void add(const Recorded& event, Time now);
  void step(Time now);    // kills what is late
  Time deadline() const;  // Time::max() while nothing runs

  HookCounts counts() const { return {ran_, failed_, lost_, trouble_}; }

 private:
  void next(Time now);
  Status spawn(const Recorded& event);
  void ended();
  void fail(const std::string& why);
  void kill_group() const;

  Loop& loop_;
  const std::function<void(std::string)> told_;
  const Duration deadline_;
  std::string path_, node_, trouble_;
  std::deque<Recorded> queue_;
  pid_t running_ = 0;
  int process_ = -1;  // its pidfd
  std::unique_ptr<Loop::Watch> watch_;
  Time due_ = Time::max();
  bool late_ = false;
  u64 lost_ = 0, lost_told_ = 0, failed_ = 0, ran_ = 0;
};

}  // namespace waymark
