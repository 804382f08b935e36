#include "cli/feed.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "core/parse.h"

namespace waymark::cli {

namespace {

constexpr Mac kSomebody = {{2, 0x57, 2, 0, 0, 1}};  // who sent a raw packet

std::string name_of(const InterfaceConfig& i) {
  std::string name = i.name;
  if (i.outer_vlan) name += fmt::format(":{}", i.outer_vlan);
  if (i.inner_vlan) name += fmt::format(":{}", i.inner_vlan);
  return name;
}

bool has_clients(const Config& config, const InterfaceConfig& interface) {
  return std::any_of(config.service.begin(), config.service.end(),
                     [&](auto& service) { return service.zone == interface.zone; });
}

bool takes_tunnels(const Config& config, const InterfaceConfig& interface) {
  if (!config.host) return false;
  const auto& listed = config.host->interfaces;
  return listed.empty() || std::find(listed.begin(), listed.end(), name_of(interface)) != listed.end();
}

template <class T>
void add(std::vector<u8>& out, const T& value) {
  const u8* bytes = reinterpret_cast<const u8*>(&value);
  out.insert(out.end(), bytes, bytes + sizeof value);
}

}  // namespace

std::vector<u16> gue_ports_of(const Config& config) {
  std::vector<u16> ports;
  if (config.host) ports.push_back(config.host->port);
  for (const ServiceConfig& service : config.service)
    for (const TargetConfig& target : service.target)
      if (target.tunnel == Tunnel::gue) ports.push_back(target.port);
  std::sort(ports.begin(), ports.end());
  ports.erase(std::unique(ports.begin(), ports.end()), ports.end());
  return ports;
}

Result<Feed> Feed::make(const Scene& scene, const Config& config, const std::string& interface) {
  const auto& all = config.engine.interfaces;
  auto chosen = std::find_if(all.begin(), all.end(), [&](auto& i) {
    return interface.empty() ? has_clients(config, i) : name_of(i) == interface;
  });
  if (chosen == all.end() && interface.empty())
    chosen = std::find_if(all.begin(), all.end(), [&](auto& i) { return takes_tunnels(config, i); });
  if (chosen == all.end() && interface.empty()) chosen = all.begin();
  const InterfaceFacts* facts = chosen == all.end() ? nullptr : scene.interface_called(chosen->name);
  if (!facts) {
    std::string names;
    for (const InterfaceConfig& i : all) names += (names.empty() ? "" : ", ") + name_of(i);
    return Error{fmt::format("the configuration has no interface \"{}\"; it has: {}", interface, names)};
  }
  Feed feed;
  feed.interface_ = facts->index;
  feed.mac_ = facts->mac;
  feed.outer_vlan_ = chosen->outer_vlan;
  feed.inner_vlan_ = chosen->inner_vlan;
  feed.name_ = name_of(*chosen);
  return feed;
}

std::vector<u8> Feed::wrap(std::span<const u8> packet, LinkType link) const {
  std::vector<u8> frame;
  if (link == LinkType::ethernet) {
    frame.assign(packet.begin(), packet.end());
    // Frames for many stay what they are; those for one machine elsewhere are for this one here.
    if (frame.size() >= sizeof(Mac) && !(frame[0] & 1)) std::memcpy(frame.data(), &mac_, sizeof mac_);
    return frame;
  }
  frame.reserve(sizeof(Ethernet) + 2 * sizeof(Vlan) + packet.size());
  const be16 type = wire16(!packet.empty() && packet[0] >> 4 == 6 ? kEtherIp6 : kEtherIp4);
  const be16 outer_type = wire16(inner_vlan_ ? kEtherVlanService : kEtherVlan);
  add(frame, Ethernet{mac_, kSomebody, outer_vlan_ ? outer_type : type});
  if (outer_vlan_) add(frame, Vlan{wire16(outer_vlan_), inner_vlan_ ? wire16(kEtherVlan) : type});
  if (inner_vlan_) add(frame, Vlan{wire16(inner_vlan_), type});
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
