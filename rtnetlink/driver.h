// What a driver does to packets, and what it counts: ethtool(8)'s questions, in the current network namespace.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/types.h"

namespace waymark {

struct Offloads {
  bool checksums = false;         // of what it sends, TCP's and UDP's are left to the hardware
  bool tx_vlan = false;           // likewise VLAN tags
  bool rx_vlan = false;           // it takes VLAN tags out of what comes in
  bool lro = false, gro = false;  // segments that come in are joined, by the hardware or after it
};
std::optional<Offloads> offloads(const std::string& interface);  // none: it has no driver that says

// The driver's own counters ("ethtool -S"), in its order and words; empty where it has none.
using DriverCounts = std::vector<std::pair<std::string, u64>>;
DriverCounts driver_counts(const std::string& interface);

// Frames that XDP sent and the driver did not take, of all queues: no room, or nobody at the other end. None where it
// counts no such thing. Drivers name it as they like: what is known are veth's, virtio's, mlx4's, mlx5's and mvneta's
// words. Where there is a sum beside the queues' own counters, that counts.
std::optional<u64> refused_in(const DriverCounts& counts);

}  // namespace waymark
