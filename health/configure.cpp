// How Health follows the configuration. Both are in the same order, so that one walk over them does it.
#include <algorithm>
#include <map>

#include "health/health.h"

namespace waymark {

namespace {

using namespace std::chrono_literals;

// Others ask after a host's own services, so of these something is known at once.
constexpr Duration kOwnAtOnce = 100ms;
constexpr u64 kLeastMadeUp = 16;  // questions after a pause
constexpr Duration kLeastSlack = 20ms;

Duration first_within(const Subject& subject) {
  return subject.target.empty() ? std::min(kOwnAtOnce, subject.check.every) : subject.check.every;
}

}  // namespace

Health::Plan Health::plan(const Services& serves, std::vector<Subject> local) {
  Plan plan;
  std::map<std::string_view, std::size_t> shares;
  for (const ServiceSpec& service : serves.service) {
    u32 count = 0;
    for (const TargetSpec& target : service.target) count += target.weight > 0;
    shares[service.name] = plan.shares.size();
    plan.shares.push_back({u32(u64(count) * service.fail_static / 100), 0, {}});
  }
  std::vector<Subject> subjects = subjects_of(serves);
  for (Subject& subject : local) subjects.push_back(std::move(subject));
  std::vector<std::pair<Named, std::size_t>> order;  // a subject is long to move, so each is once; of two the first
  order.reserve(subjects.size());
  for (std::size_t i = 0; i < subjects.size(); ++i)
    order.push_back({Named(subjects[i].service, subjects[i].target), i});
  std::sort(order.begin(), order.end());
  order.erase(std::unique(order.begin(), order.end(), [](auto& a, auto& b) { return a.first == b.first; }),
              order.end());
  plan.entries.reserve(order.size());
  for (const auto& [name, i] : order) {
    const std::size_t share = subjects[i].counts ? shares.at(subjects[i].service) : 0;
    plan.entries.push_back({std::move(subjects[i]), share});
  }
  constexpr Duration kWhile = 1'000'000s;
  u64 questions = 1;  // in that time
  for (const Plan::Entry& entry : plan.entries) questions += u64(kWhile / entry.subject.check.every);
  plan.gap = kWhile / (2 * questions);
  return plan;
}

void Health::configure(Plan plan, Time now) {
  gap_ = plan.gap;
  slack_ = std::max<Duration>(kLeastMadeUp * gap_, kLeastSlack);
  shares_ = std::move(plan.shares);
  undecided_ = 0;
  std::vector<Watched*> failing;
  auto at = watched_.begin();
  for (Plan::Entry& entry : plan.entries) {
    const Named name(entry.subject.service, entry.subject.target);
    while (at != watched_.end() && Named(at->first) < name) at = drop(at);
    const bool is_new = at == watched_.end() || Named(at->first) != name;
    if (is_new) at = watched_.try_emplace(at, Key(name));
    Watched& watched = at->second;
    ++at;
    watched.share = entry.subject.counts ? &shares_[entry.share] : nullptr;
    if (is_new) {
      watched.number = ++last_number_;
      watched.since = now;
      watched.subject = std::move(entry.subject);
      plan_first(watched, now);
    } else {
      renew(watched, std::move(entry.subject), now);
    }
    undecided_ += watched.state == Wellness::unknown;
    if (watched.state == Wellness::down) failing.push_back(&watched);
  }
  while (at != watched_.end()) at = drop(at);
  share_out(failing);
}

void Health::plan_first(Watched& watched, Time now) { plan(watched, now + random_part(first_within(watched.subject))); }

void Health::renew(Watched& watched, Subject subject, Time now) {
  if (same_question(watched.subject, subject)) {
    const Duration every = watched.subject.check.every;
    watched.subject = std::move(subject);
    if (watched.asked_as || watched.subject.check.every == every) return;
    unplan(watched);  // spread anew, over what it is now
    return plan_first(watched, now);
  }
  forget(watched);
  const Wellness before = watched.state;
  const bool was_own = watched.own, was_out = watched.out;
  Watched fresh;
  fresh.subject = std::move(subject);
  fresh.number = ++last_number_;
  fresh.share = watched.share;
  fresh.since = now;
  if (watched.subject.tunnel_end == fresh.subject.tunnel_end) {
    fresh.state = watched.state;
    fresh.out = watched.out;
    fresh.out_since = watched.out_since;
    fresh.since = watched.since;
  }
  watched = std::move(fresh);
  changes_ += was_out && !watched.out;
  verdicts_ += before != watched.state;
  report(watched, before, was_own, was_out);
  plan_first(watched, now);
}

Health::ByName::iterator Health::drop(ByName::iterator gone) {
  Watched& watched = gone->second;
  forget(watched);
  changes_ += watched.out;
  ++verdicts_;
  const Wellness before = std::exchange(watched.state, Wellness::unknown);
  const bool was_own = std::exchange(watched.own, false), was_out = std::exchange(watched.out, false);
  watched.why.clear();
  report(watched, before, was_own, was_out);
  return watched_.erase(gone);
}

void Health::forget(Watched& watched) {
  unplan(watched);
  know_again(watched);
  asked_.erase(watched.asked_as);
}

// Shares and who counts may be others now: who went out last comes back first where there is room for fewer.
void Health::share_out(const std::vector<Watched*>& failing) {
  std::map<Share*, std::vector<Watched*>> out;
  for (Watched* watched : failing) {
    if (!watched->share) {
      set_out(*watched, true);
      continue;
    }
    ++watched->share->failing;
    if (watched->out)
      out[watched->share].push_back(watched);
    else
      watched->share->held.insert(watched);
  }
  for (auto& [share, list] : out) {
    std::sort(list.begin(), list.end(), [](const Watched* a, const Watched* b) { return a->out_since < b->out_since; });
    for (std::size_t i = share->most_out; i < list.size(); ++i) set_out(*list[i], false);
  }
  for (Share& share : shares_)
    if (share.failing <= share.most_out) release_held(share);
}

}  // namespace waymark
