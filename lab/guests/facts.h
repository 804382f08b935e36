// What lab `guests` reads of a daemon as text, and the many services that it gives to one.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "core/types.h"

namespace waymark::lab {

// Over all samples of a metric, by the text of /metrics; none where there is no such metric.
struct Samples {
  u64 count = 0, sum = 0;
};
std::optional<Samples> samples(const std::string& metrics, const std::string& name);

// "VmHWM:     1234 kB" of /proc/PID/status, in bytes.
std::optional<u64> memory_in(const std::string& status, const std::string& field);
// User and system time in /proc/PID/stat; the program's name in it may hold anything.
std::optional<u64> ticks_in(const std::string& stat);

// Of a process that lives. Its peak is what it had at most since forget_peak().
struct Vitals {
  u64 files = 0, peak = 0;  // open now; bytes
  Duration cpu{};
  char state = '?';  // as in /proc/PID/stat: R, S, T...
};
Result<Vitals> vitals(pid_t pid);
void forget_peak(pid_t pid);

// Where the many services' targets are: each server stands for a whole prefix of them.
std::string many_targets_of(const std::string& server);  // "2001:db8:71::/64"

// So many services with an address and three targets each, all checked by TCP every so many seconds.
std::string many_services(u32 services, u32 every);

}  // namespace waymark::lab
