#include "cli/feed.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "config/kinds.h"
#include "core/parse.h"
#include "roles/role.h"

namespace waymark::cli {

namespace {

constexpr Mac kSomebody = {{2, 0x57, 2, 0, 0, 1}};  // who sent a raw packet

template <class T>
void add(std::vector<u8>& out, const T& value) {
  const u8* bytes = reinterpret_cast<const u8*>(&value);
  out.insert(out.end(), bytes, bytes + sizeof value);
}

}  // namespace

TunnelPorts tunnel_ports_of(const Config& config) {
  TunnelPorts ports;
  for (const Descriptor* role : roles_at_work(config))
    if (role->tunnel_ports) role->tunnel_ports(config, ports);
  return ports;
}

Result<Feed> Feed::make(const Scene& scene, const Config& config, const std::string& interface) {
  const auto& all = config.engine.interfaces;
  const auto find = [&](bool ip6) -> const InterfaceConfig* {
    if (!interface.empty()) {
      const auto named = std::find_if(all.begin(), all.end(), [&](auto& i) { return config::text(i) == interface; });
      return named == all.end() ? nullptr : &*named;
    }
    for (const Descriptor* role : roles_at_work(config))
      if (const InterfaceConfig* usual = role->usual_interface ? role->usual_interface(config, ip6) : nullptr)
        return usual;
    return all.empty() ? nullptr : &all.front();
  };
  Feed feed;
  for (const bool ip6 : {false, true}) {
    const InterfaceConfig* chosen = find(ip6);
    const InterfaceFacts* facts = chosen ? scene.interface_called(chosen->name) : nullptr;
    if (!facts) {
      std::string names;
      for (const InterfaceConfig& i : all) names += (names.empty() ? "" : ", ") + config::text(i);
      return Error{fmt::format("the configuration has no interface \"{}\"; it has: {}", interface, names)};
    }
    Side& side = ip6 ? feed.ip6_ : feed.ip4_;
    side = {facts->index, facts->mac, chosen->outer_vlan, chosen->inner_vlan, config::text(*chosen)};
  }
  return feed;
}

const Feed::Side& Feed::side(std::span<const u8> packet, LinkType link) const {
  size_t at = 0;
  if (link == LinkType::ethernet) {
    const auto type_at = [&](size_t i) {
      return i + 2 <= packet.size() ? u16(packet[i] << 8 | packet[i + 1]) : u16(0);
    };
    at = sizeof(Ethernet);
    while (type_at(at - 2) == kEtherVlan || type_at(at - 2) == kEtherVlanService) at += sizeof(Vlan);
  }
  return at < packet.size() && packet[at] >> 4 == 6 ? ip6_ : ip4_;
}

std::vector<u8> Feed::wrap(std::span<const u8> packet, LinkType link) const {
  const auto& [interface, mac, outer_vlan, inner_vlan, name] = side(packet, link);
  std::vector<u8> frame;
  if (link == LinkType::ethernet) {
    frame.assign(packet.begin(), packet.end());
    // Frames for many stay what they are; those for one machine elsewhere are for this one here.
    if (frame.size() >= sizeof(Mac) && !(frame[0] & 1)) std::memcpy(frame.data(), &mac, sizeof mac);
    return frame;
  }
  frame.reserve(sizeof(Ethernet) + 2 * sizeof(Vlan) + packet.size());
  const be16 type = wire16(!packet.empty() && packet[0] >> 4 == 6 ? kEtherIp6 : kEtherIp4);
  const be16 outer_type = wire16(inner_vlan ? kEtherVlanService : kEtherVlan);
  add(frame, Ethernet{mac, kSomebody, outer_vlan ? outer_type : type});
  if (outer_vlan) add(frame, Vlan{wire16(outer_vlan), inner_vlan ? wire16(kEtherVlan) : type});
  if (inner_vlan) add(frame, Vlan{wire16(inner_vlan), type});
  frame.insert(frame.end(), packet.begin(), packet.end());
  return frame;
}

std::optional<std::span<const u8>> Feed::unwrap(std::span<const u8> frame, LinkType link) {
  if (link == LinkType::ethernet) return frame;
  size_t at = offsetof(Ethernet, type);
  const auto type_at = [&](size_t i) { return i + 2 <= frame.size() ? u16(frame[i] << 8 | frame[i + 1]) : u16(0); };
  while (type_at(at) == kEtherVlan || type_at(at) == kEtherVlanService) at += sizeof(Vlan);
  if (type_at(at) != kEtherIp4 && type_at(at) != kEtherIp6) return std::nullopt;
  return frame.subspan(at + 2);
}

}  // namespace waymark::cli
