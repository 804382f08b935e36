// The whole configuration of one node, as parsed and checked: plain data, defaults filled in.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "core/address.h"
#include "core/records.h"
#include "core/siphash.h"
#include "dataplane/roles.h"

namespace waymark {

enum class Tunnel : u8 { ip = 0, gue = 1 };      // IP-in-IP (RFC 2003, 2473, 4213); GUE variant 0 over UDP
enum class Protocol : u8 { tcp = 6, udp = 17 };  // IANA numbers
enum class Affinity : u8 { flow = 0, client = 1 };
enum class XdpMode : u8 { automatic, native, generic };

// "tcp/80", "udp/1000-2000", "tcp/*": first <= last, host order; all ports are 0 to 65535.
struct PortRange {
  Protocol protocol;
  u16 first, last;
};

// "eth0" is the untagged traffic of eth0; "eth0:100" what carries VLAN 100; "eth0:100:7" 7 within 100 (802.1ad).
struct InterfaceConfig {
  std::string name;
  u16 outer_vlan = 0, inner_vlan = 0;  // 0: no tag
  std::string zone;
};

// The first `length` bits of an address; the others are zero. IPv4: 0 to 32 bits of the address itself.
struct Prefix {
  Address address{};
  u8 length = 0;
};

enum class CheckKind : u8 { none, tcp, http, https, icmp };

// How it is found out whether a target (or, on a host, the local service) is well.
struct CheckConfig {
  bool tcp = false, icmp = false;  // a connection is accepted; an echo is answered
  std::string http, https;         // the path of a request that must be answered with a status from 200 to 399
  u16 port = 0;                    // 0: the service's first TCP port
  std::string host;                // Host header, and for HTTPS the name in the certificate; empty: the address
  std::string ca;                  // file of trusted certificates; empty: the system's
  bool verify = true;              // HTTPS: the certificate must be valid and carry that name
  bool through = false;            // asked at the service's address, through the tunnel; else at the target's own
  Duration every = std::chrono::seconds(2), timeout = std::chrono::seconds(1);
  u32 rise = 2, fall = 3;   // so many answers in a row make it up, so many failures down
  u32 jitter = 10;          // each pause is longer or shorter by up to so many percent
  CheckKind kind() const {  // the one that is given
    if (!https.empty()) return CheckKind::https;
    if (!http.empty()) return CheckKind::http;
    return tcp ? CheckKind::tcp : icmp ? CheckKind::icmp : CheckKind::none;
  }
};

struct TargetConfig {
  std::string name;
  Address address{};  // where the tunnel ends
  u32 weight = 10;    // 0 to 1000; 0 drains
  Tunnel tunnel = Tunnel::ip;
  u16 port = 6080;  // GUE's destination port
};

struct ServiceConfig {
  std::string name;
  std::string zone = "public";
  std::vector<Address> address;
  std::vector<PortRange> ports;  // sorted; they neither overlap nor touch
  Affinity affinity = Affinity::flow;
  Duration tcp_idle = std::chrono::hours(1);  // a proven pin is kept this long after its last packet
  Duration udp_idle = std::chrono::seconds(120);
  std::optional<CheckConfig> check = {};
  u32 fail_static = 100;  // percent: never more than this share of the targets is taken out by checks
  std::vector<TargetConfig> target;
};

struct HostServiceConfig {
  std::string name;
  std::vector<Address> address;
  std::vector<PortRange> ports;
  std::optional<CheckConfig> check = {};
  std::vector<Address> hosts = {};  // tunnel ends of the other hosts of this service: strays go between them
};

struct HostConfig {
  std::vector<Address> address;    // tunnels to these end here
  std::vector<Address> directors;  // outer sources that are believed
  std::vector<std::string>
      interfaces;   // where tunnels may come in: names as in [engine] interfaces; empty: all of them
  u16 port = 6080;  // GUE's
  std::vector<HostServiceConfig> service;
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
  bool persist = true;          // pin the links in bpffs: forwarding outlives the daemon
  Duration adjacency_lifetime = std::chrono::seconds(60);  // after this without the daemon the kernel routes
  Role first = Role::count;                                // whose program packets meet; count: as first_role() says
};

struct DirectorConfig {
  std::vector<Address> address;  // outer sources, at most one per family
  bool second_candidate = true;  // name the previous choice in GUE tunnels of flows that arrive in their middle
  u32 resets = 10'000;           // a second at most, for flows whose target died; 0: none
  u32 unreachables = 1'000;      // likewise for UDP
};

struct MemberConfig {
  std::string name;     // its [node] name
  std::string address;  // "[2001:db8:5::e]:6090"
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

// Services' addresses as kernel routes, for a routing daemon to redistribute.
struct AnnounceConfig {
  u32 protocol = 200;  // rtm_protocol
  u32 metric = 20;
  bool operator==(const AnnounceConfig&) const = default;
};

// An IPv6 prefix under which IPv4 addresses stand embedded (RFC 6052).
struct EmbeddingConfig {
  Prefix prefix;            // of 32, 40, 48, 56, 64 or 96 bits
  std::vector<Prefix> ip4;  // for these IPv4 addresses; empty: all
};

// IPv4 and IPv6 addresses that stand for each other (RFC 7757): what follows ip6's bits begins with what follows ip4's.
struct AddressMapConfig {
  Prefix ip4, ip6;
};

enum class ZeroChecksum : u8 { compute = 0, drop = 1 };

// A stateless IPv4/IPv6 translator (RFC 7915).
struct TranslatorConfig {
  std::string zone = "public";
  std::vector<Address> address;  // its own, at most one per family
  std::vector<EmbeddingConfig> prefix;
  std::vector<AddressMapConfig> map;
  std::vector<Prefix> native;  // of either family: never translated
  std::vector<Prefix> pool;    // IPv4 sources of ICMP errors from routers that have none (RFC 6791); empty: its own
  u32 lowest_ip6_mtu = 1280;   // IPv4 packets that may be fragmented become IPv6 packets of at most so many bytes
  std::vector<u32> plateaus = {65535, 32000, 17914, 8166, 4352, 2002, 1492, 1006, 508, 296, 68};  // RFC 1191, 7.1
  std::optional<u8> traffic_class;                     // in place of the other side's; none: that is copied
  ZeroChecksum zero_checksum = ZeroChecksum::compute;  // of UDP over IPv4
  bool nonglobal = false;                              // translate private IPv4 addresses under 64:ff9b::/96
  u32 errors = 1'000;                                  // ICMP errors of its own a second at most; 0: none
  u32 echoes = 1'000;                                  // likewise answers to pings of its own addresses
  std::string interface4, interface6;  // where IPv4 and IPv6 leave in replay and trace; empty: the first interface
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
};

struct ApiConfig {
  std::string socket;                  // empty: /run/waymark/<node name>.sock
  std::optional<std::string> metrics;  // "127.0.0.1:9100" or "[::1]:9100"
  std::optional<std::string> health;   // likewise, for /health alone
};

struct Config {
  std::string name = "waymark";  // [node] name: also the instance's name on this machine
  EngineConfig engine;
  std::optional<DirectorConfig> director;
  std::optional<GroupConfig> group;
  std::optional<AnnounceConfig> announce;
  std::vector<ServiceConfig> service;
  std::optional<HostConfig> host;
  std::optional<TranslatorConfig> translator;
  std::vector<PlanConfig> plan;
  ApiConfig api;
  std::string log_level = "info";
  std::string on_event;  // a program to be run for each event; empty: none
};

// A file that describes addresses and no node: for `check` and `address` alone.
inline bool only_plans(const Config& c) { return c.service.empty() && !c.host && !c.translator; }
inline std::string no_node_in(const std::string& file) {  // what others say of it
  return file + " has address plans alone, and no node to run; they are for `waymark address`";
}

RoleSet roles_of(const Config& config);  // that it gives this node
Role first_role(const Config& config);   // whose program packets meet, at no cost; the others are a jump away

}  // namespace waymark
