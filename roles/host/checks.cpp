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

}  // namespace

void check(Checking& in) {
  if (!in.config.host) return;
  const HostConfig& host = *in.config.host;
  check_services(in, host);
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
