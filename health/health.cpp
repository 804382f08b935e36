#include "health/health.h"

#include <algorithm>
#include <utility>

#include "core/hash.h"

namespace waymark {

namespace {

// A share of `whole` by a 64-bit random number, without overflow for pauses of up to hours.
Duration part_of(Duration whole, u64 random) {
  return Duration(Duration::rep(static_cast<unsigned __int128>(u64(whole.count())) * random >> 64));
}

}  // namespace

std::string_view text(Wellness wellness) {
  return wellness == Wellness::up ? "up" : wellness == Wellness::down ? "down" : "unknown";
}

u64 Health::draw() { return mix(seed_ + 0x9e3779b97f4a7c15ull * ++drawn_); }

Health::Watched* Health::find(std::string_view service, std::string_view target) {
  const auto at = watched_.find(Key(service, target));
  return at == watched_.end() ? nullptr : &at->second;
}

void Health::plan(Watched& watched, Time due) {
  watched.due = due;
  (watched.asked_as ? waiting_ : idle_).emplace(due, watched.number, &watched);
}

void Health::unplan(Watched& watched) {
  (watched.asked_as ? waiting_ : idle_).erase({watched.due, watched.number, &watched});
}

void Health::configure(const Config& config, Time now) {
  std::vector<Subject> subjects = subjects_of(config);
  for (Subject& subject : local_subjects_of(config)) subjects.push_back(std::move(subject));
  std::map<Key, Watched> before = std::move(watched_);
  watched_.clear();
  for (Subject& subject : subjects) {
    const Key key(subject.service, subject.target);
    if (watched_.contains(key)) continue;
    auto old = before.extract(key);
    if (old && same_question(old.mapped().subject, subject)) {
      Watched& watched = watched_.insert(std::move(old)).position->second;
      watched.subject = std::move(subject);
      if (!watched.asked_as && watched.due > now + watched.subject.check.every) {  // it is asked more often now
        unplan(watched);
        plan(watched, now + part_of(watched.subject.check.every, draw()));
      }
      continue;
    }
    Watched& fresh = watched_[key];
    fresh.number = ++last_number_;
    fresh.since = now;
    if (old && old.mapped().subject.tunnel_end == subject.tunnel_end) {
      fresh.state = old.mapped().state;
      fresh.out = old.mapped().out;
      fresh.out_since = old.mapped().out_since;
      fresh.since = old.mapped().since;
    }
    if (old) before.insert(std::move(old));  // what was scheduled for it is forgotten below
    fresh.subject = std::move(subject);
    plan(fresh, now + part_of(fresh.subject.check.every, draw()));
  }
  for (auto& [key, gone] : before) {
    unplan(gone);
    asked_.erase(gone.asked_as);
    const Watched* successor = find(key.first, key.second);
    if (gone.out && !(successor && successor->out)) ++changes_;
    if (!successor || successor->state != gone.state) ++verdicts_;
  }
  undecided_ = std::size_t(std::count_if(watched_.begin(), watched_.end(),
                                         [](const auto& w) { return w.second.state == Wellness::unknown; }));
  count_shares(config);
}

// Shares and who counts may be others now: who went out last comes back first where there is room for fewer.
void Health::count_shares(const Config& config) {
  shares_.clear();
  for (const ServiceConfig& service : config.service) {
    u32 count = 0;
    for (const TargetConfig& target : service.target) count += target.weight > 0;
    shares_[service.name].most_out = u32(u64(count) * service.fail_static / 100);
  }
  std::map<std::string, std::vector<Watched*>> out;
  for (auto& [key, watched] : watched_) {
    if (watched.state != Wellness::down) continue;
    if (!watched.subject.counts) {
      set_out(watched, true);
      continue;
    }
    ++shares_[key.first].failing;
    if (watched.out) out[key.first].push_back(&watched);
  }
  for (auto& [service, list] : out) {
    std::sort(list.begin(), list.end(), [](const Watched* a, const Watched* b) { return a->out_since < b->out_since; });
    for (std::size_t i = shares_[service].most_out; i < list.size(); ++i) set_out(*list[i], false);
  }
  for (const auto& [service, share] : shares_)
    if (share.failing && share.failing <= share.most_out) release_held(service);
}

void Health::release_held(const std::string& service) {
  for (auto at = watched_.lower_bound(Key(service, "")); at != watched_.end() && at->first.first == service; ++at)
    if (at->second.state == Wellness::down) set_out(at->second, true);
}

void Health::set_out(Watched& watched, bool out) {
  if (watched.out == out) return;
  watched.out = out;
  ++changes_;
  watched.out_since = changes_;
}

void Health::set_state(Watched& watched, Wellness state, bool own, Time now) {
  watched.own = own;
  watched.against = 0;
  if (watched.state == state) return;
  const Wellness before = std::exchange(watched.state, state);
  watched.since = now;
  ++verdicts_;
  undecided_ -= before == Wellness::unknown;
  if (!watched.subject.counts) return set_out(watched, state == Wellness::down);
  Share& share = shares_[watched.subject.service];
  if (state == Wellness::down) {
    if (++share.failing <= share.most_out) set_out(watched, true);
    return;
  }
  set_out(watched, false);
  if (before == Wellness::down && --share.failing == share.most_out) release_held(watched.subject.service);
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

std::vector<Question> Health::due(Time now) {
  while (!waiting_.empty() && std::get<Time>(*waiting_.begin()) <= now)
    take_answer(*std::get<Watched*>(*waiting_.begin()), false, "the question was lost on this machine", now);
  std::vector<Question> questions;
  while (!idle_.empty() && std::get<Time>(*idle_.begin()) <= now && asked_.size() < kMostAsked) {
    Watched& watched = *std::get<Watched*>(*idle_.begin());
    unplan(watched);
    watched.asked_as = ++last_id_;
    watched.asked_at = now;
    ++watched.asked;
    asked_[watched.asked_as] = &watched;
    plan(watched, now + watched.subject.timeout() + kGrace);
    questions.push_back({watched.asked_as, watched.subject, watched.subject.timeout()});
  }
  return questions;
}

void Health::answer(u64 id, bool well, const std::string& why, Time now) {
  if (const auto at = asked_.find(id); at != asked_.end()) take_answer(*at->second, well, why, now);
}

void Health::take_answer(Watched& watched, bool well, const std::string& why, Time now) {
  unplan(watched);
  asked_.erase(watched.asked_as);
  watched.asked_as = 0;
  const CheckConfig& check = watched.subject.check;
  // From question to question; never in the past, so that nothing is made up for.
  const Duration swing = check.every * check.jitter / 100;
  plan(watched, std::max(now, watched.asked_at + check.every - swing + part_of(2 * swing, draw())));

  const bool vouched = std::exchange(watched.vouched, false);
  watched.failed += !well;
  watched.why = well ? "" : why;
  const Wellness says = well ? Wellness::up : Wellness::down;
  if (watched.state == says || watched.state == Wellness::unknown) return set_state(watched, says, true, now);
  if (++watched.against >= (well ? check.rise : check.fall) || (well && vouched)) set_state(watched, says, true, now);
}

Time Health::deadline() const {
  Time next = Time::max();
  if (!waiting_.empty()) next = std::get<Time>(*waiting_.begin());
  if (!idle_.empty() && asked_.size() < kMostAsked) next = std::min(next, std::get<Time>(*idle_.begin()));
  return next;
}

bool Health::down(std::string_view service, std::string_view target) const {
  const auto at = watched_.find(Key(service, target));
  return at != watched_.end() && at->second.out;
}

std::vector<Health::View> Health::views() const {
  std::vector<View> all;
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
                   .failed = w.failed});
  return all;
}

}  // namespace waymark
