// What the mirror costs, as two directors' groups joined by a wire in memory: scanning, encoding, proving, checking,
// applying; all but the kernel's TCP. Time is virtual, the CPU's time is not.
#include <array>
#include <deque>
#include <memory>

#include "bench/case.h"
#include "bench/facts.h"
#include "core/outer.h"
#include "core/pins.h"
#include "engine/replay/userspace.h"
#include "group/group.h"
#include "node/node.h"

namespace waymark::bench {

namespace {

using namespace std::chrono_literals;

constexpr u32 kFlowsASecond = 200'000, kFull = 1'000'000;
constexpr Duration kTick = 10ms;

// What the pins' functions want, over the tables as user space sees them.
struct PinsEnv {
  Live live;
  Settings held{};
  const Settings& settings() const { return held; }
  void note(Note) {}
  PinBucket* at(decltype(table::pins), u32 i) { return i < live.pins.size() ? &live.pins[i] : nullptr; }
};

struct Director {
  UserspaceEngine engine;
  Live live = engine.live();
  PinsEnv env{live};
  std::unique_ptr<group::Group> group;
  group::GroupOutput out;

  Director(u32 pins, const std::string& name, const std::string& other) : engine(pins) {
    live.meta[0] = new_meta(sizes_for(pins), 250, [] { return 7u; });
    env.held.pin_buckets = u32(live.pins.size());
    env.held.stale_stamps = 400;
    for (u32 slot = 1; slot <= 8; ++slot) {
      Target& target = live.targets[slot];
      set_outer(target, {}, {0, slot}, {kTunnelIp});
      target.in_use = 1;
      live.slot_names[slot].incarnation = ++live.meta[0].next_incarnation;
      live.slot_names[slot].service[0] = 'w';
    }
    GroupConfig config;
    config.name = "bench";
    config.member = {{other, "[::1]:1"}};
    const std::array<u8, 32> secret = {1, 2, 3};
    group::GroupNeeds needs{[n = u8(name[0])]() mutable { return group::Nonce{++n}; }, [](Time) { return 100u; },
                            [](u32, PinState) { return 220u; }, [] { return 400u; }};
    group = std::make_unique<group::Group>(config, name, secret, 1, std::move(needs), live);
  }
  bool pin(u64 flow) {
    const PinPlace place = place_of(env, mix(flow));
    return insert_pin(env, place, pack({place.fingerprint, u32(flow % 8) + 1, 100, PinState::proven, false}), 100);
  }
  bool knows(u64 flow) { return find_pin(env, place_of(env, mix(flow))).word != nullptr; }
  void begin(Time now) { group->publish({1, 2, 3, 0, 1, 0, true, false}, {}, {}, now); }
};

struct Wire {
  Director &one, &two;
  bool joined = false;

  // One link, dialled by the first; what one sends the other hears within the same tick.
  void carry(Time now) {
    for (int rounds = 0; rounds < 1000; ++rounds) {
      bool any = false;
      for (Director* from : {&one, &two}) {
        Director& to = from == &one ? two : one;
        group::GroupOutput out = from->group->take();
        if (!out.connect.empty() && from == &one && !joined) {
          joined = true;
          one.group->opened(1, 0, now);
          (void)two.group->accepted(1, {}, now);
          any = true;
        }
        for (auto& [link, bytes] : out.send) {
          to.group->received(1, bytes, now);
          from->group->sent(1, 0);
          any = true;
        }
      }
      if (!any) return;
    }
  }
  void tick(Time now) {
    one.group->tick(now);
    two.group->tick(now);
    carry(now);
  }
};

}  // namespace

Status mirror_facts(std::vector<Fact>& facts) {
  Director one(kFull, "a", "b"), two(kFull, "b", "a");
  Wire wire{one, two};
  u64 next = 0, held = 0;
  while (held < kFull) held += one.pin(next++);  // the few that find no room make way for others
  Time now = 1000s;
  one.begin(now);
  two.begin(now);
  const double pull_began = thread_seconds();
  const Time joined = now;
  for (; !two.group->in_step(); now += kTick) {
    wire.tick(now);
    if (now > joined + 60s) return Error{"the pull of all pins did not end"};
  }
  facts.push_back({"mirror.pull_of_1m_pins", thread_seconds() - pull_began, "s of CPU, both ends", 2});
  facts.push_back({"mirror.pull_until_in_step", std::chrono::duration<double>(now - joined).count(), "s", 2});
  const u64 arrived = two.group->view().members[0].pins_received;
  facts.push_back({"mirror.pulled", double(arrived), "pins"});
  if (arrived < kFull) return Error{"not all pins arrived"};

  Director from(kFull, "a", "b"), to(kFull, "b", "a");
  Wire fresh{from, to};
  from.begin(now);
  to.begin(now);
  for (const Time end = now + 2s; now < end; now += kTick) fresh.tick(now);
  std::deque<std::pair<u64, Time>> unseen;  // one flow of each tick, until the other has it
  double spent = 0;
  Duration longest{};
  const Time start = now;
  for (; now < start + 3s; now += kTick) {
    for (u32 i = 0; i < kFlowsASecond / 100; ++i) from.pin(++next);
    unseen.push_back({next, now});
    const double before = thread_seconds();
    fresh.tick(now);
    spent += thread_seconds() - before;
    while (!unseen.empty() && to.knows(unseen.front().first)) {
      longest = std::max(longest, now - unseen.front().second);
      unseen.pop_front();
    }
  }
  facts.push_back({"mirror.cpu_at_200k_flows_a_second", spent / 3 * 100, "% of a core, both ends", 1});
  facts.push_back(
      {"mirror.lag_at_200k_flows_a_second", std::chrono::duration<double, std::milli>(longest).count(), "ms"});
  const double idle_began = thread_seconds();
  for (const Time end = now + 3s; now < end; now += kTick) fresh.tick(now);
  facts.push_back({"mirror.cpu_idle", (thread_seconds() - idle_began) / 3 * 100, "% of a core, both ends", 1});
  return Done{};
}

}  // namespace waymark::bench
