// The gateway's part of the tables: whose its addresses are, who tenants are, and where their tunnels lead.
#include "roles/compile.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <unordered_map>

#include "config/kinds.h"
#include "core/firewall/bits.h"
#include "core/link.h"
#include "core/steer.h"
#include "core/tunnel.h"
#include "roles/gateway/bits.h"
#include "roles/gateway/firewall.h"
#include "roles/gateway/overlays.h"
#include "roles/gateway/reasons.h"
#include "roles/gateway/role.h"
#include "roles/mappings.h"
#include "roles/prefix_set.h"

namespace waymark::gateway {

namespace {

// The bits of one field, and zeros.
Address bits_of(const Plan& plan, FieldKind kind, u64 value) { return write_field(plan, kind, Address{}, value); }

Encapsulation encapsulation_of(const TenantTunnelConfig& t) {
  const bool has_port = t.tunnel == Tunnel::gue || t.tunnel == Tunnel::vxlan;
  return {u8(t.tunnel),
          !has_port ? u16(0)
          : t.port  ? t.port
                    : usual_port(t.tunnel),
          t.key.has_value(), t.key.value_or(0), t.mac.value_or(Mac{})};
}

// The header of a tunnel; none where the ends are of two families.
Target end_of(const std::vector<Address>& sources, const Address& destination, const Encapsulation& e,
              const std::optional<Mac>& mac = {}) {
  Target t{};
  for (const Address& source : sources) {
    if (is_ip4(source) != is_ip4(destination)) continue;
    set_outer(t, source, destination, e);
    t.in_use = 1;
    if (e.kind == kTunnelVxlan && mac) {
      u8* frame = t.outer + outer_ip_length(!is_ip4(destination)) + sizeof(Udp) + sizeof(Vxlan);
      reinterpret_cast<Ethernet*>(frame)->source = *mac;
    }
  }
  return t;
}

// The port of an interface that the file names; null where the machine has none.
const Port* port_of(const Compiling& c, const std::string& interface) {
  const auto wanted = config::InterfaceName{}.parse(interface);
  if (!wanted) return nullptr;
  const auto& all = c.in.interfaces;
  const auto facts = std::find_if(all.begin(), all.end(), [&](auto& f) { return f.name == wanted->name; });
  if (facts == all.end()) return nullptr;
  const auto& ports = c.image.ports;
  const auto port = std::find_if(ports.begin(), ports.end(), [&](const Port& p) {
    return p.interface == facts->index && p.outer_vlan == wanted->outer_vlan && p.inner_vlan == wanted->inner_vlan;
  });
  return port == ports.end() ? nullptr : &*port;
}

class Compiler {
 public:
  Compiler(const Compiling& c, const GatewayConfig& config, const Plan& plan)
      : c_(c), config_(config), plan_(plan), zone_(space_of(zone_number(config.zone))) {}

  Status compile() {
    for (const GatewayIdConfig& id : config_.id)
      if (holds(config_, id.id)) held_.push_back(&id);
    add_firewall(c_, config_, plan_);
    // A spare has no packets of its own; whose flows its firewall knows from others stays known.
    if (held_.empty()) return Done{};
    bool room = true;
    overlays_ = overlays_of(config_, &room);
    for (const Overlay& overlay : overlays_)
      for (const TenantTunnelConfig* tunnel : overlay.tunnels) overlay_of_.emplace(tunnel, &overlay);
    if (!room) return Error{"the VXLANs of [gateway] want more neighbours than there is room for"};
    add_settings();
    for (u32 index = 0; index < config_.id.size(); ++index) add_id(config_.id[index], index);
    c_.prefixes.add(plain_mapping(Prefix(plan_.prefix, plan_.prefix_length), zone_, u8(Role::gateway)));
    const Space common = space_of(0, SpaceKind::tenant_map);
    add_maps(common, config_.map, config_.prefix);
    for (u32 index = 0; index < config_.tenant.size(); ++index) add_tenant(config_.tenant[index], index, common);
    return Done{};
  }

