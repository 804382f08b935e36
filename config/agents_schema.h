// The keys of [agents], [[authorise]] and [service.registered].
#pragma once

#include "config/agents.h"
#include "config/keys.h"

namespace waymark::config {

constexpr auto kAgentPeer = section<AgentsConfig::Peer>(
    "[[agents.peer]]", "A server that may say who it is.",
    Field{"name", &AgentsConfig::Peer::name, Name{.dots = false}, required, "Its `[node] name`."},
    Field{"spi", &AgentsConfig::Peer::spi, kSpi, required,
          "The number of the key that both have (RFC 4285): another one for each peer."},
    Field{"key", &AgentsConfig::Peer::key, FilePath{}, required,
          "The file that holds the key: 16 to 4096 bytes, for this pair alone, readable by its owner alone."});

constexpr auto kAgents = section<AgentsConfig>(
    "[agents]",
    "Servers register with this director by Mobile IPv6 Binding Updates (RFC 6275), instead of being listed as "
    "targets. "
    "What each may register `[[authorise]]` says.",
    Field{"listen", &AgentsConfig::listen, Several{HostAddress{}}, required,
          "The addresses at which servers reach it, by UDP."},
    Field{"port", &AgentsConfig::port, kPort, optional, "The port there."},
    Field{"lifetime", &AgentsConfig::lifetime, Span{16s, 1h}, optional,
          "How long a registration is good that is not renewed, at most; servers renew at half of it. Whole multiples "
          "of 4 s are granted."},
    Field{
        "heartbeat", &AgentsConfig::heartbeat, Span{100ms, 1min}, optional,
        "How often servers that registered are asked whether they are there (RFC 5847). One that misses three gets no "
        "new flows until it answers.",
        "they are not"},
    Field{"drain", &AgentsConfig::drain, Span{1s, 24h}, optional,
          "How long a server that gave up its registration is still listed; its flows go on meanwhile, and after it."},
    Field{"peer", &AgentsConfig::peer, Repeated{kAgentPeer, 10'240}, optional, ""});

constexpr auto kAuthorise = section<AuthoriseConfig>(
    "[[authorise]]", "Which peers of `[agents]` may register for which services. What no entry allows is refused.",
    Field{"peer", &AuthoriseConfig::peer, Several{Name{.dots = false, .stars = true}}, required,
          "Names of peers, such as `\"web-*\"`."},
    Field{"service", &AuthoriseConfig::service, Several{Name{.stars = true}}, required, "Names of services."},
    Field{"care_of", &AuthoriseConfig::care_of, Several{HostPrefix{}}, required,
          "Where packets may be sent to: prefixes that their addresses lie in."},
    Field{"share", &AuthoriseConfig::share, Number<u32>{1, 100}, optional,
          "The largest share of a service's new flows that one of them gets, in percent, where others are there."});

constexpr auto kRegistered = section<RegisteredConfig>(
    "[service.registered]",
    "Servers may register for the service above it, beside its targets, if it has any. Their packets are tunnelled so:",
    Field{"tunnel", &RegisteredConfig::tunnel,
          one_of<Tunnel>({{"ip", Tunnel::ip}, {"gue", Tunnel::gue}, {"gre", Tunnel::gre}}), optional,
          "As of a `[[service.target]]`."},
    Field{"port", &RegisteredConfig::port, kPort, optional, "The UDP port of GUE.", "6080"},
    Field{"key", &RegisteredConfig::key, kTunnelKey, optional, "The key of GRE.", "none"},
    Field{
        "weight", &RegisteredConfig::weight, Number<u32>{1, 1000}, optional,
        "The weight of one that is idle and can carry as much as the largest of them, or does not say: beside targets "
        "of the file as many as these have."});

}  // namespace waymark::config
