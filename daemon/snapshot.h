// All that a running daemon can tell at one moment: gathered on its loop, which must be quick, and made into text on
// another thread, where it may take its time. `show` and the metrics are made from it alone.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>

#include "daemon/command.h"
#include "daemon/dns/server.h"
#include "daemon/flows.h"
#include "daemon/hook.h"
#include "daemon/key_watch.h"
#include "daemon/refused.h"
#include "daemon/rows.h"
#include "daemon/server.h"
#include "node/asked.h"
#include "node/control.h"
#include "node/held.h"
#include "rtnetlink/facts.h"

namespace waymark {

// What the kernel says is on a configured interface.
enum class InterfaceState : u8 { native, generic, missing, held, bare };  // held: by another program; bare: by none
struct AttachedInterface {
  std::string name;
  u32 index;  // 0 where it is missing
  InterfaceState state;
  std::string note;         // why generic; empty where nothing is to be said
  std::string holder = {};  // where it is held
};
std::string text(const AttachedInterface& interface);  // "native XDP", "held by another program 12 (xdp_filter)"

struct AdjacencyView {
  Address target;
  bool usable;            // by XDP; else the kernel routes
  std::string interface;  // when usable
  Mac source{}, destination{};
  u16 mtu = 0;
  std::string why;                              // when not usable, or, for targets without a tunnel, there is a gateway
  NextHop::Reach reach = NextHop::Reach::none;  // when not usable
  bool gateway = false;                         // the next hop is a router
};
// Whether packets cannot reach it by such a tunnel.
bool is_lost(const AdjacencyView& way, Tunnel tunnel);

// Packets that the program left to the daemon.
struct PuntCounts {
  u64 sent = 0;          // all their pieces were given to the kernel
  u64 failed = 0;        // a piece could not be sent, or there was nothing to send
  u64 lost = 0;          // found the ring full
  u64 unknown = 0;       // their neighbour in a tenant's overlay is not known, and was asked for just now
  std::string why;       // the last failure; empty without any
  HeldCounts held = {};  // fragments that came before the first of their datagram
};

// The program of one role.
struct ProgramView {
  std::string role, tag;
  u32 verified_instructions = 0;  // 0: the kernel does not tell
  bool attached = false;          // on the interfaces; else the one that is jumps to it
};

using ListRevoked = std::function<std::vector<Revocation>()>;
using ListNeighbours = std::function<std::vector<NeighbourSeen>(const NeighbourFilter&)>;

// Servers that register here.
struct AgentsView {
  std::vector<agents::BindingView> bindings;
  std::vector<agents::PeerView> peers;
  agents::RegistrarCounters counters;
};

struct Snapshot {
  std::string version, program_tag;  // the tag of the one that is attached
  std::vector<ProgramView> programs;
  u32 pid = 0;
  Duration uptime{};
  u64 generation = 0;  // of the choices in force: one more with each change of weights, targets or drains
  bool standing_by = false;
  u32 pin_buckets = 0, embryo_buckets = 0;
  u32 slots = 0;                                                            // of targets, in use or not
  std::shared_ptr<const Config> config = std::make_shared<const Config>();  // in force
  std::vector<AttachedInterface> interfaces;
  std::vector<TargetView> targets;
  // Fills `traffic` and `counters` from the tables: for the thread that makes the text. It may outlive the engine, and
  // is empty where both are filled already.
  std::function<void(Snapshot&)> read_counters;
  void read_counters_once() {
    if (const auto read = std::exchange(read_counters, {})) read(*this);
  }
  std::vector<TargetCounters> traffic;    // by slot
  std::vector<PathTraffic> path_traffic;  // of a POP's policies (roles/path/packet_rate.h)
  std::vector<u64> tag_uses;              // by a key's place (roles/path/keys.h)
  std::vector<KeyWatch::View> keys;       // where there is a POP
  std::string unknown_epochs;             // a sentence while packets name some
  std::vector<AdjacencyView> adjacencies;
  std::vector<Watch::View> pops;  // the others, where they are watched
  paths::Links wan;
  Counters counters;
  SweepResult swept;
  Time now{};
  std::string awaited;  // why services are not announced; empty: the node is in step
  std::vector<Health::View> health;
  Health::Load checks;
  Health::Unrenewed unrenewed;
  Duration longest_pause{}, lost_time{};  // of the loop
  std::optional<group::GroupView> group;
  std::vector<group::HoldingView> holdings;  // what its members hold in turn
  std::vector<Announce::View> announced;
  std::optional<AgentsView> agents;                     // where servers register here
  std::vector<agents::RegistrationView> registrations;  // of this node's own services elsewhere
  std::vector<std::string> agent_troubles;              // where this director does not listen
  std::optional<PuntCounts> punts;                      // where there is a translator
  std::vector<HttpCounts> http;                         // each server's
  std::vector<std::string> warnings;                    // of interfaces
  std::vector<std::string> drops;                       // reasons that drop more than before, a sentence each
  std::vector<RefusedView> refused;                     // of drivers that count it
  std::vector<std::string> refusing;                    // a sentence for each that does, just now
  std::optional<HookCounts> hook;                       // where there is one
  std::optional<DnsView> dns;                           // where there is a name server
  std::optional<AskedTables::View> asked;               // likewise: what XDP answers in its place
  std::optional<FlowsView> flows;                       // where there is a firewall
  std::optional<EdgeView> edge;                         // where there is an edge
  ListFlows list_flows;                                 // as `flows`; looks into the tables, and may outlive the engine
  ListEdgeFlows list_edge_flows;                        // as `edge`; likewise
  std::optional<NeighboursSwept> neighbours;            // where tenants have overlays
  ListNeighbours list_neighbours;                       // likewise
  std::optional<RevokedCounts> revoked;                 // where there is a POP
  std::string revoked_trouble;                          // why its file of them is not followed; empty where it is
  ListRevoked list_revoked;                             // as `revoked`; those in force, and likewise
};

u64 pin_capacity(const Snapshot& s);  // all ways for proven pins: never fewer than are used
std::string text(const PortRange& range);
TargetCounters traffic_of(const Snapshot& s, const TargetView& target);

// Fails where `show.service` names no service.
Result<Rows> show(const Snapshot& s, const Show& show);
Rows show_health(const Snapshot& s);
std::vector<std::string> check_warnings(const Snapshot& s);
Rows show_group(const Snapshot& s);
Rows show_holdings(const Snapshot& s);
Rows show_announce(const Snapshot& s);
// `tenant`: only this one's, or all where it is empty. Fail where nobody has the name.
Result<Rows> show_firewall(const Snapshot& s, const std::string& tenant);
Result<Rows> show_flows(const Snapshot& s, const Show& show);
Result<Rows> show_edge(const Snapshot& s, const Show& show);
std::string protocol_text(u8 protocol);  // "tcp", "icmp", or its number

// The tenant of [gateway] that has this name, or a sentence.
Result<const TenantConfig*> find_tenant(const Snapshot& s, const std::string& name);

// What a tenant of [gateway] has at its firewall; zeros without one.
struct TenantFlows {
  const TenantConfig* tenant = nullptr;  // of the snapshot's configuration
  u64 flows = 0, half_open = 0;          // as the last sweep found them
  u64 taken = 0;                         // what counts against its limit just now
};
std::vector<TenantFlows> tenant_flows(const Snapshot& s);  // in the configuration's order

// What a policy of [path] let pass one way, and what not.
struct PolicyTraffic {
  const PathPolicyConfig* policy = nullptr;  // of the snapshot's configuration
  const char* towards = "";
  PathTraffic counted{};
};
std::vector<PolicyTraffic> policy_traffic(const Snapshot& s);
Rows show_path(const Snapshot& s);
Rows show_pops(const Snapshot& s);
Rows show_links(const Snapshot& s);
Rows show_bindings(const Snapshot& s);
Rows show_agents(const Snapshot& s);
Rows show_registrations(const Snapshot& s);

// A key of tags, and what still uses it.
struct KeyUse {
  const KeyWatch::View* view;           // of the snapshot
  u64 packets = 0;                      // since view->since
  std::optional<Duration> seen;         // so long ago, by looks; none: not since
  std::vector<std::string> unknown_to;  // members of the group that are POPs, are connected, and do not know it
  std::vector<std::string> seen_at;     // members that saw it lately
};
std::vector<KeyUse> key_uses(const Snapshot& s);
using ClientsByEpoch = std::map<u64, u64>;
// `clients`: how many have an address of an epoch; none: that is not known.
Rows show_keys(const Snapshot& s, const std::optional<ClientsByEpoch>& clients);
Rows show_revoked(const Snapshot& s, u32 most);
Rows show_dns(const Snapshot& s);
// Questions that XDP saw, by what became of them: "answered", "passed_name".
std::vector<std::pair<std::string, u64>> questions_in_xdp(const Snapshot& s);

Result<Rows> show_neighbours(const Snapshot& s, const Show& show);

// An overlay of a tenant's, and how many neighbours the last sweep found in it.
struct OverlayNeighbours {
  std::string tenant;
  u32 vni = 0;
  std::string interface = {};  // of a link, which has no VNI
  u64 known = 0, most = 0;
};
std::vector<OverlayNeighbours> overlay_neighbours(const Snapshot& s);  // in the configuration's order

// A flow's pin, as found in the tables just now.
Rows show_pin(const Snapshot& s, const std::optional<Pin>& pin);

// The text exposition format, version 0.0.4.
std::string metrics_text(const Snapshot& s);

}  // namespace waymark
