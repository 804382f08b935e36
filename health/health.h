// Which targets are well, from answers that others fetch: when to ask whom, and what the answers come to. No I/O, no
// clock, no randomness of its own: a seed.
//
// The first question to each subject falls somewhere within its `every`, so that a thousand of them do not go out at
// once. The first answer settles what nothing is known of, so that a director that starts knows its targets after one
// round; from then on `rise` and `fall` answers in a row turn a verdict. An *opinion*, from the tables that the last
// daemon left or from a peer, the first that there is, stands in for a verdict until there is one: an answer that
// agrees makes it a verdict of our own, and to turn it takes as many as to turn that.
//
// Fail static: where more of a service's targets fail together than its share allows, the checks are not believed. Who
// was out before stays out, the others stay in (they are *held*), until no more fail than the share allows.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "health/subjects.h"

namespace waymark {

enum class Wellness : u8 { unknown, up, down };
std::string_view text(Wellness wellness);

struct Question {
  u64 id;
  Subject subject;
  Duration timeout;  // answer() is due after it; without one the question counts as failed kGrace later
};

class Health {
 public:
  static constexpr std::size_t kMostAsked = 1000;  // questions without an answer, of all subjects
  static constexpr Duration kGrace = std::chrono::seconds(1);

  explicit Health(u64 seed) : seed_(seed) {}

  // Takes the configuration's subjects, a host's own services among them. A subject whose question is the same keeps
  // all that is known of it; a target that is asked otherwise keeps its state as an opinion.
  void configure(const Config& config, Time now);

  // An opinion from elsewhere; ignored where anything is known, if only by an earlier opinion, or no such subject is.
  void adopt(std::string_view service, std::string_view target, Wellness wellness, Time now);

  // Asks at once, as somebody says otherwise than we think; at most once in `every`. Who is down and found up elsewhere
  // needs one good answer, not `rise`: until we have it too, flows that others begin there would be reset here. The
  // opposite takes `fall` all the same: nobody is down because a peer says so and one answer was lost.
  void hurry(std::string_view service, std::string_view target, Time now);

  // What is to be asked now; none of a subject whose last question has no answer yet.
  std::vector<Question> due(Time now);
  void answer(u64 id, bool well, const std::string& why, Time now);  // ids that are not waited for are ignored
  Time deadline() const;                                             // when due() has something to do; Time::max()

  bool down(std::string_view service, std::string_view target) const;  // taken out, fail static respected
  bool decided() const { return undecided_ == 0; }                     // each subject has a verdict or an opinion
  u64 changes() const { return changes_; }                             // counts whenever any down() becomes another
  u64 verdicts() const { return verdicts_; }                           // counts whenever any state becomes another

  struct View {
    std::string service, target;
    std::string_view kind;
    bool through = false;
    Wellness state = Wellness::unknown;
    bool own = false;      // a verdict; else an opinion from elsewhere, or nothing
    bool held = false;     // it fails, and fail static keeps it in
    Time since{};          // that state
    std::string why = {};  // the last answer's sentence, where it failed
    u64 asked = 0, failed = 0;
  };
  std::vector<View> views() const;  // by service and target

 private:
  using Key = std::pair<std::string, std::string>;
  struct Watched {
    Subject subject;
    u64 number = 0;  // breaks ties in the schedule, by age
    Wellness state = Wellness::unknown;
    bool own = false, out = false;
    u32 against = 0;   // answers in a row that contradict `state`
    u64 asked_as = 0;  // id of the question without an answer; 0: none
    Time due{}, since{}, asked_at{};
    std::optional<Time> hurried = {};
    bool vouched = false;  // somebody found it up since the last answer
    u64 out_since = 0;     // changes_ when it was taken out
    std::string why = {};
    u64 asked = 0, failed = 0;
  };
  struct Share {  // of one service, in targets that count
    u32 most_out = 0, failing = 0;
  };
  using Schedule = std::set<std::tuple<Time, u64, Watched*>>;

  Watched* find(std::string_view service, std::string_view target);
  u64 draw();
  void plan(Watched& watched, Time due);
  void unplan(Watched& watched);
  void take_answer(Watched& watched, bool well, const std::string& why, Time now);
  void set_state(Watched& watched, Wellness state, bool own, Time now);
  void set_out(Watched& watched, bool out);
  void release_held(const std::string& service);
  void count_shares(const Config& config);

  u64 seed_, drawn_ = 0, last_id_ = 0, last_number_ = 0, changes_ = 0, verdicts_ = 0;
  std::size_t undecided_ = 0;
  std::map<Key, Watched> watched_;
  std::map<std::string, Share> shares_;
  std::unordered_map<u64, Watched*> asked_;  // by id
  Schedule idle_, waiting_;                  // to be asked; to be given up
};

}  // namespace waymark
