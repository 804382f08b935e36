// Mobility options: what messages carry besides their fixed fields. Lengths and counts are bounded here, whatever a
// sender claims. Addresses of IPv4 stand as in core/address.h.
#pragma once

#include <array>
#include <optional>

#include "base/prefix.h"
#include "signal/selector.h"
#include "signal/status.h"

namespace waymark::signalling {

constexpr size_t kMostPrefixes = 16, kMostBindings = 8, kMostFlows = 8, kMostReferences = 8, kMostVendors = 4,
                 kMostIp4Homes = 2;

// Mobile Node Identifier (RFC 4283, 3).
struct NodeIdentifier {
  u8 subtype = 1;     // 1: a network access identifier (RFC 4282)
  Few<u8, 254> text;  // 1 to 254 bytes
  bool operator==(const NodeIdentifier&) const = default;
};

// Replay protection (RFC 4285, 6). The 64 bits there are a time; here, so that no clock is needed, two numbers that
// only grow (signal/replay.h).
struct Stamp {
  u32 epoch = 0;     // grows with each start of the sender
  u32 sequence = 0;  // grows with each message of one epoch
  bool operator==(const Stamp&) const = default;
};

// Binding Identifier (RFC 5648, 4.3).
struct BindingIdentifier {
  u16 id = 1;  // not 0; once in a message
  BindingStatus status =
      BindingStatus::accepted;     // in an Acknowledgement, for this binding; accepted: the message's own
  bool at_home = false;            // H: beside a binding of the home link
  std::optional<Address> care_of;  // unicast; in an Update alone
  bool operator==(const BindingIdentifier&) const = default;
};

// Load Information (RFC 6463, 4.3).
struct Load {
  u16 priority = 0;                            // a lower one is preferred
  u32 sessions_in_use = 0, most_sessions = 0;  // bindings
  u32 used_capacity = 0, most_capacity = 0;    // kilobytes a second
  bool operator==(const Load&) const = default;
};

// Flow Identification (RFC 6089, 4.2): packets that its selector matches go to one of these bindings.
struct Flow {
  u16 id = 1;        // not 0; once in a message
  u16 priority = 1;  // not 0; once in a message; a lower one is asked first
  FlowStatus status = FlowStatus::accepted;
  std::optional<Selector> selector;
  Few<u16, kMostReferences> bindings;  // of BindingIdentifier::id
  bool operator==(const Flow&) const = default;
};

// IPv4 Home Address and IPv4 Address Acknowledgement (RFC 5555, 3.1.1 and 3.2.1): for an address, for a prefix, or two
// for both.
struct Ip4Home {
  Address address = address_of({0});  // 0.0.0.0: please assign one
  u8 length = 32;                     // of its prefix, 1 to 32
  bool wants_prefix = false;          // P; of two options one has it
  bool operator==(const Ip4Home&) const = default;
};
struct Ip4Acknowledged {
  Ip4Status status = Ip4Status::accepted;
  Address address = address_of({0});
  u8 length = 0;  // 0 to 32
  bool operator==(const Ip4Acknowledged&) const = default;
};

struct VendorSpecific {  // RFC 5094, 3
  u32 vendor = 0;        // SMI network management private enterprise code
  u8 subtype = 0;
  Few<u8, 250> data;
  bool operator==(const VendorSpecific&) const = default;
};

// MN-HA authentication (RFC 4285, 5.1); signal/auth.h makes and verifies it. Always the last option, with no padding
// behind it, so that its MAC covers all bytes in front of it.
struct MnHa {
  u32 spi = 256;  // from 256 on
  std::array<u8, 12> value{};
  bool operator==(const MnHa&) const = default;
};

struct Options {
  std::optional<u16> refresh_advice;         // Binding Refresh Advice (RFC 6275, 6.2.4), in units of 4 s
  std::optional<Address> alternate_care_of;  // IPv6, unicast (RFC 6275, 6.2.5)
  Few<Prefix, kMostPrefixes> prefixes;       // Mobile Network Prefix, IPv6, no host bits, each once (RFC 3963, 4.3)
  std::optional<NodeIdentifier> node;
  std::optional<Stamp> stamp;
  std::optional<u32> restart_counter;  // RFC 5847, 3.4
  Few<Ip4Home, kMostIp4Homes> ip4_homes;
  Few<Ip4Acknowledged, kMostIp4Homes> ip4_acknowledged;
  std::optional<Address> ip4_care_of;  // IPv4, unicast (RFC 5555, 3.1.2)
  Few<BindingIdentifier, kMostBindings> bindings;
  Few<Flow, kMostFlows> flows;
  bool redirect_capable = false;    // Redirect-Capability (RFC 6463, 4.1)
  std::optional<Address> redirect;  // unicast, of either version (RFC 6463, 4.2)
  std::optional<Load> load;
  Few<VendorSpecific, kMostVendors> vendors;
  std::optional<MnHa> mac;
  bool operator==(const Options&) const = default;
};

}  // namespace waymark::signalling
