// The firewall's rules, and what it keeps of flows and fragments (DESIGN.md, "Firewall"). Included by core/records.h.
#pragma once

#include "core/exact_records.h"

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
  u8 allows;  // 0: refused
  u8 reserved;
};
static_assert(sizeof(FirewallRule) == 24);

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

// What a policy's owner has in the tables, and when its next new flow is due (as `limits`, core/answer.h).
struct FlowCount {
  u64 flows;  // as the last sweep counted them, and those since
  u64 due;
};
static_assert(sizeof(FlowCount) == 16);

// Fragments behind the first: whose datagram it is, and until when that is believed.
//   fingerprint:48 | stamp:16, a stamp being a tick
constexpr u32 kFragmentWays = 8, kFragmentBuckets = 4'096;
struct alignas(64) FragmentBucket {
  u64 way[kFragmentWays];  // flipped
};
static_assert(sizeof(FragmentBucket) == 64);

// Constants of one load.
struct FirewallSettings {
  u32 buckets, embryo_buckets;  // of flows; 0: there is no firewall
  u32 embryo_shift;             // an embryo's age counts units of 2^embryo_shift ticks; a flow's, as a pin's
  u32 stale_stamps;             // a flow unused for longer is beyond every idle time
  u32 embryo_stamps;            // likewise an embryo
  u32 fragment_ticks;           // so long a datagram's fragments are waited for
};
static_assert(sizeof(FirewallSettings) == 24);

constexpr u32 kMaxFirewallRules = 65'536, kMaxFirewallPolicies = 65'536;

}  // namespace waymark
