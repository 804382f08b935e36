// A small epoll loop for the traffic tools: one thread, one tick for everything that waits, commands on stdin.
#pragma once

#include <functional>
#include <string>

#include "base/time.h"
#include "core/types.h"

namespace waymark::lab {

Time now();  // CLOCK_MONOTONIC: the lab measures waits, and never across a suspend

// What a file descriptor belongs to. `ready` may be called for a descriptor that was closed a moment ago and is now
// another's: so it reads or writes, and believes only what the socket itself says.
struct Source {
  virtual void ready(u32 events) = 0;

 protected:
  ~Source() = default;
};

class Loop {
 public:
  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  void add(int fd, Source* source, u32 events);
  void change(int fd, Source* source, u32 events);  // a closed descriptor leaves by itself

  // Calls `tick` every `period`, and `command` for each line on stdin, until stop(), SIGTERM, SIGINT, the end of
  // stdin, or `limit` has passed. Without a `command` stdin is nobody's.
  void run(Duration period, Duration limit, const std::function<void(Time)>& tick,
           const std::function<void(const std::string&)>& command);
  void stop() { stopped_ = true; }

 private:
  int epoll_;
  bool stopped_ = false;
};

}  // namespace waymark::lab
