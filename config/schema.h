// Every key of the configuration, declared once: key, member, kind with its range, need, meaning. Defaults are what the
// structs in config.h begin with. Reading, error sentences and docs/configuration.md all come from here.
#pragma once

#include "config/section.h"

namespace waymark::config {

using namespace std::chrono_literals;

constexpr Name kName{};
constexpr bool kMayBeEmpty = true;
constexpr Number<u16> kPort{1, 65535};
constexpr Span kIdle{1s, 2h};

constexpr auto kNode = section<Config>(
    "[node]", "The node itself.",
    Field{"name", &Config::name, Name{.dots = false}, optional,
          "The node's name; it also tells apart several instances on one machine."},
    Field{"log_level", &Config::log_level,
          one_of<std::string_view>(
              {{"trace", "trace"}, {"debug", "debug"}, {"info", "info"}, {"warning", "warning"}, {"error", "error"}}),
          optional, "The least important messages that are logged."});

constexpr auto kEngine = section<EngineConfig>(
    "[engine]", "The XDP program, and the interfaces it is attached to.",
    Field{"interfaces", &EngineConfig::interfaces, Zones{.most = 64}, required,
          "The zone of what comes in on each interface. `\"eth0:100\"` is VLAN 100 on eth0, `\"eth0:100:7\"` VLAN 7 "
          "within "
          "it (802.1ad), `eth0` the untagged rest. At most 64 entries."},
    Field{"mode", &EngineConfig::mode,
          one_of<XdpMode>({{"auto", XdpMode::automatic}, {"native", XdpMode::native}, {"generic", XdpMode::generic}}),
          optional, "Native XDP in the driver, or generic XDP in the kernel. `\"auto\"` takes the first that works."},
    Field{"pins", &EngineConfig::pins, Number<u32>{1000, 64'000'000, true}, optional,
          "How many proven flows are remembered. With 0 every packet takes the consistent choice."},
    Field{"persist", &EngineConfig::persist, Flag{}, optional,
          "Keep the program attached when the daemon ends, so that packets flow on without it."},
    Field{"adjacency_lifetime", &EngineConfig::adjacency_lifetime, Span{1s, 1h}, optional,
          "How long after the daemon's last word a next hop is believed; from then on the kernel routes."});

constexpr auto kDirector = section<DirectorConfig>(
    "[director]", "This node chooses a target for each flow of its services and sends the flow there in a tunnel.",
    Field{"address", &DirectorConfig::address, Several{HostAddress{}}, required,
          "The tunnels' source, at most one address per family. Every target needs one of its own family."});

constexpr auto kTarget = section<TargetConfig>(
    "[[service.target]]", "A server of the service above it; all services together have at most 32000.",
    Field{"name", &TargetConfig::name, kName, required, "Its name, unique within the service."},
    Field{"address", &TargetConfig::address, HostAddress{}, required, "Where the tunnel to it ends."},
    Field{"weight", &TargetConfig::weight, Number<u32>{0, 1000}, optional,
          "Its share of new flows, relative to the other targets. With 0 it drains: it keeps its flows and gets no new "
          "ones."},
    Field{"tunnel", &TargetConfig::tunnel, one_of<Tunnel>({{"ip", Tunnel::ip}, {"gue", Tunnel::gue}}), optional,
          "IP in IP, or Generic UDP Encapsulation."},
    Field{"port", &TargetConfig::port, kPort, optional, "GUE's destination port."});

constexpr auto kService = section<ServiceConfig>(
    "[[service]]", "What clients reach.",
    Field{"name", &ServiceConfig::name, kName, required, "Its name, unique on the node."},
    Field{"zone", &ServiceConfig::zone, kName, optional, "The zone its clients are in: one of `[engine] interfaces`."},
    Field{"address", &ServiceConfig::address, Several{HostAddress{}}, required,
          "The addresses that clients use. At most 65000 in all services."},
    Field{
        "ports", &ServiceConfig::ports, Several{Ports{}}, required,
        "What is served on each of these addresses; all else is left to the kernel. At most 4096 ranges per address."},
    Field{"affinity", &ServiceConfig::affinity,
          one_of<Affinity>({{"flow", Affinity::flow}, {"client", Affinity::client}}), optional,
          "Whether each flow gets a target of its own choice, or all flows of a client address the same."},
    Field{"tcp_idle", &ServiceConfig::tcp_idle, kIdle, optional, "How long a silent TCP connection stays pinned."},
    Field{"udp_idle", &ServiceConfig::udp_idle, kIdle, optional, "How long a silent UDP flow stays pinned."},
    Field{"target", &ServiceConfig::target, Repeated{kTarget, 1024}, optional, ""});

constexpr auto kHostService = section<HostServiceConfig>(
    "[[host.service]]", "A service that this server answers for; packets in tunnels to anything else are refused.",
    Field{"name", &HostServiceConfig::name, kName, required, "Its name, unique within `[host]`."},
    Field{"address", &HostServiceConfig::address, Several{HostAddress{}}, required,
          "The service's addresses, the same as at the director."},
    Field{"ports", &HostServiceConfig::ports, Several{Ports{}}, required, "The service's ports."});

constexpr auto kHost = section<HostConfig>(
    "[host]", "This node is a server: it ends tunnels and answers clients directly.",
    Field{"address", &HostConfig::address, Several{HostAddress{}}, required, "Where tunnels to it end."},
    Field{"directors", &HostConfig::directors, Several{HostAddress{}}, required,
          "The directors' tunnel addresses; tunnels from others are refused."},
    Field{"interfaces", &HostConfig::interfaces, Several{InterfaceName{}, kMayBeEmpty}, optional,
          "Where tunnels may come in, named as in `[engine] interfaces`.", "all of them"},
    Field{"port", &HostConfig::port, kPort, optional, "The UDP port for GUE."},
    Field{"service", &HostConfig::service, Repeated{kHostService, 10'240}, optional, ""});

constexpr auto kApi =
    section<ApiConfig>("[api]", "How the command line and monitoring reach the daemon.",
                       Field{"socket", &ApiConfig::socket, SocketPath{}, optional,
                             "The unix socket of the local HTTP API.", "`\"/run/waymark/NAME.sock\"`"},
                       Field{"metrics", &ApiConfig::metrics, Listen{}, optional,
                             "Where `/metrics` is served for Prometheus.", "not served"});

constexpr auto kRoot = section<Config>(
    "", "", Here{"node", kNode}, Field{"engine", &Config::engine, Inner{kEngine}, required, ""},
    Field{"director", &Config::director, Inner{kDirector}, optional, ""},
    Field{"service", &Config::service, Repeated{kService, 10'240}, optional, ""},
    Field{"host", &Config::host, Inner{kHost}, optional, ""}, Field{"api", &Config::api, Inner{kApi}, optional, ""});

}  // namespace waymark::config
