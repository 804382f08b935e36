#include "daemon/refused.h"

#include <fmt/format.h>

#include <utility>

namespace waymark {

namespace {

std::string rate_of(const std::string& interface, u64 packets) {
  return fmt::format("forward.refused: {} packet{} in {} s, sent by {} and refused by its driver", packets,
                     packets == 1 ? "" : "s",
                     std::chrono::duration_cast<std::chrono::seconds>(RefusedWatch::kEvery).count(), interface);
}

constexpr const char* kWhy = "no room there, or an other end that takes none: `waymark check --here` looks";

}  // namespace

std::vector<Event> RefusedWatch::look(const std::vector<Reading>& readings, Time now) {
  std::vector<Event> out;
  due_ = now + kEvery;
  std::map<std::string, Watched> watched;
  for (const Reading& reading : readings) {
    if (!reading.count) continue;
    const auto before = watched_.find(reading.interface);
    Watched& w = watched[reading.interface];
    if (before != watched_.end()) {
      w = before->second;
      w.last = *reading.count < w.count ? *reading.count : *reading.count - w.count;  // less: it was made anew
      w.packets += w.last;
    }
    w.count = *reading.count;
    if (std::exchange(w.growing, w.last >= kFew) == w.growing) continue;
    if (w.growing)
      out.push_back({Severity::warning, "drops.began", reading.interface,
                     fmt::format("{}: {}", rate_of(reading.interface, w.last), kWhy)});
    else
      out.push_back({Severity::info, "drops.ended", reading.interface, rate_of(reading.interface, w.last)});
  }
  watched_ = std::move(watched);
  return out;
}

std::vector<RefusedView> RefusedWatch::views() const {
  std::vector<RefusedView> out;
  for (const auto& [interface, w] : watched_) out.push_back({interface, w.packets});
  return out;
}

std::vector<std::string> RefusedWatch::growing() const {
  std::vector<std::string> out;
  for (const auto& [interface, w] : watched_)
    if (w.growing) out.push_back(fmt::format("{}: {}", rate_of(interface, w.last), kWhy));
  return out;
}

}  // namespace waymark