 private:
  FrontDraft& add_front(Space space, const Address& address, u32 index) {
    FrontDraft& draft = front(c_.fronts, Role::gateway, space, address);
    draft.index = index;
    return draft;
  }

  void add_settings() {
    OwnSettings& s = c_.image.settings.role.gateway;
    s.space = zone_;
    s.prefix = plan_.prefix;
    s.prefix_mask = plan_.prefix_mask;
    s.must_be_zero = plan_.zeros;
    s.own_mask = plan_.prefix_mask | bits_of(plan_, FieldKind::gateway, ~u64(0));
    s.tenant_mask = bits_of(plan_, FieldKind::tenant, ~u64(0));
    s.places = places_of(plan_);
    s.without_places = ~firewall::all_bits(s.places);
    s.held = u32(held_.size());
    s.routes_on = config_.onward == OnwardBy::route;
    s.overlay_interval = interval_of(config_.overlay_answers, c_.in.meta.ticks_per_second);
    s.overlay_burst = config_.overlay_answers;
    s.neighbour_idle = ticks_of(config_.neighbour_idle, c_.in.meta);
    s.gue_port = config_.gue_port;
    s.vxlan_port = config_.vxlan_port;
    s.neighbour_fresh = ticks_of(std::chrono::seconds(1), c_.in.meta);
    s.translation = translation_settings(config_.lowest_ip6_mtu, config_.plateaus, config_.zero_checksum);
    set_own(c_.image.settings, kModule, std::vector<Address>{config_.address, own_address(*held_[0])});
  }

  u16 turn_of(u64 id) const {
    const auto held = std::find_if(held_.begin(), held_.end(), [&](const auto* h) { return h->id == id; });
    return held == held_.end() ? kNotHeld : u16(held - held_.begin());
  }

  Address own_address(const GatewayIdConfig& id) const { return plan_address(plan_, id.id, 0, 0); }

  void add_id(const GatewayIdConfig& id, u32 index) {
    Gateway g{};
    g.own = own_address(id);
    g.turn = turn_of(id.id);
    g.has_mac = id.mac.has_value();
    g.mac = id.mac.value_or(Mac{});
    g.end = u32(c_.image.gateway_ends.size());
    c_.image.gateway_ends.push_back(end_of({own_address(*held_[0])}, g.own, {}));
    c_.image.gateways.push_back(g);
    add_front(space_of(0, SpaceKind::gateway), g.own, index);
    if (g.turn == kNotHeld) return;
    add_front(zone_, g.own, index);
    for (const Address& a : id.address) add_front(zone_, a, index);
  }

  // All of IPv4 behind these bits. Where a field goes over the middle of the address, each half has its part.
  Mapping plan_mapping(const Address& at) const {
    const AddressBits prefix = bits6(at), ip4 = bits6(bits_of(plan_, FieldKind::ipv4, ~u64(0)));
    const u32 offset = field_of(plan_, FieldKind::ipv4).offset;
    Mapping m{};
    m.high = prefix.high;
    m.low = prefix.low;
    m.high_mask = ip4.high;
    m.low_mask = ip4.low;
    m.high_shift = u8(ip4.high ? offset : 0);
    m.low_shift = u8(ip4.low ? 96 - offset : 0);
    m.ip4_mask = ~0u;
    m.kind = kMapEmbedded;
    return m;
  }

  void add_maps(Space space, const std::vector<AddressMapConfig>& maps, const std::vector<EmbeddingConfig>& prefixes) {
    const auto add = [&](Mapping m, bool by4, bool by6) {
      m.space = space;
      m.role = u8(Role::gateway);
      c_.prefixes.add(m, by4, by6);
    };
    for (const AddressMapConfig& map : maps) add(explicit_mapping(map.ip4, map.ip6), true, true);
    for (const EmbeddingConfig& e : prefixes) {
      add(embedded_mapping(e.prefix, kAllIp4, false), false, true);
      for (const Prefix& ip4 : ip4_of(e)) add(embedded_by4(e.prefix, ip4, false), true, false);
    }
  }

