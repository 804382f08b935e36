// What must hold of tenants' own links: Ethernet by interface and VLAN, and MPLS by labels there.
#include <fmt/format.h>

#include <algorithm>

#include "config/kinds.h"
#include "core/link.h"
#include "roles/gateway/checks.h"

namespace waymark::gateway {

using namespace config;

namespace {

std::string title_of(const TenantConfig& tenant) { return "a link of " + title("tenant", tenant.name); }

// "100", "100 in 16".
std::string stack_of(const std::vector<u32>& label) {
  return label.size() == 1 ? fmt::format("{}", label[0]) : fmt::format("{} in {}", label[1], label[0]);
}

}  // namespace

void check_no_link(Checking& in, const TenantTunnelConfig& tunnel, const std::string& whose) {
  const char* without = "without tunnel = \"ethernet\" or \"mpls\"";
  warn_unused(in, tunnel.interface, tunnel, whose, "interface", without);
  warn_unused(in, tunnel.id, tunnel, whose, "id", without);
  warn_unused(in, tunnel.label, tunnel, whose, "label", "without tunnel = \"mpls\"");
  warn_unused(in, tunnel.far_label, tunnel, whose, "far_label", "without tunnel = \"mpls\"");
  if (tunnel.remote == Address{} && in.places.good(tunnel.remote) && in.places.good(tunnel.tunnel))
    in.problems.error(in.places.at(tunnel), whose + " needs \"remote\": its far end");
}

void LinkChecks::check_place(const TenantTunnelConfig& link, const std::string& whose) {
  if (in_.places.good(link.interface)) {
    if (link.interface.empty())
      in_.problems.error(in_.places.at(link),
                         whose + " needs \"interface\": the one that the tenant's packets come in by");
    else
      check_interface(in_, link.interface, whose);
  }
  for (const InterfaceConfig& interface : in_.config.engine.interfaces)
    if (!link.interface.empty() && is_on(link, interface) && interface.zone == gateway_.zone)
      in_.problems.error(
          in_.places.at(link.interface, link),
          fmt::format("{} is {}, which is in zone \"{}\" as the gateway is: all that comes in there would be "
                      "taken for the tenant's, so give it a zone of its own in [engine]",
                      whose, link.interface, interface.zone));
  if (!in_.places.good(link.id) || !in_.places.good(gateway_.id)) return;
  if (!link.id)
    return in_.problems.error(in_.places.at(link),
                              whose + " needs \"id\": the gateway with whose id the tenant's packets leave");
  if (std::none_of(gateway_.id.begin(), gateway_.id.end(), [&](auto& id) { return id.id == link.id; }))
    in_.problems.error(in_.places.at(link.id, link),
                       fmt::format("{} has the id {}, but there is no [[gateway.id]] with it", whose, link.id));
}

void LinkChecks::check_labels(const TenantTunnelConfig& link, const std::string& whose) {
  if (link.tunnel != Tunnel::mpls) {
    warn_unused(in_, link.label, link, whose, "label", "without tunnel = \"mpls\"");
    return warn_unused(in_, link.far_label, link, whose, "far_label", "without tunnel = \"mpls\"");
  }
  if (link.label.empty() && in_.places.good(link.label))
    in_.problems.error(in_.places.at(link), whose + " needs \"label\": what the tenant's packets come with");
  for (const auto& [key, labels] : {std::pair("label", &link.label), std::pair("far_label", &link.far_label)})
    if (labels->size() > kMostLabels && in_.places.good(*labels))
      in_.problems.error(
          in_.places.at(*labels, link),
          fmt::format("\"{}\" of {} has {} labels; at most {} are supported", key, whose, labels->size(), kMostLabels));
  if (!link.mac && in_.places.good(link.mac))
    in_.problems.error(in_.places.at(link), whose + " needs a \"mac\": the router's that sends and takes its labels");
}

void LinkChecks::check(const TenantConfig& tenant, const TenantTunnelConfig& link) {
  const std::string whose = title_of(tenant);
  check_place(link, whose);
  check_labels(link, whose);
  warn_unused(in_, link.remote, link, whose, "remote", "on a link, which is no tunnel");
  warn_unused(in_, link.key, link, whose, "key", "on a link, which is no tunnel");
  warn_unused(in_, link.port, link, whose, "port", "on a link, which is no tunnel");
  const auto parsed = InterfaceName{}.parse(link.interface);
  if (!parsed || !in_.places.good(link.interface) || !in_.places.good(link.label)) return;
  const std::vector<u32> label = link.tunnel == Tunnel::mpls ? link.label : std::vector<u32>{};
  const auto [first, is_new] = taken_.emplace(std::pair(text(*parsed), label), &link);
  if (is_new) return;
  const std::string what =
      label.empty() ? link.interface : fmt::format("the label {} on {}", stack_of(label), link.interface);
  in_.problems.error(in_.places.at(link.interface, link),
                     fmt::format("{} is {}, which line {} has already: what comes in could not be told apart", whose,
                                 what, in_.places.at(*first->second).line));
}

}  // namespace waymark::gateway
