// What happens in lab `paths`, in order: where the middle POP may be passed by, and at the same time in the control.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/time.h"
#include "lab/paths/fabric.h"

namespace waymark::lab {

struct PathsStep {
  std::function<Status(PathsFabric&)> act;
  Duration then = {};  // so long until the next
};

struct PathsEvent {
  std::string name, title;
  std::vector<PathsStep> steps;
  bool control_breaks = false;
};

std::vector<PathsEvent> paths_events();

}  // namespace waymark::lab
