// Replay protection of the messages from one sender, who has been authenticated (signal/auth.h). No clock, no I/O.
#pragma once

#include <optional>

#include "signal/options.h"

namespace waymark::signalling {

// Whether `next` comes after `last`, modulo 2^16 (RFC 6275, 9.5.1): after 15 these are 16 to 32,783.
constexpr bool is_later(u16 last, u16 next) { return u16(next - last - 1) < 0x8000; }

// A sender's stamps (option 10) grow: within an epoch by their sequence, and a new epoch starts anew, whatever its
// numbers. Where stamps are required, or once one was accepted, every message needs one.
class Replay {
 public:
  // What was accepted last; to be kept where a restart of the receiver must not let old messages in again.
  struct Last {
    u16 sequence = 0;
    std::optional<Stamp> stamp;
    bool operator==(const Last&) const = default;
  };

  explicit Replay(bool stamps_required, std::optional<Last> last = {}) : required_(stamps_required), last_(last) {}

  // BindingStatus::accepted, which take() then remembers; replay_required (145): no stamp; replay_mismatch (144): its
  // epoch or its number within the epoch is not later; out_of_window (135): the sequence number is not, in the same
  // epoch.
  BindingStatus check(u16 sequence, const std::optional<Stamp>& stamp) const;
  // Once the message was carried out.
  void take(u16 sequence, const std::optional<Stamp>& stamp) { last_ = Last{sequence, stamp}; }

  // For the Acknowledgement: the sequence number, which is the last accepted one where it was out of the window
  // (RFC 6275, 9.5.1), and the stamp, which is the sender's own, but with the epoch that is known here where it did not
  // match (RFC 4285, 6), so that the sender can begin a later one.
  u16 answer_sequence(BindingStatus status, u16 sequence) const;
  Stamp answer_stamp(BindingStatus status, const Stamp& stamp) const;

  const std::optional<Last>& last() const { return last_; }

 private:
  bool required_;
  std::optional<Last> last_;
};

}  // namespace waymark::signalling
