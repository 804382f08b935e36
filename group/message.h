// What members tell each other: one message in a frame's body. First its kind, then its fields, little-endian; lists
// are a count and as many records. A kind that is not known is skipped, so that a newer member may say more than an
// older one understands; whatever else does not fit is an error, and the end of the channel.
#pragma once

#include <optional>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

#include "base/hmac.h"
#include "base/result.h"
#include "core/hash.h"

namespace waymark::group {

// What members must agree in to choose alike (pool, history), and to share pins (key, buckets).
struct Digest {
  u64 pool = 0;         // of the effective pool: what new flows are spread over, and how
  u64 history = 0;      // of the choices before: second candidates
  u64 key = 0;          // of the keys of flows
  u32 pin_buckets = 0;  //
  u64 generation = 0;   // of the pool; for people
  u64 flows = 0;        // how many the sender has pins of
  bool ready = false;   // it announces its services, or would
  bool mirror = false;  // it wants to share pins
  bool operator==(const Digest&) const = default;
};

// What says in a record at which node something was decided.
inline u32 origin_of(const std::string& node) { return zone_of(node.data(), u32(node.size())); }

// What an operator decided about a target; of two, the one with the later (version, origin) is in force.
struct StateRecord {
  std::string service, target;
  bool drained = false;
  std::optional<u32> weight;    // in place of the configuration's; at most 1000
  u64 version = 0, origin = 0;  // origin: of the node where it was decided
  bool operator==(const StateRecord&) const = default;
};

// How a target looks from the sender.
struct Opinion {
  std::string service, target;
  std::optional<bool> up;  // none: not known
  bool operator==(const Opinion&) const = default;
};

// What the sender's slot stands for, in words of both (identity_of_target in group/mirror.h); 0: nothing any more.
struct SlotIdentity {
  u32 slot;
  u64 identity;
  bool operator==(const SlotIdentity&) const = default;
};

// A pin as it stands in the sender's bucket, but its stamp is its age: so many stamps ago it was used.
struct PinRecord {
  u32 bucket;
  u64 word;
  bool operator==(const PinRecord&) const = default;
};
// What stands in a table no more.
struct Gone {
  u32 bucket;  // the flow's first
  u32 fingerprint;
  bool operator==(const Gone&) const = default;
};
struct GonePin : Gone {};

struct Pull {  // please send all pins you have
  bool operator==(const Pull&) const = default;
};
struct PullEnd {  // these were all
  u64 count = 0;
  bool operator==(const PullEnd&) const = default;
};
struct Ping {
  u64 token = 0;
  bool operator==(const Ping&) const = default;
};
struct Pong {
  u64 token = 0;
  bool operator==(const Pong&) const = default;
};

constexpr size_t kMostThings = 8'192;  // of one member

// What the sender says of a thing that members hold in turn (group/holdings.h), named by two names: "gateway 2".
struct Claim {
  std::string thing;
  bool listed = true;  // false: nothing any more
  bool own = false, stands_in = false;
  bool held = false;  // packets follow it, and it is announced where the sender is ready
  bool operator==(const Claim&) const = default;
};
// To whom an operator gave it; of two, the one with the later (version, origin, member) is in force.
struct Assignment {
  std::string thing, member;    // empty: to nobody, as files say
  u64 version = 0, origin = 0;  // origin: of the node where it was decided
  bool operator==(const Assignment&) const = default;
};

// What an operator decided about an id of the plans of POPs (roles/path/packet_revoked.h); of two, the one with the
// later (version, origin) is in force.
struct RevocationRecord {
  u64 word = 0;  // of the id
  bool revoked = false;
  u64 until = 0;  // seconds since 1970; 0: for good
  u64 version = 0, origin = 0;
  bool operator==(const RevocationRecord&) const = default;
  bool later_than(const RevocationRecord& o) const {
    return std::tie(version, origin, revoked, until) > std::tie(o.version, o.origin, o.revoked, o.until);
  }
};

// What POPs must have alike (roles/path/digest.h); zeros: it is no POP.
struct PathDigest {
  u64 plans = 0, pops = 0, servers = 0, policies = 0;
  bool operator==(const PathDigest&) const = default;
};

// How one POP looks from another, by what that measured (paths/seen.h).
struct PopView {
  u32 from = 0, to = 0;  // ids, 1 to 65,535
  u8 sight = 0;          // 0: not known, 1: up, 2: silent
  u32 round_trip = 0;    // microseconds; 0: not measured
  u32 lost = 0;          // of 10,000 questions
  bool operator==(const PopView&) const = default;
};
using PopPair = std::pair<u32, u32>;     // who sees, and whom
constexpr size_t kMostPopViews = 1'000;  // of one node

// A key of tags that a node knows (roles/path/keys.h), and whether packets had its tags there lately.
struct PathKey {
  u64 digest = 0;
  bool seen = false;
  bool operator==(const PathKey&) const = default;
};
constexpr size_t kMostPathKeys = 8;
struct PathKeys {  // all of them
  std::vector<PathKey> keys;
  bool operator==(const PathKeys&) const = default;
};

// All that a node says as a POP. It goes from member to member until each has it (group/reports.h), so it names the
// node.
struct PopReport {
  std::string node;
  u64 number = 0, life = 0;  // of two of a node, the one with the later (number, life) is in force
  u32 age = 0;               // milliseconds since the node sent it
  PathDigest paths;
  PathKeys keys;
  std::vector<u32> told;       // origin_of() of those to whom the node sends it itself, in order; kMostMembers at most
  std::vector<PopView> views;  // its POP's, in the order of those that are seen; kMostPopViews at most
  bool operator==(const PopReport&) const = default;
  bool later_than(const PopReport& o) const { return std::tie(number, life) > std::tie(o.number, o.life); }
};
constexpr size_t kMostMembers = 255;  // of a group, beside a node

// A flow of the firewall's (core/firewall/flow.h), as it stands in its record; `state` without what is this node's own.
struct FlowRecord {
  u64 ends, rest;  // its key
  u64 state, user;
  bool operator==(const FlowRecord&) const = default;
};
struct GoneFlow : Gone {};
// Before the digest: how many buckets the sender's table of flows has; 0: it shares none.
struct FlowTable {
  u32 buckets = 0;
  bool operator==(const FlowTable&) const = default;
};
struct FlowPull {  // please send all flows you have
  bool operator==(const FlowPull&) const = default;
};
struct FlowPullEnd {  // these were all
  bool operator==(const FlowPullEnd&) const = default;
};

// A flow of an edge's (roles/edge/packet_flow.h) as it stands in its record; `state` without what is a node's own.
struct EdgeFlowRecord {
  u64 prefix;  // the upper half of its own address, as on the wire; of IPv4 the pool's first address, behind 0xffff
  u32 place;   // in its region of the table
  u64 key[4];
  u64 server[2];
  u64 state;
  u64 user;  // the lower half of its own address; of IPv4 what stands in node/edge_mirror_regions.cpp
  bool operator==(const EdgeFlowRecord&) const = default;
};
struct GoneEdgeFlow {
  u64 prefix;
  u32 place;
  u64 user;
  bool operator==(const GoneEdgeFlow&) const = default;
};
// Before the digest: how many buckets a prefix has in the sender's table; 0: it shares none.
struct EdgeTable {
  u32 buckets = 0;
  bool operator==(const EdgeTable&) const = default;
};
struct EdgePull {  // please send all flows of edges that you have
  bool operator==(const EdgePull&) const = default;
};
struct EdgePullEnd {  // these were all
  bool operator==(const EdgePullEnd&) const = default;
};

// In the order of their kinds on the wire, from 1 on: append only.
using Message =
    std::variant<Digest, std::vector<StateRecord>, std::vector<Opinion>, std::vector<SlotIdentity>,
                 std::vector<PinRecord>, std::vector<GonePin>, Pull, PullEnd, Ping, Pong, std::vector<Claim>,
                 std::vector<Assignment>, FlowTable, std::vector<FlowRecord>, std::vector<GoneFlow>, FlowPull,
                 FlowPullEnd, EdgeTable, std::vector<EdgeFlowRecord>, std::vector<GoneEdgeFlow>, EdgePull, EdgePullEnd,
                 std::vector<RevocationRecord>, PopReport>;

// As few bodies as hold it: a long list takes several, an empty one none.
std::vector<std::vector<u8>> encode(const Message& message);

// None where the kind is not known.
Result<std::optional<Message>> decode(ByteView body);

}  // namespace waymark::group
