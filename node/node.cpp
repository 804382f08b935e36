#include "node/node.h"

#include <fmt/format.h>

#include <algorithm>

#include "config/prefixes.h"
#include "core/outer.h"
#include "node/words.h"
#include "roles/host/role.h"

namespace waymark {

namespace {

using namespace std::chrono_literals;

constexpr Duration kChoicePause = 20ms;  // between flips: no packet still reads the half about to be written
constexpr u32 kPoolsAtOnce = 256;        // by which the spare half may stay behind, and that are written in one go
constexpr Duration kCatchUpPause = 2ms;
constexpr Duration kSweepEvery = 5s;
constexpr u32 kSweepBuckets = 16'384;  // at once, then others have a turn
constexpr Duration kSweepPause = 4ms;
constexpr u32 kFreedAtOnce = 4'096;      // slots; the others come with the next sweep
constexpr u32 kEntriesAtOnce = 200'000;  // of tables that the loop makes for one flip; the others come with the next

u32 weight_of(u32 configured, const Decision& decision, bool down) {
  if (decision.drained || down) return 0;
  return decision.weight == kNoWeight ? configured : decision.weight;
}

// The core's own lookup over the tables as user space sees them.
struct LookupEnv {
  const Settings& settings_;
  Live& live_;
  const Settings& settings() const { return settings_; }
  PinBucket* at(decltype(table::pins), u32 i) { return i < live_.pins.size() ? &live_.pins[i] : nullptr; }
  EmbryoBucket* at(decltype(table::embryos), u32 i) { return i < live_.embryos.size() ? &live_.embryos[i] : nullptr; }
};

}  // namespace

Node::Node(Live live, const Clock& clock)
    : live_(live),
      clock_(clock),
      slots_(live_),
      choices_(live_),
      hops_(live_, slots_.used()),
      roster_(roster_of({.config = std::make_shared<Config>(), .serves = std::make_shared<Services>()})),
      down_slots_(live_.targets.size()),
      unmarked_(live_.targets.size()) {
  slots_.used().each([&](u32 slot) {
    if (!(live_.targets[slot].route & kTargetDown)) return;
    if (slots_.service(slot) == kFellows) return silent_.push_back(outer_destination(live_.targets[slot]));
    down_slots_.insert(slot);
    down_.insert(name_of(slots_.service(slot), slots_.target(slot)));
  });
}

std::vector<KnownService> Node::names_of(const Services& serves) {
  std::vector<KnownService> all;
  all.reserve(serves.service.size() + 1);
  for (const ServiceSpec& service : serves.service) all.push_back({service.name, scope_of(service), service.realm});
  if (!serves.fellow.empty()) all.push_back({kFellows, 0, 0});
  return all;
}

// The slots of a service's targets; those that are fresh are made ready.
Result<std::vector<Slots::Acquired>> Node::acquire(u32 index, const KnownService& service,
                                                   const std::vector<TargetSpec>& targets) {
  auto all = slots_.acquire(index, service, targets, down_slots_);
  if (!all) return all;
  for (const Slots::Acquired& acquired : *all) {
    if (!acquired.fresh) {
      if (acquired.decision.newer_than(slots_.decision(acquired.slot)))
        inherited_.push_back({acquired.slot, acquired.decision});
      continue;
    }
    hops_.add(acquired.slot);
    if (!acquired.down) continue;
    down_slots_.insert(acquired.slot);  // no choice names it yet, so it can be marked as well
    u64& word = live_.targets[acquired.slot].route;
    store(word, word | kTargetDown);
    down_.insert(name_of(slots_.service(acquired.slot), slots_.target(acquired.slot)));
  }
  return all;
}

Result<Draft> Node::draft(std::shared_ptr<const Config> config, Services serves,
                          std::span<const InterfaceFacts> interfaces, std::span<const Prefix> natives) {
  if (drafting_) return Error{"another configuration is on its way into force"};
  WM_TRY(set_realms(serves, slots_.known()));
  drafting_ = true;
  const auto fail = [&](const Error& why) {
    abandon();
    return why;
  };
  Draft draft{.config = std::move(config),
              .serves = std::make_shared<const Services>(std::move(serves)),
              .interfaces = {interfaces.begin(), interfaces.end()},
              .natives = {natives.begin(), natives.end()},
              .meta = live_.meta[0]};
  const std::vector<KnownService> names = names_of(*draft.serves);
  Result<std::vector<u32>> indices = slots_.claim(names);
  if (!indices) return fail(indices.error());
  for (std::size_t i = 0; i < draft.serves->service.size(); ++i) {
    const std::vector<TargetSpec>& targets = draft.serves->service[i].target;
    const u32 index = (*indices)[i];
    draft.before.push_back(choices_.tables(index));
    const auto acquired = acquire(index, names[i], targets);
    if (!acquired) return fail(acquired.error());
    for (std::size_t m = 0; m < targets.size(); ++m) {
      const auto& [slot, fresh, down, decision] = (*acquired)[m];
      draft.slots.push_back(slot);
      draft.weights.push_back(weight_of(targets[m].weight, decision, down_slots_.contains(slot)));
    }
  }
  if (!draft.serves->fellow.empty()) {
    const auto acquired = acquire(indices->back(), names.back(), draft.serves->fellow);
    if (!acquired) return fail(acquired.error());
    for (const Slots::Acquired& fellow : *acquired) draft.fellows.push_back(fellow.slot);
    indices->pop_back();
  }
  draft.services = std::move(*indices);
  draft.shared = slots_.shared();
  return draft;
}

Result<Image> Node::prepare(const Config& config, std::span<const InterfaceFacts> interfaces,
                            std::span<const Prefix> natives) {
  const Result<Draft> drafted = draft(std::make_shared<const Config>(config), services_of(config), interfaces, natives);
  if (!drafted) return drafted.error();
  Result<Compiled> compiled = compile(*drafted);
  if (!compiled) {
    abandon();
    return compiled.error();
  }
  introduce(*compiled);
  prepared_ = std::move(*compiled);
  return prepared_.image;
}

void Node::commit(Compiled compiled, Time now) {
  roster_ = std::move(compiled.roster);
  ready_ = std::move(compiled.pools);
  take_names();
  end_draft();
  flows_.configure(std::move(compiled.flows), now);
  edge_flows_.configure(compiled.edge_flows);
  neighbours_.configure(std::move(compiled.neighbours), now);
  slots_.record_configured();
  gone_.clear();
  for (u32 index = 0; index < kMaxServices; ++index)
    if (const auto* service = roster_->service_at(index); choices_.tables(index) && !(service && service->count))
      gone_.push_back(index);
  count_all();
  mark_fellows();
  ++changes_;
  install_choices(now);
}

// What the configuration in force calls its services and targets; what changed of a name goes with the slot.
void Node::take_names() {
  const std::vector<KnownService> names = names_of(*roster_->serves);
  std::vector<u32> indices;
  for (const Roster::ServiceEntry& service : roster_->services) indices.push_back(service.index);
  if (!roster_->fellows.empty()) indices.push_back(live_.targets[roster_->fellows.front()].service);
  for (u32 at = 0; at < roster_->targets.size(); ++at) {
    const u32 slot = roster_->targets[at].slot;
    if (slots_.service(slot) != roster_->service_of(at) || slots_.target(slot) != roster_->target(at).name)
      renamed_.push_back({{roster_->service_of(at), roster_->target(at).name, down_slots_.contains(slot)},
                          std::string(slots_.service(slot))});
  }
  down_slots_.each([&](u32 slot) { down_.erase(name_of(slots_.service(slot), slots_.target(slot))); });
  slots_.call_services(names, indices);
  for (u32 at = 0; at < roster_->targets.size(); ++at) slots_.call(roster_->targets[at].slot, roster_->target(at).name);
  down_slots_.each([&](u32 slot) { down_.insert(name_of(slots_.service(slot), slots_.target(slot))); });
  for (const auto& [slot, decision] : inherited_) {
    if (!decision.newer_than(slots_.decision(slot))) continue;  // somebody decided meanwhile
    slots_.decide(slot, decision);
    news_.decided.push_back({std::string(slots_.service(slot)), std::string(slots_.target(slot)), decision});
  }
}

// The fresh slots of a refused configuration are freed by the sweeps that find them without pins; choices that were
// introduced for it go with the next flip.
void Node::abandon() {
  if (!drafting_) return;
  gone_.insert(gone_.end(), introduced_.begin(), introduced_.end());
  end_draft();
}

void Node::end_draft() {
  std::vector<u32> slots = roster_->fellows;
  for (const Roster::TargetEntry& target : roster_->targets) slots.push_back(target.slot);
  slots_.configure(slots);
  drafting_ = false;
  inherited_.clear();
  prepared_ = {};
  introduced_.clear();
}

u32 Node::effective_weight(u32 target) const {
  const u32 slot = roster_->targets[target].slot;
  return weight_of(roster_->target(target).weight, slots_.decision(slot), down_slots_.contains(slot));
}

Pool Node::pool_of(const Roster::ServiceEntry& service) const {
  Pool pool{service.index, {}, {}};
  for (u32 i = service.first; i < service.first + service.count; ++i) {
    const Roster::TargetEntry& target = roster_->targets[roster_->order[i]];
    pool.members.push_back({target.end, effective_weight(roster_->order[i])});
    pool.slots.push_back(target.slot);
  }
  return pool;
}

// Whether a pool's tables are still right that were made when the configuration was drafted.
bool Node::drafted(const Successor& s) const {
  const Tables& now = choices_.tables(s.pool.service);
  if (now != s.before && now != s.tables) return false;
  const u32 first = roster_->service_at(s.pool.service)->first;
  for (u32 i = 0; i < s.pool.members.size(); ++i)
    if (s.pool.members[i].weight != effective_weight(roster_->order[first + i])) return false;
  return true;
}

void Node::install_choices(Time now) {
  if (!choices_due() || now < choices_allowed_) return;
  std::vector<Successor> pools;
  for (Successor& s : std::exchange(ready_, {}))
    if (drafted(s)) {
      dirty_.erase(s.pool.service);
      pools.push_back(std::move(s));
    } else {
      dirty_.insert(s.pool.service);
    }
  u32 entries = 0;
  const auto take = [&](u32 index) {
    if (entries >= kEntriesAtOnce) return;
    dirty_from_ = index + 1;
    dirty_.erase(index);
    const Roster::ServiceEntry* service = roster_->service_at(index);
    if (!service || !service->count) return;
    entries += table_size(service->count);
    pools.push_back(choices_.successor(pool_of(*service)));
  };
  dirty_.each_from(dirty_from_, take);
  choices_.install(pools, std::exchange(gone_, {}));
  for (const Successor& s : pools) count_history(roster_->of_index[s.pool.service]);
  ++changes_;
  choices_allowed_ = now + kChoicePause;
  mark_down(dirty_);
}

HopNews Node::on_next_hop(const NextHop& hop, Time now) {
  const HopNews news = hops_.take(hop, clock_.ticks_at(now + config().engine.adjacency_lifetime), now);
  if (news != HopNews::none) mark_fellows();
  return news;
}

void Node::set_silent(std::vector<Address> silent) {
  if (silent == silent_) return;
  silent_ = std::move(silent);
  mark_fellows();
}

// Fellows have no checks: one is down while it is not reached, or is silent. Packets for it go another way where they
// have one.
void Node::mark_fellows() {
  for (const u32 slot : roster_->fellows) {
    u64& word = live_.targets[slot].route;
    const Address at = outer_destination(live_.targets[slot]);
    store(word, hops_.lost(at) || std::ranges::count(silent_, at) ? word | kTargetDown : word & ~kTargetDown);
  }
}

IdleTimes Node::idle_of(u32 slot) const {
  if (const Roster::ServiceEntry* service = roster_->service_at(live_.targets[slot].service)) return service->idle;
  // The service was removed: its flows get what a service gets by default.
  const Meta& meta = live_.meta[0];
  return {stamps_for(ServiceConfig{}.tcp_idle, meta), stamps_for(ServiceConfig{}.udp_idle, meta)};
}

u32 Node::idle_stamps(u32 slot, PinState state) const {
  const Meta& meta = live_.meta[0];
  return limit_of(state, stamps_for(kEmbryoLifetime, meta), stamps_for(kClosingLifetime, meta), idle_of(slot));
}

bool Node::sweep(Time now) {
  const Meta& meta = live_.meta[0];
  if (!sweeper_.midway()) sweep_begun_ = now;
  const bool ended = sweeper_.step(
      live_, stamp(now), stamps_for(kEmbryoLifetime, meta), stamps_for(kClosingLifetime, meta),
      [&](u32 slot) { return idle_of(slot); }, kSweepBuckets);
  sweep_due_ = ended ? std::max(sweep_begun_ + kSweepEvery, now) : now + kSweepPause;
  if (ended) swept_ = sweeper_.result();
  return ended;
}

std::vector<u32> Node::tick(Time now) {
  install_choices(now);
  if (choices_.behind() > kPoolsAtOnce && now >= choices_allowed_) {
    choices_.catch_up(kPoolsAtOnce);
    choices_allowed_ = now + kCatchUpPause;
  }
  hops_.tidy(now);
  if (now >= refresh_due_) {
    hops_.renew(clock_.ticks_at(now + config().engine.adjacency_lifetime));
    refresh_due_ = now + config().engine.adjacency_lifetime / 8;
  }
  flows_.tick(now, clock_.ticks_at(now), clock_.per_second, clock_.wall + (now - clock_.at));
  edge_flows_.tick(now, clock_.ticks_at(now));
  neighbours_.tick(now, clock_.ticks_at(now));
  if (now < sweep_due_ || !sweep(now)) return {};
  Duration idle = ServiceConfig{}.tcp_idle;  // as idle_of() has it for those that were removed
  for (const ServiceSpec& service : roster_->serves->service)
    idle = std::max({idle, service.tcp_idle, service.udp_idle});
  std::vector<u32> freed = slots_.unused(swept_.pins, kFreedAtOnce, u32(idle / kSweepEvery) + 1);
  free(freed, now);
  return freed;
}

void Node::free(std::span<const u32> slots, Time now) {
  if (slots.empty()) return;
  Numbers services(kMaxServices);
  for (u32 slot : slots)
    if (const u32 index = live_.targets[slot].service; index < kMaxServices) services.insert(index);
  choices_.forget(slots, services);
  for (u32 slot : slots) {
    hops_.remove(slot, now);
    const std::string service(slots_.service(slot)), target(slots_.target(slot));
    bool others = !down_slots_.contains(slot);
    down_slots_.erase(slot);
    unmarked_.erase(slot);
    slots_.release(slot);
    slots_.each_named(service, target, [&](u32 other) { others |= down_slots_.contains(other); });
    if (!others) down_.erase(name_of(service, target));
  }
}

Time Node::deadline() const {
  Time due = std::min(
      {refresh_due_, sweep_due_, flows_.deadline(), edge_flows_.deadline(), neighbours_.deadline(), hops_.deadline()});
  return choices_due() || choices_.behind() > kPoolsAtOnce ? std::min(due, choices_allowed_) : due;
}

std::vector<TargetView> Node::targets() const {
  std::vector<TargetView> views;
  views.reserve(slots_.used().count());
  slots_.used().each([&](u32 slot) {
    if (slot == 0 || slots_.service(slot) == kFellows) return;
    const Target& target = live_.targets[slot];
    const Address address = outer_destination(target);
    const Encapsulation tunnel = encapsulation_of(target);
    const Decision decision = slots_.decision(slot);
    const bool configured = slots_.configured(slot);
    const u32 at = roster_->at_slot(slot);
    views.push_back(
        {slot, std::string(slots_.service(slot)), std::string(slots_.target(slot)), address, Tunnel(target.tunnel),
         at == Roster::kNone            ? 0
         : decision.weight == kNoWeight ? roster_->target(at).weight
                                        : decision.weight,
         configured, decision.drained, (target.route & kTargetDown) != 0,
         slot < swept_.pins.size() ? swept_.pins[slot] : 0, hops_.text(address, target.tunnel == kTunnelMac),
         tunnel.has_key ? std::optional(tunnel.key) : std::nullopt});
  });
  return views;
}

std::optional<Pin> Node::find_pin(const std::string& zone, Protocol protocol, const Address& source, u16 source_port,
                                  const Address& destination, u16 destination_port) {
  const Meta& meta = live_.meta[0];
  if (live_.pins.empty()) return std::nullopt;
  Settings settings{};
  settings.pin_buckets = u32(live_.pins.size());
  settings.embryo_buckets = u32(live_.embryos.size());
  LookupEnv env{settings, live_};
  const auto& services = roster_->serves->service;
  const ServiceSpec* service = nullptr;
  u8 longest = 0;
  for (const ServiceSpec& s : services)
    for (const Prefix& p : s.address)
      if (s.zone == zone && contains(p, destination) && (!service || p.length > longest))
        service = &s, longest = p.length;
  if (!service) return std::nullopt;
  const u64 hash =
      hash_flow(meta.pin_key, service->realm, u8(protocol), source, destination, source_port, destination_port);
  const PinPlace place = place_of(env, hash);
  Found found = waymark::find_pin(env, place);
  if (!found.word) found = find_embryo(env, place);
  if (!found.word) return std::nullopt;
  return unpack(found.value);
}

}  // namespace waymark
