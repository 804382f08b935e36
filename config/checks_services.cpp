#include <fmt/format.h>

#include <algorithm>

#include "base/address_text.h"
#include "config/checks.h"

namespace waymark::config {
namespace {

void check_zone(Checking& in, const ServiceConfig& service) {
  const auto& interfaces = in.config.engine.interfaces;
  if (!in.places.good(interfaces) || !in.places.good(service.zone)) return;
  const bool known = std::any_of(interfaces.begin(), interfaces.end(), [&](auto& i) { return i.zone == service.zone; });
  if (!known)
    in.problems.error(
        in.places.at(service.zone, service),
        fmt::format("service \"{}\" is in zone \"{}\", but no interface in [engine] is", service.name, service.zone));
}

void check_target(Checking& in, const ServiceConfig& service, const TargetConfig& target) {
  if (target.tunnel == Tunnel::ip && in.places.given(target.port))
    in.problems.warn(
        in.places.at(target.port),
        fmt::format("target \"{}\" has a port, which has no effect without tunnel = \"gue\"", target.name));
  const auto& director = in.config.director;
  if (!director || !in.places.good(director->address) || !in.places.good(target.address)) return;
  const auto& sources = director->address;
  const bool ip4 = is_ip4(target.address);
  if (std::find(sources.begin(), sources.end(), target.address) != sources.end())
    in.problems.error(in.places.at(target.address),
                      fmt::format("target \"{}\" of service \"{}\" is at {}, the director's own address", target.name,
                                  service.name, text(target.address)));
  else if (std::none_of(sources.begin(), sources.end(), [&](auto& a) { return is_ip4(a) == ip4; }))
    in.problems.error(
        in.places.at(target.address),
        fmt::format("target \"{}\" of service \"{}\" is at {}, but [director] has no {} address to reach it from",
                    target.name, service.name, text(target.address), ip4 ? "IPv4" : "IPv6"));
}

void check_targets(Checking& in, const ServiceConfig& service) {
  const auto& targets = service.target;
  if (!in.places.good(targets)) return;
  if (targets.empty())
    return in.problems.error(in.places.at(service), fmt::format("service \"{}\" has no target", service.name));
  if (targets.size() > kMaxTargets)
    in.problems.error(in.places.at(targets[kMaxTargets]),
                      fmt::format("service \"{}\" has {} targets; at most {} are supported", service.name,
                                  targets.size(), kMaxTargets));
  if (std::all_of(targets.begin(), targets.end(), [](auto& t) { return t.weight == 0; }))
    in.problems.warn(
        in.places.at(service),
        fmt::format("all targets of service \"{}\" have weight 0, so it takes no new flows", service.name));
  check_unique_names(in, targets, [&](const TargetConfig& t) {
    return fmt::format("target \"{}\" of service \"{}\"", t.name, service.name);
  });
  std::unordered_map<Address, const TargetConfig*, AddressHash> at;
  for (const TargetConfig& target : targets) {
    check_target(in, service, target);
    if (!in.places.good(target.address)) continue;
    const auto [first, is_new] = at.emplace(target.address, &target);
    if (!is_new)
      in.problems.warn(in.places.at(target.address),
                       fmt::format("targets \"{}\" and \"{}\" of service \"{}\" are both at {}", first->second->name,
                                   target.name, service.name, text(target.address)));
  }
}

}  // namespace

void check_services(Checking& in) {
  const auto& services = in.config.service;
  check_unique_names(in, services, [](const ServiceConfig& s) { return fmt::format("service \"{}\"", s.name); });
  if (services.size() > kMaxServices)
    in.problems.error(in.places.at(services[kMaxServices]),
                      fmt::format("there are {} services; at most {} are supported", services.size(), kMaxServices));
  std::size_t targets = 0;
  for (const ServiceConfig& service : services) {
    if (in.problems.full()) return;
    if (!in.places.good(service)) continue;  // it is no table at all
    check_zone(in, service);
    check_targets(in, service);
    const bool within = targets <= kMaxTargetsInAll;
    targets += service.target.size();
    if (within && targets > kMaxTargetsInAll)
      in.problems.error(in.places.at(service), fmt::format("with service \"{}\" there are more than {} targets in all",
                                                           service.name, kMaxTargetsInAll));
  }
}

}  // namespace waymark::config
