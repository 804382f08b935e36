#include "rtnetlink/decide.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "base/address_text.h"

namespace waymark {

namespace {

// Devices that take whole Ethernet frames from XDP. All others build frames themselves (VLANs, tunnels, bridges) or
// refuse redirected ones: what is sent there would vanish, so the kernel must forward.
bool takes_frames(const LinkInfo& link) {
  if (!link.ethernet) return false;
  return link.kind.empty() || link.kind == "veth" || link.kind == "bond" || link.kind == "tun";
}

// Where an obstacle is XDP's alone.
bool kernel_forwards(const RouteFact& route, const LinkInfo* link) {
  if (route.kind == RouteFact::Kind::local) return true;
  if (route.kind != RouteFact::Kind::unicast) return false;
  return route.encapsulated || (link && !takes_frames(*link) && link->up && link->carrier);
}

bool is_link_local6(const Address& a) { return byte_of(a, 0) == 0xfe && (byte_of(a, 1) & 0xc0) == 0x80; }

std::string no_route(const Address& target, int error) {
  switch (error) {
    case ENETUNREACH:
      return fmt::format("there is no route to {}", text(target));
    case EHOSTUNREACH:
      return fmt::format("the route to {} says unreachable", text(target));
    case EACCES:
      return fmt::format("the route to {} says prohibited", text(target));
    case EINVAL:
      return fmt::format("the route to {} is a black hole", text(target));
    default:
      return fmt::format("the kernel gives no route to {}: {}", text(target), std::generic_category().message(error));
  }
}

u16 mtu_of(const RouteFact& route, const LinkInfo& link, bool ip6) {
  u32 mtu = link.mtu;
  if (ip6 && link.mtu6) mtu = std::min(mtu, link.mtu6);
  if (route.mtu) mtu = std::min(mtu, route.mtu);
  return u16(std::min(mtu, 65535u));
}

}  // namespace

bool LinkInfo::operator==(const LinkInfo& o) const {
  return index == o.index && name == o.name && same(mac, o.mac) && mtu == o.mtu && mtu6 == o.mtu6 && up == o.up &&
         carrier == o.carrier && ethernet == o.ethernet && kind == o.kind && parent == o.parent && vlan == o.vlan;
}

bool NeighbourFact::operator==(const NeighbourFact& o) const {
  return hop == o.hop && state == o.state && same(mac, o.mac) && kept == o.kept;
}

bool WayOut::operator==(const WayOut& o) const {
  return interface == o.interface && same(source, o.source) && same(destination, o.destination) && mtu == o.mtu &&
         gateway == o.gateway;
}

std::string obstacle(const Address& target, const RouteFact& route, const LinkInfo* link) {
  if (route.kind == RouteFact::Kind::local) return fmt::format("{} is an address of this machine itself", text(target));
  if (is_martian_source(target)) return fmt::format("{} is no address of a single machine", text(target));
  if (is_link_local6(target))
    return fmt::format("{} is link-local, so it does not say which interface leads there", text(target));
  switch (route.kind) {
    case RouteFact::Kind::none:
      return no_route(target, route.error);
    case RouteFact::Kind::other:
      return fmt::format("{} is a broadcast, multicast or anycast address here", text(target));
    default:
      break;
  }
  if (route.encapsulated)
    return fmt::format("the route to {} adds headers of its own, so the kernel must forward", text(target));
  if (!link)
    return fmt::format("the route to {} leaves through interface {}, which is gone", text(target), route.interface);
  if (!takes_frames(*link))
    return fmt::format(
        "the route to {} leaves through {} ({}), which takes no ready Ethernet frames, so the kernel "
        "must forward",
        text(target), link->name, link->kind.empty() ? "not Ethernet" : link->kind);
  if (!link->up) return fmt::format("interface {}, the way to {}, is down", link->name, text(target));
  if (!link->carrier) return fmt::format("interface {}, the way to {}, has no carrier", link->name, text(target));
  return "";
}

Hop next_hop(const Address& target, const RouteFact& route) {
  return {route.interface, route.gateway.value_or(target)};
}

Resolution decide(const Address& target, const RouteFact& route, const LinkInfo* link, const NeighbourFact* neighbour,
                  int probe_error) {
  using Reach = Resolution::Reach;
  if (std::string why = obstacle(target, route, link); !why.empty())
    return {target, {}, std::move(why), kernel_forwards(route, link) ? Reach::kernel : Reach::none};
  if (neighbour && neighbour->state == NeighbourFact::State::usable)
    return {target,
            WayOut{link->index, link->mac, neighbour->mac, mtu_of(route, *link, !is_ip4(target)),
                   route.gateway.has_value()},
            ""};
  const std::string hop = fmt::format("next hop {} on {}", text(next_hop(target, route).address), link->name);
  if (probe_error)
    return {target,
            {},
            fmt::format("{} cannot be asked for its MAC: {}", hop, std::generic_category().message(probe_error))};
  if (neighbour && neighbour->state == NeighbourFact::State::failed) return {target, {}, hop + " does not answer"};
  return {target, {}, hop + " is being asked for its MAC", Reach::pending};
}

}  // namespace waymark