  // A site whose gateway is held here is no other IP version's: its packets go from tunnel to tunnel, and its index is
  // the gateway's turn and 1. That of another one is the header of the way there and 1; 0, where routes lead there.
  void add_site(Space maps, const TenantConfig& tenant, const TenantSiteConfig& site) {
    const auto is_its = [&](const auto& id) { return id.id == site.gateway; };
    const u32 index = u32(std::find_if(config_.id.begin(), config_.id.end(), is_its) - config_.id.begin());
    const Gateway& g = c_.image.gateways.at(index);
    Mapping m = plain_mapping(site.prefix, maps, u8(Role::gateway));
    if (g.turn != kNotHeld) {
      m.index = g.turn + 1u;
    } else {
      const Mapping plain = m;
      m = plan_mapping(plan_address(plan_, site.gateway, tenant.number, 0));
      m.space = maps;
      m.role = plain.role;
      m.ip4 = plain.ip4;
      m.ip4_length = plain.ip4_length;
      m.index = config_.onward == OnwardBy::tunnel ? g.end + 1 : 0;
    }
    c_.prefixes.add(m, true, false);
  }

  void add_tenant(const TenantConfig& tenant, u32 index, Space common) {
    const bool own_maps = !tenant.map.empty() || !tenant.prefix.empty() || !tenant.site.empty();
    const Space routes = space_of(index, SpaceKind::tenant_route);
    const u32 policy = add_policy(c_, config_, tenant, index);
    const Space maps = own_maps ? space_of(index + 1, SpaceKind::tenant_map) : common;
    for (const GatewayIdConfig* id : held_) {
      Tenant t{};
      t.plan = plan_mapping(plan_address(plan_, id->id, tenant.number, 0));
      t.maps = maps;
      t.routes = routes;
      t.policy = policy;
      t.owner = u32(tenant.number);
      c_.image.tenants.push_back(t);
    }
    add_front(space_of(0, SpaceKind::tenant), bits_of(plan_, FieldKind::tenant, tenant.number), index);
    if (own_maps) {  // of equal prefixes the first is found
      for (const TenantSiteConfig& site : tenant.site) add_site(maps, tenant, site);
      add_maps(maps, tenant.map, tenant.prefix);
      add_maps(maps, config_.map, config_.prefix);
    }
    for (const TenantTunnelConfig& tunnel : tenant.tunnel) {
      const auto overlay = overlay_of_.find(&tunnel);
      if (overlay == overlay_of_.end())
        add_tunnels({&tunnel}, index, routes, {});
      else if (overlay->second->tunnels[0] == &tunnel)  // and the others behind it
        add_tunnels(overlay->second->tunnels, index, routes, *overlay->second);
    }
  }

  // A tunnel, or all those into one overlay.
  void add_tunnels(const std::vector<const TenantTunnelConfig*>& tunnels, u32 tenant, Space routes,
                   const Overlay& overlay) {
    const u32 first = u32(c_.image.tenant_tunnels.size());
    for (const TenantTunnelConfig* tunnel : tunnels) {
      const u32 index = u32(c_.image.tenant_tunnels.size());
      const Prefix behind = tunnel->ip4.at(0);
      TenantTunnel t{};
      t.tenant = tenant;
      t.end = u32(c_.image.gateway_ends.size());
      t.ip4 = u32(numbers(behind).low);
      t.mask = u32(mask_of(behind.length, false).low);
      t.owner = overlay.owner;
      t.first_bucket = overlay.first_bucket;
      t.buckets = overlay.buckets;
      t.first = first;
      t.members = u16(tunnels.size());
      t.learns = learns(*tunnel);
      if (overlay.buckets)
        for (u32 i = 0; i < kOverlayAddresses && i < tunnel->gateway.size(); ++i)
          t.own[i] = number(ip4_of(tunnel->gateway[i]));
      t.turn = is_link(*tunnel) ? turn_of(tunnel->id) : kNotHeld;
      t.silent = is_link(*tunnel) && !stays(config_, tunnel->id);
      c_.image.tenant_tunnels.push_back(t);
      is_link(*tunnel) ? add_link(*tunnel, index) : add_ends(*tunnel, index);
    }
    const TenantTunnelConfig& one = *tunnels[0];
    for (const Prefix& ip4 : one.ip4) add_route(ip4, routes, first, one, {});
    if (learns(one))
      for (const TenantRouteConfig& route : one.route) add_route(route.prefix, routes, first, one, route.via);
  }

