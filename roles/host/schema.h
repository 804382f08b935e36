// The keys of [host].
#pragma once

#include "config/keys.h"
#include "roles/host/config.h"

namespace waymark::host {

using namespace config;

constexpr auto kRegister = section<RegisterConfig>(
    "[host.service.register]",
    "The service above it is registered with each `[[host.director]]` while its `check` is well, if it has one.",
    Field{"lifetime", &RegisterConfig::lifetime, Span{16s, 1h}, optional,
          "How long a registration is to be good that is not renewed. The director may grant less."},
    Field{"priority", &RegisterConfig::priority, Number<u32>{0, 255}, optional,
          "As RFC 6463 has it: what is told with the load."},
    Field{"sessions", &RegisterConfig::sessions, Number<u32>{1, 4'294'967'295, true}, optional,
          "How many connections this server carries at most. With 0 it does not say."},
    Field{"capacity", &RegisterConfig::capacity, Number<u32>{1, 4'294'967'295, true}, optional,
          "What it can do at most, in any unit that its services' servers share. With 0 it does not say."});

constexpr auto kHostDirector = section<HostDirectorConfig>(
    "[[host.director]]", "A director that the services with `register` are registered with, by this node's name.",
    Field{"name", &HostDirectorConfig::name, Name{.dots = false}, required, "Its `[node] name`."},
    Field{"address", &HostDirectorConfig::address, HostAddress{}, required, "One of `[agents] listen` there."},
    Field{"port", &HostDirectorConfig::port, kPort, optional, "Its port there."},
    Field{"spi", &HostDirectorConfig::spi, kSpi, required,
          "The number of the key, as the director's `[[agents.peer]]` has it."},
    Field{"key", &HostDirectorConfig::key, FilePath{}, required,
          "The file that holds the key: 16 to 4096 bytes, for this pair alone, readable by its owner alone."});

constexpr auto kHostService = section<HostServiceConfig>(
    "[[host.service]]", "A service that this server answers for; packets in tunnels to anything else are refused.",
    Field{"name", &HostServiceConfig::name, kName, required, "Its name, unique within `[host]`."},
    Field{"address", &HostServiceConfig::address, Several{HostPrefix{}}, required,
          "The service's addresses or prefixes, the same as at the director."},
    Field{"ports", &HostServiceConfig::ports, Several{config::Ports{}}, required, "The service's ports."},
    Field{"check", &HostServiceConfig::check, Inner{kCheck}, optional, ""},
    Field{"register", &HostServiceConfig::registers, Inner{kRegister}, optional, ""},
    Field{"hosts", &HostServiceConfig::hosts, Several{HostAddress{}, kMayBeEmpty}, optional,
          "The tunnel ends of the service's other hosts: packets of flows that are not known here are passed on to "
          "them, where the director names one, and taken from them.",
          "none"});

constexpr auto kHostTunnel = section<HostTunnelConfig>(
    "[[host.tunnel]]",
    "Tunnels of a kind that end here, each kind once. Without any these are IP in IP and GUE; with one, those alone "
    "that are listed.",
    Field{"tunnel", &HostTunnelConfig::tunnel, kTunnelWithEnd, required,
          "The kind, as the directors' targets have it."},
    Field{"port", &HostTunnelConfig::port, kPort, optional, "The UDP port of GUE and VXLAN.",
          "`port` of `[host]`, with VXLAN 4789"},
    Field{"key", &HostTunnelConfig::key, kTunnelKey, optional,
          "The key of GRE, without which only packets without a key are taken, or the VNI of VXLAN, which needs one.",
          "none"},
    Field{"mac", &HostTunnelConfig::mac, MacAddress{}, optional, "Whom the frames in VXLAN are for.",
          "the interface that they come in by"});

constexpr auto kSection = section<HostConfig>(
    "[host]", "This node is a server: it ends tunnels and answers clients directly.",
    Field{"address", &HostConfig::address, Several{HostAddress{}}, required, "Where tunnels to it end."},
    Field{"directors", &HostConfig::directors, Several{HostAddress{}}, required,
          "The directors' tunnel addresses; tunnels from others are refused."},
    Field{"interfaces", &HostConfig::interfaces, Several{InterfaceName{}, kMayBeEmpty}, optional,
          "Where tunnels may come in, named as in `[engine] interfaces`.", "all of them"},
    Field{"port", &HostConfig::port, kPort, optional, "The UDP port for GUE."},
    Field{"tunnel", &HostConfig::tunnel, Repeated{kHostTunnel, 4}, optional, ""},
    Field{"director", &HostConfig::director, Repeated{kHostDirector, 64}, optional, ""},
    Field{"service", &HostConfig::service, Repeated{kHostService, 10'240}, optional, ""});

}  // namespace waymark::host
