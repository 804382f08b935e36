#include "signal/replay.h"

namespace waymark::signalling {

Status Replay::check(u16 sequence, const std::optional<Stamp>& stamp) const {
  if (!stamp && (required_ || (last_ && last_->stamp))) return Status::replay_required;
  if (!last_) return Status::accepted;
  if (stamp && last_->stamp) {
    if (stamp->epoch > last_->stamp->epoch) return Status::accepted;
    if (stamp->epoch < last_->stamp->epoch || stamp->sequence <= last_->stamp->sequence) return Status::replay_mismatch;
  }
  return is_later(last_->sequence, sequence) ? Status::accepted : Status::out_of_window;
}

u16 Replay::answer_sequence(Status status, u16 sequence) const {
  return status == Status::out_of_window && last_ ? last_->sequence : sequence;
}

Stamp Replay::answer_stamp(Status status, const Stamp& stamp) const {
  if (status != Status::replay_mismatch || !last_ || !last_->stamp) return stamp;
  return {last_->stamp->epoch, stamp.sequence};
}

}  // namespace waymark::signalling
