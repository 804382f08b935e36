#include "node/flows.h"

#include <algorithm>
#include <bit>

#include "core/firewall/bits.h"
#include "core/firewall/rules.h"
#include "node/words.h"
#include "roles/compile.h"
#include "roles/role.h"

namespace waymark {

namespace {

using namespace std::chrono_literals;
using firewall::Stage;

constexpr Duration kEnding = 240s;  // from a FIN on (RFC 5382, REQ-5)
constexpr Duration kReset = 10s;
constexpr Duration kPing = 60s;  // RFC 5508, REQ-1

// The wall's clock may be set, and ticks drift apart from it.
constexpr Duration kBirthEvery = 10s;

u32 owner_of(const ExactRecord4& record) { return firewall::ends_in({{0, read_word(&record.key[1])}}).owner; }

// What a list by number has of an owner, or null.
template <class T, class N>
T* find(std::vector<T>& list, u32 number, N number_of) {
  const auto at =
      std::lower_bound(list.begin(), list.end(), number, [&](const T& one, u32 n) { return one.*number_of < n; });
  return at == list.end() || (*at).*number_of != number ? nullptr : &*at;
}

}  // namespace

FlowPlan flow_plan(const Config& config, const Image& image, const Meta& meta) {
  FlowPlan plan;
  plan.settings = image.settings.firewall;
  plan.stamp_shift = image.settings.stamp_shift;
  const std::optional<Keeping> kept = keeping(config, FlowKind::firewall);
  if (!kept || !plan.settings.buckets) return plan;
  plan.open = stamps_for(kept->tcp_idle, meta);
  plan.exchange = stamps_for(kept->udp_idle, meta);
  plan.ending = stamps_for(kEnding, meta);
  plan.reset = stamps_for(kReset, meta);
  plan.ping = stamps_for(kPing, meta);
  plan.grace = ticks_of(kept->grace, meta);
  if (plan.settings.birth_bits) plan.birth_unit = kept->birth_unit;
  plan.holds = kept->holds;
  for (const FirewallPolicy& policy : image.firewall_policies) plan.owners.push_back({policy.owner, policy.count});
  std::sort(plan.owners.begin(), plan.owners.end(), [](auto& a, auto& b) { return a.number < b.number; });
  return plan;
}

u32 idle_stamps(const FlowPlan& plan, Stage stage) {
  switch (stage) {
    case Stage::open:
      return plan.open;
    case Stage::closing:
    case Stage::closed:
      return plan.ending;
    case Stage::reset:
    case Stage::reset_by_outside:
      return plan.reset;
    case Stage::reply:
      return plan.ping;
    case Stage::exchange:
    case Stage::both:
      return plan.exchange;
    case Stage::syn:
    case Stage::answered:
    case Stage::datagram:
    case Stage::query:
    case Stage::other:
      break;
  }
  return plan.ping;  // of no flow that is proven
}

FlowKeeper::FlowKeeper(Live& live) : live_(live) {}

void FlowKeeper::configure(FlowPlan plan, Time now) {
  const bool alike = std::equal(plan.owners.begin(), plan.owners.end(), plan_.owners.begin(), plan_.owners.end());
  FlowPlan before = std::exchange(plan_, std::move(plan));
  rounds_.begin(plan_.settings.buckets);
  if (!rounds_) return;
  grace_due_ = now;
  birth_due_ = plan_.settings.birth_bits ? now : Time::max();
  if (alike) return;
  // What a start finds has the places of a configuration that it does not know: the first sweep sets it right.
  if (!before.owners.empty()) move_counts(before);
  rounds_.restart(now);
}

// All are read before one is written: a place may be another one's new place. What packets add in between is found by
// the next sweep.
void FlowKeeper::move_counts(FlowPlan& before) {
  std::vector<FlowCount> counts;
  for (const FlowPlan::Owner& owner : plan_.owners) {
    const FlowPlan::Owner* known = find(before.owners, owner.number, &FlowPlan::Owner::number);
    counts.push_back(known ? live_.flow_counts[known->place] : FlowCount{});
  }
  for (const FlowPlan::Owner& owner : before.owners) {
    store(live_.flow_counts[owner.place].flows, u64(0));
    store(live_.flow_counts[owner.place].due, u64(0));
    store(live_.flow_counts[owner.place].early_due, u64(0));
  }
  for (std::size_t i = 0; i < counts.size(); ++i) {
    store(live_.flow_counts[plan_.owners[i].place].flows, counts[i].flows);
    store(live_.flow_counts[plan_.owners[i].place].due, counts[i].due);
    store(live_.flow_counts[plan_.owners[i].place].early_due, counts[i].early_due);
  }
}

bool FlowKeeper::takes(const FlowPlan& plan) const { return !std::ranges::includes(plan_.holds, plan.holds); }

bool FlowKeeper::begin_grace(const FlowPlan& plan, u32 ticks) {
  if (!plan.settings.buckets || !plan.grace) return false;
  store(live_.flow_grace[0], firewall::kGraceIsOn | u64(ticks + plan.grace));
  grace_due_ = Time{0};
  return true;
}

u32 FlowKeeper::grace_left(u32 ticks) const {
  const u64 word = read_word(&live_.flow_grace[0]);
  if (!(word & firewall::kGraceIsOn)) return 0;
  return u32(std::max(0, int(u32(word) - ticks)));
}

// More than the plan gives is left where ticks wrapped while nobody was there to end it, or where a reload made it
// shorter.
void FlowKeeper::end_grace(Time now, u32 ticks, u32 per_second) {
  grace_due_ = Time::max();
  if (!(read_word(&live_.flow_grace[0]) & firewall::kGraceIsOn)) return;
  const u32 left = grace_left(ticks);
  if (left && plan_.grace && left <= plan_.grace + per_second) {
    grace_due_ = now + std::chrono::duration_cast<Duration>(std::chrono::duration<double>(double(left) / per_second));
    grace_due_ = std::max(grace_due_, now + 1ms);
    return;
  }
  store(live_.flow_grace[0], u64(0));
  grace_ended_ = true;
}

void FlowKeeper::tell_birth(Time now, u32 ticks, u32 per_second, Duration wall) {
  birth_due_ = now + kBirthEvery;
  const u64 since = u64(wall % plan_.birth_unit / 1ms) * per_second / 1'000;  // its present unit began
  store(live_.birth_clock[0], u64(wall / plan_.birth_unit) << 32 | u32(ticks - u32(since)));
}

void FlowKeeper::tick(Time now, u32 ticks, u32 ticks_per_second, Duration wall) {
  if (!rounds_) return;
  if (now >= birth_due_) tell_birth(now, ticks, ticks_per_second, wall);
  if (now >= grace_due_) end_grace(now, ticks, ticks_per_second);
  if (!rounds_.due(now)) return;
  const FirewallSettings& s = plan_.settings;
  FlowEnv env{live_};
  const u32 birth = birth_at(ticks);
  const bool ended = rounds_.part(
      now, env, times(ticks).limits, {ticks >> plan_.stamp_shift, ticks >> s.embryo_shift},
      [&](u64 state) { return idle_stamps(plan_, firewall::stage_of(state)); },
      [&](const ExactRecord4& record, bool embryo) { count(record, embryo, birth); }, [&] { begin_sweep(); });
  if (ended) end_sweep();
}

void FlowKeeper::begin_sweep() {
  counting_ = {};
  before_.clear();
  for (const FlowPlan::Owner& owner : plan_.owners) {
    counting_.owned.push_back({owner.number, 0, 0});
    before_.push_back(read_word(&live_.flow_counts[owner.place].flows));
  }
}

void FlowKeeper::count(const ExactRecord4& record, bool embryo, u32 birth) {
  const u64 state = read_word(&record.state);
  ++counting_.stages[u64(firewall::stage_of(state)) % firewall::kStages];
  if (plan_.settings.birth_bits && firewall::beginner(state) == firewall::Side::inside) {
    const u32 age = firewall::age_of(read_word(&record.user), birth, plan_.settings.birth_bits);
    ++counting_.ages[u32(std::bit_width(age)) % kFlowAges];
  }
  FlowsSwept::Owned* owned = find(counting_.owned, owner_of(record), &FlowsSwept::Owned::owner);
  if (owned) ++(embryo ? owned->half_open : owned->flows);  // else its tenant is gone
}

// What packets added since the sweep began stays added: some of these flows it saw as well, and the next one tells.
void FlowKeeper::end_sweep() {
  const ExactCounts& counts = rounds_.counts();
  counting_.number = swept_.number + 1;
  counting_.flows = counts.flows;
  counting_.half_open = counts.embryos;
  counting_.expired = counts.expired;
  for (std::size_t i = 0; i < plan_.owners.size(); ++i) {
    const FlowsSwept::Owned& owned = counting_.owned[i];
    __sync_fetch_and_add(&live_.flow_counts[plan_.owners[i].place].flows, owned.flows + owned.half_open - before_[i]);
  }
  swept_ = std::move(counting_);
}

group::FlowTimes FlowKeeper::times(u32 ticks) const {
  const FirewallSettings& s = plan_.settings;
  return {{s.buckets, s.embryo_buckets, s.stale_stamps, s.embryo_stamps},
          ticks >> plan_.stamp_shift,
          [this](Stage stage) { return idle_stamps(plan_, stage); }};
}

u32 FlowKeeper::birth_at(u32 ticks) const {
  return firewall::birth_after(read_word(&live_.birth_clock[0]), ticks, plan_.settings.birth_scale);
}

u64 FlowKeeper::taken(const FlowPlan::Owner& owner) const { return read_word(&live_.flow_counts[owner.place].flows); }

}  // namespace waymark
