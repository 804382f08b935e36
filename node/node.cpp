#include "node/node.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/address_text.h"
#include "core/outer.h"
#include "node/words.h"

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

Address source_for(const std::vector<Address>& own, const Address& target) {
  for (const Address& source : own)
    if (is_ip4(source) == is_ip4(target)) return source;
  return {};
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

Meta new_meta(const TableSizes& sizes, u32 ticks_per_second, const std::function<u32()>& random) {
  Meta meta{};
  meta.layout = kLayoutVersion;
  for (u32& word : meta.pin_key) word = random();
  meta.targets = sizes.targets;
  meta.pin_buckets = sizes.pin_buckets;
  meta.embryo_buckets = sizes.embryo_buckets;
  meta.ticks_per_second = ticks_per_second;
  meta.stamp_shift = stamp_shift_for(ticks_per_second);
  return meta;
}

Node::Node(Live live, const Clock& clock)
    : live_(live),
      clock_(clock),
      slots_(live_),
      choices_(live_),
      hops_(live_, slots_.used()),
      roster_(roster_of({.config = std::make_shared<Config>()})),
      down_slots_(live_.targets.size()),
      unmarked_(live_.targets.size()) {
  slots_.used().each([&](u32 slot) {
    if (!(live_.targets[slot].route & kTargetDown)) return;
    down_slots_.insert(slot);
    down_.insert(name_of(slots_.service(slot), slots_.target(slot)));
  });
}

Result<Draft> Node::draft(std::shared_ptr<const Config> config, std::span<const InterfaceFacts> interfaces,
                          std::span<const Prefix> natives) {
  if (drafting_) return Error{"another configuration is on its way into force"};
  drafting_ = true;
  const auto slot_of = [&](const TargetKey& key, u32 index) -> Result<u32> {
    const Result<Slots::Acquired> slot = slots_.acquire(key, index);
    if (!slot) return slot.error();
    if (!slot->fresh) return slot->slot;
    hops_.add(slot->slot);
    if (down_.empty() || !down_.contains(name_of(key.service, key.target))) return slot->slot;
    down_slots_.insert(slot->slot);  // no choice names it yet, so it can be marked as well
    u64& word = live_.targets[slot->slot].route;
    store(word, word | kTargetDown);
    return slot->slot;
  };
  const auto fail = [&](const Error& why) {
    abandon();
    return why;
  };
  Draft draft{.config = std::move(config),
              .interfaces = {interfaces.begin(), interfaces.end()},
              .natives = {natives.begin(), natives.end()},
              .meta = live_.meta[0]};
  for (const ServiceConfig& service : draft.config->service) {
    const Result<u32> index = slots_.service_index(service.name);
    if (!index) return fail(index.error());
    draft.services.push_back(*index);
    draft.before.push_back(choices_.tables(*index));
    for (const TargetConfig& target : service.target) {
      const Result<u32> slot =
          slot_of({service.name, target.name, source_for(draft.config->director->address, target.address),
                   target.address, target.tunnel, target.port},
                  *index);
      if (!slot) return fail(slot.error());
      draft.slots.push_back(*slot);
      draft.weights.push_back(weight_of(target.weight, slots_.decision(*slot), down_slots_.contains(*slot)));
    }
  }
  if (!draft.config->host) return draft;
  const HostConfig& host = *draft.config->host;
  for (const Address& fellow : fellows_of(host)) {
    const Result<u32> index = slots_.service_index(kFellows);
    if (!index) return fail(index.error());
    const std::string name = text(fellow);
    const Result<u32> slot =
        slot_of({kFellows, name, source_for(host.address, fellow), fellow, Tunnel::gue, host.port}, *index);
    if (!slot) return fail(slot.error());
    draft.fellows.push_back(*slot);
  }
  return draft;
}

Result<Image> Node::prepare(const Config& config, std::span<const InterfaceFacts> interfaces,
                            std::span<const Prefix> natives) {
  const Result<Draft> drafted = draft(std::make_shared<const Config>(config), interfaces, natives);
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

void Node::introduce(const Compiled& compiled) { introduced_ = choices_.introduce(compiled.pools); }

void Node::commit(Compiled compiled, Time now) {
  roster_ = std::move(compiled.roster);
  ready_ = std::move(compiled.pools);
  end_draft();
  gone_.clear();
  for (u32 index = 0; index < kMaxServices; ++index)
    if (const auto* service = roster_->service_at(index); choices_.tables(index) && !(service && service->count))
      gone_.push_back(index);
  count_all();
  ++changes_;
  install_choices(now);
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
    pool.members.push_back({target.hash, effective_weight(roster_->order[i])});
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
  return hops_.take(hop, clock_.ticks_at(now + config().engine.adjacency_lifetime), now);
}

Node::Behind Node::targets_at(const Address& address, std::size_t most) const {
  std::vector<u32> positions;
  for (u32 slot : hops_.slots_at(address))
    if (const u32 at = roster_->at_slot(slot); at != Roster::kNone) positions.push_back(at);
  Behind behind{{}, positions.size()};
  most = std::min(most, positions.size());
  std::partial_sort(positions.begin(), positions.begin() + std::ptrdiff_t(most), positions.end());
  for (std::size_t i = 0; i < most; ++i)
    behind.first.push_back(
        name_of(config().service[roster_->targets[positions[i]].service].name, roster_->target(positions[i]).name));
  return behind;
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
  if (now < sweep_due_ || !sweep(now)) return {};
  std::vector<u32> freed = slots_.unused(swept_.pins, kFreedAtOnce);
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
    down_slots_.erase(slot);
    unmarked_.erase(slot);
    slots_.release(slot);
  }
}

Time Node::deadline() const {
  Time due = std::min({refresh_due_, sweep_due_, hops_.deadline()});
  return choices_due() || choices_.behind() > kPoolsAtOnce ? std::min(due, choices_allowed_) : due;
}

std::vector<TargetView> Node::targets() const {
  std::vector<TargetView> views;
  views.reserve(slots_.used().count());
  slots_.used().each([&](u32 slot) {
    if (slot == 0 || slots_.service(slot) == kFellows) return;
    const Target& target = live_.targets[slot];
    const Address address = outer_destination(target);
    const Decision decision = slots_.decision(slot);
    const bool configured = slots_.configured(slot);
    const u32 at = roster_->at_slot(slot);
    views.push_back({slot, std::string(slots_.service(slot)), std::string(slots_.target(slot)), address,
                     Tunnel(target.tunnel),
                     at == Roster::kNone            ? 0
                     : decision.weight == kNoWeight ? roster_->target(at).weight
                                                    : decision.weight,
                     configured, decision.drained, (target.route & kTargetDown) != 0,
                     slot < swept_.pins.size() ? swept_.pins[slot] : 0, hops_.text(address)});
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
  const u64 hash = hash_flow(meta.pin_key, zone_of(zone.data(), u32(zone.size())), u8(protocol), source, destination,
                             source_port, destination_port);
  const PinPlace place = place_of(env, hash);
  Found found = waymark::find_pin(env, place);
  if (!found.word) found = find_embryo(env, place);
  if (!found.word) return std::nullopt;
  return unpack(found.value);
}

}  // namespace waymark
