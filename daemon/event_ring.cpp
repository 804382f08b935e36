#include "daemon/event_ring.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace waymark {

std::string text(WallTime time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)),
                     (time - seconds).count());
}

std::string to_line(const Recorded& r) {
  const nlohmann::ordered_json json{
      {"time", text(r.time)}, {"number", r.number},         {"severity", text(r.event.severity)},
      {"kind", r.event.kind}, {"subject", r.event.subject}, {"text", r.event.text}};
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

const Recorded& EventRing::add(Event event, WallTime time) {
  const std::lock_guard guard(mutex_);
  if (events_.size() >= kMost) events_.pop_front();
  events_.push_back({++last_, time, std::move(event)});
  return events_.back();
}

EventRing::Page EventRing::page(u64 number, std::size_t count) const {
  if (number > last_) number = 0;
  Page page;
  if (events_.empty()) return page;
  const u64 oldest = events_.front().number;
  if (number + 1 < oldest) page.missed = oldest - number - 1;
  for (std::size_t i = number < oldest ? 0 : number - oldest + 1; i < events_.size() && page.events.size() < count; ++i)
    page.events.push_back(events_[i]);
  return page;
}

EventRing::Page EventRing::after(u64 number, std::size_t count) const {
  const std::lock_guard guard(mutex_);
  return page(number, count);
}

EventRing::Page EventRing::last(std::size_t count) const {
  const std::lock_guard guard(mutex_);
  Page newest = page(last_ > count ? last_ - count : 0, count);
  newest.missed = 0;
  return newest;
}

Recorded missed_event(u64 missed, u64 last, WallTime time) {
  return {last, time, {Severity::warning, "events.missed", "", fmt::format("{} events before are left out", missed)}};
}

Rows rows_of(const EventRing::Page& page) {
  Rows rows{{"time", "number", "severity", "kind", "subject", "text"}, {}};
  for (const Recorded& r : page.events)
    rows.rows.push_back(
        {text(r.time), r.number, std::string(text(r.event.severity)), r.event.kind, r.event.subject, r.event.text});
  return rows;
}

}  // namespace waymark
