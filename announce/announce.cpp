#include "announce/announce.h"

#include <fmt/format.h>

#include <algorithm>

namespace waymark {

bool Announce::Before::operator()(const Address& a, const Address& b) const {
  const auto number = [](const Address& x) {
    return std::pair(__builtin_bswap64(x.high), __builtin_bswap64(x.low));  // the 128 bits as one
  };
  return number(a) < number(b);
}

void Announce::configure(const Config& config) {
  settings_ = config.announce;
  std::map<Address, Entry, Before> entries;
  for (const ServiceConfig& service : config.service)
    for (const Address& address : service.address) {
      if (!settings_) break;
      const auto [entry, added] = entries.try_emplace(address);
      if (const auto old = entries_.find(address); added && old != entries_.end()) {
        entry->second = std::move(old->second);
        entry->second.services.clear();
      }
      entry->second.services.push_back(service.name);
    }
  entries_ = std::move(entries);
  keep();
}

void Announce::keep_found(const std::vector<Address>& existing) {
  found_ = {existing.begin(), existing.end()};
  waiting_ = true;
  give_up_ = kNever;
  keep();
}

void Announce::keep() {
  for (auto& [address, entry] : entries_)
    if (!stopped_ && found_.count(address)) entry.announced = true;
  collect();
}

void Announce::update(const std::string& awaited, const std::vector<std::pair<std::string, bool>>& live_services,
                      Time now) {
  if (waiting_ && give_up_ == kNever) give_up_ = now + kGrace;
  if (waiting_ && (awaited.empty() || now >= give_up_)) {
    waiting_ = false;
    give_up_ = kNever;
    found_.clear();
  }
  std::set<std::string> live;
  for (const auto& [service, alive] : live_services)
    if (alive) live.insert(service);
  for (auto& [address, entry] : entries_) {
    const bool before = entry.announced;
    decide(address, entry, awaited, live);
    if (!entry.since || entry.announced != before) entry.since = now;
  }
  collect();
}

void Announce::decide(const Address& address, Entry& entry, const std::string& awaited,
                      const std::set<std::string>& live) {
  const auto alive =
      std::count_if(entry.services.begin(), entry.services.end(), [&](auto& service) { return live.count(service); });
  if (stopped_) {
    entry.announced = false;
    entry.why = "stopped";
  } else if (!awaited.empty()) {
    entry.announced = found_.count(address) > 0;
    entry.why = entry.announced ? fmt::format("kept as it was found, while {}", awaited)
                                : fmt::format("not in step: {}", awaited);
  } else {
    entry.announced = alive > 0;
    entry.why = !alive ? "no live target"
                       : fmt::format("{} of {} service{} {} live", alive, entry.services.size(),
                                     entry.services.size() == 1 ? "" : "s", alive == 1 ? "is" : "are");
  }
}

void Announce::stop(Time now) {
  stopped_ = true;
  update("", {}, now);
}

void Announce::collect() {
  desired_.clear();
  for (const auto& [address, entry] : entries_)
    if (entry.announced) desired_.push_back(address);
}

std::vector<Announce::View> Announce::views() const {
  std::vector<View> out;
  for (const auto& [address, entry] : entries_)
    out.push_back({address, entry.services, entry.announced, entry.why, entry.since.value_or(Time{})});
  return out;
}

}  // namespace waymark
