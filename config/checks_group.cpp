#include <fmt/format.h>

#include <algorithm>

#include "base/address_text.h"
#include "config/checks.h"
#include "roles/role.h"

namespace waymark::config {
namespace {

// What is shared over connections alone.
void check_direct(Checking& in, const GroupConfig& group) {
  for (const Descriptor* role : roles_at_work(in.config)) {
    if (!role->mirrored && !role->holdings) continue;
    for (const MemberConfig& member : group.member)
      if (!member.direct)
        in.problems.error(in.places.at(member.direct, member),
                          fmt::format("{} is not \"direct\", but what {} shares goes to connected members alone",
                                      title("group member", member.name), role->work));
  }
  if (!group.member.empty() && std::ranges::none_of(group.member, &MemberConfig::direct))
    in.problems.error(in.places.at(group), "no [[group.member]] is \"direct\": nothing would reach this node");
}

void check_members(Checking& in, const GroupConfig& group) {
  const auto& members = group.member;
  if (!in.places.good(members)) return;
  if (members.empty())
    in.problems.error(in.places.at(group), "[group] has no [[group.member]]: a node alone needs no group");
  check_unique_names(in, members, [](const MemberConfig& m) { return title("group member", m.name); });
  for (const MemberConfig& member : members) {
    if (member.name == in.config.name)
      in.problems.error(
          in.places.at(member.name, member),
          fmt::format("{} is this node itself; only the others are listed", title("group member", member.name)));
    if (member.address == group.listen && !member.address.empty())
      in.problems.error(in.places.at(member.address), fmt::format("{} is at {}, where this node listens",
                                                                  title("group member", member.name), member.address));
    const auto first =
        std::find_if(members.begin(), members.end(), [&](auto& m) { return m.address == member.address; });
    if (&*first != &member && !member.address.empty())
      in.problems.error(in.places.at(member.address),
                        fmt::format("{} is at {} like {}", title("group member", member.name), member.address,
                                    title("group member", first->name)));
  }
}

// Where this node listens: of two at one address the second could not.
void check_sockets(Checking& in) {
  struct Socket {
    const char* whose;
    std::string at;
  };
  const Config& c = in.config;
  std::vector<Socket> sockets;
  const auto add = [&](const char* whose, const std::string& at, Mark place) {
    if (at.empty()) return;  // it has an error of its own
    for (const Socket& other : sockets)
      if (other.at == at) return in.problems.error(place, fmt::format("{} is at {} like {}", whose, at, other.whose));
    sockets.push_back({whose, at});
  };
  if (c.group) add("\"listen\" in [group]", c.group->listen, in.places.at(c.group->listen));
  const auto add_all = [&](const char* whose, const std::vector<Address>& addresses, u16 port) {
    for (const Address& a : addresses) {
      const std::string host = is_ip4(a) ? text(a) : "[" + text(a) + "]";
      add(whose, fmt::format("{}:{}", host, port), in.places.at(a));
    }
  };
  if (c.dns) add_all("\"listen\" in [dns]", c.dns->listen, c.dns->port);
  if (c.agents) add_all("\"listen\" in [agents]", c.agents->listen, c.agents->port);
  if (c.api.metrics) add("\"metrics\" in [api]", *c.api.metrics, in.places.at(c.api.metrics));
  if (c.api.health) add("\"health\" in [api]", *c.api.health, in.places.at(c.api.health));
}

}  // namespace

void check_group(Checking& in) {
  const Config& c = in.config;
  check_sockets(in);
  if (c.group) check_members(in, *c.group);
  if (!roles_are_good(in)) return;
  if (c.group && in.places.good(c.group->member)) check_direct(in, *c.group);
  const auto missing = [&](RolesThat can) {
    const std::vector<const Descriptor*> roles = roles_at_work(c);
    return std::none_of(roles.begin(), roles.end(), [&](const Descriptor* role) { return can(*role); });
  };
  const RolesThat share = [](const Descriptor& role) { return role.mirrored || role.holdings || role.told_to_group; };
  const RolesThat announce = [](const Descriptor& role) { return role.announces != nullptr; };
  if (c.group && missing(share))
    in.problems.error(in.places.at(*c.group), "[group] has nothing to share: the file has " + none_of(share));
  if (c.announce && missing(announce))
    in.problems.error(in.places.at(*c.announce),
                      "[announce] has nothing to announce: the file has " + none_of(announce));
  if (c.announce && c.announce->standby_metric) {
    const auto& standby = *c.announce->standby_metric;
    if (standby <= c.announce->metric && in.places.good(standby))
      in.problems.error(in.places.at(standby),
                        fmt::format("\"standby_metric\" of [announce] is {}: it must be above \"metric\", {}, or what "
                                    "another member holds would lead here as well",
                                    standby, c.announce->metric));
    if (!c.group)
      in.problems.warn(in.places.at(standby),
                       "\"standby_metric\" of [announce] is for what members of a [group] hold in turn, and there is "
                       "no [group]");
  }
}

}  // namespace waymark::config
