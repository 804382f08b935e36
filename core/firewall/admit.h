// Whether a packet passes the firewall: of a known flow, or one that may begin one (DESIGN.md, "Firewall").
//
// The common way, a packet of a flow that both sides have spoken in, is inline; all else is a step of its own.
#pragma once

#include "core/exact_insert.h"
#include "core/firewall/bits.h"
#include "core/firewall/fragments.h"
#include "core/firewall/pairs.h"
#include "core/firewall/reasons.h"
#include "core/firewall/rules.h"
#include "core/firewall/table.h"

namespace waymark::firewall {

template <class E>
WM_INLINE ExactLimits limits_of(E& env) {
  const FirewallSettings& s = env.settings().firewall;
  return {s.buckets, s.embryo_buckets, s.stale_stamps, s.embryo_stamps};
}
template <class E>
WM_INLINE u32 flow_stamp(E& env) {
  return env.now() >> env.settings().stamp_shift;
}
template <class E>
WM_INLINE u32 embryo_stamp(E& env) {
  return env.now() >> env.settings().firewall.embryo_shift;
}

// What a flow's first packet leaves with it, constant while it lives: bits in its address:24 | rule:8 | initial
// sequence number:32.
WM_INLINE constexpr u64 user_word(u8 rule, u32 sequence, u32 bits = 0) {
  return u64(bits) << kUserBitsShift | u64(rule) << 32 | sequence;
}

constexpr u8 kRequest = 1, kKnownPair = 2;

// A packet as the rare way is told of it.
struct Asked {
  ExactKey<2> key;
  Segment segment;  // of ICMP: flags kRequest in a request, and kKnownPair where its sender has flows with this host
  Side from;
  u32 policy;  // in table::firewall_policies
  // From outside: the bits in the address that it comes to. From inside: its own class (kClassShift).
  u32 bits = 0;
  u32 strict = 0;  // which of the bits must be the flow's: kFlowBits, or none
  u8 has = 0;      // of what rules need
  u32 flow = 0;    // once it passes, and where addresses have bits: flow_word() of its flow
};

// What is said to it. `opens_pair`: its flow is one by which the outside may ping the inside from now on.
struct Admitted {
  Verdict end;
  bool opens_pair;
};

// A TCP packet of a flow that is half open: what the flow is after it, and whether the packet passes.
struct Judged {
  u64 state;
  Verdict end;
  bool anew;  // it begins another flow in this one's place
};
WM_INLINE Judged judge_embryo(u64 state, u64 user, Side from, const Segment& s) {
  const Side began = beginner(state);
  const u32 expected = u32(user) + 1;
  const u8 flags = s.flags & (kTcpSyn | kTcpFin | kTcpRst | kTcpAck);
  if (state & kGrace) {
    if (from != Side::inside) return {state, kGoOn, false};
    if (s.flags & kTcpRst) return {in_stage(state, Stage::reset), kGoOn, false};
    return {after_segment(in_stage(state, Stage::open), from, s), kGoOn, false};
  }
  if (from == began) {
    if (flags == kTcpSyn) return {state, kGoOn, s.sequence + 1 != expected};
    if (stage_of(state) == Stage::syn || s.flags & kTcpRst || !(s.flags & kTcpAck)) return {state, kGoOn, false};
    const u16 ahead = u16((s.acknowledgement >> 16) - acknowledged(state, from));
    if (ahead > 1) return {state, why::window, false};
    return {after_segment(in_stage(state, Stage::open), from, s), kGoOn, false};
  }
  const bool answers = s.flags & kTcpAck && s.acknowledgement == expected;
  if (flags == (kTcpSyn | kTcpAck) || flags == kTcpRst || flags == (kTcpRst | kTcpAck))
    if (!answers) return {state, why::window, false};
  if (!(s.flags & kTcpSyn) || s.flags & (kTcpFin | kTcpRst)) return {state, kGoOn, false};
  // Of a simultaneous opening, too (RFC 5382, 5.2): the beginner's acknowledgement of this SYN opens it.
  state = with_acknowledged(in_stage(state, Stage::answered), began, s.sequence);
  return {after_acknowledgement(state, from, s), kGoOn, false};
}

// Likewise of one that has been open. Where it is over the other side may begin one, if it may.
WM_INLINE Judged judge_flow(u64 state, Side from, const Segment& s) {
  if (s.flags & kTcpSyn && !(s.flags & kTcpRst)) {
    const bool begins = !(s.flags & (kTcpAck | kTcpFin));
    if (begins && is_over(stage_of(state)) && from != beginner(state)) return {state, kGoOn, true};
  } else if (s.flags & kTcpRst ? !may_end(state, from, s.sequence) : !is_near(state, from, s.sequence)) {
    return {state, why::window, false};
  }
  return {after_segment(state, from, s), kGoOn, false};
}

// A flow that a packet begins, or is in the middle of; in the place of `old`, where that is one. One that the outside
// begins has the bits of the address that it chose; another one, what rule and clock say.
template <class E>
WM_INLINE Admitted begin_flow(E& env, const Asked& a, const PinPlace& place, const Flow& old) {
  const FirewallPolicy* policy = env.at(table::firewall_policies, a.policy);
  if (!policy) return {why::unsolicited, false};
  const Ends ends = ends_of(a.key, a.from, a.has);
  const bool tcp = ends.protocol == kProtoTcp;
  u64 state = first_state(ends.protocol, a.from, a.segment);
  u32 interval = policy->interval, burst = policy->burst;
  bool found_again = false;
  if (tcp && a.segment.flags & kTcpSyn) {
    if (a.segment.flags & (kTcpFin | kTcpRst)) return {why::flags, false};
    if (a.segment.flags & kTcpAck) return {why::unknown_flow, false};
  } else if (tcp) {
    if (!is_grace(env) || a.segment.flags & kTcpRst || !(a.segment.flags & kTcpAck)) return {why::unknown_flow, false};
    found_again = true;
    state = in_stage(kGrace, a.from == Side::inside ? Stage::open : Stage::answered);
    state = after_acknowledgement(state, a.from, a.segment);
    if (a.from == Side::outside) {
      if (!policy->grace_interval) return {why::unknown_flow, false};
      if (policy->grace_interval > interval) {
        interval = policy->grace_interval;
        burst = policy->grace_burst;
      }
    }
  } else if (ends.protocol == kProtoIcmp4 && !a.segment.flags) {
    return {why::unknown_flow, false};
  }
  Allowed allowed = ask_rules(env, policy, ends, a.from);
  // Nobody knows who began it: the other side may have, to this one's port.
  if (found_again && !allowed.allows)
    allowed = ask_rules(env, policy, ends_of(a.key, other(a.from), a.has), other(a.from));
  if (!allowed.allows) {
    if (allowed.rule || a.from == Side::inside) return {why::denied, false};
    if (ends.protocol != kProtoIcmp4 || !(a.segment.flags & kKnownPair)) return {why::unsolicited, false};
  }
  const Room room = take_room(env, policy, interval, burst);
  if (room == Room::many_flows) return {why::many_flows, false};
  if (room == Room::many_new) return {why::many_new, false};
  if (old.word && !erase_exact(old)) return {why::contended, false};
  const u32 own = allowed.outcome >> kRuleBits & (u32(a.from) - 1);  // of the inside's
  const u32 bits = forget(own | (a.bits & kFlowBits) | (a.bits >> kClassShift & (allowed.outcome & kRuleClass) >> 2));
  const u64 user = user_word(allowed.rule, a.segment.sequence, bits);
  const ExactLimits limits = limits_of(env);
  Inserted how = Inserted::full;
  if (found_again && a.from == Side::inside)
    how = insert_exact<Flows>(env, limits, place, a.key, state, user, flow_stamp(env));
  if (how == Inserted::full)
    how = insert_exact_embryo<Embryos>(env, limits, place, a.key, state, user, embryo_stamp(env));
  if (how == Inserted::known) return {kGoOn, false};
  if (!is_in(how)) return {why::contended, false};
  if (how == Inserted::evicted) env.note(Note::flow_embryo_evicted);
  env.note(found_again ? Note::flow_recovered : Note::flow_begun);
  return {kGoOn, found_again && a.from == Side::inside};
}

// The rare way, of every packet but those of flows that go on as they are.
template <class E>
WM_INLINE Admitted admit_rare(E& env, const Asked& a) {
  const ExactLimits limits = limits_of(env);
  const PinPlace place = place_in(hash_key(env.settings().pin_key, a.key), limits.buckets);
  const bool tcp = u8(a.key.word[1] >> 32) == kProtoTcp;
  bool embryonic = false;
  Flow flow = find_flow<Flows, Embryos>(env, limits, place, a.key, embryonic);
  embryonic = forget(embryonic);
  if (flow.word) {
    const u64 known = flow.owners_state(), state = known & ~kLent;
    const bool half_open = is_embryonic(stage_of(state));
    Judged judged = {state, kGoOn, false};
    if (tcp)
      judged = half_open ? judge_embryo(state, flow.user, a.from, a.segment) : judge_flow(state, a.from, a.segment);
    else if (half_open && a.from != beginner(state))
      judged.state = in_stage(state, answered_by_both(stage_of(state)));
    if (ended(judged.end)) return {judged.end, false};
    const bool served = beginner(judged.state) == Side::inside;
    if (!judged.anew) {
      // Where another processor was first, its packet's change stands, and the next packet makes this one's.
      if (judged.state != known && !change_state(flow, judged.state)) return {kGoOn, false};
      touch(flow, embryonic ? embryo_stamp(env) : flow_stamp(env));
      if (!embryonic || is_embryonic(stage_of(judged.state))) return {kGoOn, served && !embryonic};
      if (promote<Flows>(env, limits, place, a.key, flow, flow_stamp(env)) == Inserted::full)
        env.note(Note::flow_table_full);
      return {kGoOn, served};
    }
  }
  return begin_flow(env, a, place, flow);
}

// Both as steps of their own; key in two words, sequence:32 acknowledgement:32, bits:32 policy:16 has:7 side:1 flags:8.
static_assert(kMaxFirewallPolicies <= 1 << 16);
WM_INLINE Asked asked_by(u64 a, u64 b, u64 c, u64 d) {
  return {{{a, b}},         {u32(c >> 32), u32(c), u8(d)}, Side(d >> 8 & 1), u32(d >> 16 & 0xffff), u32(d >> 32), 0,
          u8(d >> 9 & 0x7f)};
}
struct admit_step {
  template <class E>
  static WM_INLINE u64 run(E& env, u64 a, u64 b, u64 c, u64 d) {
    const Admitted admitted = admit_rare(env, asked_by(a, b, c, d));
    return pack_verdict(admitted.end) | u64(admitted.opens_pair) << 32;
  }
};
// What is wrong with a packet's bits.
enum class Bits : u8 { fine, others, forged_valid, unborn };
// Whether its address says what its flow's does; `flow` is its word, where it is known. Of TCP in its middle that is
// not known only the outside's packets say when it began. And who begins a flow from outside may not call it valid: who
// answers would say it as well, to whomever the packet claims to be from. (A ping's answer begins nothing anywhere.)
WM_INLINE Bits judge_bits(const Asked& a, bool known, u32 flow, bool births) {
  const u8 protocol = u8(a.key.word[1] >> 32);
  const bool tcp = protocol == kProtoTcp, syn = tcp && (a.segment.flags & (kTcpSyn | kTcpAck)) == kTcpSyn;
  if (known && !syn && (a.bits ^ flow) & a.strict) return Bits::others;
  if (a.from == Side::inside) return births && tcp && !syn && !known ? Bits::unborn : Bits::fine;
  const bool begins = tcp ? syn : !known && protocol != kProtoIcmp4;
  return begins && a.bits & ~flow & kValidBit ? Bits::forged_valid : Bits::fine;
}

// Whether a flow of this key is known: 0, or 1 and above it flow_word(). Of a packet (judge:1 strict:1 side:1 flags:8
// bits:32) as well what judge_bits() says of it, from kBitsJudged on.
constexpr u32 kBitsJudged = 40;
struct known_step {
  template <class E>
  static WM_INLINE u64 run(E& env, u64 a, u64 b, u64 c, u64) {
    const ExactLimits limits = limits_of(env);
    const ExactKey<2> key = {{a, b}};
    bool embryonic = false;
    const Flow flow = find_flow<Flows, Embryos>(
        env, limits, place_in(hash_key(env.settings().pin_key, key), limits.buckets), key, embryonic);
    const bool known = flow.word;
    const u32 word = known ? flow_word(flow.user, flow.state) : 0;
    const u64 found = u64(word) << 1 | known;
    if (!(c >> 42)) return found;
    const Asked asked = {key, {0, 0, u8(c >> 32)}, Side(c >> 40 & 1), 0, u32(c), (0 - u32(c >> 41 & 1)) & kFlowBits};
    return found | u64(judge_bits(asked, known, word, env.settings().firewall.birth_bits != 0)) << kBitsJudged;
  }
};
template <class E>
WM_INLINE u64 known_flow(E& env, const ExactKey<2>& key) {
  return env.template call<known_step>(key.word[0], key.word[1]);
}
template <class E>
WM_INLINE Bits ask_bits(E& env, const Asked& a) {
  const u64 packet = u64(1) << 42 | u64(a.strict & 1) << 41 | u64(a.from) << 40 | u64(a.segment.flags) << 32 | a.bits;
  return Bits(env.template call<known_step>(a.key.word[0], a.key.word[1], packet) >> kBitsJudged);
}

// What is said to a packet by the rare way, whatever its flow.
template <class E>
WM_INLINE Verdict admit_rarely(E& env, Asked& a) {
  const FirewallSettings& s = env.settings().firewall;
  u32 bits = 0;
  if (s.bits) {
    const Bits judged = ask_bits(env, a);
    if (judged == Bits::others) return why::other_bits;
    if (judged == Bits::forged_valid) return why::forged_valid;
    if (judged == Bits::unborn) return why::unknown_flow;
    bits = a.from == Side::inside ? a.bits | birth_now(env) : a.bits;
  }
  u32 flags = a.segment.flags;
  if (u8(a.key.word[1] >> 32) == kProtoIcmp4 && flags && a.from == Side::outside && is_known_pair(env, a.key))
    flags |= kKnownPair;
  const u64 said = env.template call<admit_step>(
      a.key.word[0], a.key.word[1], u64(a.segment.sequence) << 32 | a.segment.acknowledgement,
      u64(bits) << 32 | u64(a.policy & 0xffff) << 16 | u64(a.has & 0x7f) << 9 | u64(a.from) << 8 | forget(flags));
  if (said >> 32) keep_pair(env, a.key);
  const Verdict end = unpack_verdict(u32(said));
  if (s.bits && !ended(end)) a.flow = u32(known_flow(env, a.key) >> 1);
  return end;
}

constexpr Verdict kRarely = {0xfffa, Action::pass};  // not a way out: the rare way goes on

// A packet of a flow that both sides have spoken in.
template <class E>
WM_INLINE Verdict admit_open(E& env, Asked& a) {
  const ExactLimits limits = limits_of(env);
  const PinPlace place = place_in(hash_key(env.settings().pin_key, a.key), limits.buckets);
  Flow flow = find_exact<Flows>(env, limits, place, a.key);
  if (WM_UNLIKELY(!flow.word)) {
    await_exact_embryo<Embryos>(env, limits, place);
    return kRarely;
  }
  const u64 state = flow.owners_state();
  if (WM_UNLIKELY(forget(u32(state >> kLentBit)))) return kRarely;
  // The first packet in each stamp, which marks the flow and its pair as used.
  if (WM_UNLIKELY(exact_age(flow.value, flow_stamp(env)))) return kRarely;
  if (u8(a.key.word[1] >> 32) == kProtoTcp) {
    if (WM_UNLIKELY(stage_of(state) != Stage::open || a.segment.flags & kTcpSteers)) return kRarely;
    if (WM_UNLIKELY((a.bits ^ u32(flow.user >> kUserBitsShift)) & a.strict)) return why::other_bits;
    if (WM_UNLIKELY(!is_near(state, a.from, a.segment.sequence))) return why::window;
    const u64 after = after_acknowledgement(state, a.from, a.segment);
    if (WM_UNLIKELY(after != state)) change_state(flow, after);
  } else if (WM_UNLIKELY((a.bits ^ u32(flow.user >> kUserBitsShift)) & a.strict)) {
    return why::other_bits;
  }
  a.flow = flow_word(flow.user, state);
  return kGoOn;
}

// A packet of which `a` tells. kGoOn: it passes.
template <class E>
WM_INLINE Verdict admit(E& env, Asked& a) {
  const Verdict end = admit_open(env, a);
  return end.reason == kRarely.reason ? admit_rarely(env, a) : end;
}

}  // namespace waymark::firewall
