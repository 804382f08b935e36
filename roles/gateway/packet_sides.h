// What a translation goes by: the tenant whose packet it is, and the gateway that it goes by.
#pragma once

#include "core/overlay/neighbours.h"
#include "core/translate/pass.h"
#include "roles/gateway/packet_bits.h"
#include "roles/gateway/packet_firewall.h"
#include "roles/gateway/packet_tunnel.h"

namespace waymark::gateway {

using translate::Opened;
using translate::Passed;

// An IPv6 source of the tenant's own, at another site: the number of its mapping and 1, or 0. But for the bits of its
// flow it must be exactly what packets to its IPv4 address become here, so that nothing comes from where nothing would
// go back to.
struct find_site_step {
  template <class E>
  static WM_INLINE u64 run(E& env, u64 tenant, u64 high, u64 low, u64) {
    const Tenant* t = env.at(table::tenants, u32(tenant));
    if (!t) return 0;
    const u32 ip4 = translate::to_ip4(&t->plan, {high, low});
    const u32 found = find_any_prefix(env, t->maps, {0, ip4}, wanted_now(env, false, kAnyMap | kMapNone));
    const Mapping* m = found ? env.at(table::mappings, found - 1) : nullptr;
    if (!m || m->kind == kMapNone) return 0;
    const AddressBits there = translate::to_ip6(m, ip4);
    const AddressBits counts = bits6(env.settings().role.gateway.without_places);
    return there.high == (high & counts.high) && there.low == (low & counts.low) ? found : 0;
  }
};

WM_INLINE overlay::Hood hood_of(const TenantTunnel* t) { return {t->owner, t->first_bucket, t->buckets}; }
WM_INLINE bool is_own(const TenantTunnel* t, u32 ip4) {
  bool own = false;
  for (u32 i = 0; i < kOverlayAddresses; ++i) own |= ip4 && t->own[i] == ip4;
  return own;
}

// The next hop in the overlay of a tunnel: its MAC address in the lowest 48 bits, by which of the overlay's tunnels it
// is reached above them, and kKnownHop; or, where it is not known, one of the tunnels, drawn anew in each tick; or
// kOwnHop.
constexpr u64 kKnownHop = u64(1) << 63, kOwnHop = u64(1) << 62;
WM_INLINE constexpr u32 member_of(u64 hop) { return u32(hop >> 48) & 0x3fff; }
struct neighbour_step {
  template <class E>
  static WM_INLINE u64 run(E& env, u64 tunnel, u64 ip4, u64, u64) {
    const TenantTunnel* t = env.at(table::tenant_tunnels, u32(tunnel));
    if (!t || is_own(t, u32(ip4))) return kOwnHop;
    const overlay::Seen n = overlay::find_neighbour(env, hood_of(t), u32(ip4));
    if (n.way < kNeighbourWays && n.member < t->members &&
        overlay::age_of(n.heard, env.now()) <= env.settings().role.gateway.neighbour_idle)
      return n.mac | u64(n.member) << 48 | kKnownHop;
    return u64(reduce(u32(mix(ip4 << 32 | env.now())), t->members)) << 48;
  }
};

// The gateway to core/translate (core/translate/role.h). Its tenant's record says what its IPv4 addresses become; the
// tenant's maps, what others do.
struct Translating {
  static constexpr u32 kModule = gateway::kModule;
  static constexpr AnswerKind kLimit = AnswerKind::routed;

  u32 tenant;     // index of its record
  u32 turn;       // of the gateway
  u32 came;       // of a tenant's: by which tunnel, as the header of the way back in table::gateway_ends
  u32 end;        // likewise of the tunnel that it leaves by
  u32 entropy;    // of that tunnel
  u32 between;    // 1: it came in another gateway's tunnel
  u32 onward;     // 1: it names another gateway
  u32 mtu;        // of the interface that it came in by
  u32 site;       // of a tenant's, for a site behind another gateway: the header of the way there and 1, or 0
  u32 across;     // of a packet between two sites behind this node: how many of them its firewall was asked for
  u32 verdict;    // how it ends before it is translated; kGoOn
  u32 value;      // with how it ends: as Passed
  u32 ip4, mask;  // the first prefix behind the tunnel that it came by, host order
  Asked asked;    // of the firewall
  // Of an overlay's. By which tunnel the packet came, and from whose MAC address, 0 where the header of the way back
  // says that; by which tunnel it leaves, to which neighbour, whose hop is neighbour_step's and whom `asker` asks for.
  u32 came_by;
  u32 frame;   // where the Ethernet frame begins that it stands in
  u32 for_us;  // kArpPacket, kOwnAddress; or 0: it is for somebody else
  u64 sender;
  u32 leads;
  u32 next_hop;  // host order; 0: the header says whom frames are for
  u64 hop;
  u32 asker;  // host order

