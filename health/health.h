// Which targets are well, from answers that others fetch: when to ask whom, and what the answers come to. No I/O, no
// clock, no randomness of its own: a seed.
//
// The first question to each subject falls somewhere within its `every`, so that they are spread from the start. What
// piled up nevertheless (the machine slept, a reload, a peer who thinks otherwise of all) goes out at twice the usual
// pace and no faster, and so many at a time as limit() says; questions get later by that, and nobody unwell. The first
// answer settles what nothing is known of, so that a director that starts knows its targets after one round; from then
// on `rise` and `fall` answers in a row turn a verdict. An *opinion*, from the tables that the last daemon left or from
// a peer, the first that there is, stands in for a verdict until there is one: an answer that agrees makes it a verdict
// of our own, and to turn it takes as many as to turn that.
//
// A question may also end without an answer: this machine could not ask, or could not hear. Nothing is learnt from
// that: verdict and rows stay as they are, a target of which nothing is known stays unknown, and it is asked again
// soon, at longer and longer pauses up to `every`. views() and unrenewed() say so.
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
#include <utility>
#include <vector>

#include "health/subjects.h"

namespace waymark {

enum class Wellness : u8 { unknown, up, down };
std::string_view text(Wellness wellness);

// How a question ended. Only an answer, a refusal by the other end, or a silence that was truly waited for is one of
// the first two; what this machine could not ask or hear is `unknown`.
enum class CheckOutcome : u8 { well, unwell, unknown };

struct Question {
  u64 id;
  Subject subject;
  Duration timeout;  // of the other end. answer() is due after it; without one it is given up 2 kGrace later
};

class Health {
 public:
  static constexpr std::size_t kMostAsked = 1000;  // questions in flight, unless limit() says otherwise
  static constexpr std::size_t kAtOnce = 64;       // of one due()
  static constexpr u32 kTries = 4;
  static constexpr Duration kGrace = std::chrono::seconds(1);
  static constexpr Duration kAgainAfter =
      std::chrono::seconds(1);  // first pause after a question without outcome, at most

  explicit Health(u64 seed) : seed_(seed) {}

  // Takes the targets of what is served, whoever says so, and a host's own services (local_subjects_of). A subject
  // whose question is the same keeps all that is known of it; a target that is asked otherwise keeps its state as an
  // opinion. What costs most, of tens of thousands of targets, is the plan: it may be made anywhere.
  struct Plan;
  static Plan plan(const Services& serves, std::vector<Subject> local = {});
  void configure(Plan plan, Time now);

  // An opinion from elsewhere; ignored where anything is known, if only by an earlier opinion, or no such subject is.
  void adopt(std::string_view service, std::string_view target, Wellness wellness, Time now);

  // Asks at once, as somebody says otherwise than we think; at most once in `every`. Who is down and found up elsewhere
  // needs one good answer, not `rise`: until we have it too, flows that others begin there would be reset here. The
  // opposite takes `fall` all the same: nobody is down because a peer says so and one answer was lost.
  void hurry(std::string_view service, std::string_view target, Time now);

  void limit(std::size_t most_in_flight) { most_asked_ = most_in_flight; }  // at least 1

  // What is to be asked now, up to kAtOnce; none of a subject whose last question has no answer yet.
  std::vector<Question> due(Time now);
  void answer(u64 id, CheckOutcome outcome, const std::string& why,
              Time now);  // ids that are not waited for are ignored
  Time deadline() const;  // when due() has something to do; Time::max()

  bool down(std::string_view service, std::string_view target) const;     // taken out, fail static respected
  bool watches(std::string_view service, std::string_view target) const;  // whether it is asked
  // Each subject has a verdict or an opinion, or kTries questions in a row were in vain.
  bool decided() const { return undecided_ == given_up_; }
  std::size_t undecided() const { return undecided_; }    // without verdict and opinion
  bool knows_nothing_of(std::string_view service) const;  // it has subjects, and all are undecided
  u64 changes() const { return changes_; }                // counts whenever any down() becomes another
  u64 verdicts() const { return verdicts_; }              // counts whenever any state becomes another

  // What changed about a subject, each change once and in order. Of a subject that is gone: `after` is unknown.
  struct Change {
    std::string service, target;
    Wellness before = Wellness::unknown, after = Wellness::unknown;
    bool own = false;  // now: a verdict
    bool was_down = false, down = false;
    std::string why = {};  // the last answer's sentence, where it failed
  };
  std::vector<Change> take_changes() { return std::exchange(reports_, {}); }

