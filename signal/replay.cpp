#include "signal/replay.h"

namespace waymark::signalling {

BindingStatus Replay::check(u16 sequence, const std::optional<Stamp>& stamp) const {
  if (!stamp && (required_ || (last_ && last_->stamp))) return BindingStatus::replay_required;
  if (!last_) return BindingStatus::accepted;
  if (stamp && last_->stamp) {
    if (stamp->epoch > last_->stamp->epoch) return BindingStatus::accepted;
    if (stamp->epoch < last_->stamp->epoch || stamp->sequence <= last_->stamp->sequence)
      return BindingStatus::replay_mismatch;
  }
  return is_later(last_->sequence, sequence) ? BindingStatus::accepted : BindingStatus::out_of_window;
}

u16 Replay::answer_sequence(BindingStatus status, u16 sequence) const {
  return status == BindingStatus::out_of_window && last_ ? last_->sequence : sequence;
}

Stamp Replay::answer_stamp(BindingStatus status, const Stamp& stamp) const {
  if (status != BindingStatus::replay_mismatch || !last_ || !last_->stamp) return stamp;
  return {last_->stamp->epoch, stamp.sequence};
}

}  // namespace waymark::signalling