  template <class E>
  WM_INLINE const translate::Settings& settings(E& env) const {
    return env.settings().role.gateway.translation;
  }
  template <class E>
  WM_INLINE const Mapping* plan(E& env) const {
    const Tenant* t = env.at(table::tenants, tenant);
    return t ? &t->plan : nullptr;
  }
  template <class E>
  WM_INLINE const Mapping* map(E& env, const AddressBits& address, bool ip6) const {
    const Tenant* t = env.at(table::tenants, tenant);
    return t ? mapping_of(env, t->maps, address, ip6, ip6 ? kAnyMap : kAnyMap | kMapNone) : nullptr;
  }
  // The tunnel that leads to an address of the tenant's, by the longest prefix and, in an overlay, by the neighbour.
  template <class E>
  WM_INLINE const TenantTunnel* tunnel_to(E& env, u32 to) {
    next_hop = 0;
    const Tenant* t = env.at(table::tenants, tenant);
    const Mapping* route = t ? mapping_of(env, t->routes, {0, to}, false, kMapNone) : nullptr;
    if (!route) return nullptr;
    leads = route->index - 1;
    const TenantTunnel* tunnel = env.at(table::tenant_tunnels, leads);
    if (WM_LIKELY(!tunnel || !tunnel->learns)) return tunnel;
    next_hop = route->low ? u32(route->low) : to;
    asker = u32(route->high);
    hop = env.template call<neighbour_step>(leads, next_hop);
    if (WM_UNLIKELY(hop & kOwnHop)) return nullptr;
    leads += member_of(hop);
    return env.at(table::tenant_tunnels, leads);
  }
  WM_INLINE bool must_ask() const { return next_hop && !(hop & kKnownHop); }

