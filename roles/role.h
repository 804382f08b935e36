// What hosted code knows of a role: one Descriptor, in roles/*/role.cpp. Who serves all roles (the checks, the
// compiler, the daemon, the command line) goes through the list and names none of them.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/config.h"
#include "config/holding.h"
#include "config/problem.h"
#include "roles/here.h"

namespace waymark {

namespace config {
struct Checking;
}
struct Compiling;
struct InterfaceFacts;
struct Port;
struct TableSizes;

// An address or a prefix that something in a configuration has.
struct Owned {
  enum Kind : u8 {
    entered = 1,  // packets to it that come in are this role's
    served = 2,   // clients reach a service there, here or behind tunnels: no tunnel may begin or end there
    tunnel = 4,   // tunnels begin or end there
  };
  Prefix prefix;
  u8 kinds;               // of Kind
  std::string_view zone;  // where packets to it come in; empty: in any
  std::string whose;      // "an address of service \"web\"", after "is both" or "and"
  config::Mark at;
};

// What a role announces, where there is [announce].
struct Announced {
  Prefix prefix;
  std::string_view service;  // as long as this one is live; empty: as long as the node is in step
  bool standby = false;      // another member holds it: only where there is a metric for such
};

// A frame that tells an Ethernet who is there now, to be sent once this node is.
struct Greeting {
  u32 interface;
  std::vector<u8> frame;
  bool operator==(const Greeting&) const = default;
};

// What UDP to a port is taken for: a tunnel, and of which kind.
struct TunnelPorts {
  std::set<u16> gue = {}, vxlan = {};

  void add(Tunnel tunnel, u16 port) {
    if (tunnel == Tunnel::gue) gue.insert(port);
    if (tunnel == Tunnel::vxlan) vxlan.insert(port);
  }
};

// Flows have a table for each kind. What a role says of those that it keeps.
enum class FlowKind : u8 { firewall, edge };
struct Keeping {
  FlowKind kind{};
  u32 room = 0;                     // flows at once
  Duration tcp_idle{}, udp_idle{};  // after so long in silence they go
  // Of an edge's: what its flows have own addresses in, as its table is divided; those of IPv4, and how many addresses
  // they share.
  std::vector<Prefix> prefixes = {};
  u32 room4 = 0, addresses = 0;
  // Of the firewall's:
  Duration grace{};             // TCP goes on in its middle for so long where flows are not known; 0: it does not
  Duration birth_unit{};        // of what addresses say of a flow's beginning; 0: they do not
  std::vector<u64> holds = {};  // whose flows come here: gateways' ids, sorted
};

struct Descriptor {
  Role role;
  // What gives it work, as sentences call it: "[[service]]". And whether a configuration has that.
  const char* work;
  bool (*has_work)(const Config&);
  // Of a node's roles the one with the lowest attaches its program, where [engine] first does not say.
  u32 precedence;
  // Whose packets to its own addresses are: "a service's address".
  const char* address_text;
  const char* prefix_text;  // likewise, and to its prefixes: "in a service's prefix"
  // What `check` says it does: "translates by 1 prefix and 2 maps". Of a configuration that gives it work.
  std::string (*summary)(const Config&);

  // The rest is for roles that have such a thing; null: none.
  // Rules between keys (config/checks.h), also where there is no section; then what is tidied in a good configuration.
  const char* bare_text = nullptr;  // in place of `address_text`, of an address without ports
  void (*check)(config::Checking&) = nullptr;
  void (*settle)(Config&) = nullptr;
  // What it has, so that no two roles have the same.
  void (*owns)(const config::Checking&, std::vector<Owned>&) = nullptr;
  std::vector<std::string_view> (*zones)(const Config&) = nullptr;
  // Named things that come and go with a reload, and what one is called: "host service".
  const char* thing = nullptr;
  std::vector<std::string_view> (*things)(const Config&) = nullptr;
  // Its part of the tables (roles/compile.h), and of the port of an interface. Of a configuration that gives it work,
  // as all that follows.
  Status (*compile)(const Compiling&) = nullptr;
  void (*open_port)(const Config&, const InterfaceConfig&, Port&) = nullptr;
  // The table of its flows' state that members of a [group] mirror, by identity (group/mirror.h).
  const char* mirrored = nullptr;
  // Whether members of a [group] tell each other of its work besides, without any table or thing of these kinds.
  bool told_to_group = false;
  // What of its work members of a [group] hold in turn, and how a configuration becomes one that holds just these.
  std::vector<Holding> (*holdings)(const Config&) = nullptr;
  void (*hold)(Config&, const Holds&) = nullptr;
  // What kernel routes are to tell routers of, and lead nowhere: where this machine itself must not need another one.
  std::vector<Announced> (*announces)(const Config&) = nullptr;
  // Whom it greets, and by which of the machine's interfaces.
  std::vector<Greeting> (*greets)(const Config&, std::span<const InterfaceFacts>) = nullptr;
  // Which prefixes that the machine reaches by itself win over what the role takes: they are in its tables, which are
  // made anew when routes change.
  std::vector<Prefix> (*winners)(const Config&, std::span<const Prefix> natives) = nullptr;
  // What this machine would keep it from working by (roles/here.h).
  void (*look_here)(const Config&, Findings&) = nullptr;
  // For `trace` and `replay`: by which interface its packets of one IP version come in, null where none is meant;
  // whether they leave as the kernel's routes say (Env::route), which are then made up: by that interface; and the
  // UDP ports of its tunnels.
  const InterfaceConfig* (*usual_interface)(const Config&, bool ip6) = nullptr;
  bool goes_by_routes = false;
  // What it says of the flows that it keeps; none where it keeps none just now.
  std::optional<Keeping> (*keeps)(const Config&) = nullptr;
  void (*tunnel_ports)(const Config&, TunnelPorts&) = nullptr;
};

const Descriptor& descriptor_of(Role role);

// Those of a configuration's roles that have work, in the order of their numbers.
std::vector<const Descriptor*> roles_at_work(const Config& config);

// Whose an address is: of all that roles have, what has the longest prefix that holds it; several where zones or kinds
// differ.
struct RolesOwn {
  Role role;
  Owned owned;
};
std::vector<RolesOwn> owners_of(const Config& config, const Address& address);

// What a role says of flows of a kind, and how many are to have room: none, and 0, where none keeps any. And all sizes
// that lasting tables get.
std::optional<Keeping> keeping(const Config& config, FlowKind kind);
u32 room_for_flows(const Config& config, FlowKind kind);
TableSizes sizes_of(const Config& config);

// What its roles hold in turn with other members; and the configuration with which they hold just these.
std::vector<Holding> holdings_of(const Config& config);
std::shared_ptr<const Config> holding(std::shared_ptr<const Config> config, const Holds& holds);

// Whom its roles greet.
std::vector<Greeting> greetings_of(const Config& config, std::span<const InterfaceFacts> interfaces);

// What of a configuration's roles wins over any of them, and whether one has such.
std::vector<Prefix> winners_of(const Config& config, std::span<const Prefix> natives);
bool follows_routes(const Config& config);

// "1 service", "2 services"; `several` where that is no plural.
std::string counted(std::size_t n, const std::string& what, const std::string& several = "");

}  // namespace waymark
