// What a director needs of the machine around it. Most of it matters when packets must take the kernel's way: while the
// daemon is gone for longer than adjacency_lifetime, or a next hop is not known yet.
#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <ctime>
#include <map>
#include <optional>
#include <set>

#include "base/address_text.h"
#include "config/prefixes.h"
#include "core/icmp.h"
#include "core/tunnel.h"
#include "roles/director/role.h"
#include "rtnetlink/machine.h"
#include "rtnetlink/resolver.h"
#include "rtnetlink/rules.h"

namespace waymark::director {

using namespace here;

namespace {

constexpr Duration kPatience = std::chrono::seconds(1);  // for a neighbour's answer

Time now() {
  timespec t{};
  clock_gettime(CLOCK_BOOTTIME, &t);
  return std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec);
}

std::string key_of(const Address& a) { return text(a); }

// Where its tunnel begins; none: there is no address of its family, which `check` says.
std::optional<Address> source_for(const Config& config, const Address& target) {
  if (config.director)
    for (const Address& own : config.director->address)
      if (is_ip4(own) == is_ip4(target)) return own;
  return {};
}

// What the kernel says of every target's way, waiting for neighbours that have to be asked first.
std::map<std::string, Resolution> ways_of(const Config& config) {
  std::map<std::string, Resolution> ways;
  std::vector<RouteQuestion> targets;
  std::set<std::string> seen;
  for (const ServiceConfig& service : config.service)
    for (const TargetConfig& target : service.target)
      if (seen.insert(key_of(target.address)).second)
        targets.push_back({target.address, source_for(config, target.address)});
  auto resolver = Resolver::open();
  if (!resolver) return ways;
  const size_t wanted = targets.size();
  (*resolver)->watch(std::move(targets));
  const Time end = now() + kPatience;
  for (;;) {
    for (Resolution& r : (*resolver)->poll(now())) ways[key_of(r.target)] = std::move(r);
    const auto found = size_t(std::count_if(ways.begin(), ways.end(), [](auto& w) { return w.second.adjacency; }));
    const Time left = std::min(end, (*resolver)->deadline()) - now();
    if (found == wanted || now() >= end) return ways;
    pollfd readable{(*resolver)->descriptor(), POLLIN, 0};
    poll(&readable, 1, int(std::max<long>(1, std::chrono::duration_cast<std::chrono::milliseconds>(left).count())));
  }
}

// The largest packet that clients can send: the largest MTU of the interfaces in a service's zone.
u32 client_mtu(const Config& config, const ServiceConfig& service) {
  u32 mtu = 0;
  for (const InterfaceConfig& i : config.engine.interfaces)
    if (const auto link = i.zone == service.zone ? link_by_name(i.name) : std::nullopt) mtu = std::max(mtu, link->mtu);
  return mtu;
}

void look_at_targets(const Config& config, Findings& out) {
  const auto ways = ways_of(config);
  std::set<std::string> told;
  for (const ServiceConfig& service : config.service) {
    const u32 from_clients = client_mtu(config, service);
    for (const TargetConfig& target : service.target) {
      const auto way = ways.find(key_of(target.address));
      if (way == ways.end()) continue;
      if (!way->second.adjacency) {
        if (told.insert(key_of(target.address)).second)
          warn(out, fmt::format("target {} of service {}: {}; until that changes {}", target.name, service.name,
                                way->second.why,
                                target.tunnel == Tunnel::mac ? "packets to it are dropped"
                                                             : "the kernel forwards to it, if it can"));
        continue;
      }
      if (target.tunnel == Tunnel::mac && way->second.adjacency->gateway && told.insert(key_of(target.address)).second)
        error(out, fmt::format("target {} of service {}: the route to {} has a gateway, and with tunnel = \"mac\" only "
                               "servers on a link of this machine are reached: nothing is sent there",
                               target.name, service.name, text(target.address)));
      const u32 overhead = tunnel_overhead(!is_ip4(target.address), {u8(target.tunnel), 0, target.key.has_value()});
      const u32 mtu = way->second.adjacency->mtu;
      const std::string key = fmt::format("{} {} {}", mtu, overhead, from_clients);
      if (mtu >= from_clients + overhead || !told.insert(key).second) continue;
      if (mtu < kLeastMtu6 + overhead) {
        warn(out, fmt::format(
                      "the way to target {} of service {} carries packets of {} bytes, with its tunnel's header {} "
                      "of a client's: IPv6 clients send 1280 whatever they are told; raise the MTU on that way "
                      "to {} at least, better {}",
                      target.name, service.name, mtu, mtu - overhead, kLeastMtu6 + overhead, from_clients + overhead));
        continue;
      }
      warn(out, fmt::format(
                    "the way to target {} of service {} carries packets of {} bytes, with its tunnel's header "
                    "{} of a client's; clients may send {} and are told: raise the MTU on that way to {}, or let the "
                    "servers offer a smaller MSS (`waymark check --here` there says which)",
                    target.name, service.name, mtu, mtu - overhead, from_clients, from_clients + overhead));
    }
  }
}

void look_at_fall_back(const Config& config, Findings& out) {
  bool ip4 = false, ip6 = false, tunnels4 = false;
  for (const ServiceConfig& service : config.service)
    for (const TargetConfig& target : service.target) {
      if (target.tunnel != Tunnel::mac) (is_ip4(target.address) ? ip4 : ip6) = true;
      if (is_ip4(target.address) && !is_bare(target.tunnel)) tunnels4 = true;
    }
  const std::string why = "the kernel cannot stand in for a next hop that is not known";
  if (ip4 && sysctl("net.ipv4.ip_forward") == "0") warn(out, why + ": sysctl -w net.ipv4.ip_forward=1");
  if (ip6 && sysctl("net.ipv6.conf.all.forwarding") == "0")
    warn(out, why + ": sysctl -w net.ipv6.conf.all.forwarding=1");
  const auto& sources = config.director->address;
  const auto source = std::find_if(sources.begin(), sources.end(), [](auto& a) { return is_ip4(a); });
  if (!tunnels4 || source == sources.end()) return;
  // A tunnelled packet comes to the kernel from where the client's came in, with this machine's own address as source.
  for (const std::string& name : interface_names(config)) {
    const auto link = link_by_name(name);
    if (!link || !link->ethernet) continue;
    const Result<bool> local = is_local(*source);
    look_at_own_sources(name, local && *local, why, out);
  }
}

// The interface in whose subnet an address lies; null: it is routed.
const OwnAddress* connected(const std::vector<OwnAddress>& own, const Address& address) {
  for (const OwnAddress& o : own)
    if (o.interface != "lo" && o.length < Prefix(o.address).length && contains(Prefix(o.address, o.length), address))
      return &o;
  return nullptr;
}

// Whether this machine answers who asks for a local address on an interface (arp_ignore; IPv6 answers for those on it).
bool answers(const std::vector<OwnAddress>& own, const std::string& interface, const Address& address) {
  const bool on_it =
      std::any_of(own.begin(), own.end(), [&](auto& o) { return o.interface == interface && o.address == address; });
  return on_it || (is_ip4(address) && !ip4_setting(interface, "arp_ignore"));
}

// They come here by routes of others, go on in tunnels, and are this machine's in no other way.
void look_at_service_addresses(const Config& config, Findings& out) {
  const std::vector<OwnAddress> own = own_addresses();
  for (const ServiceConfig& service : config.service)
    for (const Prefix& prefix : service.address) {
      const Address& address = prefix.address;  // of a prefix the first one stands for all
      const OwnAddress* on = connected(own, address);
      const Result<RouteFact> route = route_to(address);
      const bool local = route && route->kind == RouteFact::Kind::local;
      const std::string name = fmt::format("{} of service {}", text(prefix), service.name);
      if (on && !(local && answers(own, on->interface, address)))
        warn(out,
             fmt::format(
                 "{} lies in the subnet of {}, where others ask for its MAC and nobody answers: choose one that is "
                 "routed here{}",
                 name, on->interface,
                 is_one(prefix) ? fmt::format(", or let this machine answer: ip addr add {}/{} dev {}", text(address),
                                              prefix.length, on->interface)
                                : ""));
      if (!on && local)
        warn(out,
             fmt::format(
                 "{} is an address of this machine: what is not forwarded, such as fragmented pings, the kernel takes "
                 "for itself; let it be routed here instead",
                 name));
      if (!on && !config.announce && route && route->kind == RouteFact::Kind::unicast)
        warn(out,
             fmt::format("{} has a route that leads on from here: what is not forwarded would go round between this "
                         "machine and the next router; ip{} route add unreachable {}/{}",
                         name, is_ip4(address) ? "" : " -6", text(address), prefix.length));
    }
}

// What decides packet by packet cannot be asked about beforehand.
void look_at_rules(const Config& config, Findings& out) {
  const Result<std::vector<RuleFact>> all = rules();
  if (!all) return warn(out, all.error().sentence);
  for (const Address& source : config.director->address)
    for (const RuleFact& rule : *all) {
      if (rule.ip6 == is_ip4(source) || (rule.from && !contains(*rule.from, source))) continue;
      if (rule.per_packet.empty() && rule.from && rule.to_all && rule.table) break;  // it comes before all others
      if (rule.per_packet.empty() || !rule.table) continue;
      warn(out,
           fmt::format(
               "rule {} of IPv{} ({}) chooses by what differs from packet to packet: XDP sends tunnels from {} "
               "as if it came in by no interface, and the kernel follows it; let tunnels have a rule of their own: "
               "ip{} rule add pref {} from {} lookup {}",
               rule.priority, rule.ip6 ? 6 : 4, rule.per_packet, text(source), rule.ip6 ? " -6" : "", rule.priority - 1,
               text(source), rule.table));
    }
}

}  // namespace

void look_here(const Config& config, Findings& out) {
  look_at_service_addresses(config, out);
  if (config.director)
    for (const Address& address : config.director->address) {
      const Result<bool> local = is_local(address);
      if (local && !*local)
        warn(out,
             fmt::format("{}, where tunnels come from, is no address of this machine: ICMP errors about tunnels are "
                         "lost; {}",
                         text(address), address_command(address)));
    }
  look_at_targets(config, out);
  look_at_fall_back(config, out);
  if (config.director) look_at_rules(config, out);
}

}  // namespace waymark::director