  template <class E>
  WM_INLINE const Mapping* target(E& env, const AddressBits& to, bool ip6) {
    if (ip6) return plan(env);
    const Mapping* m = map(env, to, false);
    site = m ? m->index : 0;
    return m;
  }
  template <class E>
  WM_INLINE const Mapping* source(E& env, const AddressBits& from, bool ip6) const {
    if (ip6) {
      if (const Mapping* m = map(env, from, true); WM_LIKELY(m)) return m;
      const u32 found = u32(env.template call<find_site_step>(tenant, from.high, from.low));
      return found ? env.at(table::mappings, found - 1) : nullptr;
    }
    if (WM_LIKELY(!((u32(from.low) ^ ip4) & mask))) return plan(env);
    const Tenant* t = env.at(table::tenants, tenant);
    return t && find_any_prefix(env, t->routes, from, wanted_now(env, false, kMapNone)) ? &t->plan : nullptr;
  }
  // In the packet inside an error the tenant's address is the other one: its destination in IPv4, its source in IPv6.
  template <class E>
  WM_INLINE bool map_inside(E& env, bool ip6, bool is_source, const Address& address, Address& out) const {
    if (ip6 != is_source) {
      const AddressBits bits = ip6 ? bits6(address) : bits4(address);
      if (ip6) return translate::map_to_ip4(source(env, bits, true), address, out);
      const Mapping* m = map(env, bits, false);
      return m && m->kind != kMapNone && translate::map_to_ip6(m, address, out);
    }
    const Mapping* m = plan(env);
    if (!ip6) return translate::map_to_ip6(m, address, out);
    return m && names(address & env.settings().role.gateway.without_places, m) &&
           translate::map_to_ip4(m, address, out);
  }
  // Whether an address of the plan, without the bits of its flow, is of this tenant by this gateway.
  WM_INLINE bool names(const Address& address, const Mapping* m) const {
    const AddressBits bits = bits6(address);
    return (bits.high & ~m->high_mask) == m->high && (bits.low & ~m->low_mask) == m->low;
  }
  template <class E>
  WM_INLINE Onward find_way(E& env, const Address& from, const Address& to) {
    if (!is_ip4(to)) {
      if (WM_LIKELY(!site)) return waymark::find_way(env, from, to);
      const Target* header = env.at(table::gateway_ends, site - 1);
      return header ? way_through(env, header) : Onward{WayKind::unreachable, 0, 0, {}};
    }
    const TenantTunnel* tunnel = tunnel_to(env, number(ip4_of(to)));
    if (!tunnel) return {WayKind::unreachable, 0, 0, {}};
    end = tunnel->end + turn;
    const Target* header = env.at(table::gateway_ends, end);
    if (!header || !header->in_use) return {WayKind::unreachable, 0, 0, {}};
    if (WM_UNLIKELY(is_link(*header))) return way_by_link(link_end(*header));
    return way_through(env, header);
  }
  WM_INLINE Onward way_by_link(const LinkEnd* link) const {
    const u64 to = next_hop ? hop : overlay::word_of(link->far);
    return {WayKind::direct, link->interface, link->mtu, link_to(to, overlay::word_of(link->own))};
  }
  // The way to another gateway is known, and nothing longer would be told of: what is cut need not be cut more, which
  // for ICMP is lost (RFC 7915, 1.2).
  template <class E>
  WM_INLINE u32 longest_cut(E& env, const Onward& way) const {
    return WM_UNLIKELY(site) ? way.mtu : translate::least(way.mtu, settings(env).lowest_ip6_mtu);
  }
  template <class E>
  WM_INLINE Address error_source(E& env, bool ip6, const Address&) const {
    return voice_of(env.settings(), kModule, !ip6);
  }
  // The tenant, where it has a firewall.
  template <class E>
  WM_INLINE const Tenant* guarded(E& env) const {
    if (!env.settings().firewall.buckets) return nullptr;
    const Tenant* t = env.at(table::tenants, tenant);
    return t && t->policy ? t : nullptr;
  }
  // What the tenant's firewall is to be asked, in `asked`; kAsked: nothing.
  template <class E>
  WM_INLINE Verdict ask_firewall(E& env, bool ip6, const Opened& o) {
    const Tenant* t = guarded(env);
    if (!t || WM_UNLIKELY(translate::is_error(env.view(), o.in, ip6))) return kGoOn;
    tell_bits(env, o, ip6, between, asked);
    if (ip6) return ask(env, t, o.in, Side::outside, o.to.destination, o.to.source, true, asked);
    return ask(env, t, o.in, Side::inside, o.p.source, o.p.destination, false, asked);
  }
  // The address of the tenant's in the packet inside has the bits of its flow: the outside's packets come to it.
  template <class E>
  WM_INLINE Verdict admit_error(E& env, bool ip6, const Inside& outer, translate::Quoted& q) const {
    const Tenant* t = guarded(env);
    if (!t || (ip6 && env.whole())) return kGoOn;
    const Side by = ip6 ? Side::inside : Side::outside;
    const u32 there = translate::least(outer.end, q.in.end);
    const u64 known = known_of_error(env, t, q.in, by, ip6 ? q.now : q.was, there, ip6);
    const FlowPlaces& places = env.settings().role.gateway.places;
    if (ip6) {
      if (!known) return firewall::why::unsolicited;
      const u32 bits = firewall::bits_in(places, q.was.source);
      if (WM_UNLIKELY((bits ^ u32(known >> 1)) & firewall::kFlowBits) && !between) return firewall::why::unsolicited;
      return kGoOn;
    }
    if (!known && !env.whole()) return firewall::why::unknown_flow;
    q.now.destination = firewall::with_bits(places, q.now.destination, u32(known >> 1));
    return kGoOn;
  }
  template <class E>
  WM_INLINE bool is_hairpin(E&, const Opened&) const {
    return false;
  }
};
using Scratch = translate::Scratch<Translating>;

}  // namespace waymark::gateway
