// The keys of [director].
#pragma once

#include "config/keys.h"
#include "roles/director/config.h"

namespace waymark::director {

using namespace config;

constexpr auto kSection = section<DirectorConfig>(
    "[director]", "This node chooses a target for each flow of its services and sends the flow there in a tunnel.",
    Field{"address", &DirectorConfig::address, Several{HostAddress{}}, required,
          "The tunnels' source, at most one address per family. Every target needs one of its own family."},
    Field{"second_candidate", &DirectorConfig::second_candidate, Flag{}, optional,
          "Name in GUE tunnels, for flows that arrive in their middle, the target that the choice gave before its last "
          "change: a host that does not know the flow passes it on to that one."},
    Field{"resets", &DirectorConfig::resets, Number<u32>{1, 1'000'000, true}, optional,
          "How many TCP resets a second tell clients at most that their server died. With 0 none does."},
    Field{"unreachables", &DirectorConfig::unreachables, Number<u32>{1, 1'000'000, true}, optional,
          "Likewise ICMP port unreachables for UDP."});

}  // namespace waymark::director
