// The gateway's packets as data: what comes in, how it ends and what leaves, each written from the RFCs by hand
// (tests/kit/packets.h). "red" is behind an IP-in-IP tunnel and one of GRE with a key, "blue" behind GRE without one
// and behind VXLAN; both have 10.0.0.5, an overlay with 10.4.0.0/24 and a router in it (tests/gateway/overlay_cases.h),
// and another site, 10.5.0.0/16, behind gateway 2. The servers are IPv6's. This node does the work of gateways 1 and 4.
#pragma once

#include <string>
#include <vector>

#include "tests/kit/packets.h"

namespace waymark::gateway_cases {

using namespace packets;

// Where tunnels to gateway 1 and 4 end; the far ends of red and blue.
const std::string kEnd1 = "192.0.2.1", kEnd16 = "2001:db8:ffff::1", kEnd4 = "192.0.2.4";
const std::string kRedFar = "198.51.100.71", kRedFar6 = "2001:db8:fffe::7", kBlueFar = "198.51.100.72",
                  kBlueFarVxlan = "198.51.100.73";
// The far ends of red's overlay, VNI 5002, and of blue's, VNI 5003.
const std::string kRedOverlay = "198.51.100.74", kRedOverlay6 = "2001:db8:fffe::74", kBlueOverlay = "198.51.100.76";
// A client of either tenant, red's by gateways 1 and 4, and blue's by gateway 1; a server, which has the same address
// to both tenants but for red's own map.
const std::string kClient = "10.0.0.5", kRed1 = "3fff:c00:100:100::a00:5", kRed4 = "3fff:c00:400:100::a00:5",
                  kBlue1 = "3fff:c00:100:200::a00:5", kRed2 = "3fff:c00:200:100::a00:5";
const std::string kServer4 = "203.0.113.20", kServer6 = "3fff:64::203.0.113.20", kMapped4 = "203.0.113.99",
                  kMapped6 = "3fff:5::99";
// Gateways' own addresses by the plan: of 1, of 2, and of one that no file lists.
const std::string kOwn1 = "3fff:c00:100::", kOwn2 = "3fff:c00:200::", kOwn9 = "3fff:c00:900::";
const std::string kErrors4 = "192.0.0.8";      // where tenants' errors come from
const std::string kRouter6 = "2001:db8:9::1";  // of the cloud
// Another site of red's, behind gateway 2, as red and the cloud know it.
const std::string kFar4 = "10.5.0.9", kFar6 = "3fff:c00:200:100::a05:9";

// UDP ports of far ends, where they are not the usual ones.
constexpr uint16_t kFarGuePort = 16'080, kFarVxlanPort = 14'789;

struct GatewayCase {
  std::string name, why;
  std::string site;  // a configuration
  Bytes in;          // an IP packet
  std::string reason;
  std::vector<Bytes> out{};  // IP packets, as foreseen(); none: nothing leaves
};

// The usual configuration, with more lines of [gateway].
const std::string kLayout = "gateway:8 tenant:16 zero:40 ipv4:32", kPrefix = "prefix = [{ prefix = \"3fff:64::/96\" }]";
std::string site(const std::string& keys = "", const std::string& layout = kLayout,
                 const std::string& destinations = kPrefix);

// An IPv4 packet of a client to a server, and an IPv6 packet of that server to the client; and what they become.
struct Hop {
  uint8_t hops = 64, tos = 0;
  uint16_t id = 0x4242, fragment = 0x4000;
};
Bytes four(const Payload& p, const Hop& h = {}, const std::string& from = kClient, const std::string& to = kServer4);
Bytes six(const Payload& p, const Hop& h = {}, const std::string& from = kServer6, const std::string& to = kRed1);
Bytes to_six(const Payload& p, const std::string& from = kRed1, const std::string& to = kServer6);
Bytes to_four(const Payload& p, const std::string& from = kServer4, const std::string& to = kClient);

// In tunnels: red's, from its far end to gateway 1 and back.
Bytes from_red(const Bytes& ip, const std::string& end = kEnd1, uint8_t tos = 0);
Bytes to_red(const Bytes& ip, const std::string& end = kEnd1, uint8_t tos = 0);

// What the gateway tells a client of red's, in its tunnel.
Bytes told_red(uint8_t type, uint8_t code, uint32_t second, const Bytes& about);

// Any frame in VXLAN.
Payload vxlan_frame(const Bytes& frame, uint32_t vni, uint16_t source_port = 50'000);
Payload gre(const Bytes& ip, uint16_t flags = 0, const Bytes& fields = {});
Bytes gre_key(uint32_t key);
Payload vxlan(const Bytes& ip, uint32_t vni, const std::string& to, const std::string& from, uint16_t source_port);

// A packet in a tunnel, with zeros for what nobody foresees: the outer header's flow label, or UDP source port; and the
// identification, if DF is clear, of an IPv4 packet inside.
Bytes foreseen(Bytes packet);

using Cases = std::vector<GatewayCase>;
void add_out(Cases& cases);
void add_back(Cases& cases);
void add_between(Cases& cases);
void add_errors(Cases& cases);
void add_sites(Cases& cases);
void add_across(Cases& cases);
void add_ports(Cases& cases);
void add_of_routers(Cases& cases);
const Cases& all_gateway_cases();

}  // namespace waymark::gateway_cases
