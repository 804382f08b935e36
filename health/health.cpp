#include "health/health.h"

#include <algorithm>
#include <utility>

#include "core/hash.h"

namespace waymark {

std::string_view text(Wellness wellness) {
  return wellness == Wellness::up ? "up" : wellness == Wellness::down ? "down" : "unknown";
}

// By a 64-bit random number, without overflow for pauses of up to hours.
Duration Health::random_part(Duration whole) {
  const u64 random = mix(seed_ + 0x9e3779b97f4a7c15ull * ++drawn_);
  return Duration(Duration::rep(static_cast<unsigned __int128>(u64(whole.count())) * random >> 64));
}

Health::Watched* Health::find(std::string_view service, std::string_view target) {
  const auto at = watched_.find(Named(service, target));
  return at == watched_.end() ? nullptr : &at->second;
}

void Health::plan(Watched& watched, Time due) {
  watched.due = due;
  (watched.asked_as ? waiting_ : idle_).emplace(due, watched.number, &watched);
}

void Health::unplan(Watched& watched) {
  (watched.asked_as ? waiting_ : idle_).erase({watched.due, watched.number, &watched});
}

void Health::release_held(Share& share) {
  while (!share.held.empty()) set_out(**share.held.begin(), true);
}

void Health::set_out(Watched& watched, bool out) {
  const bool was = watched.out;
  move_out(watched, out);
  report(watched, watched.state, watched.own, was);
}

void Health::move_out(Watched& watched, bool out) {
  if (watched.share) {
    if (watched.state == Wellness::down && !out)
      watched.share->held.insert(&watched);
    else
      watched.share->held.erase(&watched);
  }
  if (watched.out == out) return;
  watched.out = out;
  ++changes_;
  watched.out_since = changes_;
}

void Health::report(const Watched& w, Wellness before, bool was_own, bool was_down) {
  if (w.state == before && w.own == was_own && w.out == was_down) return;
  reports_.push_back({w.subject.service, w.subject.target, before, w.state, w.own, was_down, w.out, w.why});
}

void Health::set_state(Watched& watched, Wellness state, bool own, Time now) {
  const Wellness before = std::exchange(watched.state, state);
  const bool was_own = std::exchange(watched.own, own), was_out = watched.out;
  watched.against = 0;
  if (before == state) return report(watched, before, was_own, was_out);
  watched.since = now;
  ++verdicts_;
  undecided_ -= before == Wellness::unknown;
  hope(watched);
  Share* share = watched.share;
  if (share) {
    share->failing += state == Wellness::down;
    share->failing -= before == Wellness::down;
  }
  move_out(watched, state == Wellness::down && (!share || share->failing <= share->most_out));
  report(watched, before, was_own, was_out);
  if (share && before == Wellness::down && share->failing == share->most_out) release_held(*share);
}

void Health::adopt(std::string_view service, std::string_view target, Wellness wellness, Time now) {
  Watched* watched = find(service, target);
  if (watched && watched->state == Wellness::unknown && wellness != Wellness::unknown)
    set_state(*watched, wellness, false, now);
}

void Health::hurry(std::string_view service, std::string_view target, Time now) {
  Watched* watched = find(service, target);
  if (!watched) return;
  watched->vouched = watched->state == Wellness::down;
  if (watched->asked_as || watched->due <= now) return;
  if (watched->hurried && now < *watched->hurried + watched->subject.check.every) return;
  watched->hurried = now;
  unplan(*watched);
  plan(*watched, now);
}

// After a pause of everything, an answer may lie in its socket: whoever carries questions has its turn before one is
// given up.
std::vector<Question> Health::due(Time now) {
  while (!waiting_.empty() && std::get<Time>(*waiting_.begin()) <= now) {
    Watched& watched = *std::get<Watched*>(*waiting_.begin());
    if (std::exchange(watched.overdue, true)) {
      take_answer(watched, CheckOutcome::unknown, "the question was lost on this machine", now);
    } else {
      unplan(watched);
      plan(watched, now + kGrace);
    }
  }
  std::vector<Question> questions;
  pace_ = std::max(pace_, now - slack_);
  while (!idle_.empty() && std::get<Time>(*idle_.begin()) <= now && asked_.size() < most_asked_ && pace_ <= now &&
         questions.size() < kAtOnce) {
    pace_ += gap_;
    Watched& watched = *std::get<Watched*>(*idle_.begin());
    unplan(watched);
    watched.asked_as = ++last_id_;
    watched.asked_at = now;
    watched.overdue = false;
    ++watched.asked;
    asked_[watched.asked_as] = &watched;
    plan(watched, now + watched.subject.timeout() + kGrace);
    questions.push_back({watched.asked_as, watched.subject, watched.subject.timeout()});
  }
  return questions;
}

void Health::answer(u64 id, CheckOutcome outcome, const std::string& why, Time now) {
  if (const auto at = asked_.find(id); at != asked_.end()) take_answer(*at->second, outcome, why, now);
}

void Health::take_answer(Watched& watched, CheckOutcome outcome, const std::string& why, Time now) {
  unplan(watched);
  asked_.erase(watched.asked_as);
  watched.asked_as = 0;
  if (outcome == CheckOutcome::unknown) return take_ignorance(watched, why, now);
  know_again(watched);
  const CheckConfig& check = watched.subject.check;
  // From question to question; never in the past, so that nothing is made up for.
  const Duration swing = check.every * check.jitter / 100;
  plan(watched, std::max(now, watched.asked_at + check.every - swing + random_part(2 * swing)));

  const bool well = outcome == CheckOutcome::well, vouched = std::exchange(watched.vouched, false);
  watched.failed += !well;
  watched.why = well ? "" : why;
  const Wellness says = well ? Wellness::up : Wellness::down;
  if (watched.state == says || watched.state == Wellness::unknown) return set_state(watched, says, true, now);
  if (++watched.against >= (well ? check.rise : check.fall) || (well && vouched)) set_state(watched, says, true, now);
}

// Asked again soon, as what was in the way may be gone; and ever less often, as asking may be what is too much.
void Health::take_ignorance(Watched& watched, const std::string& why, Time now) {
  ++watched.unknown;
  if (!watched.unknown_since) {
    watched.unknown_since = now;
    watched.unknown_in_a_row = 0;
  }
  watched.unknown_why = why;
  const Duration every = watched.subject.check.every;
  Duration pause = std::min<Duration>(every / 8, kAgainAfter);
  for (u32 i = 0; i < watched.unknown_in_a_row && pause < every; ++i) pause *= 2;
  pause = std::min(pause, every);
  ++watched.unknown_in_a_row;
  if (watched.unknown_in_a_row == 2) unknown_.emplace(*watched.unknown_since, watched.number, &watched);
  if (watched.state == Wellness::unknown && watched.unknown_in_a_row >= kTries &&
      !std::exchange(watched.given_up, true))
    ++given_up_;
  plan(watched, now + pause / 2 + random_part(pause));
}

void Health::hope(Watched& watched) { given_up_ -= std::exchange(watched.given_up, false); }

bool Health::knows_nothing_of(std::string_view service) const {
  auto at = watched_.lower_bound(Named(service, ""));
  const bool any = at != watched_.end() && at->first.first == service;
  for (; at != watched_.end() && at->first.first == service; ++at)
    if (at->second.state != Wellness::unknown) return false;
  return any;
}

void Health::know_again(Watched& watched) {
  hope(watched);
  if (!watched.unknown_since) return;
  unknown_.erase({*watched.unknown_since, watched.number, &watched});
  watched.unknown_since.reset();
  watched.unknown_why.clear();
}

Health::Unrenewed Health::unrenewed() const {
  if (unknown_.empty()) return {};
  const Watched& first = *std::get<Watched*>(*unknown_.begin());
  return {unknown_.size(), *first.unknown_since, first.unknown_why};
}

Time Health::deadline() const {
  Time next = Time::max();
  if (!waiting_.empty()) next = std::get<Time>(*waiting_.begin());
  if (!idle_.empty() && asked_.size() < most_asked_)
    next = std::min(next, std::max(std::get<Time>(*idle_.begin()), pace_));
  return next;
}

Health::Load Health::load(Time now) const {
  Load load{asked_.size(), most_asked_, {}};
  if (!idle_.empty()) load.late = std::max(Duration(0), now - std::get<Time>(*idle_.begin()));
  return load;
}

bool Health::watches(std::string_view service, std::string_view target) const {
  return watched_.contains(Named(service, target));
}

bool Health::down(std::string_view service, std::string_view target) const {
  const auto at = watched_.find(Named(service, target));
  return at != watched_.end() && at->second.out;
}

std::vector<Health::View> Health::views() const {
  std::vector<View> all;
  all.reserve(watched_.size());
  for (const auto& [key, w] : watched_)
    all.push_back({.service = key.first,
                   .target = key.second,
                   .kind = text(w.subject.check.kind()),
                   .through = w.subject.through(),
                   .state = w.state,
                   .own = w.own,
                   .held = w.state == Wellness::down && !w.out,
                   .since = w.since,
                   .why = w.why,
                   .asked = w.asked,
                   .failed = w.failed,
                   .unknown = w.unknown,
                   .unknown_since = w.unknown_since,
                   .unknown_why = w.unknown_why});
  return all;
}

}  // namespace waymark
