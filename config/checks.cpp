#include "config/checks.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/address_text.h"
#include "config/kinds.h"
#include "config/suggest.h"
#include "roles/role.h"

namespace waymark::config {
namespace {

void check_purpose(Checking& in) {
  const Config& c = in.config;
  if (!only_plans(c) || !roles_are_good(in) || !in.places.good(c.plan)) return;
  if (!c.plan.empty() && !roles_of(c)) return;
  const std::string works = none_of([](const Descriptor&) { return true; });
  in.problems.error({}, fmt::format("the file has {}: the node has nothing to do", works));
}

void check_mtu(Checking& in) {
  const EngineConfig& engine = in.config.engine;
  if (!in.places.good(engine) || !in.places.good(engine.interfaces)) return;
  for (const MtuConfig& mtu : engine.mtu) {
    const auto& all = engine.interfaces;
    if (std::any_of(all.begin(), all.end(), [&](auto& i) { return i.name == mtu.interface; })) continue;
    std::vector<std::string_view> names;
    for (const InterfaceConfig& i : all) names.push_back(i.name);
    const auto near = nearest(mtu.interface, names);
    in.problems.error(in.places.at(mtu),
                      fmt::format("interface \"{}\" of \"mtu\" in [engine] is not in its "
                                  "interfaces{}",
                                  mtu.interface, near.empty() ? "" : fmt::format("; did you mean \"{}\"?", near)));
  }
}

// The translator's next hops are as old as `way_ticks` says.
void check_adjacencies(Checking& in) {
  const Config& c = in.config;
  const auto passes_on = [](const HostServiceConfig& s) { return !s.hosts.empty(); };
  const bool host = c.host && std::any_of(c.host->service.begin(), c.host->service.end(), passes_on);
  if (roles_are_good(in) && !c.director && !host)
    warn_unused(in, c.engine.adjacency_lifetime, c.engine, "[engine]", "adjacency_lifetime",
                "without [director], or \"hosts\" in a [[host.service]]");
}

void check_first_role(Checking& in) {
  const Role first = in.config.engine.first;
  if (first == Role::count || !in.places.good(in.config.engine)) return;
  if (roles_are_good(in) && !(roles_of(in.config) & role_bit(first)))
    in.problems.error(in.places.at(in.config.engine),
                      fmt::format("\"first\" in [engine] is \"{0}\", but the file has no [{0}]", name_of(first)));
}

bool same(const InterfaceConfig& a, const InterfaceConfig& b) {
  return a.name == b.name && a.outer_vlan == b.outer_vlan && a.inner_vlan == b.inner_vlan;
}

}  // namespace

void check_zone(Checking& in, const std::string& zone, Mark at, const std::string& of) {
  const auto& interfaces = in.config.engine.interfaces;
  if (!in.places.good(in.config.engine) || !in.places.good(interfaces) || !in.places.good(zone)) return;
  if (std::none_of(interfaces.begin(), interfaces.end(), [&](auto& i) { return i.zone == zone; }))
    in.problems.error(at, fmt::format("{} is in zone \"{}\", but no interface in [engine] is", of, zone));
}

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

bool roles_are_good(const Checking& in) {
#define WM_ROLE_IS_GOOD(NAME) &&in.places.good(in.config.NAME)
  return in.places.good(in.config.service) WM_ROLES(WM_ROLE_IS_GOOD);
#undef WM_ROLE_IS_GOOD
}

void check_one_per_family(Checking& in, const std::vector<Address>& addresses, std::string_view of,
                          std::string_view why) {
  const Address* first[2] = {};  // IPv6, IPv4
  for (const Address& address : addresses) {
    const bool ip4 = is_ip4(address);
    if (first[ip4])
      in.problems.error(in.places.at(address), fmt::format("{} has a second {} address, {}; {}", of,
                                                           ip4 ? "IPv4" : "IPv6", text(address), why));
    else
      first[ip4] = &address;
  }
}

std::string none_of(RolesThat can) {
  std::vector<const char*> works;
  for (u32 role = 0; role < kRoles; ++role)
    if (const Descriptor& d = descriptor_of(Role(role)); can(d)) works.push_back(d.work);
  if (works.size() == 1) return fmt::format("no {}", works[0]);
  std::string out;
  for (const std::string_view work : works) {
    const char first = work[work.find_first_not_of('[')];
    const bool vowel = std::string_view("aeiou").find(first) != std::string_view::npos;
    out += fmt::format("{} {} {}", out.empty() ? "neither" : " nor", vowel ? "an" : "a", work);
  }
  return out;
}

std::string title(std::string_view what, const std::string& name) {
  return name.empty() ? fmt::format("a {} without a name", what) : fmt::format("{} \"{}\"", what, name);
}

void check(const Config& config, const Places& places, Problems& problems) {
  Checking in{config, places, problems};
  check_purpose(in);
  check_mtu(in);
  check_adjacencies(in);
  check_first_role(in);
  for (u32 role = 0; role < kRoles; ++role)
    if (const auto check = descriptor_of(Role(role)).check) check(in);
  check_owners(in);
  check_group(in);
  check_plans(in);
  check_dns(in);
  check_agents(in);
}

}  // namespace waymark::config
