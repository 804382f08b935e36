// The keys of [director].
#pragma once

#include "config/keys.h"
#include "roles/director/config.h"

namespace waymark::director {

using namespace config;

constexpr auto kSection = section<DirectorConfig>(
    "[director]", "This node chooses a target for each flow of its services and sends the flow there in a tunnel.",
    Field{"address", &DirectorConfig::address, Several{HostAddress{}}, required,
          "The tunnels' source, at most one address per family. Every target needs one of its own family. Next hops "
          "follow `ip rule from` this address."},
    Field{"second_candidate", &DirectorConfig::second_candidate, Flag{}, optional,
          "Name in GUE tunnels, for flows that arrive in their middle, the target that the choice gave before its last "
          "change: a host that does not know the flow passes it on to that one."},
    Field{"resets", &DirectorConfig::resets, Number<u32>{1, 1'000'000, true}, optional,
          "How many TCP resets a second tell clients at most that their server died. With 0 none does."},
    Field{"unreachables", &DirectorConfig::unreachables, Number<u32>{1, 1'000'000, true}, optional,
          "Likewise ICMP port unreachables for UDP."},
    Field{
        "closed", &DirectorConfig::closed, Number<u32>{1, 1'000'000, true}, optional,
        "How many packets a second to ports that no service has are refused at most, with a TCP reset or an ICMP port "
        "unreachable from the service's address. With 0 they are the kernel's."},
    Field{"errors", &DirectorConfig::errors, Number<u32>{1, 1'000'000, true}, optional,
          "How many clients a second are told at most that a packet is too big for the tunnel to its target, or that "
          "its hop limit ended here. They come from \"address\", and from the service's where that has none of the "
          "family. With 0 none is told."},
    Field{"echo", &DirectorConfig::echo,
          one_of<Echo>({{"answer", Echo::answer}, {"target", Echo::target}, {"kernel", Echo::kernel}}), optional,
          "Pings of a service's address: answered by the director while a target of the address takes new flows; or "
          "sent to a target, the same for one client; or left to the kernel."},
    Field{"echoes", &DirectorConfig::echoes, Number<u32>{1, 1'000'000, true}, optional,
          "How many pings a second the director answers at most. With 0 none."});

}  // namespace waymark::director
