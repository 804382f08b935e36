// A WAN with two POPs and two servers, and names in a zone, as configurations.
#pragma once

namespace waymark::dns {

inline const char* const kSite = R"(
[node]
name = "ns1"
[engine]
pins = 0
interfaces = { eth0 = "wan" }
[plan.clients]
prefix = "3fff:c00::/40"
layout = "pop:8 policy:8 id:32 zero:40"
[plan.servers]
prefix = "3fff:a00::/40"
layout = "id:16 path:5x8 policy:4 epoch:2 tag:26"
over = "pair"
keys = { 1 = "000102030405060708090a0b0c0d0e0f", 2 = "101112131415161718191a1b1c1d1e1f" }
[path]
id = 1
clients = "clients"
servers = "servers"
zone = "wan"
[[path.pop]]
id = 1
address = "2001:db8:0:1::1"
[[path.pop]]
id = 2
address = "2001:db8:0:2::1"
[[path.server]]
id = 7
pop = 2
address = "2001:db8:0:27::7"
[[path.server]]
id = 8
pop = 1
address = "2001:db8:0:18::8"
[[path.policy]]
name = "web"
index = 2
to_server = "tcp/80"
)";

inline const char* const kNames = R"(
[dns]
listen = "2001:db8:0:1::53"
resolvers = ["2001:db8:9::/64", "192.0.2.9"]
ttl = "20s"
rate = 50
[[dns.zone]]
name = "svc.example"
ns = ["ns1.svc.example", "ns.example.net"]
negative_ttl = "15s"
[[dns.name]]
name = "ns1.svc.example"
address = ["2001:db8:0:1::53", "192.0.2.53"]
[[dns.name]]
name = "www.svc.example"
policy = "web"
address = ["2001:db8::80", "192.0.2.80"]
server = [{ id = 7 }]
https = { alpn = ["h2", "h3"], port = 8443 }
[[dns.name]]
name = "both.svc.example"
policy = "web"
server = [{ id = 7, weight = 30 }, { id = 8, weight = 10 }]
[[dns.name]]
name = "deep.below.svc.example"
address = "2001:db8::d"
)";

}  // namespace waymark::dns
