// What must hold at any moment, whatever has happened.
#include <fmt/format.h>

#include <numeric>

#include "sim/world.h"

namespace waymark::sim {

namespace {

using namespace std::chrono_literals;

constexpr Duration kEvery = 250ms;
constexpr std::size_t kMostViolations = 5;

}  // namespace

void World::violate(const std::string& what, std::optional<u32> connection) {
  if (report_.violations.size() < kMostViolations) report_.violations.push_back({events_.now(), what, connection});
}

void World::check_now() {
  for (Machine& m : machines_) {
    if (!m.up) continue;
    check_counters(m);
    if (!m.director) continue;
    check_tables(m);
    if (!m.control) continue;
    const bool found = m.control->announce().deadline() != Announce::kNever;  // routes of the daemon before, for now
    if (!m.control->routes().empty() && !m.control->awaited().empty() && !found)
      violate(fmt::format("{} announces, though {}", m.name, m.control->awaited()));
  }
  follow_deaths();
  if (const std::string wrong = network_.audit(); !wrong.empty()) violate(wrong);
  if (!over_) events_.after(kEvery, [this] { check_now(); });
}

void World::check_counters(Machine& m) {
  if (!m.engine) return;
  const auto& reasons = m.engine->counters().reasons;
  const u64 sum = std::accumulate(reasons.begin(), reasons.end(), u64(0));
  if (sum != m.frames) violate(fmt::format("{} took {} frames, but its reasons add up to {}", m.name, m.frames, sum));
}

// Who comes to be in step has met all members that it could have met.
void World::check_step(Machine& m) {
  const bool before = m.in_step;
  m.in_step = m.control->group() && m.control->group()->in_step();
  if (before || !m.in_step || plan_.mode == Mode::combined) return;
  for (const group::MemberView& v : m.control->group()->view().members)
    for (u32 d = 0; d < plan_.directors; ++d) {
      const Machine& other = director(d);
      if (other.name != v.name || v.up || !other.up || !other.control || other.stranger != m.stranger) continue;
      violate(fmt::format("{} is in step without {}, which is there: {}", m.name, v.name, v.why));
    }
}

// Each pin names a slot that is in use, and the tables are as large as they were made.
void World::check_tables(Machine& m) {
  const Live live = m.engine->live();
  if (live.pins.size() != pin_buckets_for(plan_.pins)) violate(m.name + "'s table of pins has changed its size");
  u32 used = 0;
  for (u32 slot = 1; slot < 256; ++slot) used += live.targets[slot].in_use;
  if (used > 4 * plan_.hosts * plan_.services.size()) violate(fmt::format("{} uses {} target slots", m.name, used));
  const auto check = [&](u64 word) {
    const u32 slot = word ? unpack(word).slot : 0;
    if (word && (slot >= live.targets.size() || !live.targets[slot].in_use))
      violate(fmt::format("a pin of {} names slot {}, which is free", m.name, slot));
  };
  for (const PinBucket& bucket : live.pins)
    for (u64 word : bucket.pin) check(word);
}

// Since when all living directors have known of a host's servers' death.
void World::follow_deaths() {
  for (u32 h = 0; h < plan_.hosts; ++h) {
    if (alive(h, host(h).life)) {
      death_known_.erase(h);
      continue;
    }
    bool known = true;
    for (u32 d = 0; d < plan_.directors; ++d) {
      const Machine& m = director(d);
      if (!m.up) continue;
      if (!m.control) known = false;
      if (!known) break;
      for (u32 service = 0; service < plan_.services.size(); ++service) {
        const auto& holds = plan_.services[service].hosts;
        if (std::find(holds.begin(), holds.end(), h) == holds.end()) continue;
        const auto names = plan_.targets_in(m.control->node().config(), service, h);
        known = known && !names.empty() && std::all_of(names.begin(), names.end(), [&](const std::string& name) {
                  return m.control->node().down().contains(name);
                });
      }
    }
    if (!known)
      death_known_.erase(h);
    else
      death_known_.try_emplace(h, events_.now());
  }
}

}  // namespace waymark::sim
