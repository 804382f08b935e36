// The file that kept.h tells of, followed: /run/waymark/NAME.bindings is written a moment after registrations changed.
#pragma once

#include <memory>
#include <string>

#include "daemon/worker.h"
#include "node/agents.h"

namespace waymark {

class KeptFile {
 public:
  KeptFile(Worker& worker, const std::string& node);

  // What the daemon before this one knew, as far as the configuration permits it. A file that cannot be read is told
  // of, and bindings are made anew.
  void restore(Agents& agents, Time now) const;
  void step(const Agents& agents, Time now);
  void flush(const Agents& agents, Time now) const;  // at once, at a daemon's end
  Time deadline() const { return due_; }

 private:
  const std::string path_;
  Worker& worker_;
  Time due_ = Time::max(), written_{};
  u64 seen_ = 0;  // Updates that were accepted
};

}  // namespace waymark
