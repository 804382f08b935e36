// Brings packets from elsewhere to a Scene: they come in on one of its interfaces, addressed to its MAC. A raw IP
// packet gets an Ethernet header for the way, which unwrap() takes off again.
#pragma once

#include <optional>
#include <string>

#include "base/pcapng.h"
#include "node/scene.h"
#include "roles/role.h"

namespace waymark::cli {

class Feed {
 public:
  // `interface` as in [engine] interfaces; empty: the usual one of the first role that has one (roles/role.h), else the
  // first of all.
  static Result<Feed> make(const Scene& scene, const Config& config, const std::string& interface);

  u32 interface(std::span<const u8> packet, LinkType link) const { return side(packet, link).interface; }
  const std::string& name(std::span<const u8> packet, LinkType link) const { return side(packet, link).name; }

  // The frame as it comes in. A raw packet that is no IP packet stays as it is, behind an Ethernet header that says
  // IPv4.
  std::vector<u8> wrap(std::span<const u8> packet, LinkType link) const;

  // What of a frame a capture of this link type shows; none for a frame without an IP packet in a raw one.
  static std::optional<std::span<const u8>> unwrap(std::span<const u8> frame, LinkType link);

 private:
  struct Side {
    u32 interface = 0;
    Mac mac{};
    u16 outer_vlan = 0, inner_vlan = 0;
    std::string name;
  };
  const Side& side(std::span<const u8> packet, LinkType link) const;

  Side ip4_, ip6_;
};

// The UDP ports that are GUE's in a configuration.
TunnelPorts tunnel_ports_of(const Config& config);

}  // namespace waymark::cli
