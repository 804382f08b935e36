#include "node/agents.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "agents/weight.h"
#include "node/services.h"

namespace waymark {

namespace {

// Those that are registered.
std::vector<HostServiceConfig> own_of(const Config& config) {
  std::vector<HostServiceConfig> own;
  if (config.host)
    std::ranges::copy_if(config.host->service, std::back_inserter(own),
                         [](auto& s) { return s.registers.has_value(); });
  return own;
}

agents::RegistrarConfig registrar_of(const Config& config, const AgentKeys& keys) {
  agents::RegistrarConfig out;
  out.identity = config.name;
  for (std::size_t i = 0; i < config.agents->peer.size(); ++i)
    out.peers.push_back({config.agents->peer[i].name, config.agents->peer[i].spi, keys.peers.at(i)});
  for (const AuthoriseConfig& entry : config.authorise)
    for (const std::string& peer : entry.peer) out.rules.push_back({peer, entry.service, entry.care_of, entry.share});
  for (const ServiceConfig& service : config.service)
    if (service.registered) out.services.push_back({service.name, service.address, true, service.fail_static});
  out.lifetime = config.agents->lifetime;
  out.drain = config.agents->drain;
  out.heartbeat = config.agents->heartbeat;
  // A target needs a slot, and half of them are for those that went.
  out.most_bindings = std::min(out.most_bindings, config.engine.targets / 2);
  return out;
}

agents::RegistrantConfig registrant_of(const Config& config, const AgentKeys& keys) {
  const HostConfig& host = *config.host;
  agents::RegistrantConfig out;
  out.identity = config.name;
  for (std::size_t i = 0; i < host.director.size(); ++i) {
    const HostDirectorConfig& d = host.director[i];
    out.directors.push_back({d.name, d.address, d.port, d.name, d.spi, keys.directors.at(i)});
  }
  for (const HostServiceConfig& service : own_of(config))
    out.services.push_back({service.name,
                            service.address,
                            {{0, host.address.front()}},
                            service.registers->lifetime,
                            u16(service.registers->priority)});
  return out;
}

}  // namespace

// On machines of its own, so that a side that cannot be leaves the other as it is.
Status Agents::check(const Config& config, const AgentKeys& keys, Time now) {
  if (config.agents)
    if (const Status done = agents::Registrar(0).configure(registrar_of(config, keys), now); !done)
      return Error{fmt::format("[agents]: {}", done.error().sentence)};
  if (!own_of(config).empty())
    if (const Status done = agents::Registrant(0).configure(registrant_of(config, keys), now); !done)
      return Error{fmt::format("[host] register: {}", done.error().sentence)};
  return Done{};
}

Status Agents::configure(const Config& config, const AgentKeys& keys, Time now) {
  WM_TRY(check(config, keys, now));
  own_ = own_of(config);
  if (config.agents) {
    if (!registrar_) registrar_.emplace(seed_, epoch_);
    WM_TRY(registrar_->configure(registrar_of(config, keys), now));
  } else {
    registrar_.reset();
  }
  if (own_.empty()) {
    registrant_.reset();
    return Done{};
  }
  if (!registrant_) registrant_.emplace(epoch_, u16(seed_));
  WM_TRY(registrant_->configure(registrant_of(config, keys), now));
  for (const HostServiceConfig& service : own_) {
    if (!service.check) registrant_->set_well(service.name, true, now);
    tell_load(service.name, now);
  }
  return Done{};
}

void Agents::join(Services& services, const Config& config) const {
  if (!registrar_ || !config.director) return;
  for (std::size_t i = 0; i < services.service.size(); ++i) {
    ServiceSpec& service = services.service[i];
    if (!config.service[i].registered) continue;
    std::set<std::string> names;
    std::set<std::pair<u64, u64>> ends;
    for (const TargetSpec& target : service.target) {
      names.insert(target.name);
      ends.insert({target.address.high, target.address.low});
    }
    const RegisteredConfig& how = *config.service[i].registered;
    const u16 port = how.port ? how.port : usual_port(how.tunnel);
    for (const agents::RegisteredTarget& target : registrar_->targets(service.name)) {
      const Address source = source_for(config.director->address, target.care_of);
      if (source == Address{} || !names.insert(target.name).second) continue;
      if (!ends.insert({target.care_of.high, target.care_of.low}).second) continue;
      const u32 weight = target.weight ? std::max(1u, target.weight * how.weight / agents::kMostWeight) : 0;
      service.target.push_back({target.name, source, target.care_of, how.tunnel, port, weight, how.key});
    }
  }
}

void Agents::set_well(const std::string& service, bool well, Time now) {
  if (registrant_) registrant_->set_well(service, well, now);
}

const RegisterConfig* Agents::registered(const std::string& service) const {
  const auto found = std::ranges::find(own_, service, &HostServiceConfig::name);
  return found == own_.end() ? nullptr : &*found->registers;
}

Status Agents::set_load(const std::string& service, const Use& use, Time now) {
  if (!registered(service))
    return Error{fmt::format("no [[host.service]] with \"register\" is called \"{}\"", service)};
  uses_[service] = use;
  tell_load(service, now);
  return Done{};
}

// Where the file gives no maximum, a share of it would say nothing.
void Agents::tell_load(const std::string& service, Time now) {
  const RegisterConfig& config = *registered(service);
  const auto known = uses_.find(service);
  const Use use = known == uses_.end() ? Use{} : known->second;
  if (!config.sessions && !config.capacity) return;
  signalling::Load load;
  load.priority = u16(config.priority);
  load.most_sessions = config.sessions;
  load.sessions_in_use = std::min(use.sessions.value_or(0), config.sessions);
  load.most_capacity = config.capacity;
  load.used_capacity = std::min(use.capacity.value_or(0), config.capacity);
  registrant_->set_load(service, load, now);
}

Status Agents::drain(const std::string& service, bool on, Time now) {
  if (!registrant_) return Error{"this node registers no service: no [[host.service]] has \"register\""};
  if (!service.empty() && !registered(service))
    return Error{fmt::format("no [[host.service]] with \"register\" is called \"{}\"", service)};
  on ? registrant_->drain(service, now) : registrant_->resume(service, now);
  return Done{};
}

std::vector<agents::Datagram> Agents::tick(Time now) {
  return registrar_ ? registrar_->tick(now) : std::vector<agents::Datagram>();
}

std::vector<agents::Datagram> Agents::to_directors(Time now) {
  return registrant_ ? registrant_->tick(now) : std::vector<agents::Datagram>();
}

Time Agents::deadline() const {
  return std::min(registrar_ ? registrar_->deadline() : Time::max(),
                  registrant_ ? registrant_->deadline() : Time::max());
}

std::vector<Event> Agents::take_events() {
  std::vector<Event> all;
  if (registrar_) all = registrar_->take_events();
  if (registrant_) std::ranges::move(registrant_->take_events(), std::back_inserter(all));
  return all;
}

}  // namespace waymark
