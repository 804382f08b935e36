#include "announce/announce.h"

#include <fmt/format.h>

#include <algorithm>

#include "roles/role.h"

namespace waymark {

void Announce::configure(const Config& config) {
  settings_ = config.announce;
  std::map<Prefix, Entry, InOrder> entries;
  std::map<std::string, Service> services;
  for (const Descriptor* role : roles_at_work(config)) {
    if (!settings_ || !role->announces) continue;
    for (const Announced& one : role->announces(config)) {
      if (one.standby && !settings_->standby_metric) continue;
      const bool by_role = one.service.empty();
      const std::string who = by_role ? fmt::format("[{}]", name_of(role->role)) : std::string(one.service);
      Service& known = services[who];
      if (const auto old = services_.find(who); old != services_.end()) known.live = old->second.live;
      known.live |= by_role;
      known.prefixes.push_back(one.prefix);
      const auto [entry, added] = entries.try_emplace(one.prefix);
      if (const auto old = entries_.find(one.prefix); added && old != entries_.end()) {
        entry->second = {.standby = one.standby, .announced = old->second.announced, .since = old->second.since};
        if (old->second.announced && old->second.standby != one.standby)
          note(one.prefix, entry->second, one.standby ? "another member holds it" : "this node holds it now");
      }
      entry->second.standby = one.standby;
      entry->second.services.push_back(who);
      entry->second.live += known.live;
      entry->second.by_role |= by_role;
    }
  }
  for (auto& [prefix, entry] : entries_)
    if (std::exchange(entry.announced, false) && !entries.contains(prefix))
      note(prefix, entry, "this node has it no more");
  entries_ = std::move(entries);
  services_ = std::move(services);
  all_changed_ = true;
  keep();
}

void Announce::keep_found(const std::vector<Prefix>& existing) {
  found_ = {existing.begin(), existing.end()};
  waiting_ = true;
  give_up_ = kNever;
  keep();
}

void Announce::keep() {
  routes_.clear();
  for (auto& [prefix, entry] : entries_) {
    if (!stopped_ && found_.count(prefix)) entry.announced = true;
    if (entry.announced) routes_.push_back(route(prefix, entry));
  }
}

void Announce::set_live(const std::string& service, bool live) {
  const auto known = services_.find(service);
  if (known == services_.end() || known->second.live == live) return;
  known->second.live = live;
  for (const Prefix& prefix : known->second.prefixes) {
    entries_.at(prefix).live += live ? 1 : u32(-1);
    changed_.insert(prefix);
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
    for (auto& [prefix, entry] : entries_) decide(prefix, entry, now);
  else
    for (const Prefix& prefix : changed_) decide(prefix, entries_.at(prefix), now);
  changed_.clear();
  all_changed_ = false;
}

void Announce::decide(const Prefix& prefix, Entry& entry, Time now) {
  const bool on = !stopped_ && (awaited_.empty() ? entry.live > 0 : found_.count(prefix) > 0);
  const bool changed = entry.announced != on;
  if (!entry.since || changed) entry.since = now;
  announce(prefix, entry, on);
  if (changed) note(prefix, entry, why(prefix, entry));
}

void Announce::announce(const Prefix& prefix, Entry& entry, bool on) {
  if (entry.announced == on) return;
  entry.announced = on;
  const RoutedPrefix it = route(prefix, entry);
  const auto at = std::lower_bound(routes_.begin(), routes_.end(), it, InOrder());
  if (on)
    routes_.insert(at, it);
  else
    routes_.erase(at);
}

std::string Announce::why(const Prefix& prefix, const Entry& entry) const {
  if (!entry.since) return {};
  if (stopped_) return "stopped";
  if (!awaited_.empty())
    return found_.count(prefix) ? fmt::format("kept as it was found, while {}", awaited_)
                                : fmt::format("not in step: {}", awaited_);
  if (entry.standby) return "standby, as another member holds it; the node is in step";
  if (entry.by_role) return "the node is in step";
  if (!entry.live) return "no live target";
  return fmt::format("{} of {} service{} {} live", entry.live, entry.services.size(),
                     entry.services.size() == 1 ? "" : "s", entry.live == 1 ? "is" : "are");
}

void Announce::note(const Prefix& prefix, const Entry& entry, const std::string& why) {
  const std::string name = text(prefix);
  if (entry.announced)
    events_.push_back(
        {Severity::info, "address.announced", name,
         fmt::format("{} is announced{}: {}", name,
                     entry.standby ? fmt::format(" as standby, with metric {}", *settings_->standby_metric) : "",
                     why)});
  else
    events_.push_back({Severity::warning, "address.withdrawn", name, fmt::format("{} is withdrawn: {}", name, why)});
}

void Announce::stop(Time now) {
  stopped_ = true;
  all_changed_ = true;
  update("", now);
}

RoutedPrefix Announce::route(const Prefix& prefix, const Entry& entry) const {
  return {prefix, entry.standby ? *settings_->standby_metric : settings_->metric};
}

std::vector<Announce::View> Announce::views() const {
  std::vector<View> out;
  for (const auto& [prefix, entry] : entries_)
    out.push_back({prefix, entry.services, entry.announced, why(prefix, entry), entry.since.value_or(Time{})});
  return out;
}

}  // namespace waymark
