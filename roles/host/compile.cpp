// The host's part of the tables: fronts of its tunnel ends, of what is served behind them, of its directors and
// fellows.
#include "roles/compile.h"

#include <fmt/format.h>

#include <algorithm>

#include "config/kinds.h"
#include "core/steer.h"
#include "roles/host/role.h"

namespace waymark::host {

namespace {

// A fellow's rules say which services this host shares with it: ranges of their indices, and its number among fellows.
void add_shared_services(FrontDraft& draft, const HostConfig& host, const Address& fellow, u32 number) {
  for (u32 index = 0; index < host.service.size(); ++index) {
    const auto& hosts = host.service[index].hosts;
    if (std::find(hosts.begin(), hosts.end(), fellow) == hosts.end()) continue;
    if (!draft.rules.empty() && draft.rules.back().first + draft.rules.back().span + 1 == index)
      ++draft.rules.back().span;
    else
      draft.rules.push_back({index, 0, u16(number)});
  }
}

void gather(Fronts& fronts, const Config& config) {
  const HostConfig& host = *config.host;
  const auto add = [&](Space space, const Prefix& prefix) -> FrontDraft& {
    return front(fronts, Role::host, space, prefix);
  };
  for (u32 index = 0; index < host.service.size(); ++index)
    for (const Prefix& address : host.service[index].address)
      add_rules(add(kServed, address), host.service[index].ports, index);
  const std::vector<Address> fellows = fellows_of(host);
  for (const InterfaceConfig& interface : config.engine.interfaces) {
    const u32 zone = zone_number(interface.zone);
    for (const Address& address : host.address) add(space_of(zone), address);
    for (const Address& address : host.directors) add(space_of(zone, SpaceKind::director), address);
    for (u32 number = 0; number < fellows.size(); ++number) {
      FrontDraft& draft = add(space_of(zone, SpaceKind::fellow), fellows[number]);
      if (draft.rules.empty()) add_shared_services(draft, host, fellows[number], number);  // else a second interface
    }
  }
}

TunnelEnds ends_of(const HostConfig& host) {
  TunnelEnds ends{};
  for (const HostTunnelConfig& tunnel : host.tunnel) {
    ends.kinds = u8(ends.kinds | 1u << u8(tunnel.tunnel));
    if (tunnel.tunnel == Tunnel::gue) ends.gue_port = port_of(host, tunnel);
    if (tunnel.tunnel == Tunnel::gre) {
      ends.gre_has_key = tunnel.key.has_value();
      ends.gre_key = tunnel.key.value_or(0);
    }
    if (tunnel.tunnel == Tunnel::vxlan) {
      ends.vxlan_port = port_of(host, tunnel);
      ends.vxlan_key = tunnel.key.value_or(0);
      ends.mac = tunnel.mac.value_or(Mac{});
    }
  }
  return ends;
}

}  // namespace

std::vector<Address> fellows_of(const HostConfig& host) {
  std::vector<Address> all;
  for (const HostServiceConfig& service : host.service)
    for (const Address& address : service.hosts) {
      const auto is_own = [&](const Address& own) { return own == address; };
      const auto is_alike = [&](const Address& own) { return is_ip4(own) == is_ip4(address); };
      const auto& own = host.address;
      if (std::any_of(own.begin(), own.end(), is_own) || std::none_of(own.begin(), own.end(), is_alike)) continue;
      if (std::find(all.begin(), all.end(), address) == all.end()) all.push_back(address);
    }
  return all;
}

u16 port_of(const HostConfig& host, const HostTunnelConfig& tunnel) {
  if (tunnel.port) return tunnel.port;
  return tunnel.tunnel == Tunnel::gue ? host.port : usual_port(tunnel.tunnel);
}

u16 gue_port(const HostConfig& host) {
  for (const HostTunnelConfig& tunnel : host.tunnel)
    if (tunnel.tunnel == Tunnel::gue) return port_of(host, tunnel);
  return 0;
}

bool accepts_tunnels(const HostConfig& host, const InterfaceConfig& interface) {
  const auto& listed = host.interfaces;
  return listed.empty() || std::find(listed.begin(), listed.end(), config::text(interface)) != listed.end();
}

Status compile(const Compiling& c) {
  const std::size_t fellows = fellows_of(*c.in.config.host).size();
  if (fellows > kMaxFellows)
    return Error{fmt::format("{} other hosts are named; at most {} fit", fellows, kMaxFellows)};
  for (const u32 slot : c.in.fellows.first(std::min(fellows, c.in.fellows.size())))
    c.image.fellows.push_back({slot, 0});
  c.image.settings.tunnel_ends = ends_of(*c.in.config.host);
  gather(c.fronts, c.in.config);
  return Done{};
}

}  // namespace waymark::host
