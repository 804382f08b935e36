#include "daemon/events.h"

#include <algorithm>

#include "daemon/log.h"

namespace waymark {

namespace {

constexpr std::size_t kLongest = 1500;  // bytes of a sentence

// However many lines a sentence had, as those of a configuration's problems, and however long they were.
std::string one_line(const std::string& text) {
  std::string out;
  for (const char c : text.substr(0, kLongest)) {
    if (c == '\n')
      out += "; ";
    else
      out += u8(c) < 0x20 || c == 0x7f ? '?' : c;
  }
  return text.size() > kLongest ? out + "..." : out;
}

// It would fail again; and it could not come to its end.
bool runs_hook(const Event& event) { return event.kind != "hook.failed" && event.kind != "daemon.ends"; }

}  // namespace

Events::Events(Loop& loop)
    : ring_(std::make_shared<EventRing>()),
      hook_(loop, [this](std::string sentence) { troubles_.push_back(std::move(sentence)); }) {}

Events::~Events() { finish(); }

void Events::finish() {
  hook_.configure("", "");
  publish(coalescer_.rest());
  for (Follower& follower : std::exchange(followers_, {})) follower.body->end();
}

void Events::tell(Event event, Time now) {
  std::vector<Event> moment;
  moment.push_back(std::move(event));
  tell(std::move(moment), now);
}

void Events::tell(std::vector<Event> moment, Time now) {
  if (moment.empty()) return;
  step(now);
  publish(coalescer_.add(std::move(moment), now));
}

void Events::step(Time now) {
  if (now >= coalescer_.deadline()) publish(coalescer_.due(now));
  hook_.step(now);
  if (now >= alive_due_) {
    std::erase_if(followers_, [](const Follower& f) { return f.body->gone(); });
    for (Follower& follower : followers_) follower.body->push("\n");
    alive_due_ = followers_.empty() ? Time::max() : now + kAlive;
  }
  for (std::string& sentence : std::exchange(troubles_, {})) {
    std::vector<Event> failed = {{Severity::warning, "hook.failed", "on_event", std::move(sentence)}};
    publish(coalescer_.add(std::move(failed), now));
  }
}

Time Events::deadline() const {
  if (!troubles_.empty()) return Time(0);
  return std::min({coalescer_.deadline(), hook_.deadline(), alive_due_});
}

void Events::publish(std::vector<Event> events) {
  const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  for (Event& event : events) {
    event.text = one_line(event.text);
    const Recorded& recorded = ring_->add(std::move(event), now);
    if (recorded.event.severity == Severity::warning)
      log::warning(recorded.event.text);
    else
      log::info(recorded.event.text);
    for (Follower& follower : followers_) send(follower, recorded);
    if (runs_hook(recorded.event)) hook_.add(recorded, boot_time());
  }
}

void Events::send(Follower& to, const Recorded& event) {
  std::string lines;
  if (to.missed) lines = to_line(missed_event(to.missed, event.number - 1, event.time));
  if (to.body->push(lines + to_line(event)))
    to.missed = 0;
  else
    ++to.missed;
}

bool Events::follow(std::shared_ptr<BodyQueue> body, const EventRing::Page& page) {
  std::erase_if(followers_, [](const Follower& f) { return f.body->gone(); });
  if (followers_.size() >= kMostFollowers) return false;
  Follower follower{std::move(body), page.missed};
  for (const Recorded& event : page.events) send(follower, event);
  followers_.push_back(std::move(follower));
  alive_due_ = std::min(alive_due_, boot_time() + kAlive);
  return true;
}

}  // namespace waymark
