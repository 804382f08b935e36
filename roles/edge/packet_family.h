// What IPv4 and IPv6 do not share: how a flow's record is written, what the network sees of the flow, and headers.
#pragma once

#include "core/checksum.h"
#include "core/icmp.h"
#include "roles/edge/packet_address.h"
#include "roles/edge/packet_pool.h"

namespace waymark::edge {

// The steps and the further program of each family (steps.h, programs.h).
struct admit_step;
struct elsewhere_step;
struct answer_step;
struct out_step;
struct back_step;
struct write_inner_step;
struct rarely_program;
struct admit4_step;
struct elsewhere4_step;
struct answer4_step;
struct out4_step;
struct back4_step;
struct write_inner4_step;
struct rarely4_program;

WM_INLINE constexpr u64 ports_word(const Ends& e) { return u64(e.protocol) << 32 | u64(e.client_port) << 16 | e.port; }
WM_INLINE constexpr void take_ports(Ends& e, u64 word) {
  e.protocol = u8(word >> 32);
  e.client_port = u16(word >> 16);
  e.port = u16(word);
}

// A flow has an address of its own, whose lower half names its place.
struct Six {
  using Admit = admit_step;
  using Elsewhere = elsewhere_step;
  using Answer = answer_step;
  using Out = out_step;
  using Back = back_step;
  using WriteInner = write_inner_step;
  using Rarely = rarely_program;
  using Table = Flows;
  using Record = EdgeRecord;
  using Header = Ip6;
  static constexpr bool kSix = true;
  static constexpr u8 kIcmp = kProtoIcmp6, kEcho = kIcmp6Echo, kEchoReply = kIcmp6EchoReply,
                      kUnreachable = kIcmp6Unreachable;

  WM_INLINE static u32 buckets(const OwnSettings& s) { return s.buckets; }
  WM_INLINE static u32 regions(const OwnSettings& s) { return s.regions; }
  WM_INLINE static bool is_error(u8 type) { return is_icmp6_error(type); }
  WM_INLINE static bool is_gone(u8 type, u8) { return type == kUnreachable; }
  WM_INLINE static u32 checksum_at(u8 protocol) { return checksum_at6(protocol); }

  WM_INLINE static Table::Key key(const Ends& e) {
    return {{e.client.high, e.client.low, e.anycast.low, u64(number_of(e.anycast.high)) << 40 | ports_word(e)}};
  }
  template <class E>
  WM_INLINE static Record* record(E& env, u32 place) {
    return env.at(table::edge_records, place);
  }
  WM_INLINE static Address client(const Record& record) {
    return {read_word(&record.key[0]), read_word(&record.key[1])};
  }
  // Of a record as it is at the moment. False where the configuration has its anycast address no more.
  template <class E>
  WM_INLINE static bool read(E& env, const Record* record, u32 place, u64 state, Known& k) {
    const OwnSettings& s = env.settings().role.edge;
    const u64 last = read_word(&record->key[3]);
    k.ends.client = client(*record);
    k.ends.anycast.low = read_word(&record->key[2]);
    take_ports(k.ends, last);
    k.number = k.ends.client_port;
    k.own = own_at(env, place, read_word(&record->user));
    k.server = server(record);
    k.sequence = u32(k.server.high);
    const u32 number = u32(last >> 40);
    const EdgeAnycast* anycast = env.at(table::edge_anycasts, anycast_place(s.anycast_seed, number));
    if (!anycast || !anycast->in_use || anycast->number != number) return false;
    k.ends.anycast.high = anycast->high;
    if (!(state & kLearnt)) k.server = k.ends.anycast;
    return true;
  }
  // Of a flow that began here; and of one at any place of the table.
  template <class E>
  WM_INLINE static Address own(E& env, u64 user) {
    return {env.settings().role.edge.prefix[0], user};
  }
  template <class E>
  WM_INLINE static Address own_at(E& env, u32 place, u64 user) {
    return {prefix_at(env.settings().role.edge, place), user};
  }
  WM_INLINE static u16 number(u64, u16 client_port) { return client_port; }
  WM_INLINE static bool has_own(u64) { return true; }
  WM_INLINE static Address server(const Record* record) {
    return {read_word(&record->server[0]), read_word(&record->server[1])};
  }
  WM_INLINE static void set_server(Record* record, const Address& server) {
    write_word(&record->server[0], server.high);
    write_word(&record->server[1], server.low);
  }
  // The rest of a record that is just being written; its `user`.
  template <class E>
  WM_INLINE static u64 begin(E& env, Record& record, u32 place, const Table::Key& key, const Address&, u16,
                             u32 sequence) {
    const OwnSettings& s = env.settings().role.edge;
    write_word(&record.server[0], sequence);
    return own_address(s, place, nonce_of(s, key, env.now(), sequence, read_word(&record.state)));
  }
};

// A flow shares its address with others, and has a port of it, or an identifier.
struct Four {
  using Admit = admit4_step;
  using Elsewhere = elsewhere4_step;
  using Answer = answer4_step;
  using Out = out4_step;
  using Back = back4_step;
  using WriteInner = write_inner4_step;
  using Rarely = rarely4_program;
  using Table = Flows4;
  using Record = ExactRecord4;
  using Header = Ip4;
  static constexpr bool kSix = false;
  static constexpr u8 kIcmp = kProtoIcmp4, kEcho = kIcmp4Echo, kEchoReply = kIcmp4EchoReply,
                      kUnreachable = kIcmp4Unreachable;

