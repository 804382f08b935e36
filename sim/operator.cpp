// The operator: what a service's pool is to be, told to one director or written into the files of all.
#include <fmt/format.h>

#include "sim/world.h"

namespace waymark::sim {

namespace {

using namespace std::chrono_literals;

}  // namespace

// Whether each service has a living, undrained target beside this host.
bool World::can_do_without(u32 h) {
  for (const ServicePlan& service : plan_.services) {
    u32 others = 0;
    for (const Membership& m : service.pool)
      others += m.host != h && m.weight && !drained_.contains(service.name + "/" + plan_.host_name(m.host)) &&
                alive(m.host, host(m.host).life);
    if (!others) return false;
  }
  return alive(h, host(h).life);
}

// Each director reads its file anew, some sooner than others.
void World::reload(Duration spread) {
  for (u32 d = 0; d < plan_.directors; ++d)
    events_.after(random_.between(0s, spread), [this, d] {
      Machine& m = director(d);
      if (!m.up) return;
      m.file = plan_.director(d);
      if (m.control) hear(m, [this, &m] { load(m); });
    });
}

// By any director that runs; it tells the others.
void World::command(const std::function<Status(Control&, Time)>& order) {
  std::vector<u32> able;
  for (u32 d = 0; d < plan_.directors; ++d)
    if (director(d).control && !director(d).stranger && director(d).control->awaited().empty()) able.push_back(d);
  if (able.empty()) return;
  Machine& m = director(random_.pick(able));
  hear(m, [this, &m, order] {
    (void)order(*m.control, local(m));
    carry_out(m);
    arm(m, 0s);
  });
}

void World::set_drained(const std::string& name, bool on) {
  on ? (void)drained_.insert(name) : (void)drained_.erase(name);
  command([name, on](Control& control, Time now) { return control.drain(name, on, now); });
}

// Not while a director is away that would come back with the new file alone.
void World::remove(u32 index, u32 chosen, Duration spread) {
  for (u32 d = 0; d < plan_.directors; ++d)
    if (!director(d).control || !director(d).control->awaited().empty()) {
      events_.after(1s, [this, index, chosen, spread] { remove(index, chosen, spread); });
      return;
    }
  ServicePlan& service = plan_.services[index];
  std::erase_if(service.pool, [&](auto& m) { return m.host == chosen; });
  drained_.erase(service.name + "/" + plan_.host_name(chosen));
  reload(spread);
  events_.after(spread, [this] { removing_ = false; });
}

void World::change_pool() {
  ServicePlan& service = random_.pick(plan_.services);
  std::vector<u32> spare, in;
  for (u32 h : service.hosts) {
    const bool member = std::any_of(service.pool.begin(), service.pool.end(), [&](auto& m) { return m.host == h; });
    (member ? in : spare).push_back(h);
  }
  const u32 chosen = random_.pick(in);
  Membership& member =
      *std::find_if(service.pool.begin(), service.pool.end(), [&](auto& m) { return m.host == chosen; });
  std::string name = service.name + "/" + plan_.host_name(chosen), what;
  const bool slow = plan_.mode != Mode::candidates;  // more than one generation of the pool
  const Duration spread = random_.chance(0.3) ? random_.between(300ms, 3s) : 100ms;
  Duration lasts = spread;
  const u32 kind = random_.below(5);
  if (kind == 0 && !spare.empty()) {
    const u32 added = random_.pick(spare);
    service.pool.push_back({added, 10});
    name = service.name + "/" + plan_.host_name(added);
    reload(spread);
    events_.after(spread + 50ms, [this, name] { set_drained(name, false); });
    lasts += 200ms;
    what = "is added";
  } else if (kind == 1 && service.pool.size() > 2 && can_do_without(chosen) && slow && !removing_) {
    set_drained(name, true);
    const Duration later = random_.between(200ms, 4s);
    lasts += later;
    removing_ = true;
    events_.after(later, [this, index = u32(&service - plan_.services.data()), chosen, spread] {
      remove(index, chosen, spread);
    });
    what = "is drained, then removed";
  } else if (kind == 2 && can_do_without(chosen)) {
    const bool on = !drained_.contains(name);
    set_drained(name, on);
    what = on ? "is drained" : "is not drained any more";
    if (on && slow && random_.chance(0.5)) {
      const Duration later = random_.between(50ms, 3s);
      lasts += later;
      events_.after(later, [this, name] { set_drained(name, false); });
      what = "is drained for a moment";
    }
  } else if (kind == 3) {
    const u32 weight = 1 + random_.below(40);
    command([name, weight](Control& control, Time now) { return control.reweigh(name, weight, now); });
    what = fmt::format("is weighted {} on one director", weight);
  } else {
    member.weight = 1 + random_.below(40);
    reload(spread);
    what = fmt::format("is weighted {}", member.weight);
  }
  pool_changed_ = events_.now() + lasts;
  happen(Fault::pool_change, events_.now() + lasts, fmt::format("{} {} within {} ms", name, what, lasts / 1ms));
}

}  // namespace waymark::sim
