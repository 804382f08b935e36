// The daemon's log: lines on standard error, with priorities that journald reads where it listens.
#pragma once

#include <string_view>

namespace waymark::log {

// "trace", "debug", "info", "warning" or "error", as [node] log_level. Once at start, and with each reload.
void set_level(std::string_view level);

void debug(std::string_view line);
void info(std::string_view line);
void warning(std::string_view line);
void error(std::string_view line);

// Why the daemon does not start: each line as it is, for whoever called it.
void refusal(std::string_view lines);

}  // namespace waymark::log
