#include <fmt/format.h>

#include <algorithm>

#include "cli/here.h"
#include "engine/xdp/engine.h"
#include "engine/xdp/holder.h"
#include "node/compile.h"
#include "rtnetlink/driver.h"
#include "rtnetlink/machine.h"
#include "rtnetlink/veth.h"

namespace waymark::cli {

using namespace here;

namespace {

struct Seen {
  const std::string& name;
  const LinkInfo& link;
  bool generic;  // XDP runs in the network stack, after the driver
  bool tagged;   // VLANs of it are in [engine]
  bool sends;    // XDP does, past the stack
};

// Hosts send nothing but strays, to each other.
bool sends(const Config& config) {
  if (config.director || config.translator || !config.host) return true;
  const auto& services = config.host->service;
  return std::any_of(services.begin(), services.end(), [](const HostServiceConfig& s) { return !s.hosts.empty(); });
}

void look_at_state(const Seen& on, Findings& out) {
  if (on.name == "lo" || !on.link.ethernet)
    error(out, fmt::format("interface {} has no Ethernet frames; Waymark needs an interface that has", on.name));
  else if (!on.link.up)
    warn(out, fmt::format("interface {} is down: ip link set {} up", on.name, on.name));
  else if (!on.link.carrier)
    warn(out, fmt::format("interface {} has no carrier: its other end is down or not connected", on.name));
}

void look_at_holder(const Config& config, const Seen& on, Findings& out) {
  const auto holder = holder_of(on.link.index, kPinRoot);
  if (holder && holder->node != config.name)
    error(out, fmt::format("interface {} already holds another XDP program, {}: {}", on.name, text(*holder),
                           removal(*holder, on.name)));
}

void look_at_offloads(const Seen& on, Findings& out) {
  const auto does = offloads(on.name);
  if (!does) return;
  if (on.tagged && does->rx_vlan && on.link.kind != "veth")
    warn(out, fmt::format("interface {} takes VLAN tags out of packets before XDP sees them: ethtool -K {} rxvlan off",
                          on.name, on.name));
  const std::string joined = "joins segments before XDP sees them, and what it makes of them fits into no tunnel";
  if (does->lro) warn(out, fmt::format("interface {} {}: ethtool -K {} lro off", on.name, joined, on.name));
  if (on.generic && does->gro)
    warn(out, fmt::format("interface {} {}: ethtool -K {} gro off", on.name, joined, on.name));
}

// A veth's packets come as its other end left them, and what XDP sends is taken there as it is.
void look_at_peer(const Seen& on, Findings& out) {
  const auto found = veth_peer(on.link);
  if (!found)
    return warn(out, fmt::format("{}; where it is: ethtool -K NAME tx off txvlan off; waymark xdp pass NAME",
                                 found.error().sentence));
  if (!*found) return;
  const VethPeer& peer = **found;
  const std::string whose = fmt::format("{}, the other end of {},", peer.name, on.name);
  if (peer.offloads.checksums)
    warn(out,
         fmt::format("{} leaves checksums to hardware that a veth has not, and XDP sends such packets on with wrong "
                     "ones: {}ethtool -K {} tx off",
                     whose, peer.enter, peer.name));
  if (on.tagged && peer.offloads.tx_vlan)
    warn(out, fmt::format("{} hides VLAN tags from XDP: {}ethtool -K {} txvlan off", whose, peer.enter, peer.name));
  if (on.sends && !on.generic && !peer.has_program)
    warn(out, fmt::format("{} takes nothing that XDP sends, as it holds no XDP program: {}waymark xdp pass {}", whose,
                          peer.enter, peer.name));
}

}  // namespace

void look_at_interfaces(const Config& config, Findings& out) {
  const auto& all = config.engine.interfaces;
  for (const std::string& name : interface_names(config)) {
    const auto link = link_by_name(name);
    if (!link) {
      error(out, fmt::format("interface {} does not exist", name));
      continue;
    }
    const bool tagged = std::any_of(all.begin(), all.end(), [&](auto& i) { return i.name == name && i.outer_vlan; });
    const Seen on{name, *link, config.engine.mode == XdpMode::generic || link->xdp_generic, tagged, sends(config)};
    look_at_state(on, out);
    if (std::string low = unreached_mtu(config, name, link->mtu); !low.empty()) warn(out, std::move(low));
    look_at_holder(config, on, out);
    look_at_offloads(on, out);
    look_at_peer(on, out);
  }
}

}  // namespace waymark::cli
