// The keys of [host].
#pragma once

#include "config/keys.h"
#include "roles/host/config.h"

namespace waymark::host {

using namespace config;

constexpr auto kHostService = section<HostServiceConfig>(
    "[[host.service]]", "A service that this server answers for; packets in tunnels to anything else are refused.",
    Field{"name", &HostServiceConfig::name, kName, required, "Its name, unique within `[host]`."},
    Field{"address", &HostServiceConfig::address, Several{HostPrefix{}}, required,
          "The service's addresses or prefixes, the same as at the director."},
    Field{"ports", &HostServiceConfig::ports, Several{config::Ports{}}, required, "The service's ports."},
    Field{"check", &HostServiceConfig::check, Inner{kCheck}, optional, ""},
    Field{"hosts", &HostServiceConfig::hosts, Several{HostAddress{}, kMayBeEmpty}, optional,
          "The tunnel ends of the service's other hosts: packets of flows that are not known here are passed on to "
          "them, where the director names one, and taken from them.",
          "none"});

constexpr auto kSection = section<HostConfig>(
    "[host]", "This node is a server: it ends tunnels and answers clients directly.",
    Field{"address", &HostConfig::address, Several{HostAddress{}}, required, "Where tunnels to it end."},
    Field{"directors", &HostConfig::directors, Several{HostAddress{}}, required,
          "The directors' tunnel addresses; tunnels from others are refused."},
    Field{"interfaces", &HostConfig::interfaces, Several{InterfaceName{}, kMayBeEmpty}, optional,
          "Where tunnels may come in, named as in `[engine] interfaces`.", "all of them"},
    Field{"port", &HostConfig::port, kPort, optional, "The UDP port for GUE."},
    Field{"service", &HostConfig::service, Repeated{kHostService, 10'240}, optional, ""});

}  // namespace waymark::host
