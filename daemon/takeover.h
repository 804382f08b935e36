// The newcomer's side of a handover (daemon/handover.h): from the running daemon's standing by to its end.
#pragma once

#include <string>

#include "base/result.h"
#include "daemon/lock.h"

namespace waymark {

class Takeover {
 public:
  // Takes the lease and has the daemon behind `socket` stand by. When this ends without finish(), that daemon goes on.
  static Result<Takeover> begin(const std::string& lease, const std::string& socket);

  // Tells the old daemon to leave, and waits for the lock that it holds.
  Result<Lock> finish(const std::string& lock);

 private:
  Takeover(Lock lease, std::string socket) : lease_(std::move(lease)), socket_(std::move(socket)) {}
  Lock lease_;
  std::string socket_;
};

}  // namespace waymark
