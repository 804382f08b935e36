#include <fmt/format.h>

#include <cstdlib>
#include <cstring>

#include "base/address_text.h"
#include "bench/path_case.h"
#include "config/parse.h"
#include "config/plan_values.h"
#include "core/wire.h"

namespace waymark::bench {

namespace {

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
      way == PathWay::entry_address ? "address" : "pair", enters ? 1 : 2,
      enters                    ? "[2]"
      : way == PathWay::forward ? "[1, 3]"
                                : "[]",
      enters ? "access_zone = \"clients\"\n[[path.access]]\ninterface = \"lo\"\nprefix = \"3fff:c00:1::/48\"\n" : "");
  for (const u32 id : {1u, 2u, 3u}) out += fmt::format("[[path.pop]]\nid = {}\naddress = \"{}\"\n", id, pop(id));
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

}  // namespace waymark::bench
