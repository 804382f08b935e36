// What happened, as the log, `waymark events` and the hook are told: one change of state, with names and reason.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "core/types.h"

namespace waymark {

enum class Severity : u8 { info, warning };

struct Event {
  Severity severity;
  std::string kind;     // one of event_kinds()
  std::string subject;  // what it happened to, as the configuration names it: "web/s1", "198.51.100.80", "eth0"
  std::string text;     // a sentence with subject and reason: "web/s1 is down: connection refused"
};

struct EventKind {
  std::string_view name;     // "target.down": what the subject is, and what became of it
  std::string_view many;     // of several, after their number: "targets are down"
  std::string_view meaning;  // for docs/operations.md, which lists them all (a test compares)
};
// A new kind needs a line there and in the documentation.
std::span<const EventKind> event_kinds();
const EventKind* find_event_kind(std::string_view name);

std::string_view text(Severity severity);  // "info", "warning"

}  // namespace waymark
