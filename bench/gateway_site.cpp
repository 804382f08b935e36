#include "bench/gateway_site.h"

#include <cstring>

#include "base/address_text.h"
#include "bench/translator_site.h"
#include "core/firewall/admit.h"
#include "core/outer.h"
#include "node/flows.h"
#include "roles/gateway/role.h"

namespace waymark::bench {

namespace {

constexpr u64 kHere = 1, kOther = 2;  // the gateways' ids
constexpr u32 kVni = 5001;
constexpr Mac kTenantMac = {{2, 0, 0, 0, 0x50, 1}}, kGatewayMac = {{2, 0x57, 0, 0, 0, 2}};
const Address kEnd = *parse_address("2001:db8:ffff::1"), kOtherEnd = *parse_address("2001:db8:ffff::2"),
              kTenantEnd = *parse_address("2001:db8:7::1");
const Address kServer6 = *parse_address("2001:db8:64::198.51.100.80");

PlanConfig plan_config(u32 bits) {
  return {"cloud",
          {*parse_address("3fff:c00::"), 32},
          bits == 0   ? "gateway:16 tenant:32 zero:16 ipv4:32"
          : bits == 1 ? "gateway:16 tenant:32 zero:1 dscp:6 zero:9 ipv4:32"
                      : "gateway:16 tenant:32 zero:1 dscp:6 valid:1 birth:8 ipv4:32",
          TagOver::address,
          {}};
}
const PlanConfig kPlan = plan_config(0);

Address in_plan(u64 gateway, u64 tenant, u32 ip4) {
  return gateway::plan_address(compile_plan(kPlan)->plan, gateway, tenant, ip4);
}

// Where a packet has the client: as its source or destination, in the IP version that it has there.
struct Place {
  std::size_t l3, address, port;
  bool ip6;
};
Place client_place(const std::vector<u8>& frame, GatewayWay way, bool left) {
  const bool ip6 = (way == GatewayWay::out) == left || way == GatewayWay::other, source = way == GatewayWay::out;
  const std::size_t l4 = frame.size() - sizeof(Tcp), l3 = l4 - (ip6 ? sizeof(Ip6) : sizeof(Ip4));
  return {l3, l3 + (ip6 ? source ? 20 : 36 : source ? 12 : 16), l4 + (source ? 0 : 2), ip6};
}

template <class H>
void put(std::vector<u8>& bytes, const H& header) {
  const std::size_t at = bytes.size();
  bytes.resize(at + sizeof header);
  std::memcpy(bytes.data() + at, &header, sizeof header);
}

// What the tenant's side puts in front of `carried` bytes of IPv4.
std::vector<u8> tunnel_header(Tunnel tunnel, u32 carried) {
  std::vector<u8> out;
  const bool vxlan = tunnel == Tunnel::vxlan;
  const u16 length = u16(carried + (vxlan ? kVxlanLength : 0));
  Ip6 ip{wire32(6u << 28), wire16(length), vxlan ? kProtoUdp : kProtoIp4, 64, {}, {}};
  store_address(ip.source, kTenantEnd);
  store_address(ip.destination, kEnd);
  put(out, ip);
  if (!vxlan) return out;
  put(out, Udp{wire16(0xc000), wire16(usual_port(tunnel)), wire16(length), {0}});
  put(out, Vxlan{wire32(kVxlanHasVni), wire32(kVni << 8)});
  put(out, Ethernet{kGatewayMac, kTenantMac, wire16(kEtherIp4)});
  return out;
}

}  // namespace

void add_gateway(Config& config, const SiteSpec& spec) {
  config.plan = {plan_config(spec.bits)};
  GatewayConfig& g = config.gateway.emplace();
  g.plan = kPlan.name;
  g.holds = {kHere};
  g.id = {{kHere, {kEnd}, kGatewayMac}, {kOther, {kOtherEnd}, {}}};
  g.prefix = {{{*parse_address("2001:db8:64::"), 96}, {}}};
  TenantConfig& tenant = g.tenant.emplace_back();
  tenant.name = "red";
  tenant.number = kTenant;
  tenant.firewall = spec.firewall;
  tenant.rule = {{FlowDirection::out, true, {}, {{Protocol::tcp, kServerPort, kServerPort}}, {}, {}}};
  if (spec.bits) tenant.rule[0].dscp = u8(kBits);
  const bool vxlan = spec.tunnel == Tunnel::vxlan;
  TenantTunnelConfig& tunnel = tenant.tunnel.emplace_back();
  tunnel.tunnel = spec.tunnel;
  if (vxlan) tunnel.key = kVni;
  if (vxlan) tunnel.mac = kTenantMac;
  tunnel.remote = kTenantEnd;
  tunnel.ip4 = {{address_of(wire32(kFirstClient)), 8}};
}

std::vector<u8> gateway_packet(GatewayWay way, Tunnel tunnel, bool bits) {
  const bool out = way == GatewayWay::out;
  std::vector<u8> frame = packet_to_translate(!out, Carried::tcp);
  if (!out) {
    u8* ip = frame.data() + sizeof(Ethernet);
    const u64 gateway = way == GatewayWay::other ? kOther : kHere;
    store_address(ip + 8, kServer6);
    store_address(ip + 24, in_plan(gateway, kTenant, kFirstClient));
    if (bits) ip[24 + 10] = u8(kBits << 1);
    auto* tcp = reinterpret_cast<Tcp*>(ip + sizeof(Ip6));
    tcp->source = wire16(kServerPort);
    tcp->destination = wire16(kClientPort);
    return frame;
  }
  set_client(frame, way, {wire32(kFirstClient), wire16(kClientPort)});
  const std::vector<u8> header = tunnel_header(tunnel, u32(frame.size() - sizeof(Ethernet)));
  frame.insert(frame.begin() + sizeof(Ethernet), header.begin(), header.end());
  reinterpret_cast<Ethernet*>(frame.data())->type = wire16(kEtherIp6);
  return frame;
}

ClientOf client_in(const std::vector<u8>& frame, GatewayWay way, bool left) {
  const Place place = client_place(frame, way, left);
  ClientOf client;
  std::memcpy(&client.address, frame.data() + place.address, sizeof client.address);
  std::memcpy(&client.port, frame.data() + place.port, sizeof client.port);
  return client;
}

void set_client(std::vector<u8>& frame, GatewayWay way, const ClientOf& client) {
  const Place place = client_place(frame, way, false);
  std::memcpy(frame.data() + place.address, &client.address, sizeof client.address);
  std::memcpy(frame.data() + place.port, &client.port, sizeof client.port);
  if (!place.ip6) sum_header(*reinterpret_cast<Ip4*>(frame.data() + place.l3));
}

std::vector<Address> gateway_destinations() { return {kServer6, kTenantEnd, in_plan(kOther, 0, 0)}; }

u32 open_flows(Live& live, const Settings& settings, u32 ticks, u32 flows) {
  FlowEnv env{live};
  const FirewallSettings& s = settings.firewall;
  const ExactLimits limits = {s.buckets, s.embryo_buckets, s.stale_stamps, s.embryo_stamps};
  u32 in = 0;
  for (u32 n = 0; n < flows; ++n) {
    const ExactKey<2> key = tenant_key(n);
    const PinPlace place = place_in(hash_key(settings.pin_key, key), limits.buckets);
    in += is_in(insert_exact<firewall::Flows>(env, limits, place, key, open_state(),
                                              firewall::user_word(1, 1, settings.firewall.bits ? kBits : 0),
                                              ticks >> settings.stamp_shift));
  }
  return in;
}

}  // namespace waymark::bench