  WM_INLINE static u32 buckets(const OwnSettings& s) { return s.buckets4; }
  WM_INLINE static u32 regions(const OwnSettings& s) { return s.regions4; }
  // Redirects are a link's own (RFC 1812, 5.2.7.2), and source quench is no more (RFC 6633).
  WM_INLINE static bool is_error(u8 type) {
    return is_icmp4_error(type) && type != kIcmp4Redirect && type != kIcmp4SourceQuench;
  }
  WM_INLINE static bool is_gone(u8 type, u8 code) { return type == kUnreachable && code != 4; }
  WM_INLINE static u32 checksum_at(u8 protocol) { return protocol == kProtoIcmp4 ? 2 : waymark::checksum_at(protocol); }

  WM_INLINE static Table::Key key(const Ends& e) {
    return {{u64(ip4_of(e.client).raw) << 32 | ip4_of(e.anycast).raw, ports_word(e)}};
  }
  template <class E>
  WM_INLINE static Record* record(E& env, u32 place) {
    return env.at(table::edge_records4, place);
  }
  WM_INLINE static Address client(const Record& record) {
    return address_of(be32{u32(read_word(&record.key[0]) >> 32)});
  }
  template <class E>
  WM_INLINE static bool read(E& env, const Record* record, u32, u64 state, Known& k) {
    const u64 user = read_word(&record->user);
    k.ends.client = client(*record);
    k.ends.anycast = address_of(be32{u32(read_word(&record->key[0]))});
    take_ports(k.ends, read_word(&record->key[1]));
    k.number = u16(user);
    k.own = own(env, user);
    k.sequence = u32(user >> 32);
    k.server = state & kLearnt ? address_of(be32{k.sequence}) : k.ends.anycast;
    return true;
  }
  // All zeros where it has none.
  template <class E>
  WM_INLINE static Address own(E& env, u64 user) {
    const u64* low = env.at(table::edge_pool, u32(user) >> 16);
    return low ? Address{0, *low} : Address{};
  }
  template <class E>
  WM_INLINE static Address own_at(E& env, u32, u64 user) {
    return own(env, user);
  }
  WM_INLINE static u16 number(u64 user, u16) { return u16(user); }
  WM_INLINE static bool has_own(u64 user) { return u32(user) >> 16 != kNoSlot; }
  WM_INLINE static Address server(const Record* record) {
    return address_of(be32{u32(read_word(&record->user) >> 32)});
  }
  // Of `user` the upper half alone: should the way be another flow's by now, that one keeps its number.
  WM_INLINE static void set_server(Record* record, const Address& server) {
    word32(reinterpret_cast<u8*>(&record->user) + 4)->value = ip4_of(server).raw;
  }
  template <class E>
  WM_INLINE static u64 begin(E& env, Record& record, u32 place, const Table::Key& key, const Address& client,
                             u16 client_port, u32 sequence) {
    const OwnSettings& s = env.settings().role.edge;
    const u64 seal = read_word(&record.state);
    const u32 slot = slot_of(s, client);
    const u32 number = take_number(env, slot, client_port, place, seal >> (kStateBits + 1),
                                   nonce_of(s, key, env.now(), sequence, seal));
    return u64(sequence) << 32 | (number == kNoNumber ? kNoSlot << 16 : slot << 16 | number);
  }
};

template <class F>
using FlowOf = ExactFlow<typename F::Record>;

template <class F, class E>
WM_INLINE ExactLimits limits_of(E& env) {
  const OwnSettings& s = env.settings().role.edge;
  return {F::buckets(s), 0, s.stale_stamps, 0};
}
template <class F, class E>
WM_INLINE FlowOf<F> find_of(E& env, const typename F::Table::Key& key) {
  const ExactLimits limits = limits_of<F>(env);
  return find_exact<typename F::Table>(env, limits, place_in(hash_key(env.settings().pin_key, key), limits.buckets),
                                       key);
}

// The flow at a place by its record alone. False where there is none.
template <class F, class E>
WM_INLINE bool read_place(E& env, u32 place, Known& k, u64& state) {
  const auto* record = F::record(env, place);
  if (!record) return false;
  state = begin_reading(record);
  const bool whole = F::read(env, record, place, state, k);
  return whole && state && end_reading(record, state);
}

}  // namespace waymark::edge
