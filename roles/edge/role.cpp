// The edge's descriptor.
#include "roles/role.h"

#include <fmt/format.h>

#include "base/prefix.h"
#include "config/checks.h"
#include "config/kinds.h"
#include "config/ranges.h"
#include "dataplane/image.h"
#include "roles/edge/role.h"

namespace waymark::edge {

namespace {

bool has_work(const Config& config) { return config.edge.has_value(); }

std::string summary(const Config& config) {
  std::vector<std::string> prefixes;
  for (const Prefix& p : own_prefixes(*config.edge)) prefixes.push_back(text(p));
  return fmt::format("gives flows to {} their own addresses in {}",
                     counted(config.edge->service.size(), "anycast service"), fmt::join(prefixes, ", "));
}

void settle(Config& config) {
  if (!config.edge) return;
  for (EdgeServiceConfig& service : config.edge->service) service.ports = config::merged(std::move(service.ports));
}

// The clients' and the network's, each once.
std::vector<std::string_view> zones_of(const EdgeConfig& edge) {
  if (outside_of(edge) == edge.zone) return {edge.zone};
  return {edge.zone, outside_of(edge)};
}

void owns(const config::Checking& in, std::vector<Owned>& out) {
  if (!in.config.edge) return;
  const EdgeConfig& edge = *in.config.edge;
  for (const std::string_view zone : zones_of(edge)) {
    for (const Prefix& p : edge.pool)
      if (in.places.good(p)) out.push_back({p, Owned::entered, zone, "the pool of [edge]", in.places.at(p)});
    if (in.places.good(edge.prefix) && has_ip6(edge))
      out.push_back({edge.prefix, Owned::entered, zone, "the prefix of [edge]", in.places.at(edge.prefix, edge)});
    for (const EdgeMemberConfig& member : edge.member) {
      if (in.places.good(member.prefix) && member.prefix.length)
        out.push_back({member.prefix, Owned::entered, zone, "the prefix of edge " + member.member,
                       in.places.at(member.prefix, member)});
      for (const Prefix& p : member.pool)
        if (in.places.good(p))
          out.push_back({p, Owned::entered, zone, "the pool of edge " + member.member, in.places.at(p)});
    }
  }
  for (const EdgeServiceConfig& s : edge.service)
    for (const Prefix& p : s.anycast)
      if (in.places.good(p))
        out.push_back(
            {p, Owned::entered, edge.zone, "an address of " + config::title("edge service", s.name), in.places.at(p)});
}

std::vector<std::string_view> zones(const Config& config) { return zones_of(*config.edge); }

std::vector<std::string_view> services(const Config& config) {
  std::vector<std::string_view> out;
  if (config.edge)
    for (const EdgeServiceConfig& service : config.edge->service) out.push_back(service.name);
  return out;
}

std::vector<Announced> announces(const Config& config) {
  std::vector<Announced> out;
  for (const Prefix& p : config.edge->held.value_or(own_prefixes(*config.edge))) out.push_back({p, {}});
  for (const Prefix& p : config.edge->standby) out.push_back({p, {}, true});
  return out;
}

std::optional<Keeping> keeps(const Config& config) {
  const EdgeConfig& edge = *config.edge;
  const std::vector<std::vector<Prefix>> pools = pools_of(edge);
  Keeping out{FlowKind::edge, 0, edge.tcp_idle, edge.udp_idle, prefixes_of(edge)};
  out.room = room_in(out.prefixes.size(), edge.flows);
  if (!pools.empty()) out.room4 = room_in(pools.size(), edge.flows);
  for (const std::vector<Prefix>& pool : pools) out.addresses += u32(pool_size(pool));
  return out;
}

const InterfaceConfig* usual_interface(const Config& config, bool ip6) {
  for (const InterfaceConfig& interface : config.engine.interfaces)
    if (ip6 && config::text(interface) == config.edge->interface) return &interface;
  return nullptr;
}

}  // namespace

extern const Descriptor kDescriptor = {
    .role = Role::edge,
    .work = "[edge]",
    .has_work = has_work,
    .precedence = 4,
    .address_text = "an address of an anycast service",
    .prefix_text = "among flows' own addresses, or in a prefix of an anycast service",
    .summary = summary,
    .check = check,
    .settle = settle,
    .owns = owns,
    .zones = zones,
    .thing = "edge service",
    .things = services,
    .compile = compile,
    .holdings = holdings,
    .hold = hold,
    .announces = announces,
    .look_here = look_here,
    .usual_interface = usual_interface,
    .goes_by_routes = true,
    .keeps = keeps};

}  // namespace waymark::edge
