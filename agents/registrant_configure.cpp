// The configuration of a registrant: what is wrong with one, and what becomes of registrations under another.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "agents/registrant_state.h"
#include "base/address_text.h"

namespace waymark::agents {

using namespace signalling;

namespace {

constexpr size_t kMostIdentity = 254;

Status check_directors(const std::vector<RegistrantDirector>& directors) {
  std::set<std::string> names;
  for (const RegistrantDirector& director : directors) {
    if (!good_name(director.name)) return Error{fmt::format("\"{}\" is no name of a director", director.name)};
    if (!names.insert(director.name).second) return Error{fmt::format("two directors have the name {}", director.name)};
    if (director.identity.empty() || director.identity.size() > kMostIdentity)
      return Error{fmt::format("the identity of director {} is not 1 to 254 bytes", director.name)};
    if (!director.port) return Error{fmt::format("director {} has the port 0", director.name)};
    if (const auto with = Association::make(director.spi, director.key); !with)
      return Error{fmt::format("director {}: {}", director.name, with.error().sentence)};
  }
  return Done{};
}

Status check_care_of(const RegistrantService& service) {
  if (service.care_of.empty() || service.care_of.size() > kMostBindings)
    return Error{fmt::format("service {} has {} care-of addresses, not 1 to 8", service.name, service.care_of.size())};
  std::set<u16> ids;
  for (const RegistrantCareOf& care_of : service.care_of) {
    if (!ids.insert(care_of.id).second || (!care_of.id && service.care_of.size() > 1))
      return Error{fmt::format("of several care-of addresses of service {}, each needs a Binding Identifier of its own",
                               service.name)};
    if (is_martian_source(care_of.address))
      return Error{fmt::format("{} is no care-of address", waymark::text(care_of.address))};
  }
  return Done{};
}

Status check_services(const std::vector<RegistrantService>& services) {
  using namespace std::chrono_literals;
  std::set<std::string> names;
  for (const RegistrantService& service : services) {
    if (!good_name(service.name)) return Error{fmt::format("\"{}\" is no name of a service", service.name)};
    if (!names.insert(service.name).second) return Error{fmt::format("two services have the name {}", service.name)};
    std::set<Prefix, InOrder> each(service.addresses.begin(), service.addresses.end());
    if (each.empty() || each.size() < service.addresses.size())
      return Error{fmt::format("service {} has no address, or one twice", service.name)};
    size_t ip4 = 0, ones = 0;
    for (const Prefix& address : service.addresses)
      if (is_ip4(address.address)) ++ip4, ones += is_one(address) ? 1 : 0;
    if (ip4 - ones > 1 || ones > 1 || each.size() - ip4 > kMostPrefixes)
      return Error{
          fmt::format("service {} has too many addresses for one message: 16 of IPv6, one IPv4 address and one "
                      "IPv4 prefix are the most",
                      service.name)};
    if (service.lifetime < 16s || service.lifetime > 65'535 * 4s)
      return Error{fmt::format("the lifetime of service {} is not 16 s to 262,140 s", service.name)};
    WM_TRY(check_care_of(service));
  }
  return Done{};
}

}  // namespace

Status Registrant::State::check(const RegistrantConfig& config) {
  if (config.identity.empty() || config.identity.size() > kMostIdentity)
    return Error{"the own identity is 1 to 254 bytes"};
  WM_TRY(check_directors(config.directors));
  return check_services(config.services);
}

// A registration that is not wanted any more is kept under a name that no other has, until the director knows.
void Registrant::State::retire(const Key& key, Time now) {
  auto node = registrations.extract(key);
  node.key().second += "\n" + std::to_string(++retired);
  Registration& registration = registrations.insert(std::move(node)).position->second;
  registration.gone = true;
  review(registration, now);
}

void Registrant::State::configure(const RegistrantConfig& next, Time now) {
  const bool renamed = next.identity != config.identity;
  config = next;
  std::set<std::string> kept_directors, kept_services;
  std::set<std::string> changed;  // directors
  for (const RegistrantDirector& wanted : config.directors) {
    kept_directors.insert(wanted.name);
    const auto found = directors.find(wanted.name);
    if (found == directors.end()) {
      directors.emplace(wanted.name, Director(wanted, std::move(*Association::make(wanted.spi, wanted.key))));
    } else if (found->second.config != wanted) {
      found->second.association = std::move(*Association::make(wanted.spi, wanted.key));
      found->second.config = wanted;
      changed.insert(wanted.name);
    }
  }
  for (const RegistrantService& wanted : config.services) {
    kept_services.insert(wanted.name);
    services[wanted.name].config = wanted;
  }
  std::erase_if(services, [&](auto& s) { return !kept_services.contains(s.first); });

  std::vector<Key> unwanted;
  for (auto& [key, registration] : registrations) {
    if (registration.gone) continue;
    const auto service = services.find(key.second);
    if (!kept_directors.contains(key.first) || service == services.end() ||
        service->second.config.addresses != registration.service.addresses)
      unwanted.push_back(key);
  }
  for (const Key& key : unwanted) retire(key, now);

  for (const std::string& director : kept_directors)
    for (auto& [name, service] : services) {
      const auto [at, is_new] = registrations.try_emplace({director, name});
      Registration& registration = at->second;
      const bool is_other = is_new || registration.service != service.config || renamed || changed.contains(director);
      registration.service = service.config;
      if (is_new) registration.director = &directors.at(director), registration.sequence = first_sequence;
      if (is_other) review(registration, now, true);
    }
  forget_ended();
}

void Registrant::State::forget_ended() {
  std::erase_if(registrations, [](auto& r) { return r.second.gone && r.second.standing == Standing::idle; });
  std::set<std::string> used;
  for (const RegistrantDirector& director : config.directors) used.insert(director.name);
  for (const auto& [key, registration] : registrations) used.insert(key.first);
  std::erase_if(directors, [&](auto& d) { return !used.contains(d.first); });
}

Status Registrant::configure(const RegistrantConfig& config, Time now) {
  WM_TRY(State::check(config));
  state_->configure(config, now);
  return Done{};
}

}  // namespace waymark::agents
