// Who may begin a flow: a policy's rules, its limits, and time of grace.
#pragma once

#include "core/firewall/flow.h"
#include "core/tables.h"
#include "core/turn.h"

namespace waymark::firewall {

// The ends of a flow's first packet. Ports in host order, 0 for a ping.
struct Ends {
  u32 inside, outside;
  u16 to_port;
  u8 protocol;
  u8 has;  // of what rules need
};
WM_INLINE constexpr Ends ends_of(const ExactKey<2>& key, Side from, u8 has) {
  const u32 inside = u32(key.word[0] >> 32), outside = u32(key.word[0]);
  const u8 protocol = u8(key.word[1] >> 32);
  const bool ping = protocol == kProtoIcmp4;
  return {inside, outside, ping ? u16(0) : u16(from == Side::inside ? key.word[1] >> 16 : key.word[1]), protocol, has};
}

struct Allowed {
  bool allows;
  u8 rule;      // its number, from 1 on; 0: none is about this flow
  u32 outcome;  // FirewallRule's
};

// The first rule that is about the flow decides.
template <class E>
WM_INLINE Allowed ask_rules(E& env, const FirewallPolicy* policy, const Ends& ends, Side from) {
  const u32 direction = from == Side::inside ? kRuleOut : kRuleIn;
  u32 found = 0, outcome = policy->otherwise & direction;
  for (u32 i = 0; i < kMostFirewallRules; ++i) {
    if (i >= policy->rules) break;
    const FirewallRule* rule = env.at(table::firewall_rules, policy->first + i);
    if (!rule) break;
    const u32 differ = ((rule->inside ^ ends.inside) & rule->inside_mask) |
                       ((rule->outside ^ ends.outside) & rule->outside_mask) |
                       (rule->protocol ? u32(rule->protocol ^ ends.protocol) : 0) | (rule->needs & ~ends.has);
    if (differ || !(rule->directions & direction)) continue;
    if (ends.to_port < rule->first || ends.to_port > rule->last) continue;
    found = i + 1;
    outcome = rule->outcome;
    break;
  }
  outcome = forget(outcome);
  return {(outcome & (kRuleAllows | kRuleOut | kRuleIn)) != 0, u8(forget(found)), outcome};
}

enum class Room : u8 { yes, many_flows, many_new };

// Whether the policy's owner may have one more flow now; it then has one more. `interval`, `burst`: of all new flows,
// or of those that this is one of.
template <class E>
WM_INLINE Room take_room(E& env, const FirewallPolicy* policy, u32 interval, u32 burst) {
  FlowCount* count = env.at(table::flow_counts, policy->count);
  if (!count) return Room::many_flows;
  if (policy->most && read_word(&count->flows) >= policy->most) return Room::many_flows;
  if (interval && !take_turn(&count->due, env.now(), interval, burst)) return Room::many_new;
  __sync_fetch_and_add(&count->flows, 1);
  return Room::yes;
}

// Until when TCP is found again in its middle: 1 << 32 and a tick, or 0.
constexpr u64 kGraceIsOn = u64(1) << 32;
template <class E>
WM_INLINE bool is_grace(E& env) {
  const u64* word = env.at(table::flow_grace, 0);
  const u64 until = word ? read_word(word) : 0;
  return until & kGraceIsOn && int(u32(until) - env.now()) > 0;
}

}  // namespace waymark::firewall
