// Faults: which, when, and what they do. A world waits until all is well again before the next one, or the next few.
#include <fmt/format.h>

#include "sim/world.h"

namespace waymark::sim {

namespace {

using namespace std::chrono_literals;

constexpr Duration kLook = 200ms;
// Pins are lent within 150 ms of their second packet, and datagrams come no less often than every 1.5 s.
constexpr Duration kQuiet = 1700ms, kQuietCombined = 600ms;
constexpr Duration kPatience = 120s;
constexpr std::size_t kTroubles = 22;
constexpr u32 kConnectionsSingle = 250, kConnectionsCombined = 4'300;
constexpr Duration kGenerations = 11s;  // without the mirror: longer than connections live
constexpr Duration kDetectLeast = 150ms, kDetectMost = 900ms, kSessionBack = 1s;  // BFD

}  // namespace

const char* text(Fault fault) {
  constexpr const char* kTexts[] = {"loss",         "reorder",      "duplicate",       "delay",          "crash",
                                    "daemon crash", "restart",      "group partition", "path partition", "pool change",
                                    "other names",  "server death", "route flap",      "clock jump",     "new next hop",
                                    "held up",      "bursts",       "lost questions",  "no files",       "wrong secret",
                                    "strangers"};
  return kTexts[u32(fault)];
}

void World::happen(Fault fault, Time end, const std::string& what) {
  report_.happened.push_back({fault, events_.now(), end, what});
  ++report_.faults[u32(fault)];
  trouble_until_ = std::max(trouble_until_, end);
  note(u64(fault) << 56 | u64(end.count()));
}

u32 World::living_directors() const {
  u32 living = 0;
  for (u32 d = 0; d < plan_.directors; ++d) living += machines_[d].up && machines_[d].kernel_routes;
  return living;
}

// Whether flows belong to targets that were removed. A director that starts anew knows nothing of such targets, so an
// operator removes what has no flows any more; to lose a director before that is a fault that cannot be survived.
bool World::lingering() const {
  if (removing_) return true;
  for (const Connection& c : connections_) {
    if (c.end != End::none || c.server == kNobody) continue;
    const auto& pool = plan_.services[c.service].pool;
    if (std::none_of(pool.begin(), pool.end(), [&](const Membership& m) { return m.host == c.server; })) return true;
  }
  return false;
}

// Whether the world is as its operator wants it: everybody is up, agrees and is announced.
bool World::settled(std::string& why) {
  if (removing_) return why = "a target is being removed", false;
  u64 pool = 0;
  for (Machine& m : machines_) {
    if (!m.up || !m.control) return why = m.name + " is not running", false;
    if (m.stranger) return why = m.name + " has another secret", false;
    if (!m.director) {
      if (!m.sockets.running()) return why = m.name + " does not serve", false;
      continue;
    }
    if (const std::string awaited = m.control->awaited(); !awaited.empty()) return why = m.name + ": " + awaited, false;
    const u64 digest = m.control->node().pool_digest();
    if (m.number && digest != pool) return why = m.name + " has another pool than d1", false;
    pool = digest;
    if (!m.control->node().down().empty()) return why = m.name + " holds a target for dead", false;
    for (const group::MemberView& v : m.control->group()->view().members)
      if (!v.up || (plan_.mirror && (!v.sharing || !v.pulled)))
        return why = fmt::format("{} and {} are not connected: {}", m.name, v.name, v.why), false;
    for (const Router& router : routers_)
      if (!router.to[m.number].session || router.to[m.number].routes != m.kernel_routes || !m.kernel_routes)
        return why = "a router has not learned the routes of " + m.name, false;
  }
  return true;
}

void World::next_trouble() {
  if (finishing_) return;
  events_.after(kLook, [this] { next_trouble(); });
  const Time now = events_.now();
  if (now < trouble_until_) return;
  std::string why;
  if (!settled(why)) {
    quiet_since_ = Time(-1);
    if (now - trouble_until_ < kPatience) return;
    violate("the world does not settle: " + why);
    return stop_opening();
  }
  if (quiet_since_ < 0s) {
    quiet_since_ = now;
    if (connections_.empty()) open_connections();
  }
  if (now - quiet_since_ < (plan_.mode == Mode::combined ? kQuietCombined : kQuiet)) return;
  quiet_since_ = Time(-1);
  const bool combined = plan_.mode == Mode::combined;
  if (report_.happened.size() >= kTroubles &&
      connections_.size() - strays_ >= (combined ? kConnectionsCombined : kConnectionsSingle))
    return stop_opening();
  const u32 at_once = combined ? 2 + random_.chance(0.3) : 1;
  for (u32 i = 0; i < at_once; ++i) {
    const Duration later = combined ? random_.between(0s, 1500ms) : 0s;
    trouble_until_ = std::max(trouble_until_, now + later);
    events_.after(later, [this] {
      if (finishing_) return;
      Fault fault;
      do fault = Fault(random_.below(kFaults));
      while (!may(fault));
      begin(fault);
    });
  }
}

void World::stop_opening() {
  finishing_ = true;
  for (Connection& c : connections_) c.messages = std::min(c.messages, 2u);
  events_.after(90s, [this] { over_ = true; });
}

// Without the mirror: whether all connections began with the pool that there is.
bool World::generations_apart() const {
  return plan_.mode != Mode::candidates || events_.now() - pool_changed_ > kGenerations;
}

bool World::may(Fault fault) const {
  const bool apart = generations_apart();
  if (fault == Fault::crash || fault == Fault::wrong_secret) return living_directors() >= 2 && apart && !lingering();
  if (fault == Fault::pool_change || fault == Fault::server_death) return apart;
  return true;
}

void World::begin(Fault fault) {
  switch (fault) {
    case Fault::loss:
    case Fault::reorder:
    case Fault::duplicate:
    case Fault::delay:
      return disturb_links(fault);
    case Fault::crash:
    case Fault::daemon_crash:
    case Fault::restart:
      return stop_director(fault);
    case Fault::group_partition:
    case Fault::path_partition:
      return partition(fault);
    case Fault::pool_change:
      return change_pool();
    case Fault::regroup:
      return regroup();
    case Fault::server_death:
      return kill_server();
    case Fault::route_flap:
      return flap();
    case Fault::clock_jump:
      return jump();
    case Fault::new_next_hop:
      return change_card();
    case Fault::held_up:
    case Fault::bursts:
      return hold_up(fault);
    case Fault::lost_questions:
      return blind_checks();
    case Fault::no_files:
      return run_out_of_files();
    case Fault::wrong_secret:
      return join_with_wrong_secret();
    case Fault::strangers:
    case Fault::count:
      return press_at_port();
  }
}

void World::disturb_links(Fault fault) {
  Random& random = random_;
  Machine& victim = random.pick(machines_);
  const bool everywhere = random.chance(0.2);
  const double share = fault == Fault::loss ? 0.02 + 0.01 * random.below(19) : 0.1 + 0.1 * random.below(5);
  const Duration slow = random.between(5ms, 250ms), lasts = random.between(500ms, 4s);
  const auto set = [this, fault, everywhere, place = victim.place](double part, Duration later) {
    const u32 places = 1 + plan_.routers + u32(machines_.size());
    for (u32 a = 0; a < places; ++a)
      for (u32 b = 0; b < places; ++b) {
        if (!everywhere && a != place && b != place) continue;
        Link& link = network_.link(a, b);
        if (fault == Fault::loss) link.loss = part;
        if (fault == Fault::reorder) link.reorder = part;
        if (fault == Fault::duplicate) link.duplicate = part;
        if (fault == Fault::delay) link.slow = later;
      }
  };
  set(share, slow);
  events_.after(lasts, [set] { set(0, 0s); });
  const std::string where = everywhere ? "on all links" : "on the links of " + victim.name;
  const std::string much =
      fault == Fault::delay ? fmt::format("{} ms", slow / 1ms) : fmt::format("{:.0f}%", share * 100);
  happen(fault, events_.now() + lasts, fmt::format("{} of {} {}", text(fault), much, where));
}

// A director that may go while others are announced.
std::optional<u32> World::crashable() {
  std::vector<u32> able;
  for (u32 d = 0; d < plan_.directors; ++d)
    if (director(d).up && director(d).control && !director(d).stranger &&
        living_directors() > (director(d).kernel_routes != 0))
      able.push_back(d);
  return able.empty() ? std::nullopt : std::optional(random_.pick(able));
}

void World::stop_director(Fault fault) {
  std::vector<u32> able;
  for (u32 d = 0; d < plan_.directors; ++d)
    if (director(d).up && director(d).control &&
        (fault != Fault::crash || living_directors() > (director(d).kernel_routes != 0)))
      able.push_back(d);
  if (able.empty()) return;
  Machine& m = director(random_.pick(able));
  Duration away = random_.between(1s, 6s);
  if (fault == Fault::crash) {
    stop_machine(m);
    review_sessions(random_.between(kDetectLeast, kDetectMost));
    events_.after(away, [this, &m] {
      start_machine(m);
      review_sessions(kSessionBack);
    });
    pool_changed_ = events_.now() + away;
    return happen(fault, events_.now() + away, m.name + " and its tables are gone, and it returns");
  }
  // A minute and more now and then: the ways to targets are then the kernel's.
  if (fault == Fault::daemon_crash) {
    const bool forgotten = plan_.mode != Mode::combined && random_.chance(0.1);
    away = forgotten ? Duration(70s) : random_.between(1s, 5s);  // systemd starts it again
  }
  if (fault == Fault::restart) away = random_.between(5ms, 50ms);
  stop_daemon(m);
  events_.after(away, [this, &m, life = m.life] {
    if (m.up && m.life == life && !m.control) start_daemon(m, true);
  });
  happen(fault, events_.now() + away, fmt::format("the daemon of {} is away for {} ms", m.name, away / 1ms));
}

void World::partition(Fault fault) {
  std::vector<std::pair<u32, u32>> cut;
  Machine& m = director(random_.below(plan_.directors));
  Duration lasts = random_.between(200ms, 6s);
  std::string what;
  const u32 kind = random_.below(3);
  if (fault == Fault::group_partition) {
    lasts = random_.between(500ms, 12s);
    Machine& other = director((m.number + 1) % plan_.directors);
    for (u32 d = 0; d < plan_.directors; ++d)
      if (d == other.number || (kind == 0 && d != m.number)) cut.emplace_back(m.place, director(d).place);
    what = kind == 0 ? m.name + " and all other directors" : m.name + " and " + other.name;
  } else if (kind == 0) {
    Machine& h = host(random_.below(plan_.hosts));
    lasts = random_.between(200ms, 1400ms);  // before three checks in a row have failed
    cut.emplace_back(m.place, h.place);
    what = m.name + " and " + h.name;
  } else {
    for (const Router& router : routers_)
      if (kind == 1 || cut.empty()) cut.emplace_back(router.place, m.place);
    what = m.name + (kind == 1 ? " and all routers" : " and a router");
  }
  const auto set = [this, cut](u32 by) {
    for (auto [a, b] : cut) network_.link(a, b).cuts += by, network_.link(b, a).cuts += by;
  };
  set(1);
  review_sessions(random_.between(kDetectLeast, kDetectMost));
  events_.after(lasts, [this, set] {
    set(-1u);
    review_sessions(kSessionBack);
  });
  happen(fault, events_.now() + lasts, fmt::format("{} do not hear each other for {} ms", what, lasts / 1ms));
}

void World::flap() {
  Router& router = random_.pick(routers_);
  const u32 d = random_.below(plan_.directors), times = 1 + random_.below(3);
  Duration at = 0s;
  for (u32 i = 0; i < 2 * times; ++i) {
    events_.after(at, [&router, d, i] { router.to[d].flapped = i % 2 == 0; });
    at += random_.between(100ms, 2s);
  }
  happen(Fault::route_flap, events_.now() + at,
         fmt::format("router {} loses {} {} times", router.place, director(d).name, times));
}

// Boot time goes on while a machine sleeps, its ticks do not; or both leap.
void World::jump() {
  Machine& m = random_.pick(machines_);
  const bool both = random_.chance(0.5);
  const Duration by = both ? random_.between(1s, 20s) : random_.between(1s, 300s);
  m.ahead += by;
  if (both) m.ticks_ahead += by;
  m.wake.reset();
  arm(m, random_.between(0ms, 5ms));
  happen(Fault::clock_jump, events_.now(),
         fmt::format("the clock of {} leaps by {} s{}", m.name, by / 1s, both ? "" : ", but not its ticks"));
}

void World::kill_server() {
  std::vector<u32> able;
  for (u32 h = 0; h < plan_.hosts; ++h)
    if (can_do_without(h)) able.push_back(h);
  if (able.empty()) return;
  Machine& m = host(random_.pick(able));
  const bool machine = random_.chance(0.5);
  // No machine boots before the checks of its last life have been answered or given up.
  Duration away = machine ? random_.between(10s, 16s) : random_.between(1s, 10s);
  if (plan_.mode == Mode::candidates) away = 14s;
  if (machine)
    stop_machine(m);
  else
    m.sockets.kill();
  ++m.life;
  events_.after(away, [this, &m, machine] { machine ? start_machine(m) : start_servers(m); });
  pool_changed_ = events_.now() + away + 5s;
  happen(Fault::server_death, events_.now() + away,
         fmt::format("{} dies for {} ms{}", m.name, away / 1ms, machine ? ", the machine" : ", its servers"));
}

void World::change_card() {
  Machine& h = host(random_.below(plan_.hosts));
  ++h.card;
  if (h.up && h.control) hear(h, [this, &h] { load(h); });
  Duration last = 0s;
  for (Machine& m : machines_) {
    const Duration later = random_.between(20ms, 500ms);
    last = std::max(last, later);
    events_.after(later, [this, &m] {
      hear(m, [this, &m] {
        resolve(m);
        if (m.control) carry_out(m), arm(m, 0s);
      });
    });
  }
  happen(Fault::new_next_hop, events_.now() + last, h.name + " has another MAC address");
}

}  // namespace waymark::sim
