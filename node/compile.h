// From a configuration and what the machine looks like to an Image: the config tables of one load. Pure and
// deterministic.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "config/config.h"
#include "dataplane/image.h"
#include "node/slots.h"

namespace waymark {

// How long a flow that sent one packet, and one that sent FIN or RST, is remembered after its last packet, at least.
constexpr Duration kEmbryoLifetime = std::chrono::seconds(20);
constexpr Duration kClosingLifetime = std::chrono::seconds(60);

// What the machine says of an interface that the configuration names.
struct InterfaceFacts {
  std::string name;
  u32 index;
  Mac mac;
  u32 mtu = 0;  // of IP packets; 0: not known
};

// What the Image takes from the pinned tables and the machine, beside the configuration.
struct CompileInput {
  const Config& config;
  const Services& serves;
  std::span<const u32> indices;  // of serves.service, in the same order; below kMaxServices
  std::span<const InterfaceFacts> interfaces;
  const Meta& meta;                         // keys, bucket counts, clock
  std::span<const u32> fellows = {};        // slots of the ways to other hosts, as in serves.fellow
  std::span<const SharedSlot> shared = {};  // slots of targets that several services have
  std::span<const Prefix> natives = {};     // what the machine reaches by itself: there the translator keeps off
};

// All other hosts that services of [host] name, each once, in order; without this host's own addresses, and without
// those of a family in which it has none, as nothing could be sent to them.
std::vector<Address> fellows_of(const HostConfig& host);

// Fails, with a sentence, where an interface is missing, zones' names collide, or a table would overflow.
Result<Image> compile(const CompileInput& input);

// How many whole stamps cover `idle` (rounded up, at least 1).
u32 stamps_for(Duration idle, const Meta& meta);

// The stamp's shift for a clock: the finest for which two hours, the longest idle time, fit into nine bits.
u32 stamp_shift_for(u32 ticks_per_second);

}  // namespace waymark
