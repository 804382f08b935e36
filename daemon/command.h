// Requests as data: what a path, its query and its body ask for. Pure, and never throws, whatever the bytes are.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "config/config.h"

namespace waymark {

struct ApiPath {
  const char *method, *path;
};
// Everything the API answers. docs/api.md names the same ones (a test compares).
std::span<const ApiPath> api_paths();

struct Drain {
  std::string target;  // "service/target", or "target" in all services
  bool undo = false;
  bool force = false;  // also where a service is left without a target that takes new flows
};
struct Reweigh {
  std::string target;         // as in Drain
  std::optional<u32> weight;  // 0 to 1000; none: as configured
  bool force = false;         // as in Drain
};
// What ends the sentence of a refusal that `force` overcomes.
inline constexpr std::string_view kWantsForce = "; \"force\": true does it all the same";
struct Take {
  std::string holding;  // "gateway 2"
};
struct Give {
  std::string holding, member;  // empty: to whoever would have it
};
struct Revoke {
  u64 word = 0;                                   // of an id (roles/path/revoked.h)
  std::optional<std::chrono::seconds> seconds{};  // so long; none: for good
  bool undo = false;
};
struct TellLoad {  // of a service that this node registers
  std::string service;
  std::optional<u32> sessions{}, capacity{};  // in use
};
struct Provision {  // of a client's address
  enum class Act : u8 { add, move, revoke } act = Act::add;
  std::string name{};
  std::optional<u32> pop{};              // add: there is one; move: none leaves it
  std::string policy{};                  // name or index; move: empty leaves it
  std::chrono::seconds keep{24 * 3600};  // move: so long the one before holds, too
};
struct Reload {};
struct Stop {};
struct Down {};
struct Handover {};  // stand by, while another process takes over
struct Leave {};     // it did: go
using Command =
    std::variant<Drain, Reweigh, Take, Give, Revoke, TellLoad, Provision, Reload, Stop, Down, Handover, Leave>;

// `path` is one of api_paths() with POST. An empty body is taken for {}.
Result<Command> parse_command(std::string_view path, std::string_view body);

struct FlowQuery {
  std::string zone = "public";
  Protocol protocol;
  Address source, destination;
  u16 source_port, destination_port;
};
// "tcp 192.0.2.1:4000 198.51.100.80:80", "udp [2001:db8::1]:4000 [2001:db8:80::1]:443"; a fourth word names the zone.
Result<FlowQuery> parse_flow(std::string_view text);

struct Show {
  enum class What {
    status,
    services,
    targets,
    pins,
    counters,
    adjacencies,
    health,
    group,
    holdings,
    announce,
    firewall,
    flows,
    neighbours,
    edge,
    path,
    pops,
    links,
    bindings,
    agents,
    registrations,
    keys,
    revoked,
    clients,
    server_address,
    dns,
    capture,
    events,
    metrics,
    wellness
  } what;
  std::string service;            // pins, capture, wellness, edge: only of this service; empty: all
  std::optional<FlowQuery> flow;  // pins
  // Capture: frames at most, 1 to 1,000,000; events: to 1000; flows, edge, neighbours, revoked and clients: to 100,000.
  u32 count = 1000;
  std::chrono::seconds seconds{10};     // capture: at most, 1 to 3600
  std::optional<u64> after = {};        // events: later than the one of this number
  bool follow = false;                  // events: and those to come
  std::string tenant = {};              // firewall, flows: only of this tenant; empty: of all
  std::optional<Address> address = {};  // flows, edge: only those that have this address
  bool revoked = false;                 // clients: those who are, instead of those who are not
  std::string client = {};              // clients: only this one; server_address: for whom
  std::string policy = {}, by = {};     // server_address: a policy's name or index; POPs, or empty: the chosen path
  u32 server = 0;                       // server_address: its id
};

using QueryText = std::multimap<std::string, std::string>;  // unescaped

// `path` is one of api_paths() with GET. A key that the path does not know, or that comes twice, is an error.
Result<Show> parse_query(std::string_view path, const QueryText& query);

}  // namespace waymark
