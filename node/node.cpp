#include "node/node.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/address_text.h"
#include "node/words.h"

namespace waymark {

namespace {

using namespace std::chrono_literals;

constexpr Duration kChoicePause = 20ms;   // between flips: no packet still reads the half about to be written
constexpr Duration kAdjacencyPause = 1s;  // before a retired adjacency's slot is written again
constexpr Duration kSweepEvery = 5s;

std::pair<u64, u64> key_of(const Address& a) { return {a.high, a.low}; }

std::string text_of(const Mac& mac) {
  return fmt::format("{:02x}:{:02x}:{:02x}:{:02x}:{:02x}:{:02x}", mac.byte[0], mac.byte[1], mac.byte[2], mac.byte[3],
                     mac.byte[4], mac.byte[5]);
}

u64 hash_of(const TargetConfig& target) { return member_hash(target.address, target.port); }

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

Meta new_meta(u32 pins, u32 ticks_per_second, const std::function<u32()>& random) {
  Meta meta{};
  meta.layout = kLayoutVersion;
  for (u32& word : meta.pin_key) word = random();
  meta.pin_buckets = pin_buckets_for(pins);
  meta.embryo_buckets = embryo_buckets_for(pins);
  meta.ticks_per_second = ticks_per_second;
  meta.stamp_shift = stamp_shift_for(ticks_per_second);
  return meta;
}

Node::Node(Live live, const Clock& clock)
    : live_(live), clock_(clock), slots_(live_), choices_(live_), adjacency_used_(live_.adjacencies.size()) {
  adjacency_used_[0] = true;  // 0 means that the kernel routes
  for (u32 slot : slots_.used()) {
    const Target& target = live_.targets[slot];
    if (target.route & kTargetDown) down_.insert(name_of(slots_.service(slot), slots_.target(slot)));
    const u32 adjacency = u32(target.route);
    if (!adjacency || adjacency >= adjacency_used_.size()) continue;
    adjacency_used_[adjacency] = true;
    ways_[key_of(target.outer_destination)].slot = adjacency;
  }
  // Adjacencies that a daemon before us left without a user.
  for (u32 i = 1; i < live_.adjacencies.size(); ++i)
    if (!adjacency_used_[i] && live_.adjacencies[i].interface) live_.adjacencies[i] = {};
}

Result<Image> Node::prepare(const Config& config, std::span<const InterfaceFacts> interfaces,
                            std::span<const Prefix> natives) {
  next_slots_.clear();
  std::map<std::string, u32> services;
  for (const ServiceConfig& service : config.service) {
    const Result<u32> index = slots_.service_index(service.name);
    if (!index) return index.error();
    services[service.name] = *index;
    for (const TargetConfig& target : service.target) {
      const Result<u32> slot =
          slots_.acquire({service.name, target.name, source_for(config.director->address, target.address),
                          target.address, target.tunnel, target.port});
      if (!slot) return slot.error();
      next_slots_[name_of(service.name, target.name)] = *slot;
      if (const Way& way = ways_[key_of(target.address)]; way.slot) route(*slot, way.slot);
    }
  }
  std::map<std::pair<u64, u64>, u32> fellows;
  if (config.host)
    for (const Address& fellow : fellows_of(*config.host)) {
      const Address source = source_for(config.host->address, fellow);
      const Result<u32> slot = slots_.acquire({kFellows, text(fellow), source, fellow, Tunnel::gue, config.host->port});
      if (!slot) return slot.error();
      next_slots_[name_of(kFellows, text(fellow))] = fellows[key_of(fellow)] = *slot;
      if (const Way& way = ways_[key_of(fellow)]; way.slot) route(*slot, way.slot);
    }
  const std::vector<Pool> pools = pools_of(config, next_slots_);
  WM_TRY(Choices::check(pools));
  Result<Image> image =
      compile({config, interfaces, live_.meta[0], [&](const std::string& s) { return services.at(s); },
               [&](const Address& host) { return fellows.at(key_of(host)); }, natives});
  if (!image) return image;
  next_config_ = config;
  choices_.introduce(pools);
  return image;
}

void Node::commit(Time now) {
  config_ = next_config_;
  target_slots_ = next_slots_;
  weights_.clear();
  idle_.clear();
  std::vector<u32> slots;
  for (const ServiceConfig& service : config_.service) {
    idle_[service.name] = {stamps_for(service.tcp_idle, live_.meta[0]), stamps_for(service.udp_idle, live_.meta[0])};
    for (const TargetConfig& target : service.target) {
      weights_[name_of(service.name, target.name)] = target.weight;
    }
  }
  for (auto& [name, slot] : target_slots_) slots.push_back(slot);
  slots_.configure(slots);
  choices_dirty_ = true;
  install_choices(now);
}

// The fresh slots of the refused configuration are freed by the sweeps that find them without pins.
void Node::abandon() {
  std::vector<u32> slots;
  for (auto& [name, slot] : target_slots_) slots.push_back(slot);
  slots_.configure(slots);
}

std::vector<Pool> Node::pools_of(const Config& config, const std::map<std::string, u32>& slots) const {
  std::vector<Pool> pools;
  for (const ServiceConfig& service : config.service) {
    std::vector<const TargetConfig*> order;
    for (const TargetConfig& target : service.target) order.push_back(&target);
    std::sort(order.begin(), order.end(), [](auto* a, auto* b) { return hash_of(*a) < hash_of(*b); });
    Pool pool{};
    for (const TargetConfig* target : order) {
      const u32 slot = slots.at(name_of(service.name, target->name));
      pool.service = live_.targets[slot].service;
      pool.members.push_back({hash_of(*target), effective_weight(service, *target, slot)});
      pool.slots.push_back(slot);
    }
    if (!pool.slots.empty()) pools.push_back(std::move(pool));
  }
  return pools;
}

void Node::install_choices(Time now) {
  if (!choices_dirty_ || now < choices_allowed_) return;
  choices_.install(pools_of(config_, target_slots_));
  ++changes_;
  choices_dirty_ = false;
  choices_allowed_ = now + kChoicePause;
  mark_down();
}

u32 Node::free_adjacency() {
  for (u32 n = 1; n < adjacency_used_.size(); ++n) {
    last_adjacency_ = last_adjacency_ % u32(adjacency_used_.size() - 1) + 1;
    if (!adjacency_used_[last_adjacency_]) return last_adjacency_;
  }
  return 0;
}

void Node::route(u32 slot, u32 adjacency) {
  u64& word = live_.targets[slot].route;
  store(word, (word & kTargetDown) | adjacency);
}

void Node::on_next_hop(const NextHop& hop, Time now) {
  Way& way = ways_[key_of(hop.target)];
  const u32 old = way.slot;
  way.slot = 0;
  way.hop.reset();
  way.text = hop.why + ": the kernel routes";
  if (hop.usable) {
    if (const u32 fresh = free_adjacency()) {
      Adjacency& a = live_.adjacencies[fresh];
      a = {};
      a.valid_until = clock_.ticks_at(now + config_.engine.adjacency_lifetime);
      a.destination = hop.destination;
      a.source = hop.source;
      a.mtu = hop.mtu;
      store(a.interface, hop.interface);
      adjacency_used_[fresh] = true;
      way.slot = fresh;
      way.hop = hop;
      way.text = fmt::format("{} mtu {}", text_of(hop.destination), hop.mtu);
    } else {
      way.text = "all adjacency slots are in use: the kernel routes";
    }
  }
  for (u32 slot : slots_.used())
    if (live_.targets[slot].outer_destination == hop.target) route(slot, way.slot);
  if (old) adjacency_retired_.push_back({now + kAdjacencyPause, old});
}

std::vector<Address> Node::next_hops_wanted() const {
  std::map<std::pair<u64, u64>, Address> wanted;
  for (u32 slot : slots_.used()) {
    const Address& a = live_.targets[slot].outer_destination;
    wanted[key_of(a)] = a;
  }
  std::vector<Address> all;
  for (auto& [key, address] : wanted) all.push_back(address);
  return all;
}

IdleTimes Node::idle_of(u32 slot) const {
  if (auto it = idle_.find(slots_.service(slot)); it != idle_.end()) return it->second;
  // The service was removed: its flows get what a service gets by default.
  const Meta& meta = live_.meta[0];
  return {stamps_for(ServiceConfig{}.tcp_idle, meta), stamps_for(ServiceConfig{}.udp_idle, meta)};
}

u32 Node::idle_stamps(u32 slot, PinState state) const {
  const Meta& meta = live_.meta[0];
  return limit_of(state, stamps_for(kEmbryoLifetime, meta), stamps_for(kClosingLifetime, meta), idle_of(slot));
}

void Node::sweep(Time now) {
  const Meta& meta = live_.meta[0];
  const u32 stamp = clock_.ticks_at(now) >> meta.stamp_shift & kStampMask;
  swept_ = sweeper_.sweep(live_, stamp, stamps_for(kEmbryoLifetime, meta), stamps_for(kClosingLifetime, meta),
                          [&](u32 slot) { return idle_of(slot); });
}

std::vector<u32> Node::tick(Time now) {
  install_choices(now);
  std::erase_if(adjacency_retired_, [&](auto& retired) {
    if (retired.first > now) return false;
    live_.adjacencies[retired.second] = {};
    adjacency_used_[retired.second] = false;
    return true;
  });
  if (now >= refresh_due_) {
    const u32 until = clock_.ticks_at(now + config_.engine.adjacency_lifetime);
    for (auto& [key, way] : ways_)
      if (way.slot && way.hop) store(live_.adjacencies[way.slot].valid_until, until);
    refresh_due_ = now + config_.engine.adjacency_lifetime / 8;
  }
  if (now < sweep_due_) return {};
  sweep_due_ = now + kSweepEvery;
  sweep(now);
  std::vector<u32> freed = slots_.release(swept_.pins);
  if (!freed.empty()) {
    forget_ways(now);
    choices_.forget(freed);
  }
  return freed;
}

void Node::forget_ways(Time now) {
  std::set<std::pair<u64, u64>> wanted;
  for (const Address& address : next_hops_wanted()) wanted.insert(key_of(address));
  std::erase_if(ways_, [&](const auto& entry) {
    if (wanted.contains(entry.first)) return false;
    if (entry.second.slot) adjacency_retired_.push_back({now + kAdjacencyPause, entry.second.slot});
    return true;
  });
}

Time Node::deadline() const {
  Time due = std::min(refresh_due_, sweep_due_);
  if (choices_dirty_) due = std::min(due, choices_allowed_);
  for (auto& [time, slot] : adjacency_retired_) due = std::min(due, time);
  return due;
}

std::vector<TargetView> Node::targets() const {
  std::vector<TargetView> views;
  for (u32 slot : slots_.used()) {
    const Target& target = live_.targets[slot];
    if (slots_.service(slot) == kFellows) continue;
    const std::string name = name_of(slots_.service(slot), slots_.target(slot));
    const Decision decision = slots_.decision(slot);
    const bool configured = slots_.configured(slot);
    const auto weight = weights_.find(name);
    const auto way = ways_.find(key_of(target.outer_destination));
    views.push_back({slot, slots_.service(slot), slots_.target(slot), target.outer_destination, Tunnel(target.tunnel),
                     !configured || weight == weights_.end() ? 0
                     : decision.weight == kNoWeight          ? weight->second
                                                             : decision.weight,
                     configured, decision.drained, (target.route & kTargetDown) != 0,
                     slot < swept_.pins.size() ? swept_.pins[slot] : 0,
                     way == ways_.end() ? std::string() : way->second.text});
  }
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
