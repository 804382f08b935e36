// What a daemon that is to be replaced does with each request, as a machine without I/O.
//
// The newcomer holds the lease, a second lock, for as long as it is at work. Asked to stand by, the old daemon stops
// writing; it keeps its own lock and answers. When the newcomer has swapped the programs it says so, and the old one
// leaves. Should the lease become free before that, the newcomer gave up or died: the old one takes over what it finds.
#pragma once

#include "base/result.h"

namespace waymark {

class Standing {
 public:
  enum class State { running, standing_by, leaving };

  State state() const { return state_; }

  // May a command that changes something be carried out? Fails with what to tell the caller.
  Status may_change() const;

  Status on_handover(bool lease_held);
  Status on_leave();

  // To be called every now and then. True when it is time to take up the work again.
  bool on_lease(bool held);

 private:
  State state_ = State::running;
};

}  // namespace waymark
