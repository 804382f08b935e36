// The newcomer's side of a handover (daemon/handover.h): from the running daemon's standing by to its end.
#pragma once

#include <string>

#include "base/result.h"
#include "daemon/lock.h"

namespace waymark {

// What a daemon answers that was asked to stand by, and lets others bind its addresses.
constexpr const char* kStandingBy = "standing by, with its addresses shared";

class Takeover {
 public:
  // Takes the lease and has the daemon behind `socket` stand by. When this ends without finish(), that daemon goes on.
  static Result<Takeover> begin(const std::string& lease, const std::string& socket);

  // The old daemon lets us bind its addresses while it still has them; one of an older build does not.
  bool shares() const { return shares_; }

  // Tells the old daemon to leave, and waits for the lock that it holds. `socket`: where the old one is to be found
  // now.
  Result<Lock> finish(const std::string& lock, const std::string& socket);

 private:
  Takeover(Lock lease, bool shares) : lease_(std::move(lease)), shares_(shares) {}
  Lock lease_;
  bool shares_;
};

}  // namespace waymark
