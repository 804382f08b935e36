// What happens in lab `edge`, in order: with edges, and at the same time in the control.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/time.h"
#include "lab/edge/fabric.h"

namespace waymark::lab {

struct EdgeStep {
  std::function<Status(EdgeFabric&)> act;
  Duration then = {};  // so long until the next
};

struct EdgeEvent {
  std::string name, title;
  std::vector<EdgeStep> steps;
  Duration then;  // so long until it is looked at
  bool control_breaks = false;
  std::string lost = {};  // a server that is no more: its connections break, and no others
};

std::vector<EdgeEvent> edge_events();

}  // namespace waymark::lab
