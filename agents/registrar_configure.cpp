// The configuration of a registrar: what is wrong with one, and what another leaves of the bindings.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "agents/names.h"
#include "agents/registrar_state.h"
#include "base/pattern.h"
#include "base/within.h"
#include "core/hash.h"

namespace waymark::agents {

using namespace signalling;

namespace {

Status check_peers(const std::vector<RegistrarPeer>& peers) {
  std::set<std::string, std::less<>> names;
  std::set<u32> spis;
  for (const RegistrarPeer& peer : peers) {
    if (!good_identity(peer.identity))
      return Error{
          fmt::format("identity \"{}\" is not 1 to 54 letters, digits, '.', '_', '-' and one '@'", peer.identity)};
    if (const auto with = Association::make(peer.spi, peer.key); !with)
      return Error{fmt::format("peer {}: {}", peer.identity, with.error().sentence)};
    if (!spis.insert(peer.spi).second) return Error{fmt::format("two peers have the SPI {}", peer.spi)};
    if (!names.insert(target_name(peer.identity, 0)).second)
      return Error{fmt::format("two peers would be the target {}", target_name(peer.identity, 0))};
  }
  for (const std::string& name : names)
    if (std::string_view owner; is_with_identifier(name, owner) && names.contains(owner))
      return Error{fmt::format("peer {} has the name of a target of peer {}", name, owner)};
  return Done{};
}

Status check_rules(const std::vector<RegistrarRule>& rules) {
  for (const RegistrarRule& rule : rules) {
    if (rule.identity.empty() || rule.services.empty() || rule.care_of.empty())
      return Error{"a rule needs an identity, services, and prefixes of care-of addresses"};
    if (!rule.share || rule.share > 100)
      return Error{fmt::format("the share of a rule is 1 to 100 percent, not {}", rule.share)};
  }
  return Done{};
}

Status check_services(const std::vector<RegistrarService>& services) {
  std::set<std::string> names;
  std::set<Prefix, InOrder> addresses;
  for (const RegistrarService& service : services) {
    if (!good_name(service.name)) return Error{fmt::format("\"{}\" is no name of a service", service.name)};
    if (!names.insert(service.name).second) return Error{fmt::format("two services have the name {}", service.name)};
    if (!service.fail_static || service.fail_static > 100)
      return Error{
          fmt::format("fail_static of service {} is 1 to 100 percent, not {}", service.name, service.fail_static)};
    for (const Prefix& address : service.addresses)
      if (service.registered && !addresses.insert(address).second)
        return Error{fmt::format("{} is of two services that take registered members", waymark::text(address))};
  }
  return Done{};
}

// A number that nobody foresees who does not know the seed.
u32 first_heartbeat(u64 seed, u32 spi) { return u32(mix(seed ^ mix(spi)) >> 32); }

}  // namespace

Status Registrar::State::check(const RegistrarConfig& config) {
  using namespace std::chrono_literals;
  if (config.identity.empty() || config.identity.size() > 254) return Error{"the own identity is 1 to 254 bytes"};
  if (config.lifetime < 16s || config.lifetime > 65'535 * 4s) return Error{"the lifetime is 16 s to 262,140 s"};
  if (config.drain < 0s || config.heartbeat < 0s) return Error{"a time is negative"};
  WM_TRY(check_peers(config.peers));
  WM_TRY(check_rules(config.rules));
  return check_services(config.services);
}

const RegistrarRule* Registrar::State::rule_of(const std::string& identity, const std::string& service,
                                               const Address* care_of) const {
  for (const RegistrarRule& rule : config.rules)
    if (fits(rule.identity, identity) &&
        std::any_of(rule.services.begin(), rule.services.end(), [&](auto& p) { return fits(p, service); }) &&
        (!care_of ||
         std::any_of(rule.care_of.begin(), rule.care_of.end(), [&](auto& p) { return contains(p, *care_of); })))
      return &rule;
  return nullptr;
}

Status Registrar::State::configure(const RegistrarConfig& next, Time now) {
  WM_TRY(check(next));
  const bool other_receiver = next.replies_per_second != config.replies_per_second || config.identity.empty();
  const bool other_heartbeat = next.heartbeat != config.heartbeat;
  config = next;
  if (other_receiver) bucket = Bucket(config.replies_per_second);

  std::map<std::string, const RegistrarPeer*> new_peers;
  for (const RegistrarPeer& peer : config.peers) new_peers[peer.identity] = &peer;
  std::map<std::string, const RegistrarService*> new_services;
  for (const RegistrarService& service : config.services)
    if (service.registered) new_services[service.name] = &service;

  for (auto& [name, service] : services)
    for (auto& [identity, registration] : service.registrations)
      for (auto at = registration.bindings.begin(); at != registration.bindings.end();) {
        Binding& binding = (at++)->second;
        const RegistrarRule* rule = rule_of(identity, name, &binding.care_of);
        if (!new_services.contains(name))
          remove(binding, Severity::warning, "binding.dropped", "the service takes no registered members any more");
        else if (!new_peers.contains(identity))
          remove(binding, Severity::warning, "binding.dropped", "its identity is configured no more");
        else if (!rule)
          remove(binding, Severity::warning, "binding.dropped", "no rule permits it any more");
        else
          binding.share = rule->share;
      }
  for (auto& [identity, peer] : peers)
    std::erase_if(peer.registrations, [&](auto& r) { return !new_services.contains(r.first); });
  std::erase_if(services, [&](auto& s) { return !new_services.contains(s.first); });
  for (auto& [name, service] : services)
    std::erase_if(service.registrations, [&](auto& r) { return !new_peers.contains(r.first); });
  std::erase_if(peers, [&](auto& p) { return !new_peers.contains(p.first); });
  std::erase_if(loaded, [&](auto& name) { return !new_services.contains(name); });

  by_spi.clear();
  by_address.clear();
  for (const auto& [identity, wanted] : new_peers) {
    const auto found = peers.find(identity);
    if (found == peers.end()) {
      Peer& peer =
          peers.emplace(identity, Peer(*wanted, std::move(*Association::make(wanted->spi, wanted->key)))).first->second;
      peer.view.identity = identity;
      peer.heartbeat = peer.answered = first_heartbeat(seed, wanted->spi);
    } else if (found->second.config != *wanted) {
      found->second.config = *wanted;
      found->second.association = std::move(*Association::make(wanted->spi, wanted->key));
    }
    by_spi[wanted->spi] = &peers.at(identity);
  }
  for (const auto& [name, wanted] : new_services) {
    Service& service = services[name];
    service.config = *wanted;
    for (const Prefix& address : wanted->addresses) by_address[address] = &service;
    changed(service);
    release_kept(service);
  }
  for (auto& [identity, peer] : peers) {
    if (other_heartbeat) peer.next_heartbeat.reset(), peer.unanswered = 0;
    if (config.heartbeat == Duration(0)) answers(peer, now);  // who was not heard is asked no more
  }
  heartbeats.clear();
  for (auto& [identity, peer] : peers) {
    if (config.heartbeat == Duration(0) || !peer.live || !peer.heard) {
      peer.next_heartbeat.reset();
      continue;
    }
    if (!peer.next_heartbeat) peer.next_heartbeat = now + config.heartbeat;
    heartbeats.insert({*peer.next_heartbeat, identity});
  }
  return Done{};
}

}  // namespace waymark::agents
