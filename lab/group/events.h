// What happens in lab `group`, in order; each step at once in both groups.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/time.h"
#include "lab/group/fabric.h"

namespace waymark::lab {

constexpr const char* kDrainedServer = "s1";
constexpr const char* kKilledServer = "s2";
constexpr const char* kAddedServer = "s4";

struct GroupStep {
  std::function<Status(GroupFabric&)> act;
  Duration then;  // so long until the next
};

struct GroupEvent {
  std::string name, title;
  bool moves;  // flows from one director to the other
  std::vector<GroupStep> steps;
  std::string switched_off = {};  // in the control, besides the candidate and the mirror
  std::function<Status(GroupFabric&)> before_in_control = {};
};

std::vector<GroupEvent> group_events();

}  // namespace waymark::lab
