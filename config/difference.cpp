#include "config/difference.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "config/rotation.h"
#include "roles/role.h"

namespace waymark {

namespace {

constexpr std::size_t kNamed = 3;

// Names of one kind of change.
struct Names {
  std::vector<std::string> first = {};
  std::size_t count = 0;
  void add(std::string name) {
    if (++count <= kNamed) first.push_back(std::move(name));
  }
  std::string text() const {
    std::string out;
    for (const std::string& name : first) out += (out.empty() ? "" : ", ") + name;
    return count > first.size() ? fmt::format("{} and {} more", out, count - first.size()) : out;
  }
};

void say(std::string& out, const Names& names, const char* sign, const char* what) {
  if (!names.count) return;
  out += fmt::format("{}{}{} {}{} ({})", out.empty() ? "" : ", ", sign, names.count, what, names.count == 1 ? "" : "s",
                     names.text());
}
void say(std::string& out, const Names& names, const char* what) {
  if (names.count) out += fmt::format("{}{} {}", out.empty() ? "" : ", ", what, names.text());
}

template <class T>
std::unordered_map<std::string_view, const T*> by_name(const std::vector<T>& all) {
  std::unordered_map<std::string_view, const T*> out;
  for (const T& one : all) out.emplace(one.name, &one);
  return out;
}

// Calls gone(old), kept(old, new), fresh(new).
template <class T, class Gone, class Kept, class Fresh>
void compare(const std::vector<T>& before, const std::vector<T>& after, Gone gone, Kept kept, Fresh fresh) {
  const auto old = by_name(before), now = by_name(after);
  for (const T& one : before)
    if (!now.contains(one.name)) gone(one);
  for (const T& one : after) {
    const auto found = old.find(one.name);
    if (found == old.end())
      fresh(one);
    else
      kept(*found->second, one);
  }
}

bool same(const std::vector<Prefix>& a, const std::vector<Prefix>& b) { return a == b; }

bool same(const std::vector<PortRange>& a, const std::vector<PortRange>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const PortRange& x, const PortRange& y) {
    return x.protocol == y.protocol && x.first == y.first && x.last == y.last;
  });
}

bool same(const std::optional<CheckConfig>& a, const std::optional<CheckConfig>& b) {
  if (!a || !b) return !a == !b;
  const auto all = [](const CheckConfig& c) {
    return std::tie(c.tcp, c.icmp, c.http, c.https, c.port, c.host, c.ca, c.verify, c.through, c.every, c.timeout,
                    c.rise, c.fall, c.jitter);
  };
  return all(*a) == all(*b);
}

bool same_tunnel(const TargetConfig& a, const TargetConfig& b) {
  const bool same_mac = a.mac && b.mac ? same(*a.mac, *b.mac) : a.mac.has_value() == b.mac.has_value();
  return a.address == b.address && a.tunnel == b.tunnel && port_of(a) == port_of(b) && a.key == b.key && same_mac;
}

bool same(const std::vector<InterfaceConfig>& a, const std::vector<InterfaceConfig>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const InterfaceConfig& x, const InterfaceConfig& y) {
    return std::tie(x.name, x.outer_vlan, x.inner_vlan, x.zone) == std::tie(y.name, y.outer_vlan, y.inner_vlan, y.zone);
  });
}

struct Services {
  Names added, removed, changed, checks;
  Names targets_added, targets_removed, targets_moved, weights;

  void compare_service(const ServiceConfig& a, const ServiceConfig& b) {
    if (!same(a.address, b.address) || !same(a.ports, b.ports) || a.zone != b.zone || a.affinity != b.affinity ||
        a.tcp_idle != b.tcp_idle || a.udp_idle != b.udp_idle || a.fail_static != b.fail_static)
      changed.add(b.name);
    if (!same(a.check, b.check)) checks.add(b.name);
    compare(
        a.target, b.target, [&](auto& t) { targets_removed.add(a.name + "/" + t.name); },
        [&](const TargetConfig& t, const TargetConfig& u) {
          const std::string name = b.name + "/" + u.name;
          if (t.weight != u.weight) weights.add(fmt::format("{} {} -> {}", name, t.weight, u.weight));
          if (!same_tunnel(t, u)) targets_moved.add(name);
        },
        [&](auto& t) { targets_added.add(b.name + "/" + t.name); });
  }
};

