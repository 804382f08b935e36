// By which maps the translator translates, and what else core/translate asks of it.
#pragma once

#include "core/translate/open.h"
#include "roles/translator/reasons.h"

namespace waymark::translator {

using translate::Ends;
using translate::Inside;
using translate::Opened;
using translate::Passed;

// The IPv4 source of an ICMP error from a router that has none (RFC 6791): out of the pool, always the same for one
// router; or this node's own.
template <class E>
WM_INLINE Address pool_source(E& env, const Address& router) {
  const OwnSettings& s = env.settings().role.translator;
  u32 n = s.pool_size ? reduce(u32(steer_hash(0, 0, router) >> 32), s.pool_size) : 0;
  u32 chosen = env.settings().own[kModule].ip4;
  for (u32 i = 0; i < kPoolRanges; ++i) {
    if (n < s.pool[i].count) {
      chosen = s.pool[i].first + n;
      break;
    }
    n -= s.pool[i].count;
  }
  return address4(chosen);
}

// For a hairpin: the packet inside an error, with the addresses that its sender knows; and the packet's own, to be.
struct Swapped {
  Ends was, now, to;
  u32 l3, at;  // at: its transport's checksum, from the frame's first byte; 0: none that could be adjusted
  u16 checksum;
  u64 grown;  // what all this adds to the sum of the ICMP message
};

// The mapping of one of the kinds that the translator has for an address, or null.
template <class E>
WM_INLINE const Mapping* map_of(E& env, const AddressBits& address, bool ip6, u32 kinds) {
  return mapping_of(env, env.settings().role.translator.space, address, ip6, kinds);
}

// The IPv6 address of an IPv4 one, by the longest mapping of one of `kinds`.
template <class E>
WM_INLINE bool map_to_ip6(E& env, const Address& ip4, u32 kinds, Address& out) {
  return translate::map_to_ip6(map_of(env, bits4(ip4), false, kinds), ip4, out);
}
template <class E>
WM_INLINE bool map_to_ip4(E& env, const Address& ip6, Address& out) {
  return translate::map_to_ip4(map_of(env, bits6(ip6), true, kAnyMap), ip6, out);
}

template <class E>
WM_INLINE bool has_explicit_map(E& env, const Address& ip4) {
  return map_of(env, bits4(ip4), false, kMapExplicit) != nullptr;
}

// The translator to core/translate (core/translate/role.h).
struct Translating {
  static constexpr u32 kModule = translator::kModule;
  static constexpr AnswerKind kLimit = AnswerKind::error;
  Swapped inside;  // of a hairpin alone

  template <class E>
  WM_INLINE const translate::Settings& settings(E& env) const {
    return env.settings().role.translator.translation;
  }
  template <class E>
  WM_INLINE const Mapping* target(E& env, const AddressBits& to, bool ip6) const {
    return map_of(env, to, ip6, kAnyMap | kMapNone);
  }
  template <class E>
  WM_INLINE const Mapping* source(E& env, const AddressBits& from, bool ip6) const {
    return map_of(env, from, ip6, kAnyMap);
  }
  template <class E>
  WM_INLINE bool map_inside(E& env, bool ip6, bool, const Address& address, Address& out) const {
    return ip6 ? map_to_ip4(env, address, out) : map_to_ip6(env, address, kAnyMap, out);
  }
  template <class E>
  WM_INLINE Onward find_way(E& env, const Address& from, const Address& to) const {
    return waymark::find_way(env, from, to);
  }
  template <class E>
  WM_INLINE u32 longest_cut(E& env, const Onward& way) const {
    return translate::least(way.mtu, settings(env).lowest_ip6_mtu);
  }
  template <class E>
  WM_INLINE Address error_source(E& env, bool ip6, const Address& router) const {
    return ip6 ? pool_source(env, router) : env.settings().own[kModule].ip6;
  }
  template <class E>
  WM_INLINE Verdict admit_error(E&, bool, const translate::Inside&, const translate::Quoted&) const {
    return kGoOn;
  }
  template <class E>
  WM_INLINE bool is_hairpin(E& env, const Opened& o) const {
    return WM_UNLIKELY(env.settings().role.translator.hairpins) && o.kind == kMapEmbedded &&
           has_explicit_map(env, o.to.destination);
  }
};
using Scratch = translate::Scratch<Translating>;

}  // namespace waymark::translator