  // Subjects whose last two questions, or more, ended without an answer; since when the first of them, and why.
  struct Unrenewed {
    std::size_t count = 0;
    Time since{};
    std::string why = {};
  };
  Unrenewed unrenewed() const;

  struct Load {
    std::size_t in_flight = 0, most = 0;
    Duration late{};  // how long the next question has been due
  };
  Load load(Time now) const;

  struct View {
    std::string service, target;
    std::string_view kind;
    bool through = false;
    Wellness state = Wellness::unknown;
    bool own = false;      // a verdict; else an opinion from elsewhere, or nothing
    bool held = false;     // it fails, and fail static keeps it in
    Time since{};          // that state
    std::string why = {};  // the last answer's sentence, where it failed
    u64 asked = 0, failed = 0, unknown = 0;
    std::optional<Time> unknown_since = {};  // questions end without an answer since then
    std::string unknown_why = {};
  };
  std::vector<View> views() const;  // by service and target

 private:
  using Key = std::pair<std::string, std::string>;
  using Named = std::pair<std::string_view, std::string_view>;
  struct Less {  // finds by views as well
    using is_transparent = void;
    bool operator()(const auto& a, const auto& b) const { return Named(a) < Named(b); }
  };
  struct Watched;
  struct ByAge {
    bool operator()(const Watched* a, const Watched* b) const { return a->number < b->number; }
  };
  struct Share {  // of one service, in targets that count
    u32 most_out = 0, failing = 0;
    std::set<Watched*, ByAge> held = {};
  };
  struct Watched {
    Subject subject;
    u64 number = 0;          // breaks ties in the schedule, by age
    Share* share = nullptr;  // its service's, where it counts
    Wellness state = Wellness::unknown;
    bool own = false, out = false;
    u32 against = 0;   // answers in a row that contradict `state`
    u64 asked_as = 0;  // id of the question without an answer; 0: none
    bool overdue = false;
    Time due{}, since{}, asked_at{};
    std::optional<Time> hurried = {};
    bool vouched = false;  // somebody found it up since the last answer
    u64 out_since = 0;     // changes_ when it was taken out
    std::string why = {};
    u64 asked = 0, failed = 0, unknown = 0;
    std::optional<Time> unknown_since = {};
    std::string unknown_why = {};
    u32 unknown_in_a_row = 0;
    bool given_up = false;  // it is undecided, and kTries questions were in vain
  };
  using Schedule = std::set<std::tuple<Time, u64, Watched*>>;
  using ByName = std::map<Key, Watched, Less>;

  Watched* find(std::string_view service, std::string_view target);
  Duration random_part(Duration whole);
  void plan(Watched& watched, Time due);
  void unplan(Watched& watched);
  void take_answer(Watched& watched, CheckOutcome outcome, const std::string& why, Time now);
  void take_ignorance(Watched& watched, const std::string& why, Time now);
  void know_again(Watched& watched);
  void hope(Watched& watched);
  void forget(Watched& watched);
  void plan_first(Watched& watched, Time now);
  void renew(Watched& watched, Subject subject, Time now);
  ByName::iterator drop(ByName::iterator gone);
  void share_out(const std::vector<Watched*>& failing);
  void set_state(Watched& watched, Wellness state, bool own, Time now);
  void set_out(Watched& watched, bool out);
  void move_out(Watched& watched, bool out);
  void report(const Watched& watched, Wellness before, bool was_own, bool was_down);
  void release_held(Share& share);

  u64 seed_, drawn_ = 0, last_id_ = 0, last_number_ = 0, changes_ = 0, verdicts_ = 0;
  std::size_t undecided_ = 0, given_up_ = 0, most_asked_ = kMostAsked;
  Duration gap_{}, slack_{};  // of Plan; how much time may be made up for at once
  Time pace_ = Time::min();   // when the next question may go
  ByName watched_;
  std::vector<Share> shares_;                // pointed at: replaced as a whole
  std::unordered_map<u64, Watched*> asked_;  // by id
  Schedule idle_, waiting_;                  // to be asked; to be given up
  Schedule unknown_;                         // whose last two questions or more were in vain: by unknown_since
  std::vector<Change> reports_;
};

struct Health::Plan {
  struct Entry {
    Subject subject;
    std::size_t share;  // where the subject counts
  };
  std::vector<Entry> entries;  // by service and target, each once
  std::vector<Share> shares;
  Duration gap;  // between questions, on average at least
};

}  // namespace waymark
