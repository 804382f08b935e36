// The keys of [dns].
#pragma once

#include "config/dns.h"
#include "config/keys.h"

namespace waymark::config {

constexpr Span kDnsTtl{1s, 24h};

constexpr auto kDnsZone = section<DnsZoneConfig>(
    "[[dns.zone]]", "A zone that is delegated to this name server.",
    Field{"name", &DnsZoneConfig::name, DomainName{}, required, "Its name."},
    Field{"ns", &DnsZoneConfig::ns, Several{DomainName{}}, required,
          "Its name servers, as the delegation has them. One within the zone needs a `[[dns.name]]` with its "
          "addresses."},
    Field{"mailbox", &DnsZoneConfig::mailbox, DomainName{}, optional,
          "The mailbox of who is responsible, as SOA records have it: `\"hostmaster.example.net\"`.",
          "`hostmaster` within the zone"},
    Field{"serial", &DnsZoneConfig::serial, Number<u32>{0, 4'294'967'295}, optional,
          "The serial number in its SOA record. Nobody transfers the zone, so nothing depends on it."},
    Field{"ttl", &DnsZoneConfig::ttl, kDnsTtl, optional, "How long resolvers may keep SOA and NS records."},
    Field{"negative_ttl", &DnsZoneConfig::negative_ttl, kDnsTtl, optional,
          "How long resolvers may keep that a name or a record does not exist."});

constexpr auto kDnsServer = section<DnsServerConfig>(
    "[[dns.name.server]]", "A server that has the service.",
    Field{"id", &DnsServerConfig::id, Number<u32>{0, 65'535}, required, "The id of its `[[path.server]]`."},
    Field{"weight", &DnsServerConfig::weight, Number<u32>{0, 1000}, optional,
          "Its share of the clients, relative to the name's other servers. With 0 it gets none."});

constexpr auto kDnsHttps = section<DnsHttpsConfig>(
    "[dns.name.https]", "The name's HTTPS record (RFC 9460), the same for all clients.",
    Field{"priority", &DnsHttpsConfig::priority, Number<u32>{0, 65'535}, optional,
          "Its priority. With 0 the name is an alias of `target`."},
    Field{"target", &DnsHttpsConfig::target, DomainName{}, optional, "Where the service is.", "the name itself"},
    Field{"alpn", &DnsHttpsConfig::alpn, Several{AlpnId{}}, optional,
          "The protocols beside HTTP/1.1, such as `[\"h2\", \"h3\"]`.", "none"},
    Field{"port", &DnsHttpsConfig::port, kPort, optional, "The port, where it is not the usual one.", "443"});

constexpr auto kDnsName = section<DnsNameConfig>(
    "[[dns.name]]", "A name in one of the zones.",
    Field{"name", &DnsNameConfig::name, DomainName{}, required, "The whole name, such as `\"www.example.net\"`."},
    Field{"server", &DnsNameConfig::server, Repeated{kDnsServer, 64}, optional, ""},
    Field{"policy", &DnsNameConfig::policy, kName, optional,
          "The `[[path.policy]]` in the addresses of its servers; with `server` it is needed.", "none"},
    Field{"address", &DnsNameConfig::address, Several{HostAddress{}, kMayBeEmpty}, optional,
          "Its A and AAAA records, at most 16. With `server` the IPv6 addresses are what clients get whose address is "
          "not known to be of the clients' plan; where there is none, they are refused.",
          "none"},
    Field{"https", &DnsNameConfig::https, Inner{kDnsHttps}, optional, ""},
    Field{"ttl", &DnsNameConfig::ttl, kDnsTtl, optional,
          "How long resolvers may keep the records that are the same for all clients."});

constexpr auto kDns = section<DnsConfig>(
    "[dns]",
    "This node is a name server that makes servers' addresses for each client: with the path there from the client's "
    "POP. It needs `[path]`.",
    Field{"listen", &DnsConfig::listen, Several{ListenAddress{}}, required,
          "The addresses that it answers at, by UDP and TCP; at most 16. They may come later than the daemon."},
    Field{"port", &DnsConfig::port, kPort, optional, "The port there."},
    Field{"resolvers", &DnsConfig::resolvers, Several{HostPrefix{}, kMayBeEmpty}, optional,
          "Whose Client Subnet (RFC 7871) is believed: resolvers that ask for clients. At most 1000.", "none"},
    Field{"ttl", &DnsConfig::ttl, Span{1s, 5min}, optional, "How long an answer for one client may be kept."},
    Field{"scope", &DnsConfig::scope, Number<u32>{1, 128}, optional,
          "For how many bits of the client's address such an answer is. At least what it depends on.",
          "what it depends on: 128 where the servers' plan has `over = \"pair\"`, or the clients' plan a tag; else as "
          "far as its `pop` reaches"},
    Field{"rate", &DnsConfig::rate, Number<u32>{1, 1'000'000}, optional,
          "Answers a second by UDP to an IPv6 /56 or an IPv4 /24 that shows no cookie. Beyond it every other question "
          "is told to come by TCP or with a cookie, and the others are dropped."},
    Field{"resolver_rate", &DnsConfig::resolver_rate, Number<u32>{1, 10'000'000}, optional,
          "The same, for what is in `resolvers`."},
    Field{"connections", &DnsConfig::connections, Number<u32>{1, 1000}, optional,
          "TCP connections at one time. A quarter of them may be of one IPv6 /56 or IPv4 /24 that is not in "
          "`resolvers`."},
    Field{"xdp", &DnsConfig::xdp, Flag{}, optional,
          "Whether XDP answers clients' questions for their own addresses; the name server answers all others."},
    Field{"zone", &DnsConfig::zone, Repeated{kDnsZone, 1'000}, optional, ""},
    Field{"name", &DnsConfig::name, Repeated{kDnsName, 50'000}, optional, ""});

}  // namespace waymark::config
