#include <fmt/format.h>

#include <algorithm>

#include "base/address_text.h"
#include "config/checks.h"
#include "roles/host/role.h"

namespace waymark::host {

using namespace config;

namespace {

void check_services(Checking& in, const HostConfig& host) {
  check_unique_names(in, host.service, [](const HostServiceConfig& s) { return title("host service", s.name); });
  std::vector<Served> served;
  for (const HostServiceConfig& s : host.service)  // tunnels carry no zone, so all are one
    served.push_back({title("host service", s.name), {}, s.address, s.ports, in.places.at(s)});
  check_served(in, served);
  for (const HostServiceConfig& service : host.service) {
    if (in.problems.full()) return;
    if (!service.check || !in.places.good(service)) continue;
    const std::string whose = title("host service", service.name);
    check_health(in, *service.check, service.ports, whose);
    if (service.check->through)
      in.problems.error(in.places.at(*service.check),
                        fmt::format("the check of {} asks the local service; \"through\" is for directors", whose));
  }
}

// Into one Binding Update: the options that it may have (signal/options.h).
bool fit_into_one(const std::vector<Prefix>& addresses) {
  const auto many = [&](auto which) { return std::ranges::count_if(addresses, which); };
  return many([](const Prefix& p) { return !is_ip4(p.address); }) <= 16 &&
         many([](const Prefix& p) { return is_ip4(p.address) && is_one(p); }) <= 1 &&
         many([](const Prefix& p) { return is_ip4(p.address) && !is_one(p); }) <= 1;
}

// With whom services are registered, and as what.
void check_registered(Checking& in, const HostConfig& host) {
  if (!in.places.good(host.director)) return;
  check_unique_names(in, host.director, [](const HostDirectorConfig& d) { return title("host director", d.name); });
  const bool any = std::ranges::any_of(host.service, [](auto& s) { return s.registers.has_value(); });
  for (const HostServiceConfig& service : host.service)
    if (service.registers && host.director.empty())
      in.problems.error(in.places.at(*service.registers), fmt::format("{} has no [[host.director]] to register with",
                                                                      title("host service", service.name)));
  for (const HostServiceConfig& service : host.service)
    if (service.registers && in.places.good(service.address) && !fit_into_one(service.address))
      in.problems.error(in.places.at(service.address),
                        fmt::format("{} has more addresses than a registration names: at most 16 of IPv6, one IPv4 "
                                    "address and one IPv4 prefix",
                                    title("host service", service.name)));
  for (const HostDirectorConfig& director : host.director)
    if (!any)
      in.problems.warn(in.places.at(director), fmt::format("{} is not used: no [[host.service]] has \"register\"",
                                                           title("host director", director.name)));
}

// Each kind once, as a packet tells nothing but its kind; and what a port could not tell apart.
void check_tunnels(Checking& in, const HostConfig& host) {
  const auto& all = host.tunnel;
  if (!in.places.good(all)) return;
  for (auto one = all.begin(); one != all.end(); ++one) {
    if (!in.places.good(one->tunnel)) continue;
    const std::string whose = fmt::format("tunnel \"{}\" of [host]", name_of(one->tunnel));
    check_tunnel(in, *one, whose, false);
    for (auto other = all.begin(); other != one; ++other) {
      const bool same_kind = other->tunnel == one->tunnel;
      if (same_kind) in.problems.error(in.places.at(one->tunnel, *one), whose + " is defined twice");
      const bool both_udp = other->tunnel != one->tunnel &&
                            (one->tunnel == Tunnel::gue || one->tunnel == Tunnel::vxlan) &&
                            (other->tunnel == Tunnel::gue || other->tunnel == Tunnel::vxlan);
      if (both_udp && port_of(host, *one) == port_of(host, *other))
        in.problems.error(in.places.at(one->port, *one),
                          fmt::format("{} has port {} like tunnel \"{}\": a packet could be of either", whose,
                                      port_of(host, *one), name_of(other->tunnel)));
    }
  }
  const auto of_gue = [](const HostTunnelConfig& t) { return t.tunnel == Tunnel::gue; };
  const auto gue = std::find_if(all.begin(), all.end(), of_gue);
  const std::string whose = "[host]";
  if (gue == all.end())
    warn_unused(in, host.port, host, whose, "port", "without a [[host.tunnel]] of GUE");
  else if (gue->port)
    warn_unused(in, host.port, host, whose, "port", "as the [[host.tunnel]] of GUE has its own");
  for (const HostServiceConfig& service : host.service)
    if (gue == all.end())
      warn_unused(in, service.hosts, service, title("host service", service.name), "hosts",
                  "as GUE, which other hosts pass packets on in, does not end here");
}

}  // namespace

void check(Checking& in) {
  if (!in.config.host) return;
  const HostConfig& host = *in.config.host;
  check_services(in, host);
  check_tunnels(in, host);
  check_registered(in, host);
  for (const std::string& name : host.interfaces) check_interface(in, name, "[host]");
  if (host.service.empty() && in.places.good(host.service))
    in.problems.warn(in.places.at(host),
                     "[host] has no [[host.service]], so it refuses every packet that comes in a tunnel");
  if (!in.places.good(host.address)) return;
  const auto has_family_of = [&](const Address& other) {
    const auto alike = [&](const Address& a) { return is_ip4(a) == is_ip4(other); };
    return std::any_of(host.address.begin(), host.address.end(), alike);
  };
  const auto family = [](const Address& a) { return is_ip4(a) ? "IPv4" : "IPv6"; };
  for (const Address& director : host.directors)
    if (!has_family_of(director))
      in.problems.warn(in.places.at(director),
                       fmt::format("director {} cannot reach this host, which has no {} address in [host]",
                                   text(director), family(director)));
  for (const HostServiceConfig& service : host.service)
    for (const Address& fellow : service.hosts)
      if (!has_family_of(fellow) && !in.problems.full())
        in.problems.warn(in.places.at(fellow),
                         fmt::format("nothing is passed on to host {} of {}: this host has no {} address in [host]",
                                     text(fellow), title("host service", service.name), family(fellow)));
}

}  // namespace waymark::host
