// The way to a destination: out of a small cache of what the kernel's routes said. Whatever is missing or old is asked
// for anew, and that packet goes by the kernel's own forwarding, which so also looks after its neighbours.
#pragma once

#include "core/forward.h"
#include "core/steer.h"

namespace waymark {

// Of all five words in front of the seal. Linear, but keyed: nobody outside sees a seal.
WM_INLINE u64 seal_of(const u32* key, const CachedRoute* w) {
  const u8* at = reinterpret_cast<const u8*>(w);
  u64 sum = 0;
  for (u32 i = 0; i < 5; ++i) sum += load64(at + 8 * i) * load64(key + 2 * i);
  return sum;
}

// Keyed: nobody outside knows whose places collide.
WM_INLINE u32 way_index(const Settings& s, const Address& to) {
  return u32(steer_hash(load64(s.pin_key), 0, to) >> (64 - kWayBits));
}

// What a packet needs of a CachedRoute.
struct Onward {
  WayKind kind;
  u32 interface;
  u32 mtu;  // 0xffff where it is not known
  LinkAddresses link;
};

// `from` and `to` are the packet's addresses once it is rewritten. Env::route() asks the kernel's routes and fills the
// cache: it gives the kind and, above its lowest 8 bits, the MTU. The cache knows destinations alone: where rules
// choose by more, it keeps nothing (Settings::way_ticks).
template <class E>
WM_INLINE Onward find_way(E& env, const Address& from, const Address& to) {
  const Settings& s = env.settings();
  const CachedRoute* way = env.at(table::ways, way_index(s, to));
  if (WM_LIKELY(way && way->destination == to && int(way->valid_until - env.now()) > 0 &&
                way->seal == seal_of(s.pin_key, way)))
    return {WayKind(way->kind), way->interface, way->mtu ? way->mtu : 0xffffu, load_link(&way->next_hop)};
  const u32 asked = env.route(from, to);
  const u32 mtu = asked >> 8;
  Onward onward = {WayKind(asked & 0xff), 0, mtu ? mtu : 0xffffu, {}};
  if (onward.kind != WayKind::direct) return onward;
  way = env.at(table::ways, way_index(s, to));  // Env wants this very packet to go there
  if (!way) return {};
  onward.interface = way->interface;
  onward.link = load_link(&way->next_hop);
  return onward;
}

// Writes what the kernel's routes said into the cache.
template <class E>
WM_INLINE void keep_way(E& env, const Address& to, WayKind kind, u32 interface, const LinkAddresses& link, u32 mtu,
                        u32 ticks) {
  const Settings& s = env.settings();
  CachedRoute* way = env.at(table::ways, way_index(s, to));
  if (!way) return;
  way->destination = to;
  way->interface = interface;
  way->valid_until = env.now() + ticks;
  word64(way->next_hop.byte)->value = link.first;
  word32(way->source.byte + 2)->value = link.last;
  way->mtu = u16(mtu);
  way->kind = u8(kind);
  way->reserved = 0;
  way->seal = seal_of(s.pin_key, way);
}

}  // namespace waymark
