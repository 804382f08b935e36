// [gateway]: tenants whose IPv4 becomes IPv6 that names tenant and gateway, and back.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/mappings.h"
#include "core/wire.h"

namespace waymark {

// Addresses of a tenant's that are behind a router in its VXLAN, or on its link.
struct TenantRouteConfig {
  Prefix prefix{};
  Address via{};
};

// Where a tenant's packets come from and go to. Who it is follows from kind, key and far end together; or, of a link,
// from interface and labels.
struct TenantTunnelConfig {
  Tunnel tunnel = Tunnel::ip;
  u16 port = 0;                               // the far end's, of GUE and VXLAN; 0: the usual one
  std::optional<u32> key = {};                // GRE's, or VXLAN's VNI
  std::string interface = {};                 // a link's, with its tags
  u64 id = 0;                                 // likewise: the gateway whose it is
  std::vector<u32> label = {};                // of MPLS, outermost first: what comes in has these
  std::vector<u32> far_label = {};            // and what goes out; empty: the same
  std::optional<Mac> mac = {};                // whom frames are for; none: neighbours say
  std::vector<Address> gateway = {};          // this gateway's own, in VXLAN or on a link
  std::vector<TenantRouteConfig> route = {};  // likewise: what routers there lead to
  u32 neighbours = 256;                       // likewise: so many are learnt
  Address remote{};                           // the far end
  std::vector<Prefix> ip4;                    // the tenant's addresses behind it, routers' apart
};

// Addresses of a tenant's that are behind one of the gateways.
struct TenantSiteConfig {
  Prefix prefix{};
  u64 gateway = 0;  // its id
};

// Which new flows of a tenant's may begin, or may not: the first rule that is about a flow decides.
enum class FlowDirection : u8 { out = 1, in = 2, both = 3 };
constexpr u8 kCopyClass = 64;  // in place of a class: the first packet's
struct FirewallRuleConfig {
  FlowDirection direction = FlowDirection::in;
  bool allow = true;
  std::optional<u32> protocol = {};  // none: any; not with ports
  std::vector<PortRange> ports;      // destination ports
  std::vector<Prefix> inside;        // the tenant's addresses; empty: all
  std::vector<Prefix> outside;       // as the tenant sees them, in IPv4; empty: all
  // What stands in the plan's fields of these flows, and what another gateway's address must say.
  std::optional<u8> dscp = {};  // 1 to 63, or kCopyClass
  bool valid = false, from_valid = false;
};

struct TenantConfig {
  std::string name;
  u64 number = 0;  // the plan's field `tenant`
  std::vector<TenantTunnelConfig> tunnel;
  std::vector<TenantSiteConfig> site;
  std::vector<EmbeddingConfig> prefix;  // before the gateway's
  std::vector<AddressMapConfig> map;
  bool firewall = true;
  std::vector<FirewallRuleConfig> rule;
  u32 flows = 0;      // at once; 0: any number
  u32 new_flows = 0;  // a second; 0: any number
};

// One of the gateways that share a plan, the same in the files of all of them.
struct GatewayIdConfig {
  u64 id = 0;                    // the plan's field `gateway`
  std::vector<Address> address;  // where tenants' tunnels to it end, at most one per family
  std::optional<Mac> mac = {};   // its own in VXLANs; none: one that follows from where the tunnel ends
};

// What tenants see errors come from where nothing else is given: a node without an IPv4 address of its own (RFC 7600).
inline constexpr Address kDummy = address_of(wire32(0xc0000008));  // 192.0.0.8

enum class OnwardBy : u8 { tunnel = 0, route = 1 };

// What is announced where there is [announce]: the plan's prefix, own addresses, ends of tunnels, and what of the
// plan's prefix names an id that is held.
enum class GatewayRoutes : u8 { plan = 0, own = 1, ends = 2, specific = 3 };
enum class GraceFrom : u8 { both = 0, inside = 1 };

struct GatewayConfig {
  std::string zone = "public";
  std::string plan;
  std::vector<u64> holds;     // ids whose work is this node's
  std::vector<u64> stand_in;  // and others', where they are lost
  // In a [group], whose members hold ids in turn: what this node holds now; and of these, what it does not announce, as
  // another one does. None: `holds`.
  std::optional<std::vector<u64>> held = {};
  std::vector<u64> leaving = {};
  OnwardBy onward = OnwardBy::tunnel;
  std::vector<GatewayRoutes> announce = {GatewayRoutes::plan, GatewayRoutes::own, GatewayRoutes::ends};
  u16 gue_port = usual_port(Tunnel::gue);  // where tenants' tunnels end
  u16 vxlan_port = usual_port(Tunnel::vxlan);
  Address address = kDummy;  // the sender of ICMP errors to tenants, IPv4
  std::vector<GatewayIdConfig> id;
  std::vector<TenantConfig> tenant;
  std::vector<EmbeddingConfig> prefix;
  std::vector<AddressMapConfig> map;
  u32 lowest_ip6_mtu = 1280;
  std::vector<u32> plateaus = {65535, 32000, 17914, 8166, 4352, 2002, 1492, 1006, 508, 296, 68};  // RFC 1191, 7.1
  ZeroChecksum zero_checksum = ZeroChecksum::compute;
  u32 errors = 1'000;
  u32 overlay_answers = 1'000;  // in each overlay: ARP replies, ARP requests and pings, of each so many
  Duration neighbour_idle = std::chrono::minutes(5);
  Duration tcp_idle = std::chrono::seconds(7'440);  // RFC 5382, REQ-5
  Duration udp_idle = std::chrono::minutes(5);      // RFC 4787, REQ-5
  Duration grace = std::chrono::seconds(60);        // 0: none
  GraceFrom grace_from = GraceFrom::both;
  std::string interface;
};

namespace gateway {
using Section = GatewayConfig;
}

}  // namespace waymark
