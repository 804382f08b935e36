// The site that the cases measure: services with two targets each behind a director, a server that ends its tunnels, a
// translator, a gateway, an edge, or a POP.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/replay/userspace.h"
#include "engine/xdp/object.h"
#include "node/node.h"

namespace waymark::bench {

constexpr u32 kPins = 1'000'000;  // [engine] pins: the default
constexpr u32 kAnyFlows = ~0u;    // of a case that is about no known ones
// Entries of a table of flows in which so many find room: nine tenths do.
constexpr u32 room_for(u32 flows) {
  return flows == kAnyFlows || flows <= kPins / 10 * 9 ? kPins : flows / 9 * 10 + 10;
}
constexpr u32 kInterface = 1;  // the loopback's index in every network namespace: test runs come in there
constexpr Mac kOurs = {{2, 0x57, 0, 0, 0, 1}}, kRouter = {{2, 0x57, 0, 0, 0, 9}};

// What a POP does (path_case.h): sends a packet on to its neighbour, or by tunnels; or lets a client's in, whose
// server's address has a tag over itself alone, or over the pair; or answers a question for a name.
enum class PathWay : u8 { none, forward, tunnel, entry_address, entry_pair, ask };

struct SiteSpec {
  u32 services = 1;
  bool ip4 = false;  // clients, service and tunnel are IPv4
  Tunnel tunnel = Tunnel::ip;
  bool host = false;  // a server instead of a director
  u32 pins = kPins;
  u32 targets = 2;               // of each service
  bool translator = false;       // neither of them
  u32 maps = 0;                  // its explicit ones
  bool gateway = false;          // likewise; `tunnel` is its tenant's
  bool firewall = true;          // the tenant's
  u32 flows = 0;                 // [engine] flows
  u32 edge_flows = 0;            // [edge] flows, of an edge and none of the others; 0: there is none
  u32 bits = 0;                  // fields in which addresses say something of their flows: 1, dscp; or 3
  PathWay path = PathWay::none;  // of a POP and none of the others
};

Config config_of(const SiteSpec& spec);
TableSizes sizes_of(const SiteSpec& spec);
Meta meta_of(const TableSizes& sizes, u32 ticks_per_second);  // always with the same keys

// A TCP packet from a client: to the first service; to nobody here; or in the director's tunnel to the server. In each
// the address that varies ends in 32 bits (IPv4: 24) that are 0.
std::vector<u8> client_packet(bool ip4, u8 tcp_flags);
std::vector<u8> stranger_packet();
std::vector<u8> tunnelled_packet();
std::vector<u8> stray_packet();  // the same in GUE, naming a second candidate

// The site over the user-space engine, with a clock that stands still.
struct UserspaceSite {
  explicit UserspaceSite(const TableSizes& sizes) : engine(sizes) {}
  static Result<std::unique_ptr<UserspaceSite>> make(const SiteSpec& spec);
  UserspaceEngine engine;
  std::unique_ptr<Node> node;
};
constexpr u32 kUserspaceTicks = 100'000;

// The site in the kernel: the wrapper programs named in `programs`, the further ones of the site's role, and a Node
// over their tables. Where a wrapper is named "..._jumped" the role's first is there too, and packets jump to it.
// Packets come in on `lo`.
struct KernelSite {
  static Result<std::unique_ptr<KernelSite>> make(const SiteSpec& spec, std::span<const u8> elf,
                                                  std::vector<std::string> programs);
  Time now() const;  // CLOCK_BOOTTIME

  // A user-space engine that holds what the kernel's tables hold at this moment.
  std::unique_ptr<UserspaceEngine> twin() const;

  std::unique_ptr<Object> object;
  std::unique_ptr<Node> node;
  Image image;
};

// The bench's packets come in their flows' middle; from here on they are as if they had begun here.
void own_all(const Live& live);

}  // namespace waymark::bench
