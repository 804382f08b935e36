#include "rtnetlink/messages.h"

#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/ipv6.h>
#include <linux/neighbour.h>
#include <netlink/attr.h>
#include <sys/socket.h>

#include <array>
#include <cstring>

namespace waymark::netlink {

namespace {

template <u32 Max>
using Attributes = std::array<nlattr*, Max + 1>;

template <u32 Max, class Header>
std::optional<Attributes<Max>> attributes(nlmsghdr* header) {
  Attributes<Max> out{};
  if (nlmsg_parse(header, sizeof(Header), out.data(), Max, nullptr) < 0) return {};
  return out;
}

u32 number(nlattr* attribute) {
  return attribute && nla_len(attribute) >= int(sizeof(u32)) ? nla_get_u32(attribute) : 0;
}

std::optional<Address> address_in(const void* bytes, int length) {
  if (length == 4) {
    be32 raw;
    std::memcpy(&raw, bytes, sizeof raw);
    return address_of(raw);
  }
  if (length != 16) return {};
  Address out;
  std::memcpy(&out, bytes, sizeof out);
  return out;
}

std::optional<Address> address_in(nlattr* attribute) {
  return attribute ? address_in(nla_data(attribute), nla_len(attribute)) : std::nullopt;
}

std::optional<Address> via_in(nlattr* attribute) {  // a gateway of the other family (RFC 5549)
  if (!attribute || nla_len(attribute) <= int(sizeof(rtvia))) return {};
  const auto* via = static_cast<const rtvia*>(nla_data(attribute));
  return address_in(via->rtvia_addr, nla_len(attribute) - int(sizeof(rtvia)));
}

Mac mac_in(nlattr* attribute) {
  Mac mac{};
  if (attribute && nla_len(attribute) == int(sizeof mac)) std::memcpy(&mac, nla_data(attribute), sizeof mac);
  return mac;
}

void put_address(nl_msg* message, int type, const Address& address) {
  if (is_ip4(address)) {
    const be32 ip4 = ip4_of(address);
    nla_put(message, type, sizeof ip4, &ip4);
  } else {
    nla_put(message, type, sizeof address, &address);
  }
}

u8 family_of(const Address& address) { return is_ip4(address) ? AF_INET : AF_INET6; }
u8 bits_of(const Address& address) { return is_ip4(address) ? 32 : 128; }

// IFLA_AF_SPEC { AF_INET6 { IFLA_INET6_CONF: an array of numbers } }
u32 mtu6_in(nlattr* families) {
  nlattr* ip6 = families ? nla_find(static_cast<nlattr*>(nla_data(families)), nla_len(families), AF_INET6) : nullptr;
  nlattr* conf = ip6 ? nla_find(static_cast<nlattr*>(nla_data(ip6)), nla_len(ip6), IFLA_INET6_CONF) : nullptr;
  if (!conf || nla_len(conf) < int((DEVCONF_MTU6 + 1) * sizeof(u32))) return 0;
  u32 mtu;
  std::memcpy(&mtu, static_cast<const char*>(nla_data(conf)) + DEVCONF_MTU6 * sizeof mtu, sizeof mtu);
  return mtu;
}

void read_kind(nlattr* info, LinkInfo& link) {
  Attributes<IFLA_INFO_MAX> parts{};
  if (!info || nla_parse_nested(parts.data(), IFLA_INFO_MAX, info, nullptr) < 0 || !parts[IFLA_INFO_KIND]) return;
  link.kind = nla_get_string(parts[IFLA_INFO_KIND]);
  Attributes<IFLA_VLAN_MAX> vlan{};
  if (link.kind != "vlan" || !parts[IFLA_INFO_DATA]) return;
  if (nla_parse_nested(vlan.data(), IFLA_VLAN_MAX, parts[IFLA_INFO_DATA], nullptr) < 0) return;
  if (vlan[IFLA_VLAN_ID]) link.vlan = nla_get_u16(vlan[IFLA_VLAN_ID]);
}

// Where a native and a generic program are on one interface, the native one comes first.
void read_xdp(nlattr* xdp, LinkInfo& link) {
  Attributes<IFLA_XDP_MAX> parts{};
  if (!xdp || nla_parse_nested(parts.data(), IFLA_XDP_MAX, xdp, nullptr) < 0) return;
  for (const int id : {IFLA_XDP_PROG_ID, IFLA_XDP_DRV_PROG_ID, IFLA_XDP_HW_PROG_ID, IFLA_XDP_SKB_PROG_ID})
    if (!link.xdp_program) link.xdp_program = number(parts[std::size_t(id)]);
  nlattr* mode = parts[IFLA_XDP_ATTACHED];
  link.xdp_generic = mode && nla_len(mode) >= 1 && nla_get_u8(mode) == XDP_ATTACHED_SKB;
}

RouteFact::Kind kind_of(u8 type) {
  switch (type) {
    case RTN_UNICAST:
      return RouteFact::Kind::unicast;
    case RTN_LOCAL:
      return RouteFact::Kind::local;
    default:
      return RouteFact::Kind::other;
  }
}

Message write_route(int type, int flags, u8 scope, const PrefixRoute& route) {
  Message message(nlmsg_alloc_simple(type, NLM_F_REQUEST | NLM_F_ACK | flags));
  rtmsg body{};
  body.rtm_family = family_of(route.prefix.address);
  body.rtm_dst_len = route.prefix.length;
  body.rtm_table = RT_TABLE_MAIN;
  body.rtm_protocol = route.protocol;
  body.rtm_scope = scope;
  body.rtm_type = route.type;
  body.rtm_tos = route.tos;
  nlmsg_append(message.get(), &body, sizeof body, NLMSG_ALIGNTO);
  put_address(message.get(), RTA_DST, route.prefix.address);
  nla_put_u32(message.get(), RTA_PRIORITY, route.metric);
  return message;
}

constexpr u16 kUsable = NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT | NUD_NOARP;

}  // namespace

Message ask_link(const u32& index) {
  Message message(nlmsg_alloc_simple(RTM_GETLINK, NLM_F_REQUEST));
  ifinfomsg body{};
  body.ifi_index = int(index);
  nlmsg_append(message.get(), &body, sizeof body, NLMSG_ALIGNTO);
  return message;
}

Message ask_link_named(const std::string& name) {
  Message message(nlmsg_alloc_simple(RTM_GETLINK, NLM_F_REQUEST));
  ifinfomsg body{};
  nlmsg_append(message.get(), &body, sizeof body, NLMSG_ALIGNTO);
  nla_put_string(message.get(), IFLA_IFNAME, name.c_str());
  return message;
}

Message ask_route(const RouteQuestion& question) {
  Message message(nlmsg_alloc_simple(RTM_GETROUTE, NLM_F_REQUEST));
  rtmsg body{};
  body.rtm_family = family_of(question.destination);
  body.rtm_dst_len = bits_of(question.destination);
  body.rtm_src_len = question.source ? bits_of(question.destination) : u8{0};
  nlmsg_append(message.get(), &body, sizeof body, NLMSG_ALIGNTO);
  put_address(message.get(), RTA_DST, question.destination);
  if (question.source) put_address(message.get(), RTA_SRC, *question.source);
  return message;
}

// NTF_USE is what a packet through the kernel would do: resolve what is unknown, verify what is stale.
Message ask_use(const Hop& hop) {
  Message message(nlmsg_alloc_simple(RTM_NEWNEIGH, NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE));
  ndmsg body{};
  body.ndm_family = family_of(hop.address);
  body.ndm_ifindex = int(hop.interface);
  body.ndm_flags = NTF_USE;
  nlmsg_append(message.get(), &body, sizeof body, NLMSG_ALIGNTO);
  put_address(message.get(), NDA_DST, hop.address);
  return message;
}

Message ask_routes_of(u8 family, u8 protocol) {
  Message message(nlmsg_alloc_simple(RTM_GETROUTE, NLM_F_REQUEST | NLM_F_DUMP));
  rtmsg body{};
  body.rtm_family = family;
  body.rtm_table = RT_TABLE_MAIN;
  body.rtm_protocol = protocol;
  nlmsg_append(message.get(), &body, sizeof body, NLMSG_ALIGNTO);
  return message;
}

Message add_route(const PrefixRoute& route) {
  return write_route(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, RT_SCOPE_UNIVERSE, route);
}

Message remove_route(const PrefixRoute& route) { return write_route(RTM_DELROUTE, 0, RT_SCOPE_NOWHERE, route); }

std::optional<LinkInfo> link_in(nlmsghdr* header) {
  const auto parts = attributes<IFLA_MAX, ifinfomsg>(header);
  if (!parts || !(*parts)[IFLA_IFNAME] || !(*parts)[IFLA_MTU]) return {};
  const auto* body = static_cast<const ifinfomsg*>(nlmsg_data(header));
  if (body->ifi_family != AF_UNSPEC) return {};
  LinkInfo link;
  link.index = u32(body->ifi_index);
  link.name = nla_get_string((*parts)[IFLA_IFNAME]);
  link.mac = mac_in((*parts)[IFLA_ADDRESS]);
  link.mtu = number((*parts)[IFLA_MTU]);
  link.mtu6 = mtu6_in((*parts)[IFLA_AF_SPEC]);
  link.up = body->ifi_flags & IFF_UP;
  link.carrier = body->ifi_flags & IFF_LOWER_UP;
  link.ethernet = body->ifi_type == ARPHRD_ETHER;
  read_kind((*parts)[IFLA_LINKINFO], link);
  read_xdp((*parts)[IFLA_XDP], link);
  if (link.kind == "vlan") link.parent = number((*parts)[IFLA_LINK]);
  if (link.kind == "veth") {
    link.peer = number((*parts)[IFLA_LINK]);
    if (nlattr* space = (*parts)[IFLA_LINK_NETNSID]) link.peer_space = nla_get_s32(space);
  }
  return link;
}

std::optional<NeighbourFact> neighbour_in(nlmsghdr* header) {
  const auto parts = attributes<NDA_MAX, ndmsg>(header);
  if (!parts) return {};
  const auto* body = static_cast<const ndmsg*>(nlmsg_data(header));
  if (body->ndm_family != AF_INET && body->ndm_family != AF_INET6) return {};  // a bridge's forwarding database
  const auto address = address_in((*parts)[NDA_DST]);
  if (!address || body->ndm_flags & NTF_PROXY) return {};
  NeighbourFact fact{.hop = {u32(body->ndm_ifindex), *address}};
  if (header->nlmsg_type == RTM_DELNEIGH) return fact;
  fact.mac = mac_in((*parts)[NDA_LLADDR]);
  const bool has_mac = (*parts)[NDA_LLADDR] && nla_len((*parts)[NDA_LLADDR]) == int(sizeof(Mac));
  using State = NeighbourFact::State;
  fact.state = body->ndm_state & NUD_FAILED           ? State::failed
               : body->ndm_state & kUsable && has_mac ? State::usable
                                                      : State::resolving;
  // Since Linux 5.16 NTF_USE makes a permanent neighbour an ordinary one, and its MAC is lost with that. It also
  // clears the marks of neighbours that a routing daemon or the kernel itself maintains.
  fact.kept = body->ndm_state & (NUD_PERMANENT | NUD_NOARP) || body->ndm_flags & NTF_EXT_LEARNED ||
              number((*parts)[NDA_FLAGS_EXT]) & NTF_EXT_MANAGED;
  return fact;
}

std::optional<RouteFact> route_in(nlmsghdr* header) {
  const auto parts = attributes<RTA_MAX, rtmsg>(header);
  if (!parts) return {};
  RouteFact fact;
  fact.kind = kind_of(static_cast<const rtmsg*>(nlmsg_data(header))->rtm_type);
  fact.interface = number((*parts)[RTA_OIF]);
  fact.gateway = address_in((*parts)[RTA_GATEWAY]);
  if (!fact.gateway) fact.gateway = via_in((*parts)[RTA_VIA]);
  fact.encapsulated = (*parts)[RTA_ENCAP] || (*parts)[RTA_NEWDST];
  Attributes<RTAX_MAX> metrics{};
  if ((*parts)[RTA_METRICS] && nla_parse_nested(metrics.data(), RTAX_MAX, (*parts)[RTA_METRICS], nullptr) == 0) {
    fact.mtu = number(metrics[RTAX_MTU]);
    fact.advmss = number(metrics[RTAX_ADVMSS]);
  }
  return fact;
}

std::optional<PrefixRoute> prefix_route_in(nlmsghdr* header) {
  const auto parts = attributes<RTA_MAX, rtmsg>(header);
  const auto* body = static_cast<const rtmsg*>(nlmsg_data(header));
  if (!parts || header->nlmsg_type != RTM_NEWROUTE || body->rtm_table != RT_TABLE_MAIN) return {};
  const auto address = address_in((*parts)[RTA_DST]);
  if (!address || !body->rtm_dst_len || body->rtm_src_len) return {};
  return PrefixRoute{
      {*address, body->rtm_dst_len}, number((*parts)[RTA_PRIORITY]), body->rtm_protocol, body->rtm_type, body->rtm_tos};
}

std::optional<Event> event_in(nlmsghdr* header) {
  switch (header->nlmsg_type) {
    case RTM_NEWLINK:
    case RTM_DELLINK:
      return LinkChange{u32(static_cast<const ifinfomsg*>(nlmsg_data(header))->ifi_index)};
    case RTM_NEWNEIGH:
    case RTM_DELNEIGH:
      if (auto neighbour = neighbour_in(header)) return *neighbour;
      return {};
    case RTM_NEWROUTE:
    case RTM_DELROUTE: {
      const auto parts = attributes<RTA_MAX, rtmsg>(header);
      const auto* body = static_cast<const rtmsg*>(nlmsg_data(header));
      if (!parts || (body->rtm_family != AF_INET && body->rtm_family != AF_INET6)) return {};
      const bool ip4 = body->rtm_family == AF_INET;
      const Address any = ip4 ? address_of(be32{0}) : Address{0, 0};
      return RouteChange{address_in((*parts)[RTA_DST]).value_or(any), body->rtm_dst_len + (ip4 ? 96u : 0u)};
    }
    default:
      return AnyRouteChange{};
  }
}

}  // namespace waymark::netlink
