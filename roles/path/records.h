// What a POP knows of other POPs, servers and policies. Shared with user space; see core/records.h.
#pragma once

#include "core/plan.h"

namespace waymark {

// By a POP's id, a server's id and a policy's index, which are bits of addresses. `slot`: of a target.
struct PathPop {
  u32 slot;
  u8 known;
  u8 plain;  // 1: it is on a link of this node's, and packets go there as they are
  u8 down;   // 1: the operator says so
  u8 reserved;
};
struct PathServer {
  u32 slot;
  u16 pop;
  u8 known;
  u8 reserved;
};
static_assert(sizeof(PathPop) == 8 && sizeof(PathServer) == 8);

// Its ports are fronts' (packet_policy.h).
struct PathPolicy {
  u64 protocols[4];  // bits, of protocols without ports
  u64 mandatory;     // up to four POPs' ids, 16 bits each; 0 behind the last
  u8 known;
  u8 sets_class;
  u8 dscp;
  u8 pings;   // bits of Towards: some TCP connections may begin that way
  u32 batch;  // bytes that a CPU takes at once of what the rate gives; 0: there is no rate (packet_rate.h)
  u64 pace;   // what a byte takes, in units of 2^-36 ticks
  u64 burst;  // so far turns may run ahead of now, in units of 2^-16 ticks
};
static_assert(sizeof(PathPolicy) == 64);

// What a CPU has left of what it took for a policy with a rate, one way; and what it did with it. Two for each policy,
// by Towards.
struct PathTraffic {
  long long credit;          // bytes; below 0: it lent some to the last packet
  u64 packets, bytes, over;  // passed; likewise; dropped
};
static_assert(sizeof(PathTraffic) == 32);

// Packets whose tag was found good are counted by the key that made it: its place in Plan::keys, of servers' keys
// first.
constexpr u32 kTagUses = 2 * kTagKeys;

// Ids that are revoked, as words: an exact set in two halves (packet_revoked.h). Those of a bucket stand in its first
// ways; what finds it full stands in one of the next.
constexpr u32 kRevokedWays = 8, kRevokedBuckets = 4;  // the latter are looked at for a word, at most
struct alignas(64) RevokedBucket {
  u64 way[kRevokedWays];  // 0: empty
};
static_assert(sizeof(RevokedBucket) == 64);

// What is known of an id that is revoked, or was: for the daemon alone.
constexpr u8 kNotDecided = 0, kRevoked = 1, kRevokedNoMore = 2;
struct Revocation {
  u64 word;     // 0: nothing stands here
  u64 version;  // of the decision; 0: nobody decided anything
  u64 origin;   // hash of the node's name where it was decided
  u64 until;    // seconds since 1970; 0: for good
  u8 listed;    // 1: the file has it
  u8 decided;   // kNotDecided and so on
  u8 reserved[6];
};
static_assert(sizeof(Revocation) == 40);

// Names whose addresses are made for each client (packet_ask.h): as they stand on the wire, in lower case, with zeros
// behind the end. Their servers stand in path_asked_servers one after another, by ascending ids.
constexpr u32 kAskedWords = 32, kMostAskedServers = 16;
struct AskedName {
  u64 word[kAskedWords];
  u32 words;  // that the name has
  u32 first;  // of its servers
  u32 count;  // of them
  u32 set;    // of constraints on its paths
};
struct AskedServer {
  Address address;  // that it has, but for path and tag
  u32 id, weight;
  u32 to;  // where it is: a column of path_ways
  u32 reserved;
};
struct AskedBucket {
  u32 way[4];  // tag of the name's hash:16, its place and 1:16; 0: empty
};
static_assert(sizeof(AskedName) == 272 && sizeof(AskedServer) == 32 && sizeof(AskedBucket) == 16);

// What the daemon says besides, as often as it does. Two of them: table::path_asked has which one is in force.
struct AskedHead {
  u64 layout;      // of the load whose questions it is for (AskedSettings)
  SipKey cookies;  // the secret that cookies are made by
  u32 seconds;     // since 1970, when it was written
  u32 reserved;
};
static_assert(sizeof(AskedHead) == 32);

// Questions of sources that prove nothing share a rate by prefix, which is drawn to one of so many places.
constexpr u32 kAskedTurns = 65'536;
constexpr u32 kMaxAskedNames = 50'000, kMaxAskedServers = 262'144, kMaxAskedBuckets = 1u << 18;
constexpr u32 kMaxPathWays = 262'144, kLostWords = 1'024;  // the latter: a bit for each server's id

constexpr u32 kUsualRevocations = 65'536, kMaxRevocations = 1u << 20;
namespace path {
// Of a half: half of its ways are empty where all ids are revoked.
WM_INLINE constexpr u32 revoked_buckets_for(u32 ids) { return ids ? ids / 4 + kRevokedBuckets : 0; }
}  // namespace path

constexpr u32 kMaxPathPops = 65'536, kMaxPathServers = 65'536, kMaxPathPolicies = 1'024, kMostMandatory = 4;

}  // namespace waymark
