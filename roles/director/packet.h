// A service's packets: the pin of the flow, else the consistent choice; then the tunnel to the target.
#pragma once

#include "core/forward.h"
#include "core/pins.h"
#include "core/steer.h"

namespace waymark {

#define DIRECTOR_REASONS(X, M)                                                                    \
  X(M, pass, port_closed, "the address is a service's, but none takes this protocol and port")    \
  X(M, pass, icmp_error, "an ICMP error about a service: the kernel's")                           \
  X(M, pass, icmp_other, "an ICMP message to a service's address that is no error: the kernel's") \
  X(M, drop, no_target, "the service has no target that takes new flows")                         \
  X(M, drop, target_gone, "the consistent choice names a target slot that is not in use")         \
  X(M, drop, wrong_family, "an IPv6 packet carries an IPv4-mapped address")
WM_REASONS(director, DIRECTOR_REASONS)

namespace director {

// The target that the consistent choice gives a new flow: its slot, or 0 where the service has none.
template <Env E>
WM_INLINE u32 choose(E& env, u32 service, u32 zone, const Packet& p, u64 hash) {
  const Service* s = env.at(table::services, service);
  const u64* half = env.at(table::half, 0);
  if (!s || !half) return 0;
  if (s->affinity) hash = hash_client(env.settings().pin_key, zone, p.source);
  const u32 which = u32(read_word(half)) & 1;
  const Choice* choice = env.at(table::choice_heads, which * kMaxServices + service);
  if (!choice || !choice->prime) return 0;
  // Mixed once more: which target a client reaches shows little of the bits that place its pin.
  const u16* entry = env.at(table::choices, choice->table + reduce(u32(mix(hash) >> 32), choice->prime));
  if (!entry) return 0;
  const u32* member = env.at(table::members, choice->members + *entry);
  if (!member) return 0;
  env.step(Step::chosen, *member, which, choice->prime);
  return *member;
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

// What a flow's packet makes of its pin.
struct Flow {
  u32 slot;
  bool is_new;
  const Target* target;  // the slot's, where it has been looked at already
};

// A proven pin: used, aged, closed by FIN or RST (which only shortens its life: either could be forged), and opened
// anew by the SYN of a client that uses the port again.
template <Env E>
WM_INLINE Flow follow_pin(E& env, const Found& found, const Target* target, const Packet& p, u32 service, u32 zone,
                          u64 hash, u32 stamp) {
  Pin pin = unpack(found.value);
  Flow flow = {pin.slot, false, target};
  env.step(Step::pin_found, pin.slot, u32(pin.state), 0);
  // Nearly every packet: in use, and of this stamp already.
  if (WM_LIKELY(pin.stamp == stamp && pin.state != PinState::closing && !closes(p))) return flow;
  pin.stamp = stamp;
  if (WM_UNLIKELY(closes(p))) pin.state = PinState::closing;
  if (WM_UNLIKELY(pin.state == PinState::closing && opens(p))) {
    if (const u32 slot = choose(env, service, zone, p, hash); slot) flow = {slot, true, nullptr}, pin.slot = slot;
    pin.state = PinState::proven;
  }
  const u64 word = pack(pin);
  if (WM_UNLIKELY(word != found.value)) swap_word(found.word, found.value, word);  // lost: another packet was newer
  return flow;
}

// An embryo: proven by any second packet that does not open the flow again. Where the table has no room for it, it
// waits here, and asks again once a stamp: to look for room costs more than all else.
template <Env E>
WM_INLINE Flow follow_embryo(E& env, const Found& found, const PinPlace& place, const Packet& p, u32 stamp) {
  Pin pin = unpack(found.value);
  const Flow flow = {pin.slot, false, nullptr};
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
  const u32 slot = choose(env, service, zone, p, hash);
  if (!slot) return {0, false, nullptr};
  const bool tcp = p.protocol == kProtoTcp;
  if (tcp && (p.tcp_flags & kTcpRst)) return {slot, false, nullptr};
  if (tcp && !opens(p)) env.note(Note::pin_adopted);
  if (insert_embryo(env, place, pack({place.fingerprint, slot, stamp, PinState::embryonic, false}), stamp))
    env.step(Step::pinned, slot, u32(PinState::embryonic), 0);
  return {slot, true, nullptr};
}

template <Env E>
WM_INLINE Flow flow_of(E& env, const Packet& p, u32 service, u32 zone, u64 hash) {
  if (!env.settings().pin_buckets) return {choose(env, service, zone, p, hash), false, nullptr};
  const PinPlace place = place_of(env, hash);
  const u32 stamp = env.now() >> env.settings().stamp_shift & kStampMask;
  const Found pin = find_pin(env, place);
  if (WM_LIKELY(pin.word)) {
    if (const Target* target = target_of(env, unpack(pin.value).slot, service); WM_LIKELY(target))
      return follow_pin(env, pin, target, p, service, zone, hash, stamp);
    return {choose(env, service, zone, p, hash), false, nullptr};  // another service's flow has this very fingerprint
  }
  const Found embryo = find_embryo(env, place);
  if (embryo.word && target_of(env, unpack(embryo.value).slot, service))
    return follow_embryo(env, embryo, place, p, stamp);
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
  flow.is_new = (flow.is_new ^ unknown) & 1;
  if (WM_UNLIKELY(!flow.slot)) return why::no_target;
  const Target* target = flow.target ? flow.target : target_of(env, flow.slot, service);
  if (WM_UNLIKELY(!target)) return why::target_gone;
  const Verdict verdict = send_through_tunnel(env, p, target, flow.slot, u32(hash >> 40));
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
