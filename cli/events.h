// `waymark events`: what happened to a node, and what happens.
#pragma once

#include <string>

#include "cli/remote.h"

namespace waymark::cli {

struct EventsOptions {
  unsigned count = 1000;
  bool follow = false, json = false;
};
int events_command(const Daemon& daemon, const EventsOptions& options);

// A line of the API's stream for people; empty for what is no event.
std::string event_for_people(const std::string& line);

}  // namespace waymark::cli
