// What is known of one member, and of the link to it.
#pragma once

#include <map>
#include <memory>
#include <optional>

#include "config/config.h"
#include "group/flow_mirror.h"
#include "group/mirror.h"

namespace waymark::group {

using Link = u32;  // a connection, numbered by whoever carries its bytes

using OpinionKey = std::pair<std::string, std::string>;  // service and target
using Opinions = std::map<OpinionKey, bool>;             // none of those that are not known

// How dialling a member came to nothing.
enum class Unreached : u8 {
  absent,  // nobody answered for as long as one waits, or the network said that nobody is there
  unable   // this machine could not ask: out of files or memory, no address to dial from, not allowed
};
enum class Ended : u8 { by_peer, lost };  // a connection: closed or reset by the other end; or it broke

// What is known of a member to which there is no link, from the last attempt to dial it.
enum class Reach : u8 {
  unasked,  // no attempt has ended yet
  absent,   //
  busy,     // somebody took the connection, and closed it or was silent before anything was proven
  refused,  // one of the two did not believe the other's proof
  unable    //
};

// Sets what the list says; false where there would be more than a node has targets.
bool update(Opinions& opinions, const std::vector<Opinion>& list);
std::vector<Opinion> list_of(const Opinions& opinions);
std::vector<Opinion> changes(const Opinions& before, const Opinions& after);

struct MemberView {
  std::string name, address;
  bool direct = true;  // this node dials it
  bool up = false;
  Time since{};                      // it is up, or down
  std::string why;                   // it is down
  bool refused = false;              // it is there, but one of us does not believe the other
  std::optional<Digest> digest;      // its own; none before it told
  std::vector<std::string> differs;  // in what it is not as we are: "pool", "history", "keys", "table size"
  // By what it says as a POP, to this node or to others (group/reports.h), and says still.
  std::optional<Time> reported;           // when
  bool is_pop = false;                    //
  std::vector<std::string> paths_differ;  // where both are POPs: "plans", "pops", "servers", "policies"
  PathKeys keys;                          // that it knows
  bool sharing = false;                   // pins go to it and come from it
  std::string not_sharing;                // why not
  std::optional<Duration> lag;            // there and back, behind all that was sent before
  std::optional<Time> pulled;             // when we last had all its pins
  u64 pins_sent = 0, pins_received = 0;
  bool shares_flows = false;
  std::string flows_unshared;  // why not
  u64 flows_sent = 0, flows_received = 0;
  FlowMirrorCounts flows;  // what became of those
  bool shares_edges = false;
  u64 edge_flows_sent = 0, edge_flows_received = 0;
  MirrorCounts mirror;  // what became of those that were received
  bool behind = false;  // it does not keep up: changes are not sent for now
  u64 lost = 0;         // changes that it was not sent, until it has been sent all again
  u64 resends = 0;      // how often that was
};

// Flows of edges (group/edge_flows.h), by one link.
struct EdgeShare {
  u32 buckets = 0;  // that it says it has for each prefix
  bool shares = false, asked = false, mirrored = false;
  std::string unshared;        // why they are not; empty where they are, or one has none
  std::optional<u32> sending;  // the bucket from which it is sent all of them
  u64 sent = 0, received = 0;
};

struct Member {
  Member(const MemberConfig& c, Live& live, const SlotIdentities& slots, const IdleStamps& idle, u32 stale)
      : config(c), applier(live, slots, idle, stale), flow_applier(live) {}

  MemberConfig config;
  Applier applier;
  std::optional<Link> link;  // proven
  Time since{};
  std::string why = "not reached yet";

  std::optional<Address> address;  // of config.address
  std::optional<Time> dialled;     // while it is
  Time dial_at{};
  Duration pause{};  // between attempts
  Reach reach = Reach::unasked;
  Time asked{};                                  // when the attempt began that `reach` is from
  bool says_in_step = false;                     // who is refused
  std::optional<Time> refused_at, refusal_told;  // when somebody from its address was refused as this member

  // Of the link, from its beginning.
  std::optional<Digest> digest;
  Opinions opinions;
  std::map<std::string, Claim> coming;  // before its digest, which says that all has come
  bool sharing = false;
  bool pull_asked = false;     // by it, and not begun
  std::optional<u32> sending;  // the bucket from which it is sent pins
  bool sending_all = false;    // those too that others lent us: it asked
  u64 sending_count = 0;       //
  bool behind = false, resend = false;
  Time pinged{};
  std::optional<Duration> lag;
  u64 unknown_before = 0;  // pins of unknown targets when we asked last

  // Of flows (group/flow_mirror.h), by this link.
  u32 flow_buckets = 0;
  bool shares_flows = false, flows_asked = false;
  std::string flows_unshared;        // why they are not; empty where they are, or one has none
  std::optional<u32> sending_flows;  // the bucket from which it is sent all of them
  FlowApplier flow_applier;
  u64 flows_sent = 0, flows_received = 0;
  EdgeShare edges;

  // As it was told last, by this link or the one before.
  std::map<std::string, Claim> claims;
  bool was_ready = false, mirrored_flows = false;
  std::optional<Time> lost_at;  // when it was heard last, where it has told all before

  // Of this life.
  bool joined = false;  // we once had what it has
  std::optional<Time> pulled;
  u64 pins_sent = 0, pins_received = 0, not_shared = 0, lost = 0, resends = 0;

  // False where these would be more things than a node may have.
  bool take(const std::vector<Claim>& claims);
  void take(const Digest& news);
  void begin_link(Link number, Time now);
  void end_link(const std::string& reason, Time heard, Time now);  // heard: from it last
  void forget_flows();
  MemberView view(const std::optional<Digest>& ours) const;
};

// What keeps two from sharing pins, or "".
std::string not_sharing(const Digest& ours, const Digest& theirs);

}  // namespace waymark::group