// Names that one of the two alone has.
void say_things(std::string& out, const Descriptor& of, const Config& before, const Config& after) {
  if (!of.things) return;
  const auto less = [](const std::vector<std::string_view>& these, const std::vector<std::string_view>& those) {
    const std::unordered_set<std::string_view> known(those.begin(), those.end());
    Names names;
    for (const std::string_view name : these)
      if (!known.contains(name)) names.add(std::string(name));
    return names;
  };
  const auto old = of.things(before), now = of.things(after);
  say(out, less(now, old), "+", of.thing);
  say(out, less(old, now), "-", of.thing);
}

}  // namespace

std::string difference(const Config& before, const Config& after) {
  Services s;
  compare(
      before.service, after.service, [&](auto& gone) { s.removed.add(gone.name); },
      [&](auto& a, auto& b) { s.compare_service(a, b); }, [&](auto& fresh) { s.added.add(fresh.name); });
  std::string out;
  say(out, s.added, "+", "service");
  say(out, s.removed, "-", "service");
  say(out, s.targets_added, "+", "target");
  say(out, s.targets_removed, "-", "target");
  say(out, s.weights, "weight of");
  say(out, s.targets_moved, "another address or tunnel of");
  say(out, s.changed, "settings of service");
  say(out, s.checks, "health check of");

  Names members_added, members_removed, sections;
  for (u32 role = 0; role < kRoles; ++role) say_things(out, descriptor_of(Role(role)), before, after);
  const auto ignore = [](auto&...) {};
  compare(
      before.group ? before.group->member : std::vector<MemberConfig>(),
      after.group ? after.group->member : std::vector<MemberConfig>(),
      [&](auto& gone) { members_removed.add(gone.name); }, ignore, [&](auto& fresh) { members_added.add(fresh.name); });
  say(out, members_added, "+", "member");
  say(out, members_removed, "-", "member");

  Names names_added, names_removed;
  compare(
      before.dns ? before.dns->name : std::vector<DnsNameConfig>(),
      after.dns ? after.dns->name : std::vector<DnsNameConfig>(), [&](auto& gone) { names_removed.add(gone.name); },
      ignore, [&](auto& fresh) { names_added.add(fresh.name); });
  say(out, names_added, "+", "name");
  say(out, names_removed, "-", "name");

  Names keys_added, keys_removed, uses;
  compare(
      before.plan, after.plan, ignore,
      [&](const PlanConfig& a, const PlanConfig& b) {
        const auto missing = [&](const PlanConfig& in, const PlanConfig& of, Names& names) {
          for (const TagKeyConfig& key : of.keys)
            if (std::none_of(in.keys.begin(), in.keys.end(),
                             [&](auto& k) { return k.epoch == key.epoch && k.key == key.key; }))
              names.add(fmt::format("{} {}", b.name, key.epoch));
        };
        missing(a, b, keys_added);
        missing(b, a, keys_removed);
        if (a.keys.empty() || b.keys.empty() || making_epoch(a) == making_epoch(b)) return;
        uses.add(fmt::format("{} {} -> {}", b.name, making_epoch(a), making_epoch(b)));
      },
      ignore);
  say(out, keys_added, "+", "key");
  say(out, keys_removed, "-", "key");
  say(out, uses, "new addresses by key");

  if (!same(before.engine.interfaces, after.engine.interfaces)) sections.add("interfaces");
  if (before.engine.first != after.engine.first) sections.add("[engine] first");
  if (before.announce != after.announce) sections.add("[announce]");
  if (before.dns != after.dns) sections.add("[dns]");
  for (u32 role = 0; role < kRoles; ++role)
    if ((roles_of(before) ^ roles_of(after)) & role_bit(Role(role)))
      sections.add(fmt::format("[{}]", name_of(Role(role))));
  if (before.api.metrics != after.api.metrics) sections.add("[api] metrics");
  if (before.log_level != after.log_level) sections.add("log_level");
  if (before.on_event != after.on_event) sections.add("on_event");
  say(out, sections, "changed");
  return out.empty() ? "no difference in services, targets, members or interfaces" : out;
}

}  // namespace waymark
