// The firewall's rules, and what it keeps of flows and fragments (DESIGN.md, "Firewall"). Included by core/records.h.
#pragma once

#include "core/exact_records.h"
#include "core/memo_records.h"

namespace waymark {

constexpr u8 kRuleOut = 1, kRuleIn = 2;  // directions, as bits
constexpr u32 kMostFirewallRules = 64;   // of one policy

// Which new flows it is about, and what becomes of them. Addresses in host order, each with the bits that count.
struct FirewallRule {
  u32 inside, inside_mask;
  u32 outside, outside_mask;
  u16 first, last;  // destination ports; of ping 0
  u8 protocol;      // 0: any
  u8 directions;
  u8 needs;  // what must be true of the flow: kNeedsValid
  u8 reserved;
  u32 outcome;  // flow's bits:24 | kRuleClass | kRuleAllows; 0: refused
};
static_assert(sizeof(FirewallRule) == 28);
// What becomes of a flow that a rule is about. It gets the bits in its address (core/firewall/bits.h), and with
// kRuleClass its first packet's class as well.
constexpr u32 kRuleAllows = 1, kRuleClass = 0xfc, kRuleBits = 8;  // a flag, a mask of six bits, a shift
// Another gateway's address from which the packet comes says that its flow is valid.
constexpr u8 kNeedsValid = 1;

// Who may begin flows, of one tenant's.
struct FirewallPolicy {
  u32 owner;                        // part of each flow's key: 24 bits, the same in every load
  u32 count;                        // the place of what it has in table::flow_counts
  u32 first, rules;                 // in table::firewall_rules, in the order in which they are asked
  u32 most;                         // flows at once; 0: as many as the table holds
  u32 interval, burst;              // of new flows, as Settings::answer_interval; 0: any number
  u32 grace_interval, grace_burst;  // of flows that outside packets found again in time of grace; 0: none
  u8 otherwise;                     // directions in which flows that no rule is about may begin
  u8 reserved[3];
};
static_assert(sizeof(FirewallPolicy) == 40);

// What a policy's owner has in the tables, and when its next new flow is due, and its next fragment that may be held
// (as `limits`, core/answer.h).
struct FlowCount {
  u64 flows;  // as the last sweep counted them, and those since
  u64 due, early_due;
};
static_assert(sizeof(FlowCount) == 24);

// Where the bits of a field stand that an address has of its flow (core/firewall/bits.h): the address's halves, of
// which one or both have some, turned so far to the left from where a flow's bits, shifted, have them.
struct FlowPlace {
  u64 high_mask, low_mask;  // host order
  u8 turn, shift;
  u8 reserved[6];
};
static_assert(sizeof(FlowPlace) == 24);
constexpr u32 kFlowFields = 3;  // dscp, valid, birth
struct FlowPlaces {
  FlowPlace of[kFlowFields];
  u32 count;
  u32 mask;  // all that they have of a flow's bits
};
static_assert(sizeof(FlowPlaces) == 80);

// Constants of one load.
struct FirewallSettings {
  u32 buckets, embryo_buckets;  // of flows; 0: there is no firewall
  u32 embryo_shift;             // an embryo's age counts units of 2^embryo_shift ticks; a flow's, as a pin's
  u32 stale_stamps;             // a flow unused for longer is beyond every idle time
  u32 embryo_stamps;            // likewise an embryo
  u32 pair_buckets;             // of who spoke with whom (core/firewall/pairs.h)
  u32 birth_bits;               // of a flow's; 0: its address does not say when it began
  u32 birth_scale;              // 2^32 by the ticks of its unit
  u32 bits;                     // which of a flow's stand in its address
  u32 reserved;
};
static_assert(sizeof(FirewallSettings) == 40);

constexpr u32 kMaxFirewallRules = 65'536, kMaxFirewallPolicies = 65'536;

}  // namespace waymark
