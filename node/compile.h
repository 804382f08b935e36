// From a configuration and what the machine looks like to an Image: the config tables of one load. Pure and
// deterministic. Each role compiles its part (roles/*/compile.cpp).
#pragma once

#include <functional>

#include "roles/compile.h"

namespace waymark {

// How long a flow that sent one packet, and one that sent FIN or RST, is remembered after its last packet, at least.
constexpr Duration kFragmentsWait = std::chrono::seconds(30);  // RFC 791, 3.2: at least 15 s
constexpr u32 kEarlyASecond = 256;                             // fragments that the daemon is given to hold
constexpr Duration kWayLifetime = std::chrono::seconds(2);     // until the kernel's routes are asked again
constexpr Duration kEmbryoLifetime = std::chrono::seconds(20);
constexpr Duration kClosingLifetime = std::chrono::seconds(60);

// Fails, with a sentence, where an interface is missing, zones' names collide, or a table would overflow.
Result<Image> compile(const CompileInput& input);

// What `[engine] mtu` says of an interface and is not so: its own MTU is lower. A sentence, or empty.
std::string unreached_mtu(const Config& config, const std::string& interface, u32 own);

// The stamp's shift for a clock: the finest for which two hours, the longest idle time, fit into nine bits.
u32 stamp_shift_for(u32 ticks_per_second);

// A fresh Meta for new tables: `random` fills the key.
Meta new_meta(const TableSizes& sizes, u32 ticks_per_second, const std::function<u32()>& random);

}  // namespace waymark
