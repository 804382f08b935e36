#include "health/subjects.h"

#include <algorithm>

namespace waymark {

namespace {

u16 port_of(const CheckConfig& check, const std::vector<PortRange>& ports) {
  if (check.kind() == CheckKind::icmp) return 0;
  if (check.port) return check.port;
  for (const PortRange& range : ports)
    if (range.protocol == Protocol::tcp && range.first) return range.first;
  return 0;
}

// Of a prefix, its first address.
Address asked_through(const Services& serves, const ServiceSpec& service) {
  for (const Prefix& served : service.address)
    for (const Address& own : serves.source)
      if (is_ip4(own) == is_ip4(served.address)) return served.address;
  return service.address.front().address;
}

bool same_tunnel(const Encapsulation& a, const Encapsulation& b) {
  const bool has_port = a.kind == kTunnelGue || a.kind == kTunnelVxlan;
  return a.kind == b.kind && (!has_port || a.port == b.port) && a.has_key == b.has_key && a.key == b.key &&
         same(a.mac, b.mac);
}

}  // namespace

std::vector<Subject> subjects_of(const Services& serves) {
  std::vector<Subject> all;
  for (const ServiceSpec& service : serves.service) {
    if (!service.check || service.check->kind() == CheckKind::none) continue;
    if (service.check->through && service.address.empty()) continue;
    for (const TargetSpec& target : service.target)
      all.push_back({.service = service.name,
                     .target = target.name,
                     .address = service.check->through ? asked_through(serves, service) : target.address,
                     .port = port_of(*service.check, service.ports),
                     .tunnel_end = target.address,
                     .tunnel = encapsulation_of(target),
                     .check = *service.check,
                     .counts = target.weight > 0});
  }
  return all;
}

std::vector<Subject> local_subjects_of(const Config& config) {
  std::vector<Subject> all;
  if (!config.host) return all;
  for (const HostServiceConfig& service : config.host->service) {
    if (!service.check || service.check->kind() == CheckKind::none || service.address.empty()) continue;
    Subject subject{.service = service.name,
                    .target = "",
                    .address = service.address.front().address,
                    .port = port_of(*service.check, service.ports),
                    .check = *service.check};
    subject.check.through = false;
    all.push_back(std::move(subject));
  }
  return all;
}

bool same_question(const Subject& a, const Subject& b) {
  const CheckConfig &x = a.check, &y = b.check;
  const bool tunnels = !a.through() || (a.tunnel_end == b.tunnel_end && same_tunnel(a.tunnel, b.tunnel));
  return a.through() == b.through() && tunnels && a.address == b.address && a.port == b.port && x.kind() == y.kind() &&
         x.http == y.http && x.https == y.https && x.host == y.host && x.ca == y.ca && x.verify == y.verify;
}

std::string_view text(CheckKind kind) {
  switch (kind) {
    case CheckKind::none:
      return "none";
    case CheckKind::tcp:
      return "tcp";
    case CheckKind::http:
      return "http";
    case CheckKind::https:
      return "https";
    case CheckKind::icmp:
      return "icmp";
  }
  return "none";
}

}  // namespace waymark
