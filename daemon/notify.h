// What systemd is told (sd_notify(3)); nothing where it did not start us.
#pragma once

#include <optional>
#include <string>

#include "base/time.h"

namespace waymark::notify {

void ready(const std::string& status);  // also the end of reloading
void reloading();
void stopping();
void watchdog();
void status(const std::string& line);

// How often watchdog() is due; none where systemd does not watch.
std::optional<Duration> watchdog_period();

}  // namespace waymark::notify
