#include "daemon/notify.h"

#include <fmt/format.h>
#include <systemd/sd-daemon.h>

#include <ctime>

namespace waymark::notify {

void ready(const std::string& status) { sd_notify(0, fmt::format("READY=1\nSTATUS={}", status).c_str()); }

void reloading() {  // Type=notify-reload wants the moment by CLOCK_MONOTONIC
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  const long long us = (long long)now.tv_sec * 1'000'000 + now.tv_nsec / 1000;
  sd_notify(0, fmt::format("RELOADING=1\nMONOTONIC_USEC={}", us).c_str());
}

void stopping() { sd_notify(0, "STOPPING=1"); }
void watchdog() { sd_notify(0, "WATCHDOG=1"); }
void status(const std::string& line) { sd_notify(0, fmt::format("STATUS={}", line).c_str()); }

std::optional<Duration> watchdog_period() {
  uint64_t us = 0;
  if (sd_watchdog_enabled(0, &us) <= 0 || us < 2) return std::nullopt;
  return std::chrono::microseconds(us / 2);
}

}  // namespace waymark::notify
