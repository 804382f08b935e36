#include "sim/story.h"

#include <algorithm>

#include "sim/world.h"

namespace waymark::sim {

using namespace std::chrono_literals;

namespace {

constexpr Duration kPeriod = 1s, kLook = 250ms;
constexpr u32 kUnanswered = 5;  // sent so often in vain: 4.5 s of silence
constexpr u32 kFresh = 300, kFreshMessages = 3;
constexpr u32 kS1 = 0, kS3 = 2, kS4 = 3;

}  // namespace

// A site, on which clients keep TCP connections open with a message a second on each.
class Stage {
 public:
  explicit Stage(const Plan& plan) : world_({.plan = plan}) {
    for (Machine& m : world_.machines_) world_.start_machine(m);
    world_.review_sessions(100ms);
    world_.check_now();
    std::string why = "nothing happened";
    for (u32 i = 0; i < 240 && !world_.settled(why); ++i) live(kLook);
    if (!world_.settled(why)) world_.violate("the site does not come up: " + why);
  }

  Seen play(u32 connections, void (Stage::*happens)()) {
    for (u32 i = 0; i < connections; ++i) ids_.push_back(open(~0u));
    live(3s);
    Seen seen;
    for (const u32 id : ids_) seen.spanning += world_.connections_[id].opened;
    broken_.assign(connections, false);
    (this->*happens)();
    live(5s);
    std::vector<u32> fresh;
    for (u32 i = 0; i < kFresh; ++i) fresh.push_back(open(kFreshMessages));
    live(5s);
    seen.fresh = kFresh;
    for (const u32 id : fresh) seen.fresh_at_drained += world_.connections_[id].server == kS1;
    seen.broken = u32(std::count(broken_.begin(), broken_.end(), true));
    if (!world_.report_.violations.empty()) seen.wrong = world_.report_.violations[0].what;
    return seen;
  }

  void daemon_dies() {
    world_.stop_daemon(d1());
    live(10s);
    world_.start_daemon(d1(), true);
  }
  void s4_added() { weigh(kS4, 10); }
  void s3_reweighted() { weigh(kS3, 40); }
  void s1_removed() {
    world_.set_drained(0, kS1, true);
    live(2s);
    world_.remove(0, kS1, 100ms);
  }
  void d1_dies_and_returns() {
    weigh(kS4, 10);
    world_.stop_machine(d1());
    world_.review_sessions(300ms);
    live(5s);
    world_.start_machine(d1());
    live(3s);
    world_.review_sessions(0s);
  }

 private:
  Machine& d1() { return world_.director(0); }

  // In the files of all directors, be it new there or not.
  void weigh(u32 server, u32 weight) {
    std::vector<Membership>& pool = world_.plan_.services[0].pool;
    std::erase_if(pool, [&](const Membership& m) { return m.host == server; });
    pool.push_back({server, weight});
    world_.reload(100ms);
    live(3s);
  }

  u32 open(u32 messages) {
    const u32 id = world_.new_connection();
    Connection& c = world_.connections_[id];
    c.service = 0;
    c.way.protocol = kProtoTcp;
    c.way.destination_port = 80;
    c.way.destination = world_.plan_.services[0].address[is_ip4(c.way.source)];
    c.messages = messages;
    c.period = kPeriod;
    world_.events_.after(world_.clients_random_.between(0s, kPeriod), [this, id] { world_.open(id); });
    return id;
  }

  void live(Duration time) {
    for (const Time end = world_.events_.now() + time; world_.events_.now() < end;) {
      bool due = false;
      world_.events_.after(kLook, [&] { due = true; });
      while (!due) world_.events_.step();
      for (std::size_t i = 0; i < broken_.size(); ++i) {
        const Connection& c = world_.connections_[ids_[i]];
        if (c.end != End::none || c.unanswered >= kUnanswered) broken_[i] = true;
      }
    }
  }

  World world_;
  std::vector<u32> ids_;
  std::vector<bool> broken_;
};

namespace {

void no_links(Plan& p) { p.links_pinned = false; }
void no_pins(Plan& p) { p.pins = 0, p.mirror = p.candidates = false; }
void no_mirror(Plan& p) { p.mirror = p.candidates = false; }

constexpr struct {
  const char *title, *without;
  void (*switch_off)(Plan&);
  void (Stage::*happens)();
} kEvents[] = {
    {"daemon of d1 killed, dead for 10 s, restarted", "a program that outlives it", no_links, &Stage::daemon_dies},
    {"target s4 added", "pins and second candidate", no_pins, &Stage::s4_added},
    {"target s3 re-weighted from 10 to 40", "pins and second candidate", no_pins, &Stage::s3_reweighted},
    {"target s1 drained, and removed after 2 s", "pins and second candidate", no_pins, &Stage::s1_removed},
    {"pool changed, d1 killed, and back from nothing", "mirror and second candidate", no_mirror,
     &Stage::d1_dies_and_returns},
};

}  // namespace

bool Told::passed() const {
  return real.spanning && !real.broken && real.wrong.empty() && control.broken && !(drains && real.fresh_at_drained);
}

std::vector<Told> tell(u32 connections) {
  std::vector<Told> all;
  for (const auto& e : kEvents) {
    Plan plan = Plan::site(), without = plan;
    e.switch_off(without);
    all.push_back({e.title, e.without, Stage(plan).play(connections, e.happens),
                   Stage(without).play(connections, e.happens), e.happens == &Stage::s1_removed});
  }
  return all;
}

}  // namespace waymark::sim
