// To which target a flow belongs: its pin, else the consistent choice; and whom the choice named before.
#pragma once

#include "core/pins.h"

namespace waymark::director {

// A packet of a service's, as far as its flow is concerned.
struct Arrival {
  u64 hash;         // of the flow
  u64 choice_hash;  // of what the choice goes by: the flow, or the client
  u32 service;
  u8 protocol, tcp_flags;  // no flags for all but TCP
  u8 looks_only = 0;       // 1: not a packet of the flow, but about it: its pin is found and left as it is
};

// A service's choice in force, and where a flow's hash lies in it.
struct Chosen {
  const Choice* choice;  // null: the service has no target that takes new flows
  u32 position;
};

template <class E>
WM_INLINE Chosen look_up(E& env, const Arrival& a) {
  const u64* half = env.at(table::half, 0);
  if (!half) return {nullptr, 0};
  const u32 which = u32(read_word(half)) & 1;
  const Choice* choice = env.at(table::choice_heads, head_at(which, a.service));
  // Mixed once more: which target a client reaches shows little of the bits that place its pin.
  return {choice && choice->size ? choice : nullptr, u32(mix(a.choice_hash) >> 32)};
}

// The target that the consistent choice gives a new flow: its slot, or 0 where the service has none.
template <class E>
WM_INLINE u32 choice_of(E& env, const Chosen& chosen) {
  if (!chosen.choice) return 0;
  const u16* entry = env.at(table::choices, chosen.choice->table + reduce(chosen.position, chosen.choice->size));
  if (!entry) return 0;
  const u32* member = env.at(table::members, chosen.choice->members + *entry);
  if (!member) return 0;
  env.step(Step::chosen, *member, 0, chosen.choice->size);
  return *member;
}

template <class E>
WM_INLINE u32 choose(E& env, const Arrival& a) {
  return choice_of(env, look_up(env, a));
}

// Whom the choice named for this flow before it last changed its mind; 0: nobody else.
template <class E>
WM_INLINE u32 previous_of(E& env, const Chosen& chosen) {
  if (!chosen.choice || !chosen.choice->previous_size) return 0;
  const u16* entry =
      env.at(table::previous, chosen.choice->previous + reduce(chosen.position, chosen.choice->previous_size));
  if (!entry || *entry == kNoMember) return 0;
  const u32* member = env.at(table::members, chosen.choice->members + *entry);
  return member ? *member : 0;
}

// A target that may serve this service, or null.
template <class E>
WM_INLINE const Target* target_of(E& env, u32 slot, u32 service) {
  const Target* target = env.at(table::targets, slot);
  return target && target->in_use && target->service == service ? target : nullptr;
}

// The slot of `service` whose tunnel ends where that of `slot` does, which is another service's; or 0.
template <class E>
WM_INLINE u32 heir_of(E& env, u32 slot, u32 service) {
  const Target* other = env.settings().heir_bits ? env.at(table::targets, slot) : nullptr;
  if (!other || !other->in_use) return 0;
  const u64 end = other->end;
  const HeirBucket* bucket =
      env.at(table::heirs, heir_bucket(env.settings().heir_seed, end, service, env.settings().heir_bits));
  if (!bucket) return 0;
  for (u32 i = 0; i < kHeirWays; ++i) {
    const u32 heir = bucket->slot[i];
    const Target* target = heir ? target_of(env, heir, service) : nullptr;
    if (target && target->end == end) return heir;
  }
  return 0;
}

// The pin's target, where it may serve the packet's service, or null. A pin may name a slot of another service: its
// flow was that one's before services were split or merged, or another flow has this very fingerprint. Where the
// packet's own service has a target whose tunnel ends in the same place, the pin goes over to that one's slot.
template <class E>
WM_INLINE const Target* target_of_pin(E& env, Found& found, u32 service) {
  const u32 slot = unpack(found.value).slot;
  if (const Target* target = target_of(env, slot, service); WM_LIKELY(target)) return target;
  const u32 heir = heir_of(env, slot, service);
  if (!heir) return nullptr;
  Pin pin = unpack(found.value);
  pin.slot = heir;
  const u64 word = pack(pin);
  if (swap_word(found.word, found.value, word) == found.value) env.note(Note::pin_inherited);
  found.value = word;  // where another CPU's packet was first, it goes the same way
  return target_of(env, heir, service);
}

// tcp_flags are 0 for all but TCP.
WM_INLINE constexpr bool opens(const Arrival& a) {
  return (a.tcp_flags & (kTcpSyn | kTcpAck | kTcpRst | kTcpFin)) == kTcpSyn;
}
WM_INLINE constexpr bool closes(u8 tcp_flags) { return tcp_flags & (kTcpFin | kTcpRst); }

WM_INLINE bool is_down(const Target* target) { return read_word(&target->route) & kTargetDown; }

// Nearly every packet: its pin is in use, of this stamp already, and our own; nothing about it changes.
WM_INLINE constexpr bool settled(u64 pin, u32 stamp, u8 tcp_flags) {
  const u32 stamp_and_origin = u32(pin >> 50) & (kStampMask << 2 | 3);
  return stamp_and_origin == stamp << 2 && unpack(pin).state != PinState::closing && !closes(tcp_flags);
}

// Where a packet's flow belongs.
struct Flow {
  u32 slot;  // 0: nowhere
  bool is_new;
  u32 candidate;        // who else may know it; 0: nobody
  bool proven = false;  // by this packet: prove() is to be called
};
WM_INLINE constexpr u64 pack_flow(const Flow& f) {
  return u64(f.slot) | u64(f.proven) << 30 | u64(f.is_new) << 31 | u64(f.candidate) << 32;
}
WM_INLINE constexpr Flow unpack_flow(u64 w) {
  return {u32(w) & kSlotMask, (w >> 31 & 1) != 0, u32(w >> 32), (w >> 30 & 1) != 0};
}

// For a flow that arrived in its middle and went to `slot`: the other one that the choice named, now or before; or 0.
template <class E>
WM_INLINE u32 other_than(E& env, u32 slot, const Chosen& chosen) {
  if (!env.settings().second_candidate) return 0;
  u32 other = previous_of(env, chosen);
  if (other == slot) other = choice_of(env, chosen);  // it was pinned before the choice changed
  return other == slot ? 0 : other;
}

// A proven pin: used, aged, closed by FIN or RST (which only shortens its life: either could be forged), and opened
// anew by the SYN of a client that uses the port again.
template <class E>
WM_INLINE Flow follow_pin(E& env, const Found& found, const Arrival& a, u32 stamp) {
  Pin pin = unpack(found.value);
  Flow flow = {pin.slot, false, 0};
  env.step(Step::pin_found, pin.slot, u32(pin.state), 0);
  if (settled(found.value, stamp, a.tcp_flags)) return flow;
  if (WM_UNLIKELY(pin.mirrored && opens(a))) pin.state = PinState::closing;  // a new flow is ours to place
  pin.mirrored = false;
  if (WM_UNLIKELY(pin.adopted && !opens(a))) flow.candidate = other_than(env, pin.slot, look_up(env, a));
  pin.stamp = stamp;
  if (WM_UNLIKELY(closes(a.tcp_flags))) pin.state = PinState::closing;
  if (WM_UNLIKELY(pin.state == PinState::closing && opens(a))) {
    if (const u32 slot = choose(env, a); slot) flow = {slot, true, 0}, pin.slot = slot;
    pin.state = PinState::proven;
    pin.adopted = false;
  }
  const u64 word = pack(pin);
  if (WM_UNLIKELY(word != found.value)) swap_word(found.word, found.value, word);  // lost: another packet was newer
  return flow;
}

// An embryo: proven by any second packet that does not open the flow again. Where the table has no room for it, it
// waits here, and asks again once a stamp: to look for room costs more than all else.
template <class E>
WM_INLINE Flow follow_embryo(E& env, const Found& found, const Arrival& a, u32 stamp) {
  Pin pin = unpack(found.value);
  Flow flow = {pin.slot, false, 0};
  if (WM_UNLIKELY(pin.adopted && !opens(a))) flow.candidate = other_than(env, pin.slot, look_up(env, a));
  env.step(Step::pin_found, pin.slot, u32(pin.state), 1);
  const bool asked = pin.state != PinState::embryonic && pin.stamp == stamp;
  pin.stamp = stamp;
  if (!opens(a)) {
    pin.state = a.protocol != kProtoTcp ? PinState::datagram
                : closes(a.tcp_flags)   ? PinState::closing
                                        : PinState::proven;
    flow.proven = !asked;
  }
  if (const u64 word = pack(pin); word != found.value) swap_word(found.word, found.value, word);
  return flow;
}

// A flow without a pin. A packet in the middle of a TCP flow gets one too: the flow came here from another director.
template <class E>
WM_INLINE Flow begin_flow(E& env, const PinPlace& place, const Arrival& a, u32 stamp) {
  env.step(Step::pin_missing, 0, 0, 0);
  const Chosen chosen = look_up(env, a);
  const u32 slot = choice_of(env, chosen);
  if (!slot) return {0, false, 0};
  const bool tcp = a.protocol == kProtoTcp;
  Flow flow = {slot, false, 0};
  // Whether a datagram is a flow's first, nobody knows.
  if (!opens(a)) flow.candidate = other_than(env, slot, chosen);
  if (tcp && (a.tcp_flags & kTcpRst)) return flow;
  flow.is_new = true;
  const bool adopted = (tcp && !opens(a)) || flow.candidate;
  if (tcp && adopted) env.note(Note::pin_adopted);
  if (insert_embryo(env, place, pack({place.fingerprint, slot, stamp, PinState::embryonic, false, adopted}), stamp))
    env.step(Step::pinned, slot, u32(PinState::embryonic), 0);
  return flow;
}

// A pin whose target died: the SYN of a client that begins anew is given another one, and so is a flow of which we are
// not sure that it is the dead one's: an embryo's may have been opened by another director meanwhile, an adopted TCP
// one's was. All else is told.
template <class E>
WM_INLINE Flow leave_dead(E& env, const Found& found, const Arrival& a, u32 stamp) {
  Pin pin = unpack(found.value);
  env.step(Step::pin_found, pin.slot, u32(pin.state), 0);
  const bool unsure = pin.state == PinState::embryonic || (pin.adopted && a.protocol == kProtoTcp);
  if (!opens(a) && !unsure) return {pin.slot, false, 0};
  const Chosen chosen = look_up(env, a);
  Flow flow = {choice_of(env, chosen), true, 0};
  if (!flow.slot) return flow;
  if (!opens(a) && a.protocol == kProtoTcp) env.note(Note::pin_adopted);
  if (!opens(a)) flow.candidate = other_than(env, flow.slot, chosen);
  pin.slot = flow.slot;
  pin.stamp = stamp;
  pin.adopted = !opens(a);
  pin.mirrored = false;
  if (pin.state == PinState::closing) pin.state = PinState::proven;
  swap_word(found.word, found.value, pack(pin));
  return flow;
}

struct prove_step {
  template <class E>
  static WM_INLINE u64 run(E& env, u64 hash, u64, u64, u64) {
    const PinPlace at = place_of(env, hash);
    const Found embryo = find_embryo(env, at);
    const u32 stamp = env.now() >> env.settings().stamp_shift & kStampMask;
    if (!embryo.word || !insert_pin(env, at, embryo.value, stamp)) return 0;
    const Pin pin = unpack(embryo.value);
    env.step(Step::pinned, pin.slot, u32(pin.state), 0);
    swap_word(embryo.word, embryo.value, 0);
    return 0;
  }
};
// Moves an embryo that was proven into the table of proven pins, or leaves it where there is no room.
template <class E>
WM_INLINE void prove(E& env, u64 hash) {
  env.template call<prove_step>(hash);
}

// Where a flow belongs, without a packet of its own that could prove or change anything.
template <class E>
WM_INLINE Flow look_for(E& env, const Arrival& a) {
  const Chosen chosen = look_up(env, a);
  if (env.settings().pin_buckets) {
    const PinPlace at = place_of(env, a.hash);
    Found found = find_pin(env, at);
    if (!found.word) found = find_embryo(env, at);
    if (found.word) {
      const Pin pin = unpack(found.value);
      const u32 slot = target_of(env, pin.slot, a.service) ? pin.slot : heir_of(env, pin.slot, a.service);
      if (slot) return {slot, false, pin.adopted ? other_than(env, slot, chosen) : 0};
    }
  }
  const u32 slot = choice_of(env, chosen);
  return {slot, false, slot ? other_than(env, slot, chosen) : 0};
}

// Where the flow of a packet belongs, and what the packet makes of its pin: all that is not settled at first sight.
template <class E>
WM_INLINE Flow flow_of(E& env, const Arrival& a) {
  if (a.looks_only) return look_for(env, a);
  if (!env.settings().pin_buckets) return {choose(env, a), false, 0};
  const PinPlace at = place_of(env, a.hash);
  const u32 stamp = env.now() >> env.settings().stamp_shift & kStampMask;
  if (Found pin = find_pin(env, at); pin.word) {
    const Target* target = target_of_pin(env, pin, a.service);
    if (!target) return {choose(env, a), false, 0};  // another service's flow has this very fingerprint
    return is_down(target) ? leave_dead(env, pin, a, stamp) : follow_pin(env, pin, a, stamp);
  }
  if (Found embryo = find_embryo(env, at); embryo.word)
    if (const Target* target = target_of_pin(env, embryo, a.service))
      return is_down(target) ? leave_dead(env, embryo, a, stamp) : follow_embryo(env, embryo, a, stamp);
  return begin_flow(env, at, a, stamp);
}

struct place_step {
  template <class E>
  static WM_INLINE u64 run(E& env, u64 hash, u64 choice_hash, u64 service, u64 kind) {
    return pack_flow(flow_of(env, {hash, choice_hash, u32(service), u8(kind >> 8), u8(kind), u8(kind >> 16)}));
  }
};
// The same as a step of its own.
template <class E>
WM_INLINE Flow place(E& env, const Arrival& a) {
  const u64 kind = u64(a.looks_only) << 16 | u64(a.protocol) << 8 | a.tcp_flags;
  return unpack_flow(env.template call<place_step>(a.hash, a.choice_hash, a.service, kind));
}

// The packet as place() wants it.
template <class E>
WM_INLINE Arrival arrival_of(E& env, const Packet& p, u32 service, u32 realm, u64 hash) {
  const Service* s = env.at(table::services, service);
  const u64 choice_hash = s && s->affinity ? hash_client(env.settings().pin_key, realm, p.source) : hash;
  return {hash, choice_hash, service, p.protocol, p.tcp_flags, 0};
}

}  // namespace waymark::director
