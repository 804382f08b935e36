#include <fmt/format.h>

#include <cstdlib>
#include <cstring>

#include "base/address_text.h"
#include "bench/path_case.h"
#include "config/dns_name.h"
#include "config/parse.h"
#include "config/plan_values.h"
#include "core/answer.h"
#include "dns/cookie.h"

namespace waymark::bench {

namespace {

constexpr const char* kNames = R"([dns]
listen = "2001:db8:0:53::53"
resolvers = "2001:db8:5::/48"
[[dns.zone]]
name = "svc.example"
ns = "ns.example.net"
[[dns.name]]
name = "www.svc.example"
server = [{ id = 7 }]
policy = "web"
)";

std::string pop(u32 id) { return fmt::format("2001:db8:0:{}::1", id); }

// Of POP 1 or 2. A neighbour is plain; the other end of a tunnel is not.
std::string file_of(PathWay way) {
  const bool enters = way == PathWay::entry_address || way == PathWay::entry_pair;
  std::string out = fmt::format(
      R"([engine]
pins = 0
interfaces = {}
[plan.clients]
prefix = "3fff:c00::/40"
layout = "pop:8 policy:8 id:32 zero:40"
[plan.servers]
prefix = "3fff:a00::/40"
layout = "id:16 path:5x8 policy:4 epoch:2 tag:26"
over = "{}"
keys = {{ 1 = "000102030405060708090a0b0c0d0e0f" }}
[path]
id = {}
clients = "clients"
servers = "servers"
zone = "wan"
interface = "lo"
plain = {}
{})",
      enters ? R"({ lo = "clients", wan0 = "wan" })" : R"({ lo = "wan" })",
      way == PathWay::entry_address ? "address" : "pair", enters || way == PathWay::ask ? 1 : 2,
      enters                    ? "[2]"
      : way == PathWay::forward ? "[1, 3]"
                                : "[]",
      enters ? "access_zone = \"clients\"\n[[path.access]]\ninterface = \"lo\"\nprefix = \"3fff:c00:1::/48\"\n" : "");
  for (const u32 id : {1u, 2u, 3u}) out += fmt::format("[[path.pop]]\nid = {}\naddress = \"{}\"\n", id, pop(id));
  if (way == PathWay::ask) out += kNames;
  return out + R"([[path.server]]
id = 7
pop = 3
address = "2001:db8:7::7"
[[path.policy]]
name = "client"
index = 1
to_server = ["tcp/*", "udp/*"]
[[path.policy]]
name = "web"
index = 2
to_server = ["tcp/80", "tcp/443", "udp/443"]
)";
}

Address encoded(const Config& config, const char* plan, const std::vector<std::string>& words) {
  const std::vector<AddressPlan> all = compile_plans(config);
  for (const AddressPlan& p : all)
    if (p.name == plan)
      if (const auto address = encode_address(all, p, words)) return *address;
  std::abort();  // the file above is wrong
}

}  // namespace

Config path_config(PathWay way) {
  Parsed parsed = parse_config(file_of(way), "bench.toml");
  if (!parsed.config) std::abort();
  return std::move(*parsed.config);
}

std::vector<u8> path_packet(PathWay way) {
  const Config config = path_config(way);
  const Address client = encoded(config, "clients", {"pop=1", "policy=1", "id=5"});
  std::vector<std::string> words = {"id=7", "path=1,2,3", "policy=2", "epoch=1"};
  if (way != PathWay::entry_address) words.push_back("client=" + text(client));
  const Address server = encoded(config, "servers", words);
  std::vector<u8> frame = client_packet(false, kTcpAck);
  u8* addresses = frame.data() + sizeof(Ethernet) + 8;
  store_address(addresses, client);
  store_address(addresses + 16, server);
  if (way != PathWay::tunnel) return frame;
  Ip6 outer{wire32(6u << 28), wire16(u16(frame.size() - sizeof(Ethernet))), kProtoIp6, 64, {}, {}};
  store_address(outer.source, *parse_address(pop(1)));
  store_address(outer.destination, *parse_address(pop(2)));
  const u8* bytes = reinterpret_cast<const u8*>(&outer);
  frame.insert(frame.begin() + sizeof(Ethernet), bytes, bytes + sizeof outer);
  return frame;
}

std::vector<u8> asking_packet(u32 seconds) {
  const Address client = encoded(path_config(PathWay::ask), "clients", {"pop=1", "policy=1", "id=5"});
  const Address from = *parse_address("2001:db8:5::5"), to = *parse_address("2001:db8:0:53::53");
  u8 whole[16];
  store_address(whole, client);
  const u8 own[] = {1, 2, 3, 4, 5, 6, 7, 8};
  const dns::ServerCookie ours = dns::make_cookie(kAskedCookies, own, from, seconds);
  const std::string message = std::string("\x12\x34\1\0\0\1\0\0\0\0\0\1", 12) + dns::wire_name("www.svc.example") +
                              std::string("\0\x1c\0\1\0\0\x29\4\xd0\0\0\x80\0", 13) +
                              std::string("\0\x34\0\x8\0\x14\0\2\x80\0", 10) + std::string(whole, whole + 16) +
                              std::string("\0\x0a\0\x18", 4) + std::string(own, own + 8) +
                              std::string(ours.begin(), ours.end());
  const u32 length = u32(sizeof(Udp) + message.size());
  Ip6 ip{wire32(6u << 28), wire16(u16(length)), kProtoUdp, 64, {}, {}};
  store_address(ip.source, from);
  store_address(ip.destination, to);
  std::vector<u8> frame = client_packet(false, kTcpAck);  // for its Ethernet header
  frame.resize(sizeof(Ethernet));
  const auto add = [&](const void* bytes, std::size_t count) {
    const u8* begin = static_cast<const u8*>(bytes);
    frame.insert(frame.end(), begin, begin + count);
  };
  Udp udp{wire16(40'000), wire16(53), wire16(u16(length)), {0}};
  add(&ip, sizeof ip);
  add(&udp, sizeof udp);
  add(message.data(), message.size());
  const View view{frame.data(), frame.data() + frame.size()};
  u64 sum = 0;
  (void)sum_bytes(view, sizeof(Ethernet) + sizeof(Ip6), u32(frame.size()), sum);
  sum += pseudo_sum(from, to, true, length, kProtoUdp);
  const u16 checksum = u16(~fold(sum));
  std::memcpy(frame.data() + sizeof(Ethernet) + sizeof(Ip6) + 6, &checksum, sizeof checksum);
  return frame;
}

}  // namespace waymark::bench
