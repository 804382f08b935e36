// The keys of [tally].
#pragma once

#include "config/keys.h"
#include "roles/tally/config.h"

namespace waymark::tally {

using namespace config;

constexpr auto kSection = section<TallyConfig>(
    "[tally]", "This node counts the packets to some addresses.",
    Field{"zone", &TallyConfig::zone, kName, optional, "The zone they come in by: one of `[engine] interfaces`."},
    Field{"address", &TallyConfig::address, Several{HostAddress{}}, required, "The addresses."});

}  // namespace waymark::tally
