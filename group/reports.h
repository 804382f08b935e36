// What nodes say as POPs, as all members come to know it though not all are connected: of two reports of one node the
// later is in force, wherever they met, and each member passes on what is later than what it knew.
//
// Who is connected to whom stands in the report (PopReport::told), so that none comes by others where its node sends it
// itself; in a full mesh nothing is passed on. A report is good for kReportLasts, in which it is renewed several times:
// what a node said that is gone ends so. A node that starts anew does not know its last number: it hears its own former
// report from others, and goes on from there.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "group/member.h"

namespace waymark::group {

constexpr Duration kReportEvery = std::chrono::seconds(10), kReportLasts = std::chrono::seconds(35);

class Reports {
 public:
  Reports(const std::string& own_name, u64 life);

  // What this node says; nothing goes out where it said so before.
  void say(const PathDigest& paths) { change(own_.paths, paths); }
  void say(const PathKeys& keys) { change(own_.keys, keys); }
  void say(std::vector<PopView> views);  // one POP's; the first kMostPopViews of them, in the order of whom it sees
  const PathDigest& paths() const { return own_.paths; }

  // This node's own, where it is time that it goes out, to those that are connected now (their names' origin_of(), in
  // order); none otherwise, and for a node that is no POP.
  std::optional<PopReport> due(const std::vector<u32>& connected, Time now);
  Time deadline() const { return std::min(due_, expires_); }  // when due() and expire() may do something

  // True where it is later than what was known: then it is for others, too. Of this node itself it never is.
  bool take(const PopReport& report, Time now);
  // What a node that was just connected is to be told: by its name.
  std::vector<PopReport> for_newcomer(const std::string& name, Time now) const;

  struct Heard {
    Time sent;  // by its node
    PopReport report;
  };
  const Heard* of(const std::string& node) const;
  static PopReport aged(const Heard& heard, Time now);  // as it goes on
  void forget(const std::string& node);                 // it is no member any more
  void expire(Time now);

  // Of which two POPs (who sees whom) others say something else since the last call; and what they all say of them.
  std::set<PopPair> pairs_heard() { return std::exchange(pairs_heard_, {}); }
  std::vector<PopView> views_of(const PopPair& pair) const;

 private:
  template <class T>
  void change(T& had, const T& now) {
    if (had == now) return;
    had = now;
    news_ = true;
    due_ = Time(0);
  }
  void note_pairs(const PopReport& report);

  PopReport own_;      // as it is said next; `number`: of the last one that was sent
  bool news_ = false;  // it differs from that
  Time sent_{}, due_{Time::max()}, expires_{Time::max()};
  std::map<std::string, Heard> heard_;  // by name
  std::set<PopPair> pairs_heard_;
};

// Whether the node sends it to this one itself.
bool tells(const PopReport& report, const std::string& name);

// What it says, beside what a node says that has these files.
void tell_of(MemberView& view, const Reports::Heard& heard, const PathDigest& ours);

}  // namespace waymark::group
