// The director's descriptor. Its services are the configuration's [[service]] tables.
#include "roles/role.h"

#include <fmt/format.h>

#include "config/prefixes.h"
#include "config/ranges.h"
#include "roles/director/role.h"

namespace waymark::director {

namespace {

using config::title;

bool has_work(const Config& config) { return !config.service.empty(); }

std::string summary(const Config& config) {
  std::size_t targets = 0;
  for (const ServiceConfig& service : config.service) targets += service.target.size();
  return fmt::format("directs {} to {}, {}", counted(config.service.size(), "service"), counted(targets, "target"),
                     config.engine.pins ? fmt::format("pins for {} flows", config.engine.pins) : "no pins");
}

void settle(Config& config) {
  for (ServiceConfig& service : config.service) service.ports = config::merged(std::move(service.ports));
}

void owns(const config::Checking& in, std::vector<Owned>& out) {
  for (const ServiceConfig& s : in.config.service)
    for (const Prefix& a : s.address)
      out.push_back(
          {a, Owned::entered | Owned::served, s.zone, "an address of " + title("service", s.name), in.places.at(a)});
  if (in.config.director)
    for (const Address& a : in.config.director->address)
      out.push_back({Prefix(a), Owned::tunnel, {}, "the address of [director]", in.places.at(a)});
  for (const ServiceConfig& s : in.config.service)
    for (const TargetConfig& t : s.target)
      if (in.places.good(t.address) && !(t.address == Address{}))
        out.push_back({Prefix(t.address),
                       Owned::tunnel,
                       {},
                       fmt::format("{} of {}", title("target", t.name), title("service", s.name)),
                       in.places.at(t.address)});
}

std::vector<std::string_view> zones(const Config& config) {
  std::vector<std::string_view> out;
  for (const ServiceConfig& service : config.service) out.push_back(service.zone);
  return out;
}

std::vector<Announced> announces(const Config& config) {
  std::vector<Announced> out;
  for (const ServiceConfig& service : config.service)
    for (const Prefix& address : service.address) out.push_back({address, service.name});
  return out;
}

// Where clients are.
const InterfaceConfig* usual_interface(const Config& config, bool) {
  for (const InterfaceConfig& interface : config.engine.interfaces)
    for (const ServiceConfig& service : config.service)
      if (service.zone == interface.zone) return &interface;
  return nullptr;
}

void tunnel_ports(const Config& config, TunnelPorts& out) {
  for (const ServiceConfig& service : config.service)
    for (const TargetConfig& target : service.target) out.add(target.tunnel, port_of(target));
}

}  // namespace

extern const Descriptor kDescriptor = {.role = Role::director,
                                       .work = "[[service]]",
                                       .has_work = has_work,
                                       .precedence = 0,
                                       .address_text = "a service's address",
                                       .prefix_text = "in a service's prefix",
                                       .summary = summary,
                                       .bare_text = "the director's own address",
                                       .check = check,
                                       .settle = settle,
                                       .owns = owns,
                                       .zones = zones,
                                       .compile = compile,
                                       .mirrored = "pins",
                                       .announces = announces,
                                       .look_here = look_here,
                                       .usual_interface = usual_interface,
                                       .tunnel_ports = tunnel_ports};

}  // namespace waymark::director
