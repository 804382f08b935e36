// The events of lab `site`, run at once on two equal sites: the real one, and the control with one switch off.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "lab/fabric.h"

namespace waymark::lab {

struct EventResult {
  std::string name;          // "killed"
  std::string title;         // "daemon killed -9, dead for 10 s, restarted"
  std::string switched_off;  // in the control: "links not pinned"
  Window real, control;
};

struct Check {
  std::string sentence;
  bool ok;
};

struct Verdict {
  Load load;
  double seconds = 0;
  std::vector<EventResult> events;
  std::vector<Check> checks;
  std::string stopped_by;  // why the schedule could not be finished; "": it was
  std::string logs;        // of the daemons, when something failed
  bool passed() const;
};

// Leaves nothing behind; `say` hears what happens as it happens.
Verdict run_site(const Tools& tools, const Load& load, const std::function<void(const std::string&)>& say);

}  // namespace waymark::lab
