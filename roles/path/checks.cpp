// What must hold between a POP's keys.
#include "config/checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/address_text.h"
#include "config/kinds.h"
#include "config/prefixes.h"
#include "core/tables.h"
#include "roles/path/role.h"

namespace waymark::path {

using namespace config;

namespace {

const std::string kWhose = "[path]";

std::string pop_title(u32 id) { return fmt::format("POP {} of [path]", id); }
std::string server_title(u32 id) { return fmt::format("server {} of [path]", id); }

// A plan that is there, with these fields; `key` names it.
std::optional<AddressPlan> check_plan(Checking& in, const PathConfig& path, const std::string& name,
                                      const std::string& key, std::initializer_list<FieldKind> fields) {
  const auto found = std::ranges::find(in.config.plan, name, &PlanConfig::name);
  const auto fail = [&](const std::string& why) {
    in.problems.error(in.places.at(name, path), why);
    return std::nullopt;
  };
  if (!in.places.good(name) || !in.places.good(in.config.plan)) return {};
  if (found == in.config.plan.end())
    return fail(fmt::format("there is no [plan.{}], which \"{}\" in [path] names", name, key));
  const auto plan = plan_called(in.config, name);
  if (!plan) return {};  // it was told so
  for (const FieldKind field : fields)
    if (!has(plan->plan, field))
      return fail(
          fmt::format("{} has no field \"{}\", which \"{}\" in [path] need", title(*plan), name_of(field), key));
  return plan;
}

void check_width(Checking& in, const PathConfig& path, const std::string& name, const AddressPlan& plan,
                 FieldKind field, u32 most) {
  const u32 width = field_of(plan.plan, field).width;
  if (width > most)
    in.problems.error(in.places.at(name, path),
                      fmt::format("the field \"{}\" of {} has {} bits; at most {} are supported in [path]",
                                  name_of(field), title(plan), width, most));
}

void check_plans(Checking& in, const PathConfig& path) {
  const auto clients =
      check_plan(in, path, path.clients, "clients", {FieldKind::pop, FieldKind::policy, FieldKind::id});
  const auto servers =
      check_plan(in, path, path.servers, "servers", {FieldKind::id, FieldKind::path, FieldKind::policy});
  if (clients && servers && path.clients == path.servers)
    in.problems.error(in.places.at(path.servers, path), "\"clients\" and \"servers\" in [path] are the same plan");
  if (clients) {
    check_width(in, path, path.clients, *clients, FieldKind::pop, kMostHopBits);
    check_width(in, path, path.clients, *clients, FieldKind::policy, 16);
    if (has(clients->plan, FieldKind::path))
      in.problems.error(in.places.at(path.clients, path), title(*clients) + " has a \"path\", and clients have none");
    if (clients->plan.over_pair)
      in.problems.error(in.places.at(path.clients, path),
                        title(*clients) + " has over = \"pair\": a client's tag is over its own address");
  }
  if (!servers) return;
  check_width(in, path, path.servers, *servers, FieldKind::id, 16);
  check_width(in, path, path.servers, *servers, FieldKind::policy, 16);
  check_width(in, path, path.servers, *servers, FieldKind::path, kMostHopBits);
  const PlanField hops = field_of(servers->plan, FieldKind::path);
  if (hops.count > kMostHops || hops.count * hops.width > 64)
    in.problems.error(in.places.at(path.servers, path),
                      fmt::format("the path of {} has {} hops of {} bits; at most {} hops and 64 bits are supported",
                                  title(*servers), hops.count, hops.width, kMostHops));
  for (const PathPopConfig& pop : path.pop)
    if (in.places.good(pop) && hops.width < 32 && pop.id >> hops.width && !in.problems.full())
      in.problems.error(in.places.at(pop.id, pop),
                        fmt::format("{} has an id of more than the {} bits that a hop has in {}", pop_title(pop.id),
                                    hops.width, title(*servers)));
}

// Says of each number that comes again where; `what` names one.
template <class T, class Number, class What>
void check_unique(Checking& in, const std::vector<T>& all, Number number, What what) {
  std::map<u32, const T*> seen;
  for (const T& one : all) {
    if (!in.places.good(one)) continue;
    const auto [first, is_new] = seen.emplace(one.*number, &one);
    if (!is_new && !in.problems.full())
      in.problems.error(in.places.at(one.*number, one),
                        fmt::format("{} is defined twice; the first is in line {}", what(one),
                                    in.places.at(first->second->*number, *first->second).line));
  }
}

void check_listed(Checking& in, const PathConfig& path, const std::vector<u32>& ids, const std::string& whose,
                  const std::string& key) {
  for (const u32 id : ids) {
    if (in.problems.full() || !in.places.good(path.pop)) return;
    if (std::ranges::find(path.pop, id, &PathPopConfig::id) == path.pop.end())
      in.problems.error(in.places.at(id),
                        fmt::format("{} has {} in \"{}\", and there is no [[path.pop]] of that id", whose, id, key));
    else if (id == path.id && whose == kWhose)
      in.problems.error(in.places.at(id), fmt::format("{} has its own id, {}, in \"{}\"", whose, id, key));
  }
}

void check_pops(Checking& in, const PathConfig& path) {
  check_unique(in, path.pop, &PathPopConfig::id, [](const PathPopConfig& p) { return pop_title(p.id); });
  for (const PathPopConfig& pop : path.pop) {
    if (in.problems.full()) return;
    if (!in.places.good(pop)) continue;
    check_one_per_family(in, pop.address, pop_title(pop.id), "tunnels to it have one end");
    if (pop.tunnel != Tunnel::gue && pop.id != path.id)
      warn_unused(in, pop.port, pop, pop_title(pop.id), "port", "without tunnel = \"gue\"");
  }
  const PathPopConfig* own = own_pop(path);
  if (!own && in.places.good(path.pop) && in.places.good(path.id))
    in.problems.error(in.places.at(path.id, path),
                      fmt::format("there is no [[path.pop]] of id {}, which is this node's own in [path]", path.id));
  if (own && in.places.good(*own) && own_address(path, false) == Address{} && path.errors)
    in.problems.warn(in.places.at(*own), fmt::format("{} has no IPv6 address, so it sends no ICMP errors: there is no "
                                                     "path MTU discovery through it, and traceroute does not show it",
                                                     pop_title(own->id)));
  check_listed(in, path, path.plain, kWhose, "plain");
  check_listed(in, path, path.down, kWhose, "down");
}

// Whether there is an address of this POP's to send from.
void check_reach(Checking& in, const PathConfig& path) {
  const PathPopConfig* own = own_pop(path);
  if (!own || !in.places.good(*own) || !in.places.good(path.pop) || !in.places.good(path.server)) return;
  std::set<const void*> reached;
  for (const Destination& d : destinations(path)) reached.insert(d.pop ? (const void*)d.pop : d.server);
  for (const PathPopConfig& pop : path.pop)
    if (&pop != own && in.places.good(pop) && !reached.contains(&pop) && !in.problems.full())
      in.problems.error(in.places.at(pop),
                        fmt::format("{} and this one have no addresses of one family", pop_title(pop.id)));
  for (const PathServerConfig& s : path.server)
    if (s.pop == path.id && in.places.good(s) && !reached.contains(&s) && !in.problems.full())
      in.problems.error(in.places.at(s),
                        fmt::format("{} and its POP have no addresses of one family", server_title(s.id)));
}

void check_servers(Checking& in, const PathConfig& path) {
  check_unique(in, path.server, &PathServerConfig::id, [](const PathServerConfig& s) { return server_title(s.id); });
  for (const PathServerConfig& server : path.server) {
    if (in.problems.full()) return;
    if (!in.places.good(server)) continue;
    if (server.tunnel != Tunnel::gue)
      warn_unused(in, server.port, server, server_title(server.id), "port", "without tunnel = \"gue\"");
    if (in.places.good(path.pop) && std::ranges::find(path.pop, server.pop, &PathPopConfig::id) == path.pop.end())
      in.problems.error(
          in.places.at(server.pop, server),
          fmt::format("{} is at POP {}, and there is no [[path.pop]] of that id", server_title(server.id), server.pop));
  }
}

void check_policies(Checking& in, const PathConfig& path) {
  const auto titled = [](const PathPolicyConfig& p) { return title("path policy", p.name); };
  check_unique_names(in, path.policy, titled);
  check_unique(in, path.policy, &PathPolicyConfig::index,
               [](const PathPolicyConfig& p) { return fmt::format("path policy index {}", p.index); });
  for (const PathPolicyConfig& policy : path.policy) {
    if (in.problems.full()) return;
    if (!in.places.good(policy)) continue;
    check_listed(in, path, policy.mandatory, titled(policy), "mandatory");
    if (policy.mandatory.size() > kMostMandatory)
      in.problems.error(in.places.at(policy.mandatory, policy),
                        fmt::format("{} has {} POPs in \"mandatory\"; at most {} are supported", titled(policy),
                                    policy.mandatory.size(), kMostMandatory));
    for (const u8 protocol : policy.protocols) {
      const bool has_ports = protocol == kProtoTcp || protocol == kProtoUdp || protocol == kProtoIcmp6;
      const bool is_header = protocol == kProtoHopByHop || protocol == kProtoRouting || protocol == kProtoFragment ||
                             protocol == kProtoDestination;
      if (has_ports || is_header)
        in.problems.error(in.places.at(protocol),
                          fmt::format("{} has {} in \"protocols\", {}", titled(policy), protocol,
                                      is_header ? "which is an extension header's number and never a protocol's"
                                                : "which \"to_server\" and \"to_client\" are about"));
    }
    for (const auto* ports : {&policy.to_server, &policy.to_client})
      if (ports->size() > kMaxRanges)
        in.problems.error(in.places.at(*ports, policy),
                          fmt::format("{} has {} ranges of ports; at most {} are supported", titled(policy),
                                      ports->size(), kMaxRanges));
  }
  if (path.policy.empty() && in.places.good(path.policy))
    in.problems.warn(in.places.at(path),
                     "[path] has no [[path.policy]], so it refuses every packet that enters or "
                     "leaves a path here");
}

void check_access(Checking& in, const PathConfig& path) {
  if (path.access_zone.empty()) {
    if (!path.access.empty() && in.places.good(path.access_zone))
      in.problems.error(in.places.at(path.access, path), "[path] has [[path.access]] and no \"access_zone\"");
    return;
  }
  check_zone(in, path.access_zone, in.places.at(path.access_zone, path), kWhose);
  if (path.access_zone == path.zone)
    in.problems.error(in.places.at(path.access_zone, path),
                      "\"access_zone\" in [path] is its \"zone\", too: clients could not be told from other POPs");
  const auto clients = plan_called(in.config, path.clients);
  for (const PathAccessConfig& access : path.access) {
    if (in.problems.full()) return;
    if (!in.places.good(access)) continue;
    check_interface(in, access.interface, "[[path.access]]");
    for (const InterfaceConfig& i : in.config.engine.interfaces)
      if (config::text(i) == access.interface && i.zone != path.access_zone)
        in.problems.error(in.places.at(access.interface, access),
                          fmt::format("[[path.access]] names {}, which is in zone \"{}\" and not in \"{}\", the "
                                      "\"access_zone\" of [path]",
                                      access.interface, i.zone, path.access_zone));
    for (const Prefix& p : access.prefix)
      if (clients && !contains({clients->plan.prefix, clients->plan.prefix_length}, p) && !in.problems.full())
        in.problems.error(in.places.at(p),
                          fmt::format("[[path.access]] has {}, which is not in {}", text(p), title(*clients)));
  }
}

}  // namespace

void check(Checking& in) {
  if (!in.config.path || !in.places.good(in.config.path)) return;
  const PathConfig& path = *in.config.path;
  check_zone(in, path.zone, in.places.at(path.zone, path), kWhose);
  if (!path.interface.empty()) check_interface(in, path.interface, kWhose);
  path::check_plans(in, path);
  check_pops(in, path);
  check_servers(in, path);
  check_reach(in, path);
  check_policies(in, path);
  check_access(in, path);
  check_graph(in);
}

}  // namespace waymark::path
