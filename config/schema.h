// Every key of the configuration, declared once: key, member, kind with its range, need, meaning. Defaults are what the
// structs in config.h begin with; a role's are in roles/*/schema.h. Reading, error sentences and
// docs/configuration.md all come from here.
#pragma once

#include "config/agents_schema.h"
#include "config/dns_schema.h"
#include "config/keys.h"
#define WM_ROLE_FILE schema.h
#include "roles/include_each.h"

namespace waymark::config {

constexpr Span kIdle{1s, 2h};

constexpr auto kNode = section<Config>(
    "[node]", "The node itself.",
    Field{"name", &Config::name, Name{.dots = false}, optional,
          "The node's name; it also tells apart several instances on one machine."},
    Field{"log_level", &Config::log_level,
          one_of<std::string_view>(
              {{"trace", "trace"}, {"debug", "debug"}, {"info", "info"}, {"warning", "warning"}, {"error", "error"}}),
          optional, "The least important messages that are logged."},
    Field{
        "on_event", &Config::on_event, FilePath{}, optional,
        "A program to run for each event (`waymark events`), with the event in its environment and on standard input. "
        "It, and the directories above it, must belong to root or the daemon's user and not be writable by others.",
        "none"});

#define WM_ROLE_WORD(NAME) \
  , { #NAME, Role::NAME }
constexpr auto kRoleWords = one_of<Role>({{"auto", Role::count} WM_ROLES(WM_ROLE_WORD)});
#undef WM_ROLE_WORD

constexpr auto kEngine = section<EngineConfig>(
    "[engine]", "The XDP program, and the interfaces it is attached to.",
    Field{"interfaces", &EngineConfig::interfaces, Zones{.most = 64}, required,
          "The zone of what comes in on each interface. `\"eth0:100\"` is VLAN 100 on eth0, `\"eth0:100:7\"` VLAN 7 "
          "within "
          "it (802.1ad), `eth0` the untagged rest. At most 64 entries."},
    Field{"mtu", &EngineConfig::mtu, Mtus{{68, 65535}}, optional,
          "The MTU of interfaces, where packets must be smaller than the interface itself allows. More than that has "
          "no effect.",
          "their own"},
    Field{"mode", &EngineConfig::mode,
          one_of<XdpMode>({{"auto", XdpMode::automatic}, {"native", XdpMode::native}, {"generic", XdpMode::generic}}),
          optional, "Native XDP in the driver, or generic XDP in the kernel. `\"auto\"` takes the first that works."},
    Field{"pins", &EngineConfig::pins, Number<u32>{1000, 64'000'000, true}, optional,
          "How many proven flows are remembered. With 0 every packet takes the consistent choice."},
    Field{"targets", &EngineConfig::targets, Number<u32>{1024, kMaxTargets}, optional,
          "How many targets there is room for. At most half are configured; the others are removed ones, while flows "
          "still belong to them. Each takes some 300 bytes, and 24 more for each CPU."},
    Field{"flows", &EngineConfig::flows, Number<u32>{1000, 16'000'000}, optional,
          "How many flows the firewall of `[gateway]` knows at once, besides half-open ones. Each takes some 60 bytes; "
          "without a gateway none are kept, whatever is said here."},
    Field{"persist", &EngineConfig::persist, Flag{}, optional,
          "Keep the program attached when the daemon ends, so that packets flow on without it."},
    Field{"adjacency_lifetime", &EngineConfig::adjacency_lifetime, Span{1s, 1h}, optional,
          "How long after the daemon's last word a next hop is believed; from then on the kernel routes."},
    Field{
        "first", &EngineConfig::first, kRoleWords, optional,
        "Whose program the interfaces run. Packets of this node's other roles jump to theirs, which costs each some 10 "
        "ns. `\"auto\"` takes the director, else the translator, else the host, else the gateway, else the edge, else "
        "the POP."});

constexpr auto kMember = section<MemberConfig>(
    "[[group.member]]", "Another member of the group.",
    Field{"name", &MemberConfig::name, Name{.dots = false}, required, "Its `[node] name`."},
    Field{"address", &MemberConfig::address, Listen{Takes::peers}, required, "Where it listens."},
    Field{"direct", &MemberConfig::direct, Flag{}, optional,
          "Whether this node dials it. POPs need no connection to each other: what one says reaches the others through "
          "those that are connected. All that other roles share goes over connections alone."});

constexpr auto kGroup = section<GroupConfig>(
    "[group]",
    "Members that stand in for each other, with state that a role shares. Directors that serve the same services have "
    "the same choice for the same flow, drains, weights and health shared, and each one's pins mirrored on the others; "
    "POPs tell each other of links and of revoked ids.",
    Field{"name", &GroupConfig::name, kName, required, "The group's name, the same on all members."},
    Field{"key", &GroupConfig::key, FilePath{}, required,
          "The file that holds the group's secret: 32 to 4096 bytes, the same on all members, readable by its owner "
          "alone."},
    Field{"listen", &GroupConfig::listen, Listen{}, required, "Where this member listens for the others."},
    Field{"mirror", &GroupConfig::mirror, Flag{}, optional, "Share pins, so that flows survive the loss of a member."},
    Field{"wait", &GroupConfig::wait, Span{1s, 10min}, optional,
          "How long a starting director waits for members that do not answer before it announces its services."},
    Field{"member", &GroupConfig::member, Repeated{kMember, 255}, optional, ""});

constexpr auto kAnnounce = section<AnnounceConfig>(
    "[announce]",
    "Services' addresses, as long as they can be served, what a translator translates (its prefixes and the `ip4` of "
    "its "
    "maps, but for `0.0.0.0/0`), what a gateway's `announce` lists, and an edge's `prefix` and `pool` become kernel "
    "routes for a "
    "routing "
    "daemon to redistribute.",
    Field{"protocol", &AnnounceConfig::protocol, Number<u32>{5, 255}, optional,
          "The routes' protocol number. All routes of this number belong to Waymark."},
    Field{"metric", &AnnounceConfig::metric, Number<u32>{1, 4'294'967'295}, optional, "The routes' metric."},
    Field{
        "standby_metric", &AnnounceConfig::standby_metric, Number<u32>{1, 4'294'967'295}, optional,
        "That of routes to prefixes which another member of the group holds, and whose flows this node knows: members' "
        "prefixes of an edge. Above `metric`.",
        "such prefixes are not announced"});

constexpr auto kTarget = section<TargetConfig>(
    "[[service.target]]",
    "A server of the service above it; all services together have at most half of `[engine] targets`.",
    Field{"name", &TargetConfig::name, kName, required, "Its name, unique within the service."},
    Field{"address", &TargetConfig::address, HostAddress{}, required,
          "Where the tunnel to it ends; with `rewrite` the server's own address, of the IP version of the service's."},
    Field{"weight", &TargetConfig::weight, Number<u32>{0, 1000}, optional,
          "Its share of new flows, relative to the other targets. With 0 it drains: it keeps its flows and gets no new "
          "ones."},
    Field{
        "tunnel", &TargetConfig::tunnel, kTunnel, optional,
        "IP in IP, Generic UDP Encapsulation, Generic Routing Encapsulation, or VXLAN. With `mac` there is no tunnel: "
        "packets are sent as they are to the MAC address of the target, which is on a link of this machine and holds "
        "the service's addresses. With `rewrite` there is none either: the packet's destination becomes `address`, and "
        "its ports stay; the server need not hold the service's address and answers from its own, so this is for "
        "clients that take such answers, as those of another Waymark's `[edge]` do."},
    Field{"port", &TargetConfig::port, kPort, optional, "The UDP port of GUE and VXLAN.", kTunnelPort},
    Field{"key", &TargetConfig::key, kTunnelKey, optional,
          "The key of GRE, or the VNI of VXLAN, which needs one, of at most 16777215.", "none"},
    Field{"mac", &TargetConfig::mac, MacAddress{}, optional,
          "Whom the frames in VXLAN are for: the MAC address of the tunnel's end. VXLAN needs it.", "none"});

constexpr auto kService = section<ServiceConfig>(
    "[[service]]", "What clients reach.",
    Field{"name", &ServiceConfig::name, kName, required, "Its name, unique on the node."},
    Field{"zone", &ServiceConfig::zone, kName, optional, "The zone its clients are in: one of `[engine] interfaces`."},
    Field{"address", &ServiceConfig::address, Several{HostPrefix{}}, required,
          "The addresses that clients use, or prefixes of them: of those that hold an address the longest counts, with "
          "its ports alone. At most 65000 in all services."},
    Field{
        "ports", &ServiceConfig::ports, Several{Ports{}}, required,
        "What is served on each of these addresses; all else is left to the kernel. At most 4096 ranges per address."},
    Field{"affinity", &ServiceConfig::affinity,
          one_of<Affinity>({{"flow", Affinity::flow}, {"client", Affinity::client}}), optional,
          "Whether each flow gets a target of its own choice, or all flows of a client address the same."},
    Field{"tcp_idle", &ServiceConfig::tcp_idle, kIdle, optional, "How long a silent TCP connection stays pinned."},
    Field{"udp_idle", &ServiceConfig::udp_idle, kIdle, optional, "How long a silent UDP flow stays pinned."},
    Field{"check", &ServiceConfig::check, Inner{kCheck}, optional, ""},
    Field{"fail_static", &ServiceConfig::fail_static, Number<u32>{1, 100}, optional,
          "The largest share of the targets, in percent, that checks may take out: where more fail together, the last "
          "known set stays. With 100 all may go, and the service is withdrawn."},
    Field{"target", &ServiceConfig::target, Repeated{kTarget, 1024}, optional, ""},
    Field{"registered", &ServiceConfig::registered, Inner{kRegistered}, optional, ""});

constexpr auto kPlan = section<PlanConfig>(
    "[plan.NAME]",
    "How the 128 bits of an IPv6 address are divided into fields. Whoever reads `keys` can make addresses: keep the "
    "file "
    "from others' eyes.",
    Field{"prefix", &PlanConfig::prefix, PrefixOf{PrefixOf::ip6}, required, "What the plan's addresses begin with."},
    Field{"layout", &PlanConfig::layout, Layout{}, required,
          "The fields after the prefix, in their order, each with its bits: `tenant`, `gateway`, `ipv4` (always 32), "
          "`path` (as `path:5x8`: hops and the bits of each), `pop`, `policy`, `id`, `tag`, `epoch`, `dscp`, `birth`, "
          "`chain`, `valid`, `watch`, `mark`, and `zero` as often as needed. Together with the prefix they fill 128 "
          "bits exactly; at most 16 fields, of at most 64 bits each but for `zero`."},
    Field{"over", &PlanConfig::over, one_of<TagOver>({{"address", TagOver::address}, {"pair", TagOver::pair}}),
          optional, "What the tag covers: the rest of the address, or that and the client's address."},
    Field{"keys", &PlanConfig::keys, TagKeys{}, optional,
          "The tag's keys by epoch, at most 4. Without an `epoch` in the layout: one, of epoch 0.", "none"},
    Field{"use", &PlanConfig::use, Number<u32>{0, 4'294'967'295}, optional,
          "The epoch whose key makes new addresses: one of `keys`. The other keys check the addresses that they made.",
          "the highest of `keys`"},
    Field{"birth_unit", &PlanConfig::birth_unit, Span{1s, 24h}, optional,
          "What the field `birth` counts, since 1970 and modulo what it holds: with 8 bits and \"1m\" it comes again "
          "after four hours."});

constexpr auto kApi = section<ApiConfig>(
    "[api]", "How the command line and monitoring reach the daemon.",
    Field{"socket", &ApiConfig::socket, SocketPath{}, optional, "The unix socket of the local HTTP API.",
          "`\"/run/waymark/NAME.sock\"`"},
    Field{"metrics", &ApiConfig::metrics, Listen{}, optional,
          "Where `/metrics` is served for Prometheus, and `/health`.", "not served"},
    Field{"health", &ApiConfig::health, Listen{}, optional,
          "Where `/health` alone is served, for directors and balancers: an address that those who read "
          "`/metrics` cannot keep busy.",
          "not served"});

#define WM_ROLE_FIELD(NAME) Field{#NAME, &Config::NAME, Inner{NAME::kSection}, optional, ""},
constexpr auto kRoot =
    section<Config>("", "", Here{"node", kNode}, Field{"engine", &Config::engine, Inner{kEngine}, optional, ""},
                    Field{"service", &Config::service, Repeated{kService, 10'240}, optional, ""},
                    WM_ROLES(WM_ROLE_FIELD)  // director, host and so on
                    Field{"group", &Config::group, Inner{kGroup}, optional, ""},
                    Field{"agents", &Config::agents, Inner{kAgents}, optional, ""},
                    Field{"authorise", &Config::authorise, Repeated{kAuthorise, 1'000}, optional, ""},
                    Field{"announce", &Config::announce, Inner{kAnnounce}, optional, ""},
                    Field{"dns", &Config::dns, Inner{kDns}, optional, ""},
                    Field{"plan", &Config::plan, Keyed{kPlan, 256}, optional, ""},
                    Field{"api", &Config::api, Inner{kApi}, optional, ""});
#undef WM_ROLE_FIELD

}  // namespace waymark::config
