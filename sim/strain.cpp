// Faults of what a daemon lives in: it is held up, or asks and hears nothing, or has no files; somebody presses at the
// group's port; a member starts with another secret. Packets go on; what daemons make of it must not harm them.
#include <fmt/format.h>

#include "sim/world.h"

namespace waymark::sim {

namespace {

using namespace std::chrono_literals;

constexpr Duration kPress = 20ms;   // between two handfuls of strangers
constexpr u32 kHandful = 3;         // at each director
constexpr Duration kMeet = 2500ms;  // members find each other within this after a daemon's restart, strangers or not
constexpr Duration kDetectLeast = 150ms, kDetectMost = 900ms, kSessionBack = 1s;  // BFD

}  // namespace

// Its daemon does nothing until then. When it goes on, it looks at the time first and then into its sockets.
void World::hold(Machine& m, Duration time) {
  m.held_until = std::max(m.held_until, events_.now() + time);
  events_.at(m.held_until, [this, &m, daemon = m.daemon] {
    if (!m.control || m.daemon != daemon || held(m)) return;
    run_daemon(m);
    for (const auto& what : std::exchange(m.waiting, {})) what();
  });
}

void World::hold_up(Fault fault) {
  std::vector<u32> able;
  for (u32 i = 0; i < machines_.size(); ++i)
    if (machines_[i].control && !held(machines_[i])) able.push_back(i);
  if (able.empty()) return;
  const u32 directors = u32(std::count_if(able.begin(), able.end(), [&](u32 i) { return machines_[i].director; }));
  Machine& m = machines_[directors && random_.chance(0.7) ? able[random_.below(directors)] : random_.pick(able)];
  if (fault == Fault::held_up) {
    const Duration time = random_.between(500ms, 7s);
    hold(m, time);
    return happen(fault, events_.now() + time,
                  fmt::format("the daemon of {} is held up for {} ms", m.name, time / 1ms));
  }
  const bool long_ones = random_.chance(0.6);  // longer than a check's patience
  const u32 times = 4 + random_.below(5);
  Duration at = 0s;
  for (u32 i = 0; i < times; ++i) {
    const Duration time = long_ones ? random_.between(1100ms, 1600ms) : random_.between(50ms, 500ms);
    events_.after(at, [this, &m, time, daemon = m.daemon] {
      if (m.control && m.daemon == daemon) hold(m, time);
    });
    at += time + (long_ones ? random_.between(0us, 300us) : random_.between(1ms, 30ms));  // too short for an answer
  }
  happen(fault, events_.now() + at,
         fmt::format("the daemon of {} is held up {} times within {} ms", m.name, times, at / 1ms));
}

void World::blind_checks() {
  const bool all = random_.chance(0.3);
  const double share = random_.chance(0.6) ? 1 : 0.1 * (3 + random_.below(6));
  const u32 one = random_.below(plan_.directors);
  const Time end = events_.now() + random_.between(3s, 9s);
  for (u32 d = 0; d < plan_.directors; ++d)
    if (all || d == one) director(d).blind = share, director(d).blind_until = end;
  happen(Fault::lost_questions, end,
         fmt::format("{:.0f}% of the checks of {} end unknown", share * 100, all ? "all" : director(one).name));
}

// While a director runs, or from the start of its machine on.
void World::run_out_of_files() {
  if (random_.chance(0.5) || !may(Fault::crash)) {
    Machine& m = director(random_.below(plan_.directors));
    m.no_files_until = events_.now() + random_.between(2s, 9s);
    return happen(Fault::no_files, m.no_files_until, m.name + " has no files");
  }
  const std::optional<u32> chosen = crashable();
  if (!chosen) return;
  Machine& m = director(*chosen);
  const Duration away = random_.between(1s, 3s);
  m.no_files_until = events_.now() + away + random_.between(12s, 16s);
  stop_machine(m);
  review_sessions(random_.between(kDetectLeast, kDetectMost));
  events_.after(away, [this, &m] {
    start_machine(m);
    review_sessions(kSessionBack);
  });
  pool_changed_ = m.no_files_until;
  happen(Fault::no_files, m.no_files_until, m.name + " and its tables are gone, and it returns without files");
}

// An operator's mistake: found, and mended by another start.
void World::join_with_wrong_secret() {
  const std::optional<u32> chosen = crashable();
  if (!chosen) return;
  Machine& m = director(*chosen);
  const Duration wrong = random_.between(14s, 24s);
  const Duration away = random_.between(1s, 2s), mended = random_.between(1s, 2s);  // no sooner than routers notice
  stop_machine(m);
  review_sessions(random_.between(kDetectLeast, kDetectMost));
  events_.after(away, [this, &m] {
    m.stranger = true;
    start_machine(m);
    review_sessions(kSessionBack);
  });
  events_.after(away + wrong, [this, &m, mended] {
    m.stranger = false;
    if (!m.up) return;  // another fault took it, and starts it anew
    stop_machine(m);
    review_sessions(random_.between(kDetectLeast, kDetectMost));
    events_.after(mended, [this, &m] {
      start_machine(m);
      review_sessions(kSessionBack);
    });
  });
  const Time end = events_.now() + away + wrong + mended;
  pool_changed_ = end;
  happen(
      Fault::wrong_secret, end,
      fmt::format("{} starts with another secret, and is started with the right one {} ms later", m.name, wrong / 1ms));
}

void World::press_at_port() {
  const Time end = events_.now() + random_.between(4s, 9s);
  const bool first = pressed_until_ <= events_.now();
  pressed_until_ = std::max(pressed_until_, end);
  if (first) press();
  Machine& m = director(random_.below(plan_.directors));
  const Duration away = random_.between(5ms, 50ms);
  events_.after(300ms, [this, &m, away] {
    if (!m.up || !m.control) return;
    stop_daemon(m);
    events_.after(away, [this, &m, life = m.life] {
      if (m.up && m.life == life && !m.control) start_daemon(m, true);
    });
  });
  if (plan_.mode != Mode::combined)
    events_.after(300ms + away + kMeet, [this, &m] {
      for (const group::MemberView& v : m.control->group()->view().members)
        if (!v.up) violate(fmt::format("strangers keep {} and {} apart: {}", m.name, v.name, v.why));
    });
  happen(Fault::strangers, end,
         fmt::format("strangers press at the group's port, and the daemon of {} restarts", m.name));
}

// They come from anywhere, say something or nothing, and go or stay.
void World::press() {
  if (events_.now() >= pressed_until_) return;
  for (u32 d = 0; d < plan_.directors; ++d) {
    Machine& m = director(d);
    if (!m.up || !m.control || held(m) || events_.now() < m.no_files_until) continue;
    for (u32 i = 0; i < kHandful; ++i) {
      const group::Link link = last_stranger_ += 2;
      const Address from{0xb80d0120 | u64(random_.below(1000)) << 32, random_.word()};
      if (!m.control->accepted(link, from, local(m))) continue;
      std::vector<u8> words(random_.below(100));
      for (u8& byte : words) byte = u8(random_.word());
      if (random_.chance(0.5)) m.control->received(link, words, local(m));
      if (random_.chance(0.1)) m.control->closed(link, group::Ended::by_peer, "it closed the connection", local(m));
    }
    carry_out(m);
  }
  events_.after(kPress, [this] { press(); });
}

}  // namespace waymark::sim
