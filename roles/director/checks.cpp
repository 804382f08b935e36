#include <fmt/format.h>

#include <algorithm>

#include "base/address_text.h"
#include "config/checks.h"
#include "roles/director/role.h"

namespace waymark::director {

using namespace config;

namespace {

std::string title_of(const ServiceConfig& service, const TargetConfig& target) {
  return fmt::format("{} of {}", title("target", target.name), title("service", service.name));
}

// A packet that is sent on as it is, but for its destination, keeps its IP version.
void check_rewritten(Checking& in, const ServiceConfig& service, const TargetConfig& target) {
  if (!in.places.good(target.address) || !in.places.good(service.address)) return;
  for (const Prefix& prefix : service.address) {
    if (is_ip4(prefix.address) == is_ip4(target.address)) continue;
    in.problems.error(
        in.places.at(target.address),
        fmt::format("{} is at {}, and no packet to {} can be rewritten to it: they are of two IP versions",
                    title_of(service, target), text(target.address), text(prefix)));
    return;
  }
}

void check_target(Checking& in, const ServiceConfig& service, const TargetConfig& target) {
  check_tunnel(in, target, title_of(service, target), true);
  if (is_bare(target.tunnel) && in.places.good(target.tunnel) && service.check && service.check->through)
    in.problems.error(
        in.places.at(*service.check),
        fmt::format("the check of {} cannot go \"through\" to {}: with tunnel = \"{}\" there is no tunnel",
                    title("service", service.name), title("target", target.name), name_of(target.tunnel)));
  if (target.tunnel == Tunnel::rewrite && in.places.good(target.tunnel)) check_rewritten(in, service, target);
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
  if (targets.empty() && service.registered) return;
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

// What is given and has no effect.
void check_use(Checking& in, const ServiceConfig& service) {
  const std::string whose = title("service", service.name);
  const auto serves = [&](Protocol protocol) {
    return std::any_of(service.ports.begin(), service.ports.end(), [&](auto& p) { return p.protocol == protocol; });
  };
  const bool pins = in.config.engine.pins, ports = in.places.good(service.ports);
  const std::string no_pins = "as [engine] pins is 0";
  if (!pins || (ports && !serves(Protocol::tcp)))
    warn_unused(in, service.tcp_idle, service, whose, "tcp_idle", pins ? "without TCP ports" : no_pins);
  if (!pins || (ports && !serves(Protocol::udp)))
    warn_unused(in, service.udp_idle, service, whose, "udp_idle", pins ? "without UDP ports" : no_pins);
  if (!in.places.good(service.check) || !in.places.good(service.fail_static)) return;
  if (!service.check) return warn_unused(in, service.fail_static, service, whose, "fail_static", "without a check");
  const std::size_t targets =
      std::size_t(std::count_if(service.target.begin(), service.target.end(), [](auto& t) { return t.weight > 0; }));
  if (targets && targets * service.fail_static < 100)
    in.problems.warn(
        in.places.at(service.fail_static, service),
        fmt::format("the check of {} can take no target out: \"fail_static\" allows {} percent of {}, which is "
                    "less than one",
                    whose, service.fail_static, targets));
}

void check_use(Checking& in, const DirectorConfig& director) {
  const auto& services = in.config.service;
  if (!in.places.good(services)) return;
  const auto by_gue = [](const ServiceConfig& s) {
    return std::any_of(s.target.begin(), s.target.end(), [](auto& t) { return t.tunnel == Tunnel::gue; });
  };
  const auto checked = [](const ServiceConfig& s) { return s.check.has_value(); };
  if (director.second_candidate && std::none_of(services.begin(), services.end(), by_gue))
    warn_unused(in, director.second_candidate, director, "[director]", "second_candidate",
                "without a target whose tunnel is \"gue\"");
  if (std::any_of(services.begin(), services.end(), checked)) return;
  const std::string never = "as no [[service]] has a check, so no target is found dead";
  if (director.resets) warn_unused(in, director.resets, director, "[director]", "resets", never);
  if (director.unreachables) warn_unused(in, director.unreachables, director, "[director]", "unreachables", never);
}

// Who serves a port, and how health is checked.
void check_each(Checking& in) {
  std::vector<Served> served;
  for (const ServiceConfig& s : in.config.service)
    served.push_back({title("service", s.name), s.zone, s.address, s.ports, in.places.at(s)});
  check_served(in, served);
  for (const ServiceConfig& service : in.config.service) {
    if (in.problems.full()) return;
    if (!in.places.good(service)) continue;
    if (service.check) check_health(in, *service.check, service.ports, title("service", service.name));
    check_use(in, service);
  }
}

}  // namespace

void check(Checking& in) {
  const auto& director = in.config.director;
  if (!in.config.service.empty() && !director && in.places.good(director))
    in.problems.error(in.places.at(in.config.service[0]),
                      "a [[service]] needs [director], whose \"address\" the tunnels to its targets come from");
  if (director) check_one_per_family(in, director->address, "[director]", "tunnels come from one address per family");
  if (director && in.config.group && in.config.group->mirror && in.config.engine.pins == 0 &&
      in.places.good(in.config.engine))
    in.problems.warn(in.places.at(*in.config.group), "[group] has no pins to mirror, as [engine] pins is 0");
  check_services(in);
  check_each(in);
  if (director) check_use(in, *director);
}

}  // namespace waymark::director
