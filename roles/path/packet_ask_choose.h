// Whose question it is, and the address that the answer has.
#pragma once

#include "core/draw.h"
#include "core/turn.h"
#include "roles/path/packet_ask_name.h"

namespace waymark::path {

// RFC 9018, 4: good, and not to be renewed yet. Two seconds less than the name server says, as clocks differ.
constexpr u32 kCookieFresh = 1800 - 2, kCookieAhead = 300 - 2;
WM_INLINE bool is_fresh_cookie(const Ask& a, const SipKey& secret, u32 now) {
  if ((a.cookie[1] & 0xff) != 1) return false;
  const u32 age = now - swap32(u32(a.cookie[1] >> 32));
  if (age + kCookieAhead > kCookieFresh + kCookieAhead) return false;
  SipHash hash(secret);
  hash.add(a.cookie[0]);
  hash.add(a.cookie[1]);
  u64 rest = ip4_of(a.source).raw;
  if (a.ip6) {
    hash.add(a.source.high);
    hash.add(a.source.low);
    rest = 0;
  }
  return hash.finish(rest, a.ip6 ? 32 : 20) == a.cookie[2];
}

// The head in force; null where none was written for this load, or none for too long. Then it is none for good: the
// ticks come round.
template <class E>
WM_INLINE const AskedHead* head_in_force(E& env, u32& age) {
  const AskedSettings& s = env.settings().role.path.asked;
  u64* word = env.at(table::path_asked, 0);
  const u64 in_force = word ? read_word(word) : 0;
  if (!in_force) return nullptr;
  age = env.now() - u32(in_force >> 32);
  if (age + s.ticks_per_second > s.life + s.ticks_per_second) {  // the daemon's clock may be ahead
    swap_word(word, in_force, 0);
    return nullptr;
  }
  if (int(age) < 0) age = 0;
  const AskedHead* head = env.at(table::path_asked_heads, u32(in_force & 1));
  return head && head->layout == s.layout ? head : nullptr;
}

template <class E>
WM_INLINE bool is_resolver(E& env, const Ask& a) {
  const Space space = space_of(0, SpaceKind::resolver);
  return find_front(env, space, a.source) || find_by_prefix(env, space, a.source, a.ip6).mapping;
}

// As dns/limiter.h, by prefix: IPv6 /56 or IPv4 /24. Who shares a place shares a rate.
template <class E>
WM_INLINE bool has_turn(E& env, const Ask& a, bool resolver) {
  const AskedSettings& s = env.settings().role.path.asked;
  const Address prefix = a.source & leading_ones(a.ip6 ? 56 : 96 + 24);
  const u64 hash = hash_client(env.settings().pin_key, kModule, prefix);
  u64* word = env.at(table::path_asked_turns, u32(hash >> 48));
  if (!word) return false;
  return take_turn(word, env.now(), resolver ? s.resolver_interval : s.interval, resolver ? s.resolver_rate : s.rate);
}

// The column that is the client's POP in table::path_ways, and 1; 0: it is no client that is known.
template <class E>
WM_INLINE u32 pop_of_client(E& env, const Address& client) {
  const Plan& plan = env.settings().role.path.clients;
  if (!in_prefix(plan, client) || !zeros_hold(plan, client)) return 0;
  const u64 pop = read_field(plan, FieldKind::pop, client);
  if (pop >= kMaxPathPops) return 0;
  const u64* row = env.at(table::path_asked_pops, u32(pop));
  return row ? u32(*row) : 0;
}

// Of a name's servers, `count` from `first` on, the place and 1 of the one that a client gets: that its draw gives, of
// those that are lost only where all are.
struct ask_server_step {
  template <class E>
  static WM_INLINE u64 run(E& env, u64 first, u64 count, u64 high, u64 low) {
    u64 least = ~u64(0);
    u32 chosen = 0;
    for (u32 i = 0; i < kMostAskedServers; ++i) {
      if (i >= u32(count)) break;
      const AskedServer* server = env.at(table::path_asked_servers, u32(first) + i);
      const u64* lost = server ? env.at(table::path_lost, server->id >> 6) : nullptr;
      if (!lost) break;
      const u64 is_lost = read_word(lost) >> (server->id & 63) & 1;
      const u64 cost = draw_cost(high, low, server->id, server->weight) | is_lost << 63;  // costs are lower
      chosen = forget(cost < least ? i + 1 : chosen);
      least = cost < least ? cost : least;
    }
    return chosen;
  }
};
template <class E>
WM_INLINE const AskedServer* server_for(E& env, const AskedName* name, const Address& client) {
  u32 place = 1;
  if (name->count > 1)
    place = u32(env.template call<ask_server_step>(name->first, name->count, client.high, client.low));
  return place ? env.at(table::path_asked_servers, name->first + place - 1) : nullptr;
}

// The client, and the address that it gets into Ask::answer.
struct ask_choose_step {
  template <class E>
  static WM_INLINE u64 run(E& env, u64, u64, u64, u64) {
    Ask* a = env.template scratch<Ask>();
    return pack_verdict(a ? choose(env, *a) : why::ask_tables);
  }

 private:
  template <class E>
  static WM_INLINE Verdict choose(E& env, Ask& a) {
    const OwnSettings& s = env.settings().role.path;
    u32 age = 0;
    const AskedHead* head = head_in_force(env, age);
    if (!head) return why::ask_tables;
    if (a.has_cookie && !is_fresh_cookie(a, head->cookies, head->seconds + age / s.asked.ticks_per_second))
      return why::ask_cookie;
    const bool resolver = is_resolver(env, a);
    if (resolver != bool(a.has_subnet)) return why::ask_client;
    const Address client = resolver ? a.subnet : a.source;
    const u32 row = a.ip6 || resolver ? pop_of_client(env, client) : 0;
    if (!row || (has(s.clients, FieldKind::tag) && check_tag(s.clients, client, {}) != TagCheck::good))
      return why::ask_client;
    const AskedName* name = env.at(table::path_asked_names, a.name);
    const AskedServer* server = name ? server_for(env, name, client) : nullptr;
    if (!server) return why::ask_way;
    const u32 pair = (row - 1) * s.asked.columns + server->to;
    const u64* way = env.at(table::path_ways, pair * s.asked.sets + name->set);
    const u64 hops = way ? read_word(way) : 0;
    if (!hops) return why::ask_way;
    Address to = server->address | write_bits({}, s.offset, s.bits, hops);
    if (has(s.servers, FieldKind::tag)) {
      const u64 tag = tag_by(s.servers, s.asked.tag_key, to, client_in_tag(client, true));
      to = write_field(s.servers, FieldKind::tag, to, tag);
    }
    if (!a.has_cookie && !has_turn(env, a, resolver)) return why::ask_rate;
    a.answer = to;
    return kGoOn;
  }
};
template <class E>
WM_INLINE Verdict choose_address(E& env) {
  return unpack_verdict(env.template call<ask_choose_step>());
}

}  // namespace waymark::path