  void add_ends(const TenantTunnelConfig& tunnel, u32 index) {
    const Encapsulation e = encapsulation_of(tunnel);
    for (const GatewayIdConfig* id : held_)
      c_.image.gateway_ends.push_back(end_of(id->address, tunnel.remote, e, id->mac));
    add_front(tunnel_space(e.kind, e.has_key, e.key), tunnel.remote, index);
  }

  // Of an interface that is not there nothing comes in, and nothing goes there. Without tags of its own a frame for the
  // tenant would be another's, so a link has exactly those of its port.
  void add_link(const TenantTunnelConfig& tunnel, u32 index) {
    const Port* port = port_of(c_, tunnel.interface);
    const std::vector<u32>& out = tunnel.far_label.empty() ? tunnel.label : tunnel.far_label;
    LinkTags tags = {port ? port->outer_vlan : u16(0), port ? port->inner_vlan : u16(0), {}, u32(out.size())};
    std::copy(out.begin(), out.end(), tags.label);
    for (const GatewayIdConfig* id : held_) {
      Target t{};
      if (port && id->id == tunnel.id)
        set_link(t, port->interface, port->mtu ? port->mtu : 0xffffu, port->mac, tunnel.mac.value_or(Mac{}), tags);
      c_.image.gateway_ends.push_back(t);
    }
    if (!port) return;
    const auto label = [&](std::size_t i) { return i < tunnel.label.size() ? tunnel.label[i] + 1 : 0u; };
    add_front(space_of(0, SpaceKind::tenant_link),
              link_address(port->interface, port->outer_vlan, port->inner_vlan, label(0), label(1)), index);
  }

  // `via`: the neighbour that leads there, if it is another. Who asks for a neighbour is that of the gateway's
  // addresses which has the most bits in common with it.
  void add_route(const Prefix& to, Space routes, u32 tunnel, const TenantTunnelConfig& config,
                 const std::optional<Address>& via) {
    Mapping m = plain_mapping(to, routes, u8(Role::gateway));
    m.index = tunnel + 1;
    if (learns(config)) {
      const u32 hop = number(ip4_of(via ? *via : to.address));
      const auto apart = [&](const Address& own) { return std::bit_width(number(ip4_of(own)) ^ hop); };
      m.high = number(ip4_of(*std::min_element(config.gateway.begin(), config.gateway.end(),
                                               [&](auto& a, auto& b) { return apart(a) < apart(b); })));
      m.low = via ? hop : 0;
    }
    c_.prefixes.add(m, true, false);
  }

  const Compiling& c_;
  const GatewayConfig& config_;
  const Plan& plan_;
  const Space zone_;
  std::vector<const GatewayIdConfig*> held_;  // in their turn
  std::vector<Overlay> overlays_;
  std::unordered_map<const TenantTunnelConfig*, const Overlay*> overlay_of_;
};

}  // namespace

Status compile(const Compiling& c) {
  const GatewayConfig& config = *c.in.config.gateway;
  const std::optional<AddressPlan> plan = plan_of(c.in.config);
  if (!plan) return Error{fmt::format("plan \"{}\" is none for a gateway", config.plan)};
  set_limit(c.image.settings, AnswerKind::routed, config.errors, c.in.meta.ticks_per_second);
  return Compiler(c, config, plan->plan).compile();
}

}  // namespace waymark::gateway
