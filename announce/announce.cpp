#include "announce/announce.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/address_text.h"

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
  std::map<std::string, Service> services;
  for (const ServiceConfig& service : config.service) {
    if (!settings_) break;
    Service& known = services[service.name];
    if (const auto old = services_.find(service.name); old != services_.end()) known.live = old->second.live;
    known.addresses = service.address;
    for (const Address& address : service.address) {
      const auto [entry, added] = entries.try_emplace(address);
      if (const auto old = entries_.find(address); added && old != entries_.end()) {
        entry->second = std::move(old->second);
        entry->second.services.clear();
        entry->second.live = 0;
      }
      entry->second.services.push_back(service.name);
      entry->second.live += known.live;
    }
  }
  for (const auto& [address, entry] : entries_)
    if (entry.announced && !entries.contains(address)) note(address, false, "it is not configured any more");
  entries_ = std::move(entries);
  services_ = std::move(services);
  all_changed_ = true;
  keep();
}

void Announce::keep_found(const std::vector<Address>& existing) {
  found_ = {existing.begin(), existing.end()};
  waiting_ = true;
  give_up_ = kNever;
  keep();
}

void Announce::keep() {
  desired_.clear();
  for (auto& [address, entry] : entries_) {
    if (!stopped_ && found_.count(address)) entry.announced = true;
    if (entry.announced) desired_.push_back(address);
  }
}

void Announce::set_live(const std::string& service, bool live) {
  const auto known = services_.find(service);
  if (known == services_.end() || known->second.live == live) return;
  known->second.live = live;
  for (const Address& address : known->second.addresses) {
    entries_.at(address).live += live ? 1 : u32(-1);
    changed_.insert(address);
  }
}

void Announce::update(const std::string& awaited, Time now) {
  if (waiting_ && give_up_ == kNever) give_up_ = now + kGrace;
  if (waiting_ && now > give_up_ + kLate) give_up_ = now + kCatchUp;
  all_changed_ = all_changed_ || awaited.empty() != awaited_.empty();
  awaited_ = awaited;
  if (waiting_ && (awaited.empty() || now >= give_up_)) {
    waiting_ = false;
    give_up_ = kNever;
    found_.clear();
    all_changed_ = true;
  }
  if (all_changed_)
    for (auto& [address, entry] : entries_) decide(address, entry, now);
  else
    for (const Address& address : changed_) decide(address, entries_.at(address), now);
  changed_.clear();
  all_changed_ = false;
}

void Announce::decide(const Address& address, Entry& entry, Time now) {
  const bool on = !stopped_ && (awaited_.empty() ? entry.live > 0 : found_.count(address) > 0);
  const bool changed = entry.announced != on;
  if (!entry.since || changed) entry.since = now;
  announce(address, entry, on);
  if (changed) note(address, on, why(address, entry));
}

void Announce::announce(const Address& address, Entry& entry, bool on) {
  if (entry.announced == on) return;
  entry.announced = on;
  const auto at = std::lower_bound(desired_.begin(), desired_.end(), address, Before());
  if (on)
    desired_.insert(at, address);
  else
    desired_.erase(at);
}

std::string Announce::why(const Address& address, const Entry& entry) const {
  if (!entry.since) return {};
  if (stopped_) return "stopped";
  if (!awaited_.empty())
    return found_.count(address) ? fmt::format("kept as it was found, while {}", awaited_)
                                 : fmt::format("not in step: {}", awaited_);
  if (!entry.live) return "no live target";
  return fmt::format("{} of {} service{} {} live", entry.live, entry.services.size(),
                     entry.services.size() == 1 ? "" : "s", entry.live == 1 ? "is" : "are");
}

void Announce::note(const Address& address, bool announced, const std::string& why) {
  const std::string name = text(address);
  if (announced)
    events_.push_back({Severity::info, "address.announced", name, fmt::format("{} is announced: {}", name, why)});
  else
    events_.push_back({Severity::warning, "address.withdrawn", name, fmt::format("{} is withdrawn: {}", name, why)});
}

void Announce::stop(Time now) {
  stopped_ = true;
  all_changed_ = true;
  update("", now);
}

std::vector<Announce::View> Announce::views() const {
  std::vector<View> out;
  for (const auto& [address, entry] : entries_)
    out.push_back({address, entry.services, entry.announced, why(address, entry), entry.since.value_or(Time{})});
  return out;
}

}  // namespace waymark
