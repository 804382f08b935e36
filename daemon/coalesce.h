// Keeps events to as many as people read, whatever flaps. Two bounds, both without a clock of their own:
//
// A subject ("web/s1") is told of kSubjectMost times in kSubjectWindow. What comes after waits for the window's end,
// where the last of it is told with the number of those left out; from then on one a window, until a window is quiet.
//
// A kind ("target.up") is told of kKindMost times in kKindWindow, likewise. More than kMoment of a kind at one moment,
// and what waited for the window's end, become one sentence: "15000 targets are up: web/s1, web/s2, web/s3 and 14997
// more".
#pragma once

#include <map>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/event.h"
#include "base/time.h"

namespace waymark {

class Coalescer {
 public:
  static constexpr u32 kSubjectMost = 4, kKindMost = 20, kMoment = 8;
  static constexpr Duration kSubjectWindow = std::chrono::seconds(10), kKindWindow = std::chrono::seconds(5);
  static constexpr std::size_t kSubjects = 4096;  // more at a time are held to their kind's bound alone
  static constexpr std::size_t kNamed = 3;        // subjects in a sentence

  // What happened at one moment, in order; returned is what is to be told now.
  std::vector<Event> add(std::vector<Event> events, Time now);
  // What has waited long enough. To be called before add(), and at deadline().
  std::vector<Event> due(Time now);
  std::vector<Event> rest();                   // all that waits
  Time deadline() const { return deadline_; }  // Time::max() where nothing waits or can be forgotten

 private:
  struct Sum {
    u64 count = 0;                                  // of events
    std::vector<Event> first = {};                  // kNamed, of different subjects
    std::unordered_set<std::size_t> subjects = {};  // their hashes
  };
  struct Subject {
    Time until{};
    u32 told = 0, left_out = 0;
    std::vector<Event> last = {};  // none or one
  };
  struct Kind {
    Time until{};
    u32 told = 0;
    bool full = false;  // the window before had more than it could tell
    Sum waiting = {};
  };
  static void add(Sum& sum, Event event);
  static void tell(Sum sum, std::vector<Event>& out);
  Kind& kind_of(const Event& event, Time now);
  bool passes_subject(Event& event, Time now);
  void pass_kind(Event event, Time now, std::vector<Event>& out);

  std::map<std::string, Subject> subjects_;  // by the kind's first word and the subject
  std::map<std::string, Kind> kinds_;
  Time deadline_ = Time::max();  // the first `until` of all
};

}  // namespace waymark
