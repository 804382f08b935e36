// The keys of [path].
#pragma once

#include "config/keys.h"
#include "core/records.h"
#include "paths/graph.h"
#include "roles/path/config.h"

namespace waymark::path {

using namespace config;

constexpr Number<u32> kPopId{1, kMaxPathPops - 1};

// In `avoid`: 4, or [1, 2].
struct PopOrLink {
  std::string wants() const { return "a POP's id, or a link as in [1, 2]"; }
  Result<PathAvoidConfig> read(const Node& node) const {
    const List* ends = node.as<List>();
    const auto pop = kPopId.read(ends && ends->size() == 2 ? ends->front() : node);
    const auto other = kPopId.read(ends && ends->size() == 2 ? ends->back() : node);
    if (!pop || !other) return unwanted(wants(), node);
    return ends ? PathAvoidConfig{0, *pop, *other} : PathAvoidConfig{*pop, 0, 0};
  }
};
constexpr u32 kMostCost = 1'000'000;
constexpr Number<u32> kCost{0, kMostCost};
constexpr auto kBetween = one_of<Tunnel>({{"ip", Tunnel::ip}, {"gue", Tunnel::gue}});
constexpr auto kToServer = one_of<Tunnel>({{"ip", Tunnel::ip}, {"gue", Tunnel::gue}, {"mac", Tunnel::mac}});

constexpr auto kPop = section<PathPopConfig>(
    "[[path.pop]]", "A POP of the WAN, this one among them: the same in all POPs' files.",
    Field{"id", &PathPopConfig::id, kPopId, required, "Its id, as paths and clients' addresses have it."},
    Field{"address", &PathPopConfig::address, Several{HostAddress{}}, required,
          "Where tunnels to it end and begin, at most one address per family. Tunnels are IPv6 where both POPs have "
          "such an address."},
    Field{"tunnel", &PathPopConfig::tunnel, kBetween, optional,
          "How other POPs send to it: IP in IP, or Generic UDP Encapsulation. It takes both."},
    Field{"port", &PathPopConfig::port, kPort, optional, "The UDP port of its end of GUE."},
    Field{"cost", &PathPopConfig::cost, kCost, optional,
          "What a path costs more that leads by it, where it is neither the first nor the last."});

constexpr auto kLink = section<PathLinkConfig>(
    "[[path.link]]",
    "A link of the WAN, by which paths are chosen; the same in all POPs' files. Without any, each two POPs have one, "
    "of cost 10 until it is measured.",
    Field{"between", &PathLinkConfig::between, Several{kPopId}, required,
          "The two POPs at its ends, such as `[1, 2]`."},
    Field{"one_way", &PathLinkConfig::one_way, Flag{}, optional,
          "It leads from the first of them to the second alone. Two such links give each direction a cost of its own."},
    Field{"cost", &PathLinkConfig::cost, Number<u32>{1, kMostCost}, optional, "What a path costs that leads by it.",
          "10 for each millisecond that was measured, or of `latency`; or 10"},
    Field{"latency", &PathLinkConfig::latency, Span{1ms, 10s}, optional,
          "How long a packet takes in one direction, until it is measured.", "unknown"});

constexpr auto kServer = section<PathServerConfig>(
    "[[path.server]]", "A server, the same in all POPs' files.",
    Field{"id", &PathServerConfig::id, Number<u32>{0, kMaxPathServers - 1}, required,
          "Its id, as its addresses have it."},
    Field{"pop", &PathServerConfig::pop, kPopId, required, "The POP that it is at, which is the last on its paths."},
    Field{"address", &PathServerConfig::address, HostAddress{}, required,
          "Where the tunnel to it ends; with `mac` an address of its own on a link of the POP."},
    Field{"tunnel", &PathServerConfig::tunnel, kToServer, optional,
          "IP in IP or Generic UDP Encapsulation, which the server's `[host]` ends; with `mac` there is no tunnel: "
          "packets are sent as they are to the server's MAC address."},
    Field{"port", &PathServerConfig::port, kPort, optional, "The UDP port of GUE."});

constexpr auto kPolicy = section<PathPolicyConfig>(
    "[[path.policy]]",
    "What addresses with its index allow, the same in all POPs' files: a packet passes where the policies of both of "
    "its addresses let it.",
    Field{"name", &PathPolicyConfig::name, kName, required, "Its name, unique within `[path]`."},
    Field{"index", &PathPolicyConfig::index, Number<u32>{0, kMaxPathPolicies - 1}, required,
          "Its number, as addresses have it."},
    Field{"to_server", &PathPolicyConfig::to_server, Several{config::Ports{}, kMayBeEmpty}, optional,
          "Servers' ports that clients may begin connections to; answers come from them. With TCP among them clients "
          "may ping, too.",
          "none"},
    Field{"to_client", &PathPolicyConfig::to_client, Several{config::Ports{}, kMayBeEmpty}, optional,
          "Clients' ports that servers, and other clients, may begin connections to; answers come from them. With TCP "
          "among them servers may ping, too.",
          "none"},
    Field{"protocols", &PathPolicyConfig::protocols, Several{Number<u8>{0, 255}, kMayBeEmpty}, optional,
          "Further protocols that pass both ways, by their numbers, such as 50 for ESP.", "none"},
    Field{"dscp", &PathPolicyConfig::dscp, FlowClass{}, optional,
          "What class of service packets get where they enter a path; of both addresses' policies the server's goes "
          "first. `\"copy\"`: they keep their own.",
          "`\"copy\"`"},
    Field{"mandatory", &PathPolicyConfig::mandatory, Several{kPopId, kMayBeEmpty}, optional,
          "POPs that are never passed by, where a path has them: up to 4.", "none"},
    Field{"through", &PathPolicyConfig::through, Several{kPopId, kMayBeEmpty}, optional,
          "POPs that each path must have that is chosen for servers' addresses of this policy, in any order: up to 4. "
          "One that dies is passed by nevertheless, unless it is in `mandatory`, too.",
          "none"},
    Field{"avoid", &PathPolicyConfig::avoid, Several{PopOrLink{}, kMayBeEmpty}, optional,
          "POPs that no such path has, such as `4`, and links that none leads by, such as `[1, 2]`, in neither "
          "direction: up to 16.",
          "none"},
    Field{"most_hops", &PathPolicyConfig::most_hops, Number<u32>{1, kMostHops}, optional,
          "Maximum number of POPs of such a path, with those at its ends.", "as many as the plan has room for"},
    Field{
        "rate", &PathPolicyConfig::rate, config::Rate{8'000, 400'000'000'000}, optional,
        "What this POP lets pass of its packets each way, towards servers and towards clients: `\"100mbit\"`. What is "
        "beyond is dropped.",
        "no limit"});

constexpr auto kAccess =
    section<PathAccessConfig>("[[path.access]]", "Where clients are: a packet of theirs is taken from there alone.",
                              Field{"interface", &PathAccessConfig::interface, InterfaceName{}, required,
                                    "One of `[engine] interfaces`, of the zone `access_zone`."},
                              Field{"prefix", &PathAccessConfig::prefix, Several{HostPrefix{}}, required,
                                    "The clients' addresses there, or prefixes of them, within the clients' plan."});

constexpr auto kSection = section<PathConfig>(
    "[path]",
    "This node is a POP of a WAN: it forwards by the list of POPs in servers' addresses, and enforces the policies "
    "that "
    "addresses name. IPv6.",
    Field{"id", &PathConfig::id, kPopId, required, "Its own id."},
    Field{"clients", &PathConfig::clients, kName, required,
          "The plan of clients' addresses, with `pop`, `policy` and `id`."},
    Field{"servers", &PathConfig::servers, kName, required,
          "The plan of servers' addresses, with `id`, `path` and `policy`: a path of at most 8 hops and 64 bits, an id "
          "of at most 16 bits."},
    Field{"zone", &PathConfig::zone, kName, optional,
          "The zone of other POPs and of servers: one of `[engine] interfaces`."},
    Field{"access_zone", &PathConfig::access_zone, kName, optional, "The zone of clients.",
          "none: this POP has no clients"},
    Field{"plain", &PathConfig::plain, Several{kPopId, kMayBeEmpty}, optional,
          "POPs on a link of this node: what is for them goes as it is, to their MAC addresses, and what comes from "
          "them so is believed to.",
          "none"},
    Field{"down", &PathConfig::down, Several{kPopId, kMayBeEmpty}, optional,
          "POPs that this one takes for dead: paths go on by the next one.", "none"},
    Field{"errors", &PathConfig::errors, Number<u32>{1, 1'000'000, true}, optional,
          "How many ICMP errors of its own it sends a second at most. With 0 none."},
    Field{"hysteresis", &PathConfig::hysteresis, Number<u32>{0, 100}, optional,
          "By how many percent another path must be cheaper to take the place of the one in use."},
    Field{"watch", &PathConfig::watch, SpanOrOff{{10ms, 10s}}, optional,
          "How often other POPs are asked whether they are up, by seamless BFD, to UDP port 7784. With `\"off\"` they "
          "are never asked."},
    Field{"watch_lost", &PathConfig::watch_lost, Number<u32>{2, 50}, optional,
          "After how many questions without an answer a POP is silent, and paths go on by the next one."},
    Field{
        "provision", &PathConfig::provision, FilePath{}, optional,
        "The file of clients that `waymark provision` keeps, so that the API gives, moves and revokes their addresses, "
        "too. It is one machine's, which asks the others nothing.",
        "none: the API does not"},
    Field{
        "revoked", &PathConfig::revoked, FilePath{}, optional,
        "A file of ids that are revoked, which is watched: one a line, as `17`, `client 17` or `server 7`. Packets of "
        "their addresses are refused within a second.",
        "none: `waymark revoke` alone says so"},
    Field{"revocations", &PathConfig::revocations, Number<u32>{1'024, kMaxRevocations}, optional,
          "For how many ids there is room, of the file and of `waymark revoke` together. It takes `waymark down` to "
          "change it."},
    Field{"pop", &PathConfig::pop, Repeated{kPop, 65'000}, optional, ""},
    Field{"link", &PathConfig::link, Repeated{kLink, paths::kMostLinks}, optional, ""},
    Field{"server", &PathConfig::server, Repeated{kServer, 65'000}, optional, ""},
    Field{"policy", &PathConfig::policy, Repeated{kPolicy, kMaxPathPolicies}, optional, ""},
    Field{"access", &PathConfig::access, Repeated{kAccess, 1'000}, optional, ""},
    Field{"interface", &PathConfig::interface, InterfaceName{}, optional,
          "Where clients' packets leave in `replay` and `trace`, which know no routes.", "the first interface"});

}  // namespace waymark::path
