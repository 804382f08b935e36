// Who of a group does what work can move from one to another, one thing at a time: as files say, as operators decided,
// or in place of a member that is lost. It decides alone: no I/O, no clock.
//
// Nobody has to agree with anybody at one moment. Each member works out by itself, from what it heard, whose a thing
// is: the member's to whom an operator gave it; else theirs whose files say so; else, of those that stand in, the
// first one's by name. A member that is lost counts no more, once it was not heard for kLostFor. Whoever's it is takes
// it at once. Whoever has it otherwise lets go once one whose it is says that it has it and is ready: in between both
// have it, and never nobody. Members that cannot hear each other may both have a thing, so what is held must bear that.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "config/holding.h"
#include "core/tables.h"
#include "dataplane/image.h"
#include "group/message.h"

namespace waymark::group {

// What is known of another member.
struct Peer {
  std::string name;
  bool up = false;             // it is linked, and has told all that it has to tell
  bool ready = false;          // as it said last: it announces what it holds, or would
  std::optional<Time> lost;    // when it was heard last, where it was up before
  bool mirrors_flows = false;  // as it was last: it has told all flows that its firewall knows
  std::map<std::string, Claim> claims;
};

struct HoldingView {
  Holding of;
  Hold hold = Hold::no;
  std::vector<std::string> others;  // members that are up and say that they hold it
  std::string given;                // the member that an operator gave it; empty: nobody
  bool is_stand_in = false;         // this node has it in place of who is lost
  std::string why;                  // whose it is, as a clause
  Time since{};                     // it is so
};

class Holdings {
 public:
  static constexpr Duration kLostFor = std::chrono::seconds(2);  // a daemon that is started again is back before
  static constexpr Duration kLinger = std::chrono::seconds(3);   // until routers know where the other one is

  // `found`: what a daemon before this one left in its tables.
  Holdings(std::string own_name, std::span<const HeldRecord> found);

  // What would be held by a file with these things, at first or from now on.
  Holds plan(const std::vector<Holding>& things) const;
  // It is in force: packets follow it.
  void in_force(std::vector<Holding> things, const Holds& holds, Time now);

  // What is known of members; false: nothing has changed in what this node is to hold. `in_step`: see Group.
  bool review(std::vector<Peer> peers, bool in_step, Time now);
  const Holds& wanted() const { return wanted_; }  // of the things in force
  const Holds& held() const { return held_; }
  Time deadline() const { return due_; }

  // Operators' decisions. Fail, with a sentence, where nothing comes of it.
  Status take(const std::string& thing);
  Status give(const std::string& thing, const std::string& member);  // empty: whoever would have it

  // Records that are later than what is known count: true where there was one.
  bool merge(const std::vector<Assignment>& records);
  std::vector<Assignment> assignments() const;  // all that are known
  std::vector<Claim> claims() const;            // this node's
  void save(std::span<HeldRecord> table) const;

  std::vector<HoldingView> views() const;

 private:
  struct Whose {
    std::vector<std::string> members;
    bool stand_in;
    std::string why;
  };
  const Assignment* assignment(const std::string& thing) const;
  bool is_present(const Peer& peer) const;
  const Peer* peer(const std::string& name) const;
  Whose whose(const Holding& thing) const;
  Hold decide(const Holding& thing) const;
  Status assign(const std::string& thing, const std::string& member);
  Status know(const std::string& thing) const;

  const std::string own_name_;
  std::vector<Holding> things_;
  Holds held_, wanted_;
  std::map<std::string, bool> found_;  // before the first file is in force: what was held, by name
  std::map<std::string, Time> since_;
  std::map<std::string, Assignment> assignments_;
  std::vector<Peer> peers_;
  bool in_step_ = false;
  Time now_{}, due_ = Time::max();
};

}  // namespace waymark::group
