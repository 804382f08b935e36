// What a lab found out: what each event did, and every claim with its truth.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "lab/kit/crew.h"

namespace waymark::lab {

using Say = std::function<void(const std::string&)>;  // hears what happens as it happens

struct EventResult {
  std::string name;          // "killed"
  std::string title;         // "daemon killed -9, dead for 10 s, restarted"
  std::string switched_off;  // in the control: "links not pinned"
  Window real, control;
};

struct Check {
  std::string sentence;
  bool ok;
  bool in_table = false;  // the events' table shows it as well
};

struct Verdict {
  std::string lab;
  std::string off = "the same, one thing off";  // what the control is
  Load load;
  double seconds = 0;
  std::vector<EventResult> events;
  std::vector<Check> checks;
  std::string stopped_by;  // why the lab could not be finished; "": it was
  std::string logs;        // of the daemons, when something failed

  // The clients' windows that are called like events; what follows under "after" belongs to the event before it.
  void take(const ClientReport& clients, Window EventResult::*into);
  void check(bool ok, const std::string& sentence) { checks.push_back({sentence, ok, false}); }
  void check(const Result<std::string>& found) { check(bool(found), found ? *found : found.error().sentence); }
  void check_agreement(const ClientReport& clients, const ServerReport& servers);
  bool passed() const;
};

// Runs `play` on a machine without leftovers, takes everything away again whatever happened, and checks that.
Verdict staged(const std::string& lab, const Load& load, const std::function<Status(Verdict&)>& play);

}  // namespace waymark::lab
