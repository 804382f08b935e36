// The whole configuration of one node, as parsed and checked: plain data, defaults filled in.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/agents.h"
#include "config/dns.h"
#include "config/values.h"
#include "core/records.h"
#include "core/siphash.h"
#include "dataplane/roles.h"
#define WM_ROLE_FILE config.h
#include "roles/include_each.h"

namespace waymark {

struct TargetConfig {
  std::string name;
  Address address{};  // where the tunnel ends
  u32 weight = 10;    // 0 to 1000; 0 drains
  Tunnel tunnel = Tunnel::ip;
  u16 port = 0;                 // GUE's and VXLAN's; 0: the usual one
  std::optional<u32> key = {};  // GRE's, or VXLAN's VNI
  std::optional<Mac> mac = {};  // whom VXLAN's frames are for
};
constexpr u16 port_of(const TargetConfig& t) { return t.port ? t.port : usual_port(t.tunnel); }

struct ServiceConfig {
  std::string name;
  std::string zone = "public";
  std::vector<Prefix> address;   // or prefixes: of those that hold an address the longest counts
  std::vector<PortRange> ports;  // sorted; they neither overlap nor touch
  Affinity affinity = Affinity::flow;
  Duration tcp_idle = std::chrono::hours(1);  // a proven pin is kept this long after its last packet
  Duration udp_idle = std::chrono::seconds(120);
  std::optional<CheckConfig> check = {};
  u32 fail_static = 100;  // percent: never more than this share of the targets is taken out by checks
  std::vector<TargetConfig> target;
  std::optional<RegisteredConfig> registered = {};  // others may come by themselves
};

struct MtuConfig {
  std::string interface;
  u32 mtu;
};

struct EngineConfig {
  std::vector<InterfaceConfig> interfaces;
  std::vector<MtuConfig> mtu = {};  // of some interfaces, where lower than the interface's own
  XdpMode mode = XdpMode::automatic;
  u32 targets = kUsualTargets;  // slots for them, in use or held by flows
  u32 pins = 1'000'000;         // proven flows the table holds; 0: no pins, every packet by the consistent choice
  u32 flows = 250'000;          // of the firewall's, where a role keeps any
  bool persist = true;          // pin the links in bpffs: forwarding outlives the daemon
  Duration adjacency_lifetime = std::chrono::seconds(60);  // after this without the daemon the kernel routes
  Role first = Role::count;                                // whose program packets meet; count: as first_role() says
};

struct MemberConfig {
  std::string name;     // its [node] name
  std::string address;  // "[2001:db8:5::e]:6090"
  bool direct = true;   // this node dials it
};

// Directors that serve the same services and stand in for each other.
struct GroupConfig {
  std::string name;
  std::string key;                           // file of the shared secret
  std::string listen;                        // "[2001:db8:5::d]:6090"
  bool mirror = true;                        // whether pins are shared
  Duration wait = std::chrono::seconds(10);  // a director that starts waits so long for members that do not answer
  std::vector<MemberConfig> member;          // the others
};

// What roles announce as kernel routes, for a routing daemon to redistribute.
struct AnnounceConfig {
  u32 protocol = 200;  // rtm_protocol
  u32 metric = 20;
  std::optional<u32> standby_metric;  // of what another member holds and this one could; none: it is not announced
  bool operator==(const AnnounceConfig&) const = default;
};

enum class TagOver : u8 { address = 0, pair = 1 };  // what a tag covers beside its own address: the client's

struct TagKeyConfig {
  u32 epoch;  // what the address's field `epoch` says; 0 where the plan has no such field
  SipKey key;
};

// How the 128 bits of an IPv6 address are divided (DESIGN.md, "Address plans"). config/plans.h compiles it.
struct PlanConfig {
  std::string name;
  Prefix prefix;
  std::string layout;  // "tenant:32 gateway:32 ipv4:32"
  TagOver over = TagOver::address;
  std::vector<TagKeyConfig> keys;
  std::optional<u32> use = {};                    // the epoch whose key makes new addresses; none: the highest
  Duration birth_unit = std::chrono::minutes(1);  // of the field `birth`
};

struct ApiConfig {
  std::string socket;                  // empty: /run/waymark/<node name>.sock
  std::optional<std::string> metrics;  // "127.0.0.1:9100" or "[::1]:9100"
  std::optional<std::string> health;   // likewise, for /health alone
};

struct Config {
  std::string name = "waymark";  // [node] name: also the instance's name on this machine
  EngineConfig engine;
  std::vector<ServiceConfig> service;
#define WM_ROLE_SECTION(NAME) std::optional<waymark::NAME::Section> NAME;
  WM_ROLES(WM_ROLE_SECTION)  // director, host and so on: each role's own, where the file has it
#undef WM_ROLE_SECTION
  std::optional<GroupConfig> group;
  std::optional<AgentsConfig> agents;
  std::vector<AuthoriseConfig> authorise;
  std::optional<AnnounceConfig> announce;
  std::optional<DnsConfig> dns;
  std::vector<PlanConfig> plan;
  ApiConfig api;
  std::string log_level = "info";
  std::string on_event;  // a program to be run for each event; empty: none
};

// A file that describes addresses and no node: for `check` and `address` alone.
bool only_plans(const Config& config);
inline std::string no_node_in(const std::string& file) {  // what others say of it
  return file + " has address plans alone, and no node to run; they are for `waymark address`";
}

RoleSet roles_of(const Config& config);  // that it gives this node
Role first_role(const Config& config);   // whose program packets meet, at no cost; the others are a jump away

}  // namespace waymark
