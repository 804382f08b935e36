// The keys of [gateway].
#pragma once

#include "config/keys_mappings.h"
#include "core/link.h"
#include "roles/gateway/config.h"

namespace waymark::gateway {

using namespace config;

constexpr Span kFlowIdle{1min, 7'440s};
constexpr Number<u64> kPlanNumber{1, 0x7fff'ffff'ffff'ffff};

// Of all tenants alike, whatever leads to them.
constexpr auto kTenantKind = one_of<Tunnel>({{"ip", Tunnel::ip},
                                             {"gue", Tunnel::gue},
                                             {"gre", Tunnel::gre},
                                             {"vxlan", Tunnel::vxlan},
                                             {"ethernet", Tunnel::ethernet},
                                             {"mpls", Tunnel::mpls}});
constexpr Number<u32> kLabel{kLeastLabel, kMaxLabel};

constexpr auto kTenantRoute = section<TenantRouteConfig>(
    "[[gateway.tenant.tunnel.route]]", "Addresses of the tenant's that are behind a router in its VXLAN or Ethernet.",
    Field{"prefix", &TenantRouteConfig::prefix, PrefixOf{PrefixOf::ip4, Takes::some}, required, "The addresses."},
    Field{"via", &TenantRouteConfig::via, HostAddress{}, required, "The router: an address in the tunnel's `ip4`."});

constexpr auto kTenantTunnel = section<TenantTunnelConfig>(
    "[[gateway.tenant.tunnel]]",
    "Where the tenant's IPv4 packets come from and go to. Kind, key and far end together say whose they are; without a "
    "tunnel, the interface, VLAN and labels.",
    Field{
        "tunnel", &TenantTunnelConfig::tunnel, kTenantKind, optional,
        "IP in IP, Generic UDP Encapsulation (port 6080), Generic Routing Encapsulation, VXLAN (port 4789); or a link "
        "of the tenant's own: Ethernet, or MPLS over it."},
    Field{"port", &TenantTunnelConfig::port, kPort, optional,
          "The UDP port of GUE or VXLAN at the far end. `gue_port` and `vxlan_port` in `[gateway]` are the near one.",
          kTunnelPort},
    Field{"key", &TenantTunnelConfig::key, kTunnelKey, optional,
          "The key of GRE, there and back, or the VNI of VXLAN, which needs one. A far end may have several, each of a "
          "tenant's own.",
          "none"},
    Field{"interface", &TenantTunnelConfig::interface, InterfaceName{}, optional,
          "A link's: one of `[engine] interfaces`, as `\"eth1\"`, or with its VLANs, as `\"eth1:100\"`. All that comes "
          "in there is tenants' alone, so its zone is not the gateway's.",
          "none"},
    Field{"id", &TenantTunnelConfig::id, kPlanNumber, optional,
          "A link's: the gateway whose it is. What comes in there leaves with this id, and whichever node holds the id "
          "answers there.",
          "none"},
    Field{"label", &TenantTunnelConfig::label, Several{kLabel}, optional,
          "Of MPLS: the label, or two from the outermost, that the tenant's packets come with.", "none"},
    Field{"far_label", &TenantTunnelConfig::far_label, Several{kLabel}, optional,
          "Of MPLS: the labels that packets to the tenant get.", "`label`"},
    Field{"mac", &TenantTunnelConfig::mac, MacAddress{}, optional,
          "Whom all frames in VXLAN or on a link are for: the MAC address of the tenant's router, or only host. VXLAN "
          "and "
          "Ethernet need it or `gateway`; MPLS needs it, and takes frames from that address alone.",
          "none: neighbours are learnt"},
    Field{"gateway", &TenantTunnelConfig::gateway, Several{HostAddress{}}, optional,
          "This gateway's own IPv4 addresses in the VXLAN or Ethernet, at most 4, which it answers ARP and pings for: "
          "what the tenant's hosts have as their gateway. With it, and without `mac`, neighbours are learnt and asked "
          "for.",
          "none"},
    Field{"route", &TenantTunnelConfig::route, Repeated{kTenantRoute, 65'000}, optional, ""},
    Field{"neighbours", &TenantTunnelConfig::neighbours, Number<u32>{1, 50'000}, optional,
          "How many hosts in the VXLAN or Ethernet are known at once, as a power of two from 4 on that is not less: "
          "beyond "
          "that who was silent for the longest time gives way. All of them together have room for 65536."},
    Field{"remote", &TenantTunnelConfig::remote, HostAddress{}, optional,
          "The far end, which all tunnels need. The near one is the address that an id has of the same family.",
          "none"},
    Field{"ip4", &TenantTunnelConfig::ip4, Several{PrefixOf{PrefixOf::ip4, Takes::some}}, required,
          "The tenant's addresses behind it: packets to them go there, by the longest prefix among the tenant's "
          "tunnels, and packets from elsewhere are refused. Where neighbours are learnt: those without a router in "
          "between, and two tunnels with the same `key` and `ip4` lead into the same VXLAN, as do two links with the "
          "same "
          "`id` and `ip4` into the same Ethernet."});

constexpr auto kTenantSite = section<TenantSiteConfig>(
    "[[gateway.tenant.site]]",
    "Addresses of the tenant's that are behind one of the gateways: its other sites reach them as IPv6 between two "
    "addresses of the plan. The same in the files of all gateways: what comes from a site that is not listed is "
    "refused.",
    Field{"prefix", &TenantSiteConfig::prefix, PrefixOf{PrefixOf::ip4, Takes::some}, required,
          "The addresses; the longest prefix among the tenant's sites, maps and prefixes decides."},
    Field{"gateway", &TenantSiteConfig::gateway, kPlanNumber, required,
          "The id of the gateway that they are behind. Where this node holds it, packets to them go from tunnel to "
          "tunnel, by `ip4`."});

constexpr auto kTenantPrefix = embedding("[[gateway.tenant.prefix]]");
constexpr auto kTenantMap = address_map("[[gateway.tenant.map]]");

constexpr auto kFirewallRule = section<FirewallRuleConfig>(
    "[[gateway.tenant.rule]]",
    "Which new flows may begin. The first rule that is about a flow decides; without one, flows may begin from the "
    "tenant's side alone. At most 64, counted after each has been taken apart by ports and prefixes.",
    Field{
        "direction", &FirewallRuleConfig::direction,
        one_of<FlowDirection>({{"in", FlowDirection::in}, {"out", FlowDirection::out}, {"both", FlowDirection::both}}),
        required, "Whether it is about flows to the tenant, from it, or both."},
    Field{"action", &FirewallRuleConfig::allow, one_of<bool>({{"allow", true}, {"deny", false}}), required,
          "What becomes of them."},
    Field{"protocol", &FirewallRuleConfig::protocol, Number<u32>{1, 255}, optional,
          "The protocol's number in IPv4: 1 for ping, 6 TCP, 17 UDP. Not with `ports`.", "any"},
    Field{"ports", &FirewallRuleConfig::ports, Several{config::Ports{}}, optional,
          "Destination ports, with their protocol: `\"tcp/443\"`.", "any"},
    Field{"inside", &FirewallRuleConfig::inside, Several{PrefixOf{PrefixOf::ip4, Takes::some}}, optional,
          "Of the tenant's addresses.", "all"},
    Field{"outside", &FirewallRuleConfig::outside, Several{PrefixOf{PrefixOf::ip4, Takes::some}}, optional,
          "Of the other side's, in IPv4 as the tenant sees them.", "all"},
    Field{
        "dscp", &FirewallRuleConfig::dscp, FlowClass{}, optional,
        "The class of service that these flows have in both directions, by the plan's field `dscp`: a DSCP (RFC 2474), "
        "or `\"copy\"`, the first packet's own. For flows out.",
        "packets keep theirs"},
    Field{"valid", &FirewallRuleConfig::valid, Flag{}, optional,
          "Their addresses say so in the plan's field `valid`. For flows out."},
    Field{"from_valid", &FirewallRuleConfig::from_valid, Flag{}, optional,
          "Only of flows from another gateway, out of its tunnel, whose address says that they are valid. For flows "
          "in."});

constexpr auto kTenant = section<TenantConfig>(
    "[[gateway.tenant]]",
    "Whose IPv4 addresses mean nothing to others: two tenants may have the same. All tenants together have at most "
    "65000 tunnels and prefixes.",
    Field{"name", &TenantConfig::name, kName, required, "Its name, unique within `[gateway]`."},
    Field{"number", &TenantConfig::number, kPlanNumber, required, "What the plan's field `tenant` says of it."},
    Field{"tunnel", &TenantConfig::tunnel, Repeated{kTenantTunnel, 65'000}, optional, ""},
    Field{"site", &TenantConfig::site, Repeated{kTenantSite, 65'000}, optional, ""},
    Field{"prefix", &TenantConfig::prefix, Repeated{kTenantPrefix, 65'000}, optional, ""},
    Field{"map", &TenantConfig::map, Repeated{kTenantMap, 65'000}, optional, ""},
    Field{"firewall", &TenantConfig::firewall, Flag{}, optional,
          "Only packets of flows that may have begun pass. With `false` whoever reaches the plan's prefix reaches the "
          "tenant."},
    Field{"rule", &TenantConfig::rule, Repeated{kFirewallRule, 64}, optional, ""},
    Field{"flows", &TenantConfig::flows, Number<u32>{1, 16'000'000, true}, optional,
          "How many flows it may have at once. With 0 as many as there is room for."},
    Field{"new_flows", &TenantConfig::new_flows, Number<u32>{1, 10'000'000, true}, optional,
          "How many flows it may begin a second, or others to it. With 0 any number."});

constexpr auto kId = section<GatewayIdConfig>(
    "[[gateway.id]]", "One of the gateways that share the plan: the same tables in the files of all of them.",
    Field{"id", &GatewayIdConfig::id, kPlanNumber, required, "What the plan's field `gateway` says of it."},
    Field{"address", &GatewayIdConfig::address, Several{HostAddress{}}, required,
          "Where tenants' tunnels to it end, whichever node holds it: at most one address per family. What comes in "
          "there leaves with this id, and returns by it."},
    Field{"mac", &GatewayIdConfig::mac, MacAddress{}, optional,
          "Whom the frames in tenants' VXLANs are for, and who sends them: what tenants have as their gateway's MAC "
          "address.",
          "one that follows from the tunnel's end"});

constexpr auto kGatewayPrefix = embedding("[[gateway.prefix]]");
constexpr auto kGatewayMap = address_map("[[gateway.map]]");

constexpr auto kSection = section<GatewayConfig>(
    "[gateway]",
    "This node takes IPv4 out of tenants' tunnels into IPv6 whose source names tenant and gateway, and takes the "
    "replies of any of the plan's gateways back.",
    Field{"plan", &GatewayConfig::plan, kName, required,
          "The `[plan.NAME]` of its addresses: one with the fields `tenant`, `gateway` and `ipv4`."},
    Field{"holds", &GatewayConfig::holds, Several{kPlanNumber, kMayBeEmpty}, required,
          "The ids whose work this node does. A spare in a `[group]` has none of its own."},
    Field{"stand_in", &GatewayConfig::stand_in, Several{kPlanNumber, kMayBeEmpty}, optional,
          "Ids of other members of the `[group]` whose work this node does while those are lost. Of several members "
          "that would, the first by name does.",
          "none"},
    Field{"id", &GatewayConfig::id, Repeated{kId, 4'096}, optional, ""},
    Field{"zone", &GatewayConfig::zone, kName, optional,
          "The zone of tunnels and of IPv6: one of `[engine] interfaces`."},
    Field{"onward", &GatewayConfig::onward,
          one_of<OnwardBy>({{"tunnel", OnwardBy::tunnel}, {"route", OnwardBy::route}}), optional,
          "How a reply for another id gets there: in a tunnel to that gateway's own address, which is the plan's with "
          "this id and zeros; or by the network's routes, where it has one for each gateway."},
    Field{
        "announce", &GatewayConfig::announce,
        Several{one_of<GatewayRoutes>({{"plan", GatewayRoutes::plan},
                                       {"own", GatewayRoutes::own},
                                       {"ends", GatewayRoutes::ends},
                                       {"specific", GatewayRoutes::specific}}),
                kMayBeEmpty},
        optional,
        "What `[announce]` announces of it while the node is ready: the plan's prefix, by which any gateway takes any "
        "reply; the own address of each id that is held, where gateways' tunnels end; where tenants' tunnels end; and, "
        "more specific than the plan's, the prefix of each id that is held, so that replies come straight to it: one "
        "route for each id where the plan has `gateway` before `tenant`, else one for each id and tenant.",
        "`[\"plan\", \"own\", \"ends\"]`"},
    Field{"prefix", &GatewayConfig::prefix, Repeated{kGatewayPrefix, 65'000}, optional, ""},
    Field{"map", &GatewayConfig::map, Repeated{kGatewayMap, 65'000}, optional, ""},
    Field{"tenant", &GatewayConfig::tenant, Repeated{kTenant, 16'000}, optional, ""},
    Field{"gue_port", &GatewayConfig::gue_port, kPort, optional, "The UDP port where tenants' GUE tunnels end."},
    Field{"vxlan_port", &GatewayConfig::vxlan_port, kPort, optional, "The UDP port where tenants' VXLANs end."},
    Field{"address", &GatewayConfig::address, HostAddress{}, optional,
          "Where its ICMP errors to tenants come from: an IPv4 address, which all tenants see.",
          "`\"192.0.0.8\"` (RFC 7600)"},
    Field{"lowest_ip6_mtu", &GatewayConfig::lowest_ip6_mtu, Number<u32>{1280, 65535}, optional,
          "IPv4 packets that may be fragmented become IPv6 packets of at most so many bytes."},
    Field{"plateaus", &GatewayConfig::plateaus, Several{Number<u32>{68, 65535}}, optional,
          "MTUs to assume where a router names none, descending, at most 16 (RFC 1191, 7.1).",
          "`[65535, 32000, 17914, 8166, 4352, 2002, 1492, 1006, 508, 296, 68]`"},
    Field{"zero_checksum", &GatewayConfig::zero_checksum, kZeroChecksum, optional,
          "What becomes of UDP packets over IPv4 without a checksum."},
    Field{"errors", &GatewayConfig::errors, Number<u32>{1, 1'000'000, true}, optional,
          "How many ICMP errors of its own it sends a second at most. With 0 none."},
    Field{
        "overlay_answers", &GatewayConfig::overlay_answers, Number<u32>{1, 1'000'000, true}, optional,
        "How many ARP replies it sends a second into each tenant's VXLAN at most, how many ARP requests, and how many "
        "answers to pings. With 0 none."},
    Field{"neighbour_idle", &GatewayConfig::neighbour_idle, Span{10s, 24h}, optional,
          "How long a host in a tenant's VXLAN is known that is not heard."},
    Field{"tcp_idle", &GatewayConfig::tcp_idle, kFlowIdle, optional,
          "How long the firewall knows a silent TCP connection (RFC 5382, REQ-5)."},
    Field{"udp_idle", &GatewayConfig::udp_idle, kFlowIdle, optional,
          "How long it knows a silent flow of UDP, or of a protocol without connections (RFC 4787, REQ-5)."},
    Field{"grace", &GatewayConfig::grace, Span{0s, 1h}, optional,
          "For so long after it began without any flows, or took another's id, the firewall lets TCP go on in its "
          "middle. With "
          "0 not at all."},
    Field{"grace_from", &GatewayConfig::grace_from,
          one_of<GraceFrom>({{"both", GraceFrom::both}, {"inside", GraceFrom::inside}}), optional,
          "Whose packets find a flow again then: either side's, or the tenant's alone."},
    Field{"interface", &GatewayConfig::interface, InterfaceName{}, optional,
          "Where packets leave in `replay` and `trace`, which know no routes.", "the first interface"});

}  // namespace waymark::gateway
