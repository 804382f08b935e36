// A service's packets: the pin of the flow, else the consistent choice; then the tunnel to the target.
#pragma once

#include "core/answer.h"
#include "core/pins.h"
#include "core/steer.h"

namespace waymark {

#define DIRECTOR_REASONS(X, M)                                                                    \
  X(M, pass, port_closed, "the address is a service's, but none takes this protocol and port")    \
  X(M, pass, icmp_error, "an ICMP error about a service: the kernel's")                           \
  X(M, pass, icmp_other, "an ICMP message to a service's address that is no error: the kernel's") \
  X(M, drop, no_target, "the service has no target that takes new flows")                         \
  X(M, drop, target_gone, "the consistent choice names a target slot that is not in use")         \
  X(M, drop, wrong_family, "an IPv6 packet carries an IPv4-mapped address")                       \
  X(M, forward, reset, "its server died: a TCP reset was sent to the client")                     \
  X(M, forward, unreachable, "its server died: an ICMP port unreachable was sent to the client")  \
  X(M, drop, dead_target, "its server died, and no answer may be given to this packet")           \
  X(M, drop, answer_limited, "its server died, and enough answers are given already")
WM_REASONS(director, DIRECTOR_REASONS)

namespace director {

// A service's choice in force, and where a flow's hash lies in it.
struct Chosen {
  const Choice* choice;  // null: the service has no target that takes new flows
  u32 position;
};

template <Env E>
WM_INLINE Chosen look_up(E& env, u32 service, u32 zone, const Packet& p, u64 hash) {
  const Service* s = env.at(table::services, service);
  const u64* half = env.at(table::half, 0);
  if (!s || !half) return {nullptr, 0};
  if (s->affinity) hash = hash_client(env.settings().pin_key, zone, p.source);
  const u32 which = u32(read_word(half)) & 1;
  const Choice* choice = env.at(table::choice_heads, which * kMaxServices + service);
  // Mixed once more: which target a client reaches shows little of the bits that place its pin.
  return {choice && choice->size ? choice : nullptr, u32(mix(hash) >> 32)};
}

// The target that the consistent choice gives a new flow: its slot, or 0 where the service has none.
template <Env E>
WM_INLINE u32 choice_of(E& env, const Chosen& chosen) {
  if (!chosen.choice) return 0;
  const u16* entry = env.at(table::choices, chosen.choice->table + reduce(chosen.position, chosen.choice->size));
  if (!entry) return 0;
  const u32* member = env.at(table::members, chosen.choice->members + *entry);
  if (!member) return 0;
  env.step(Step::chosen, *member, 0, chosen.choice->size);
  return *member;
}

template <Env E>
WM_INLINE u32 choose(E& env, u32 service, u32 zone, const Packet& p, u64 hash) {
  return choice_of(env, look_up(env, service, zone, p, hash));
}

// Whom the choice named for this flow before it last changed its mind; 0: nobody else.
template <Env E>
WM_INLINE u32 previous_of(E& env, const Chosen& chosen) {
  if (!chosen.choice || !chosen.choice->previous_size) return 0;
  const u16* entry =
      env.at(table::previous, chosen.choice->previous + reduce(chosen.position, chosen.choice->previous_size));
  if (!entry || *entry == kNoMember) return 0;
  const u32* member = env.at(table::members, chosen.choice->members + *entry);
  return member ? *member : 0;
}

// A target that may serve this service, or null.
template <Env E>
WM_INLINE const Target* target_of(E& env, u32 slot, u32 service) {
  const Target* target = env.at(table::targets, slot);
  return target && target->in_use && target->service == service ? target : nullptr;
}

WM_INLINE constexpr bool opens(const Packet& p) {
  return p.protocol == kProtoTcp && (p.tcp_flags & (kTcpSyn | kTcpAck | kTcpRst | kTcpFin)) == kTcpSyn;
}
WM_INLINE constexpr bool closes(const Packet& p) {
  return p.protocol == kProtoTcp && (p.tcp_flags & (kTcpFin | kTcpRst));
}

WM_INLINE bool is_down(const Target* target) { return read_word(&target->route) & kTargetDown; }

// What a flow's packet makes of its pin.
struct Flow {
  u32 slot;
  bool is_new;
  const Target* target;  // the slot's, where it has been looked at already
  u32 candidate = 0;     // who else may know the flow; 0: nobody
};

// For a flow that arrived in its middle and went to `slot`: the other one that the choice named, now or before; or 0.
template <Env E>
WM_INLINE u32 other_than(E& env, u32 slot, const Chosen& chosen) {
  if (!env.settings().second_candidate) return 0;
  u32 other = previous_of(env, chosen);
  if (other == slot) other = choice_of(env, chosen);  // it was pinned before the choice changed
  return other == slot ? 0 : other;
}

// A proven pin: used, aged, closed by FIN or RST (which only shortens its life: either could be forged), and opened
// anew by the SYN of a client that uses the port again.
template <Env E>
WM_INLINE Flow follow_pin(E& env, const Found& found, const Target* target, const Packet& p, u32 service, u32 zone,
                          u64 hash, u32 stamp) {
  Pin pin = unpack(found.value);
  Flow flow = {pin.slot, false, target};
  env.step(Step::pin_found, pin.slot, u32(pin.state), 0);
  // Nearly every packet: in use, of this stamp already, and our own.
  const u32 stamp_and_origin = u32(found.value >> 50) & (kStampMask << 2 | 3);
  if (WM_LIKELY(stamp_and_origin == stamp << 2 && pin.state != PinState::closing && !closes(p))) return flow;
  if (WM_UNLIKELY(pin.mirrored && opens(p))) pin.state = PinState::closing;  // a new flow is ours to place
  pin.mirrored = false;
  if (WM_UNLIKELY(pin.adopted && !opens(p)))
    flow.candidate = other_than(env, pin.slot, look_up(env, service, zone, p, hash));
  pin.stamp = stamp;
  if (WM_UNLIKELY(closes(p))) pin.state = PinState::closing;
  if (WM_UNLIKELY(pin.state == PinState::closing && opens(p))) {
    if (const u32 slot = choose(env, service, zone, p, hash); slot) flow = {slot, true, nullptr}, pin.slot = slot;
    pin.state = PinState::proven;
    pin.adopted = false;
  }
  const u64 word = pack(pin);
  if (WM_UNLIKELY(word != found.value)) swap_word(found.word, found.value, word);  // lost: another packet was newer
  return flow;
}

// An embryo: proven by any second packet that does not open the flow again. Where the table has no room for it, it
// waits here, and asks again once a stamp: to look for room costs more than all else.
template <Env E>
WM_INLINE Flow follow_embryo(E& env, const Found& found, const PinPlace& place, const Packet& p, u32 service, u32 zone,
                             u64 hash, u32 stamp) {
  Pin pin = unpack(found.value);
  Flow flow = {pin.slot, false, nullptr};
  if (WM_UNLIKELY(pin.adopted && !opens(p)))
    flow.candidate = other_than(env, pin.slot, look_up(env, service, zone, p, hash));
  env.step(Step::pin_found, pin.slot, u32(pin.state), 1);
  const bool asked = pin.state != PinState::embryonic && pin.stamp == stamp;
  pin.stamp = stamp;
  if (!opens(p)) {
    pin.state = p.protocol != kProtoTcp ? PinState::datagram : closes(p) ? PinState::closing : PinState::proven;
    if (!asked && env.insert_pin(place, pack(pin), stamp)) {
      env.step(Step::pinned, pin.slot, u32(pin.state), 0);
      swap_word(found.word, found.value, 0);
      return flow;
    }
  }
  if (const u64 word = pack(pin); word != found.value) swap_word(found.word, found.value, word);
  return flow;
}

// A flow without a pin. A packet in the middle of a TCP flow gets one too: the flow came here from another director.
template <Env E>
WM_INLINE Flow begin_flow(E& env, const PinPlace& place, const Packet& p, u32 service, u32 zone, u64 hash, u32 stamp) {
  env.step(Step::pin_missing, 0, 0, 0);
  const Chosen chosen = look_up(env, service, zone, p, hash);
  const u32 slot = choice_of(env, chosen);
  if (!slot) return {0, false, nullptr};
  const bool tcp = p.protocol == kProtoTcp;
  Flow flow = {slot, false, nullptr};
  // Whether a datagram is a flow's first, nobody knows.
  if (!opens(p)) flow.candidate = other_than(env, slot, chosen);
  if (tcp && (p.tcp_flags & kTcpRst)) return flow;
  flow.is_new = true;
  const bool adopted = (tcp && !opens(p)) || flow.candidate;
  if (tcp && adopted) env.note(Note::pin_adopted);
  if (insert_embryo(env, place, pack({place.fingerprint, slot, stamp, PinState::embryonic, false, adopted}), stamp))
    env.step(Step::pinned, slot, u32(PinState::embryonic), 0);
  return flow;
}

// A pin whose target died: the SYN of a client that begins anew is given another one; all else is told.
template <Env E>
WM_INLINE Flow leave_dead(E& env, const Found& found, const Target* target, const Packet& p, u32 service, u32 zone,
                          u64 hash, u32 stamp) {
  Pin pin = unpack(found.value);
  env.step(Step::pin_found, pin.slot, u32(pin.state), 0);
  if (!opens(p)) return {pin.slot, false, target};
  const u32 slot = choose(env, service, zone, p, hash);
  pin.slot = slot;
  pin.stamp = stamp;
  pin.adopted = pin.mirrored = false;
  if (pin.state == PinState::closing) pin.state = PinState::proven;
  if (slot) swap_word(found.word, found.value, pack(pin));
  return {slot, true, nullptr};
}

template <Env E>
WM_INLINE Flow flow_of(E& env, const Packet& p, u32 service, u32 zone, u64 hash) {
  if (!env.settings().pin_buckets) return {choose(env, service, zone, p, hash), false, nullptr};
  const PinPlace place = place_of(env, hash);
  const u32 stamp = env.now() >> env.settings().stamp_shift & kStampMask;
  const Found pin = find_pin(env, place);
  if (WM_LIKELY(pin.word)) {
    if (const Target* target = target_of(env, unpack(pin.value).slot, service); WM_LIKELY(target)) {
      if (WM_UNLIKELY(is_down(target))) return leave_dead(env, pin, target, p, service, zone, hash, stamp);
      return follow_pin(env, pin, target, p, service, zone, hash, stamp);
    }
    return {choose(env, service, zone, p, hash), false, nullptr};  // another service's flow has this very fingerprint
  }
  const Found embryo = find_embryo(env, place);
  if (embryo.word)
    if (const Target* target = target_of(env, unpack(embryo.value).slot, service)) {
      if (WM_UNLIKELY(is_down(target))) return leave_dead(env, embryo, target, p, service, zone, hash, stamp);
      return follow_embryo(env, embryo, place, p, service, zone, hash, stamp);
    }
  return begin_flow(env, place, p, service, zone, hash, stamp);
}

// A packet to a service's address that no rule takes.
template <Env E>
WM_INLINE Verdict refuse(E& env, const Packet& p) {
  if (p.protocol != (p.ip6 ? kProtoIcmp6 : kProtoIcmp4)) return why::port_closed;
  const auto* icmp = env.view().template at<Icmp>(p.l4);
  if (!icmp) return parse::why::icmp_header;
  const u8 type = icmp->type;
  const bool error = p.ip6 ? type < 128 : type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
  return error ? why::icmp_error : why::icmp_other;
}

template <Env E>
WM_INLINE Verdict direct(E& env, Packet& p, const Front* front, u32 zone) {
  if (WM_UNLIKELY(is_ip4(front->address) == bool(p.ip6))) return why::wrong_family;
  if (const Verdict end = validate(env.view(), p, env.length()); WM_UNLIKELY(ended(end))) return end;
  const Rule* rule = find_rule(env, front, p.protocol, p.destination_port);
  if (WM_UNLIKELY(!rule)) return refuse(env, p);
  const u32 service = rule->service;
  env.step(Step::matched, service, p.destination_port, p.protocol);

  if (WM_UNLIKELY(p.hops <= 1)) return forward::why::hop_limit;  // traceroute leaves no flow behind

  const u64 hash =
      hash_flow(env.settings().pin_key, zone, p.protocol, p.source, p.destination, p.source_port, p.destination_port);
  Flow flow = flow_of(env, p, service, zone, hash);
  const u32 unknown = forget(0);
  flow.slot ^= unknown;
  flow.candidate ^= unknown;
  flow.is_new = (flow.is_new ^ unknown) & 1;
  if (WM_UNLIKELY(!flow.slot)) return why::no_target;
  const Target* target = flow.target ? flow.target : target_of(env, flow.slot, service);
  if (WM_UNLIKELY(!target)) return why::target_gone;
  if (WM_UNLIKELY(is_down(target))) {
    const Answered answered = Answered(env.answer(p));
    if (answered == Answered::none) return why::dead_target;
    if (answered == Answered::limited) return why::answer_limited;
    env.step(Step::answered, u32(p.protocol == kProtoTcp ? AnswerKind::reset : AnswerKind::unreachable), 0, 0);
    env.leave(env.interface());
    return p.protocol == kProtoTcp ? why::reset : why::unreachable;
  }
  const Target* candidate = nullptr;
  if (WM_UNLIKELY(flow.candidate)) {
    candidate = target_of(env, flow.candidate, service);
    if (candidate && is_down(candidate)) candidate = nullptr;
  }
  const Verdict verdict = send_through_tunnel(env, p, target, flow.slot, u32(hash >> 40), candidate);
  if (auto* traffic = env.at(table::target_traffic, flow.slot)) {
    const bool carried = verdict.action != Action::drop;
    traffic->packets += carried;
    traffic->bytes += carried ? p.end - p.l3 : 0;
    traffic->flows += flow.is_new;
  }
  return verdict;
}

}  // namespace director
}  // namespace waymark
