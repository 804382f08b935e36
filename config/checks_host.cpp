#include <fmt/format.h>

#include <algorithm>

#include "base/address_text.h"
#include "config/checks.h"
#include "config/kinds.h"
#include "config/suggest.h"

namespace waymark::config {
namespace {

bool same(const InterfaceConfig& a, const InterfaceConfig& b) {
  return a.name == b.name && a.outer_vlan == b.outer_vlan && a.inner_vlan == b.inner_vlan;
}

std::string text(const InterfaceConfig& i) {
  if (i.inner_vlan) return fmt::format("{}:{}:{}", i.name, i.outer_vlan, i.inner_vlan);
  return i.outer_vlan ? fmt::format("{}:{}", i.name, i.outer_vlan) : i.name;
}

}  // namespace

void check_interface(Checking& in, const std::string& name, std::string_view of) {
  const auto& interfaces = in.config.engine.interfaces;
  const auto wanted = InterfaceName{}.parse(name);
  if (!wanted || !in.places.good(in.config.engine) || !in.places.good(interfaces)) return;
  if (std::any_of(interfaces.begin(), interfaces.end(), [&](auto& i) { return same(i, *wanted); })) return;
  std::vector<std::string> names;
  for (const auto& i : interfaces) names.push_back(text(i));
  const auto near = nearest(name, {names.begin(), names.end()});
  in.problems.error(in.places.at(name), fmt::format("interface \"{}\" of {} is not in [engine] interfaces{}", name, of,
                                                    near.empty() ? "" : fmt::format("; did you mean \"{}\"?", near)));
}

void check_host(Checking& in) {
  if (!in.config.host) return;
  const HostConfig& host = *in.config.host;
  check_unique_names(in, host.service, [](const HostServiceConfig& s) { return title("host service", s.name); });
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

}  // namespace waymark::config
