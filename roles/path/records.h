// What a POP knows of other POPs, servers and policies. Shared with user space; see core/records.h.
#pragma once

#include "core/types.h"

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
  u8 pings;  // bits of Towards: some TCP connections may begin that way
  u32 reserved;
};
static_assert(sizeof(PathPolicy) == 48);

constexpr u32 kMaxPathPops = 65'536, kMaxPathServers = 65'536, kMaxPathPolicies = 1'024, kMostMandatory = 4;

}  // namespace waymark
