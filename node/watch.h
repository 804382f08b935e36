// Whether other POPs are up, as seamless BFD's initiator sees it (RFC 7880, 7): questions to send now, and what comes
// of the answers. One that is up is asked each interval, any other one once a second (RFC 5880, 6.8.3).
//
// Nobody is taken for silent who never answered, as a filter between may be all that is wrong: those go by their next
// hops alone.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "config/config.h"
#include "core/bfd.h"

namespace waymark {

class Watch {
 public:
  explicit Watch(u64 seed) : seed_(seed) {}

  // The other POPs of [path]. What is known of one stays where its address does; who is new and among `silent` is taken
  // for so until it answers.
  void configure(const Config& config, std::span<const Address> silent, Time now);

  struct Question {
    u32 pop;
    Address to, from;
    Bfd packet;
  };
  std::vector<Question> due(Time now);
  void unasked(u32 pop, std::string why);  // a question could not be sent

  // What came from this address and port. Whatever is no answer is ignored.
  void heard(const Address& from, u16 port, std::span<const u8> bytes, Time now);

  // What the kernel says of the way to an address. Of one who never answered nothing else is known.
  void next_hop(const Address& address, bool found);

  // Looks who has been silent for too long. All that came must have been heard().
  void judge(Time now);
  Time deadline() const;

  struct Change {
    u32 pop;
    bool up;
    std::string why;  // where it is silent
  };
  std::vector<Change> take_changes() { return std::exchange(changes_, {}); }
  std::vector<Address> silent() const;
  std::vector<Address> sources() const;  // that questions come from, each once

  enum class State : u8 { unknown, up, silent };
  struct View {
    u32 pop = 0;
    Address address{};
    State state = State::unknown;
    Time since{};
    std::optional<Duration> round_trip = {};  // smoothed
    Duration interval{};                      // at which it is asked
    u64 asked = 0, answered = 0;
    u32 lost = 0;          // of 10,000 questions lately, while it was up
    std::string why = {};  // where it is silent, or cannot be asked
  };
  std::vector<View> views() const;

 private:
  // Each question has a discriminator of its own, by its number modulo this, so that its answer is known from others'.
  static constexpr u32 kInFlight = 8;
  struct Session {
    u32 pop;
    Address address, source;
    u32 mine;  // our discriminators, without the question's number: who cannot read the questions does not know it
    State state = State::unknown;
    Time since, next, last;  // asked next; answered last, or begun
    std::array<Time, kInFlight> sent = {};
    std::optional<Duration> round_trip = {};
    u32 lost = 0;                            // of 2^16 questions, smoothed over the last few hundred
    Duration wished{};                       // of questions at least so much apart: what the last answer said
    bool polled = false;                     // it had the P bit, and the next question has F (RFC 7880, 7.5)
    u64 asked = 0, answered = 0, heard = 0;  // the last one: the question that was answered last
    bool way_lost = false;
    std::string why = {}, unasked = {};
  };
  Duration interval(const Session& s) const;
  Time patience(const Session& s) const;
  bool asked_enough(const Session& s) const { return s.asked - s.heard >= std::max(1u, lost_ - 1); }
  void set(Session& s, State state, const std::string& why, Time now);

  u64 seed_, sessions_begun_ = 0;
  Duration interval_{};
  u32 lost_ = 3;
  std::vector<Session> sessions_;
  std::vector<Change> changes_;
};

const char* name_of(Watch::State state);  // "unknown", "up", "silent"

}  // namespace waymark
