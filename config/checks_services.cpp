#include <fmt/format.h>

#include <algorithm>

#include "base/address_text.h"
#include "config/checks.h"

namespace waymark::config {
namespace {

std::string title_of(const ServiceConfig& service, const TargetConfig& target) {
  return fmt::format("{} of {}", title("target", target.name), title("service", service.name));
}

void check_target(Checking& in, const ServiceConfig& service, const TargetConfig& target) {
  if (target.tunnel == Tunnel::ip && in.places.given(target.port) && in.places.good(target.port) &&
      in.places.good(target.tunnel))
    in.problems.warn(
        in.places.at(target.port),
        fmt::format("{} has a port, which has no effect without tunnel = \"gue\"", title_of(service, target)));
  const auto& director = in.config.director;
  if (!director || !in.places.good(director->address) || !in.places.good(target.address)) return;
  const auto& sources = director->address;
  const bool ip4 = is_ip4(target.address);
  if (std::find(sources.begin(), sources.end(), target.address) != sources.end())
    in.problems.error(in.places.at(target.address), fmt::format("{} is at {}, the director's own address",
                                                                title_of(service, target), text(target.address)));
  else if (std::none_of(sources.begin(), sources.end(), [&](auto& a) { return is_ip4(a) == ip4; }))
    in.problems.error(in.places.at(target.address),
                      fmt::format("{} is at {}, but [director] has no {} address to reach it from",
                                  title_of(service, target), text(target.address), ip4 ? "IPv4" : "IPv6"));
}

void check_targets(Checking& in, const ServiceConfig& service) {
  const auto& targets = service.target;
  if (!in.places.good(targets)) return;
  if (targets.empty())
    return in.problems.error(in.places.at(service), fmt::format("{} has no target", title("service", service.name)));
  if (std::all_of(targets.begin(), targets.end(), [](auto& t) { return t.weight == 0; }))
    in.problems.warn(in.places.at(service), fmt::format("all targets of {} have weight 0, so it takes no new flows",
                                                        title("service", service.name)));
  check_unique_names(in, targets, [&](const TargetConfig& t) { return title_of(service, t); });
  std::unordered_map<Address, const TargetConfig*, AddressHash> at;
  for (const TargetConfig& target : targets) {
    check_target(in, service, target);
    if (!in.places.good(target.address)) continue;
    const auto [first, is_new] = at.emplace(target.address, &target);
    if (!is_new)
      in.problems.warn(in.places.at(target.address),
                       fmt::format("{} is at {} like {}", title_of(service, target), text(target.address),
                                   title("target", first->second->name)));
  }
}

}  // namespace

void check_zone(Checking& in, const std::string& zone, Mark at, const std::string& of) {
  const auto& interfaces = in.config.engine.interfaces;
  if (!in.places.good(in.config.engine) || !in.places.good(interfaces) || !in.places.good(zone)) return;
  if (std::none_of(interfaces.begin(), interfaces.end(), [&](auto& i) { return i.zone == zone; }))
    in.problems.error(at, fmt::format("{} is in zone \"{}\", but no interface in [engine] is", of, zone));
}

void check_services(Checking& in) {
  const auto& services = in.config.service;
  check_unique_names(in, services, [](const ServiceConfig& s) { return title("service", s.name); });
  std::size_t targets = 0;
  const std::size_t most = in.config.engine.targets / 2;
  for (const ServiceConfig& service : services) {
    if (in.problems.full()) return;
    if (!in.places.good(service)) continue;  // it is no table at all
    check_zone(in, service.zone, in.places.at(service.zone, service), title("service", service.name));
    check_targets(in, service);
    const bool within = targets <= most;
    targets += service.target.size();
    if (within && targets > most && in.places.good(in.config.engine))
      in.problems.error(
          in.places.at(service),
          fmt::format("with {} there are more than {} targets in all, half of [engine] targets: the other "
                      "half is for those that a reload puts in their place",
                      title("service", service.name), most));
  }
}

}  // namespace waymark::config
