#include "daemon/handover.h"

namespace waymark {

Status Standing::may_change() const {
  if (state_ == State::running) return Done{};
  return Error{"another process is taking this daemon's place; ask again in a moment"};
}

Status Standing::on_handover(bool lease_held) {
  if (state_ != State::running) return Error{"this daemon already stands by for a replacement"};
  if (!lease_held) return Error{"no process is there to take over: `waymark run --replace` asks for this"};
  state_ = State::standing_by;
  return Done{};
}

Status Standing::on_leave() {
  if (state_ != State::standing_by) return Error{"this daemon does not stand by, so nothing took its place"};
  state_ = State::leaving;
  return Done{};
}

bool Standing::on_lease(bool held) {
  if (state_ != State::standing_by || held) return false;
  state_ = State::running;
  return true;
}

}  // namespace waymark
