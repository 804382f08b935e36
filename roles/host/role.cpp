// The host's descriptor.
#include "roles/role.h"

#include <fmt/format.h>

#include "config/prefixes.h"
#include "config/ranges.h"
#include "roles/host/role.h"

namespace waymark::host {

namespace {

bool has_work(const Config& config) { return config.host.has_value(); }

std::string summary(const Config& config) {
  return fmt::format("answers for {} in tunnels from {}", counted(config.host->service.size(), "service"),
                     counted(config.host->directors.size(), "director"));
}

void settle(Config& config) {
  if (!config.host) return;
  for (HostServiceConfig& service : config.host->service) service.ports = config::merged(std::move(service.ports));
}

void owns(const config::Checking& in, std::vector<Owned>& out) {
  if (!in.config.host) return;
  for (const HostServiceConfig& s : in.config.host->service)
    for (const Prefix& a : s.address)
      out.push_back({a, Owned::served, {}, "an address of " + config::title("host service", s.name), in.places.at(a)});
  for (const Address& a : in.config.host->address)
    out.push_back({Prefix(a), Owned::entered | Owned::tunnel, {}, "the address of [host]", in.places.at(a)});
}

std::vector<std::string_view> services(const Config& config) {
  std::vector<std::string_view> out;
  if (config.host)
    for (const HostServiceConfig& service : config.host->service) out.push_back(service.name);
  return out;
}

void open_port(const Config& config, const InterfaceConfig& interface, Port& port) {
  port.accepts_tunnels = accepts_tunnels(*config.host, interface);
}

// Where tunnels may come in.
const InterfaceConfig* usual_interface(const Config& config, bool) {
  for (const InterfaceConfig& interface : config.engine.interfaces)
    if (accepts_tunnels(*config.host, interface)) return &interface;
  return nullptr;
}

void tunnel_ports(const Config& config, TunnelPorts& out) {
  for (const HostTunnelConfig& tunnel : config.host->tunnel) out.add(tunnel.tunnel, port_of(*config.host, tunnel));
}

}  // namespace

extern const Descriptor kDescriptor = {.role = Role::host,
                                       .work = "[host]",
                                       .has_work = has_work,
                                       .precedence = 2,  // often a director's or translator's part-time job
                                       .address_text = "an address where tunnels end",
                                       .prefix_text = "in a prefix where tunnels end",
                                       .summary = summary,
                                       .check = check,
                                       .settle = settle,
                                       .owns = owns,
                                       .thing = "host service",
                                       .things = services,
                                       .compile = compile,
                                       .open_port = open_port,
                                       .look_here = look_here,
                                       .usual_interface = usual_interface,
                                       .tunnel_ports = tunnel_ports};

}  // namespace waymark::host
