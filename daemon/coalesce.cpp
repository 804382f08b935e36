#include "daemon/coalesce.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

namespace waymark {

namespace {

constexpr Duration kLook = std::chrono::milliseconds(250);  // between two looks at all subjects, at least

// "target.up" and "target.down" are of one family: a target that flaps is one thing.
std::string family_of(const Event& event) { return event.kind.substr(0, event.kind.find('.')) + " " + event.subject; }

std::string with_left_out(const std::string& text, u32 left_out) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(Coalescer::kSubjectWindow).count();
  return fmt::format("{} ({} change{} before in {} s left out)", text, left_out, left_out == 1 ? "" : "s", seconds);
}

}  // namespace

void Coalescer::add(Sum& sum, Event event) {
  ++sum.count;
  const bool fresh = sum.subjects.insert(std::hash<std::string>()(event.subject)).second;
  if (sum.first.size() < kNamed && (fresh || sum.count <= kNamed)) sum.first.push_back(std::move(event));
}

// A few are told as they were.
void Coalescer::tell(Sum sum, std::vector<Event>& out) {
  if (sum.count <= sum.first.size()) {
    for (Event& event : sum.first) out.push_back(std::move(event));
    return;
  }
  const Event& first = sum.first.front();
  const EventKind* kind = find_event_kind(first.kind);
  const u64 subjects = first.subject.empty() ? sum.count : sum.subjects.size();
  std::string text = fmt::format("{} {}", subjects, kind ? kind->many : "events of kind " + first.kind);
  if (!first.subject.empty()) {
    const char* before = ": ";
    for (const Event& event : sum.first) text += before + event.subject, before = ", ";
    if (subjects > sum.first.size()) text += fmt::format(" and {} more", subjects - sum.first.size());
  }
  if (first.severity == Severity::warning) text += "; the first: " + first.text;
  out.push_back({first.severity, first.kind, subjects == 1 ? first.subject : std::string(), std::move(text)});
}

// False where it waits.
bool Coalescer::passes_subject(Event& event, Time now) {
  if (event.subject.empty()) return true;
  const std::string name = family_of(event);
  auto entry = subjects_.find(name);
  if (entry == subjects_.end()) {
    if (subjects_.size() >= kSubjects) return true;
    entry = subjects_.emplace(name, Subject{.until = now + kSubjectWindow}).first;
    deadline_ = std::min(deadline_, now + kSubjectWindow);
  }
  Subject& subject = entry->second;
  if (subject.told < kSubjectMost) return ++subject.told, true;
  if (!subject.last.empty()) ++subject.left_out;
  subject.last.assign(1, std::move(event));
  return false;
}

Coalescer::Kind& Coalescer::kind_of(const Event& event, Time now) {
  deadline_ = std::min(deadline_, now + kKindWindow);
  return kinds_.try_emplace(event.kind, Kind{.until = now + kKindWindow}).first->second;
}

void Coalescer::pass_kind(Event event, Time now, std::vector<Event>& out) {
  Kind& kind = kind_of(event, now);
  if (kind.full || kind.told >= kKindMost) return add(kind.waiting, std::move(event));
  ++kind.told;
  out.push_back(std::move(event));
}

std::vector<Event> Coalescer::add(std::vector<Event> events, Time now) {
  std::vector<Event> out;
  std::map<std::string, u32> count;
  std::erase_if(events, [&](Event& event) { return !passes_subject(event, now); });
  for (const Event& event : events) ++count[event.kind];
  std::map<std::string, Sum> sums;
  for (Event& event : events) {
    const auto known = kinds_.find(event.kind);
    const bool full = known != kinds_.end() && known->second.full;
    if (count[event.kind] > kMoment && !full)
      add(sums[event.kind], std::move(event));
    else
      pass_kind(std::move(event), now, out);
  }
  for (auto& [name, sum] : sums) {
    kind_of(sum.first.front(), now).full = true;
    tell(std::move(sum), out);
  }
  return out;
}

std::vector<Event> Coalescer::due(Time now) {
  std::vector<Event> out;
  if (now < deadline_) return out;
  for (auto it = subjects_.begin(); it != subjects_.end();) {
    Subject& subject = it->second;
    if (subject.until > now) {
      ++it;
    } else if (subject.last.empty()) {
      it = subjects_.erase(it);
    } else {
      Event event = std::move(subject.last.front());
      if (subject.left_out) event.text = with_left_out(event.text, subject.left_out);
      subject = {.until = now + kSubjectWindow, .told = kSubjectMost};
      pass_kind(std::move(event), now, out);
      ++it;
    }
  }
  for (auto it = kinds_.begin(); it != kinds_.end();) {
    Kind& kind = it->second;
    if (kind.until > now) {
      ++it;
    } else if (kind.waiting.count == 0) {
      it = kinds_.erase(it);
    } else {
      tell(std::move(kind.waiting), out);
      kind = {.until = now + kKindWindow, .full = true};
      ++it;
    }
  }
  deadline_ = Time::max();
  for (auto& [name, kind] : kinds_) deadline_ = std::min(deadline_, kind.until);
  for (auto& [name, subject] : subjects_) deadline_ = std::min(deadline_, subject.until);
  deadline_ = std::max(deadline_, now + kLook);
  return out;
}

std::vector<Event> Coalescer::rest() {
  std::vector<Event> out;
  for (auto& [name, subject] : subjects_)
    for (Event& event : subject.last) {
      if (subject.left_out) event.text = with_left_out(event.text, subject.left_out);
      add(kinds_[event.kind].waiting, std::move(event));
    }
  for (auto& [name, kind] : kinds_)
    if (kind.waiting.count) tell(std::move(kind.waiting), out);
  subjects_.clear();
  kinds_.clear();
  deadline_ = Time::max();
  return out;
}

}  // namespace waymark
