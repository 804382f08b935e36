#include "node/watch.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "core/hash.h"
#include "roles/path/role.h"

namespace waymark {

namespace {

using namespace std::chrono_literals;

constexpr Duration kSlowly = 1s, kSlowest = 10s;  // the latter whatever a reflector wishes
constexpr u8 kDetectionTimeExpired = 1;           // a diagnostic (RFC 5880, 4.1)
// What is due so soon goes along: a turn of the loop costs more than a question.
constexpr Duration kTogether = 2ms;

// One that came, behind so many that did not.
u32 smoothed_loss(u32 lost, u64 missing) {
  constexpr u32 kAll = 1 << 16, kWeight = 8;  // each question counts for 1/256
  for (u64 n = std::min<u64>(missing, kAll); n-- > 0;) lost += (kAll - lost) >> kWeight;
  return lost - (lost >> kWeight) - (lost && lost < (1 << kWeight));
}

be32 microseconds(Duration d) { return wire32(u32(std::chrono::duration_cast<std::chrono::microseconds>(d).count())); }

}  // namespace

void Watch::configure(const Config& config, std::span<const Address> silent, Time now) {
  std::vector<Session> before = std::exchange(sessions_, {});
  if (!config.path || config.path->watch == Duration(0)) return;
  interval_ = config.path->watch;
  lost_ = config.path->watch_lost;
  for (const path::Destination& d : path::destinations(*config.path)) {
    if (!d.pop) continue;
    const Address& address = d.target.address;
    const auto had =
        std::ranges::find_if(before, [&](const Session& s) { return s.pop == d.pop->id && s.address == address; });
    if (had != before.end()) {
      sessions_.push_back(std::move(*had));
      sessions_.back().source = d.target.source;
      continue;
    }
    Session s{.pop = d.pop->id,
              .address = address,
              .source = d.target.source,
              .mine = 0,
              .since = now,
              .next = now,
              .last = now};
    while (!s.mine || std::ranges::count(sessions_, s.mine, &Session::mine))
      s.mine = u32(mix(seed_ ^ mix(++sessions_begun_))) / kInFlight * kInFlight;
    if (std::ranges::count(silent, address)) {
      s.state = State::silent;
      s.why = "it was silent when this daemon began";
    }
    sessions_.push_back(std::move(s));
  }
}

// More questions than one on their way tell no sooner. And a reflector says how many it takes (RFC 5880, 6.8.7).
Duration Watch::interval(const Session& s) const {
  const Duration least = std::max(interval_, s.wished);
  if (s.state != State::up) return std::max(kSlowly, least);
  const Duration trip = s.round_trip.value_or(Duration(0));
  return std::max(least, trip + trip / 4);
}

// Until when it may be silent: so many intervals, and as long as the last answer may be on its way.
Time Watch::patience(const Session& s) const {
  return s.last + lost_ * interval(s) + s.round_trip.value_or(Duration(0));
}

std::vector<Watch::Question> Watch::due(Time now) {
  std::vector<Question> all;
  if (deadline() > now) return all;
  for (Session& s : sessions_) {
    if (s.next > now + kTogether) continue;
    const Duration pause = interval(s);
    Bfd packet = {};
    packet.version_diagnostic = kBfdVersion | (s.state == State::silent ? kDetectionTimeExpired : 0);
    packet.state_flags =
        u8((s.state == State::up ? kBfdUp : kBfdDown) | kBfdDemand | (std::exchange(s.polled, false) ? kBfdFinal : 0));
    packet.multiplier = u8(lost_);
    packet.length = sizeof(Bfd);
    packet.mine = wire32(s.mine + u32(++s.asked % kInFlight));
    packet.yours = wire32(s.pop);
    packet.desired = microseconds(pause);  // none is required: a reflector sends answers alone
    all.push_back({s.pop, s.address, s.source, packet});
    s.sent[s.asked % kInFlight] = now;
    s.unasked.clear();
    // Up to a quarter sooner, lest all are asked in step (RFC 5880, 6.8.7).
    s.next = now + pause - pause * std::int64_t(mix(u64(s.pop) << 32 ^ s.asked) % 64) / 256;
  }
  return all;
}

void Watch::unasked(u32 pop, std::string why) {
  const auto s = std::ranges::find(sessions_, pop, &Session::pop);
  if (s != sessions_.end()) s->unasked = std::move(why);
}

void Watch::heard(const Address& from, u16 port, std::span<const u8> bytes, Time now) {
  Bfd answer;
  if (bytes.size() < sizeof answer || port != kSeamlessBfdPort) return;
  std::memcpy(&answer, bytes.data(), sizeof answer);
  if ((answer.version_diagnostic & kBfdVersionBits) != kBfdVersion || answer.length != sizeof answer) return;
  if (answer.state_flags & (kBfdDemand | kBfdMultipoint | kBfdAuthenticated)) return;  // of no reflector
  const u8 state = answer.state_flags & kBfdStateBits;
  if (state != kBfdUp && state != kBfdAdminDown) return;
  const auto s = std::ranges::find_if(sessions_, [&](const Session& one) {
    return one.address == from && number(answer.mine) == one.pop && number(answer.yours) - one.mine < kInFlight;
  });
  if (s == sessions_.end()) return;
  const u32 which = number(answer.yours) - s->mine;
  const u64 question = s->asked - (s->asked - which) % kInFlight;
  if (question <= s->heard || question > s->asked) return;  // it was answered, or was never asked
  const bool was_up = s->state == State::up;
  if (was_up) s->lost = smoothed_loss(s->lost, question - s->heard - 1);
  s->heard = question;
  ++s->answered;
  const Duration took = now - s->sent[which];
  s->round_trip = s->round_trip ? *s->round_trip + (took - *s->round_trip) / 8 : took;
  s->last = now;
  s->wished = std::min<Duration>(kSlowest, std::chrono::microseconds(number(answer.required)));
  s->polled = answer.state_flags & kBfdPoll;
  if (state == kBfdAdminDown) return set(*s, State::silent, "it says that it is administratively down", now);
  set(*s, State::up, "", now);
  if (!was_up) s->next = now + interval(*s);
}

void Watch::next_hop(const Address& address, bool found) {
  for (Session& s : sessions_) {
    if (s.address != address) continue;
    if (std::exchange(s.way_lost, !found) && found && !s.answered) s.state = State::unknown;
  }
}

void Watch::judge(Time now) {
  for (Session& s : sessions_) {
    // Where this machine itself stood still, too few questions were sent to tell.
    if (s.state != State::up || now < patience(s) || !asked_enough(s)) continue;
    set(s, State::silent,
        s.unasked.empty()
            ? fmt::format("{} questions in {} ms found no answer", s.asked - s.heard, (now - s.last) / 1ms)
            : fmt::format("it cannot be asked: {}", s.unasked),
        now);
  }
}

void Watch::set(Session& s, State state, const std::string& why, Time now) {
  s.why = why;
  if (s.state == state) return;
  if (state == State::silent) s.next = std::max(s.next, s.sent[s.asked % kInFlight] + kSlowly);
  const bool news = state == State::silent || s.state == State::silent;
  s.state = state;
  s.since = now;
  if (news) changes_.push_back({s.pop, state == State::up, why});
}

Time Watch::deadline() const {
  Time due = Time::max();
  for (const Session& s : sessions_) {
    due = std::min(due, s.next);
    if (s.state == State::up && asked_enough(s)) due = std::min(due, patience(s));
  }
  return due;
}

std::vector<Address> Watch::silent() const {
  std::vector<Address> all;
  for (const Session& s : sessions_)
    if (s.state == State::silent) all.push_back(s.address);
  return all;
}

std::vector<Address> Watch::sources() const {
  std::vector<Address> all;
  for (const Session& s : sessions_)
    if (!std::ranges::count(all, s.source)) all.push_back(s.source);
  return all;
}

std::vector<Watch::View> Watch::views() const {
  std::vector<View> all;
  for (const Session& s : sessions_)
    all.push_back({s.pop, s.address, s.state, s.since, s.round_trip, interval(s), s.asked, s.answered,
                   u32(u64(s.lost) * 10'000 >> 16), s.unasked.empty() ? s.why : s.unasked});
  return all;
}

const char* name_of(Watch::State state) {
  constexpr const char* kNames[] = {"unknown", "up", "silent"};
  return kNames[u32(state)];
}

}  // namespace waymark
