#include "tests/path/site.h"

#include <cstdlib>

#include "base/address_text.h"
#include "config/parse.h"
#include "config/plan_values.h"
#include "core/outer.h"
#include "node/revocations.h"
#include "roles/path/revoked.h"
#include "tests/kit/scene.h"

namespace waymark::path_cases {

std::string pop(u32 id) { return "2001:db8:0:" + std::to_string(id) + "::1"; }
std::string pop4(u32 id) { return "192.0.2.10" + std::to_string(id); }

static std::string plans(const std::string& over) {
  return R"([plan.clients]
prefix = "3fff:c00::/40"
layout = "pop:8 policy:8 id:32 zero:40"
[plan.servers]
prefix = "3fff:a00::/40"
layout = "id:16 path:5x8 policy:4 epoch:2 tag:26"
over = ")" +
         over + R"("
keys = { 1 = "00112233445566778899aabbccddeeff", 2 = "ffeeddccbbaa99887766554433221100" }
)";
}

// Questions are answered at an address of the name server's own, and at the POP's.
static std::string names(u32 id) {
  const std::string long_one =
      std::string(63, 'a') + "." + std::string(63, 'b') + "." + std::string(63, 'c') + "." + std::string(48, 'd');
  std::string out = "[dns]\nlisten = [\"2001:db8:0:53::53\", \"192.0.2.53\", \"" + pop(id) + "\"]\n" +
                    R"(resolvers = ["2001:db8:5::/48", "198.51.100.5"]
ttl = "20s"
rate = 200
[[dns.zone]]
name = "svc.example"
ns = "ns1.svc.example"
[[dns.name]]
name = "ns1.svc.example"
address = "2001:db8:0:53::53"
[[dns.name]]
name = "many.svc.example"
address = "2001:db8::80"
[[dns.name]]
name = "both.svc.example"
policy = "web"
address = "2001:db8::80"
server = [{ id = 8, weight = 10 }, { id = 7, weight = 30 }]
[[dns.name]]
name = "all.svc.example"
policy = "open"
server = [{ id = 9 }, { id = 8, weight = 1 }, { id = 7, weight = 0 }]
)";
  for (const std::string& name : {std::string("www"), std::string("x"), std::string("strict"), long_one})
    out += "[[dns.name]]\nname = \"" + name + ".svc.example\"\nserver = [{ id = 7 }]\npolicy = \"" +
           (name == "strict" ? "strict" : "web") + "\"\n";
  return out;
}

std::string site(u32 id, const std::string& keys, const std::string& over) {
  std::string out = R"([engine]
pins = 0
interfaces = { eth0 = "wan", eth1 = "clients" }
)" + plans(over) + R"([path]
clients = "clients"
servers = "servers"
zone = "wan"
access_zone = "clients"
interface = "eth1"
id = )" + std::to_string(id) +
                    "\n" + keys + "\n";
  for (u32 n = 1; n <= 5; ++n)
    out += "[[path.pop]]\nid = " + std::to_string(n) + "\naddress = [\"" + pop(n) + "\", \"" + pop4(n) + "\"]\n";
  return out + R"([[path.server]]
id = 7
pop = 3
address = "2001:db8:7::7"
[[path.server]]
id = 8
pop = 3
address = "2001:db8:7::8"
tunnel = "mac"
[[path.server]]
id = 9
pop = 3
address = "192.0.2.9"
tunnel = "gue"
[[path.policy]]
name = "web"
index = 1
to_server = ["tcp/80", "udp/53"]
[[path.policy]]
name = "open"
index = 2
to_server = ["tcp/*", "udp/*"]
to_client = "tcp/22"
protocols = 50
dscp = 46
[[path.policy]]
name = "strict"
index = 3
to_server = ["tcp/*", "udp/*"]
mandatory = 2
[[path.policy]]
name = "slow"
index = 4
to_server = ["tcp/*", "udp/*"]
to_client = "udp/*"
rate = "8kbit"
[[path.access]]
interface = "eth1"
prefix = "3fff:c00::/41"
)" + names(id);
}

static std::string encoded(const std::string& plan, const std::vector<std::string>& words, const std::string& over) {
  const Parsed parsed = parse_config(plans(over), "plans.toml");
  if (!parsed.config) std::abort();
  const std::vector<AddressPlan> all = compile_plans(*parsed.config);
  for (const AddressPlan& p : all)
    if (p.name == plan)
      if (const auto address = encode_address(all, p, words)) return text(*address);
  std::abort();
}

std::string client(u32 pop, u32 id, u32 policy) {
  return encoded("clients",
                 {"pop=" + std::to_string(pop), "policy=" + std::to_string(policy), "id=" + std::to_string(id)},
                 "pair");
}
std::string server(const std::string& path, const std::string& client, u32 policy, u32 id, u32 epoch,
                   const std::string& over) {
  std::vector<std::string> words = {"id=" + std::to_string(id), "path=" + path, "policy=" + std::to_string(policy),
                                    "epoch=" + std::to_string(epoch)};
  if (over == "pair") words.push_back("client=" + client);
  return encoded("servers", words, over);
}

PathSite::PathSite(u32 id, const std::string& toml) : id_(id) { scene_ = scene_of(toml.empty() ? site(id) : toml); }

Left PathSite::receive(const Bytes& packet, u32 interface) {
  const Bytes frame = packets::frame(packet, {.destination = "02:57:00:00:00:0" + std::to_string(interface)});
  const Outcome o = scene_->receive(frame, interface);
  Left left = {reason_text(o.verdict.reason)->name, {}, o.out_interface};
  if (o.action == Action::pass) left.passed.assign(o.frame.begin() + 14, o.frame.end());
  if (o.action == Action::forward) left.packet.assign(o.frame.begin() + 14, o.frame.end());
  return left;
}

Left PathSite::from_pop(u32 other, const Bytes& packet, uint8_t tos) {
  return from_network(tunnelled(pop(other), pop(id_), packet, packet.at(7), tos));
}

std::vector<u64> PathSite::tag_uses() {
  const auto uses = scene_->engine().tag_uses();
  return {uses.begin(), uses.end()};
}

void PathSite::set_down(u32 other, bool down) {
  const Live tables = live();
  for (Target& t : tables.targets)
    if (t.in_use && text(outer_destination(t)) == pop(other))
      t.route = down ? t.route | kTargetDown : t.route & ~kTargetDown;
}

void PathSite::revoke(const std::string& id, bool revoked) {
  Live tables = live();
  Revocations revocations(tables);
  const Result<u64> word = path::read_revoked_id(id);
  if (!word) std::abort();
  const Status done = revoked ? revocations.revoke(*word, 0, 1, 1) : revocations.unrevoke(*word, 1, 1);
  if (!done) std::abort();
}

Bytes packet(const std::string& from, const std::string& to, const Payload& payload, uint8_t hops, uint8_t tos) {
  return ip6({.source = from, .destination = to, .hops = hops, .traffic_class = tos}, payload);
}
Bytes tunnelled(const std::string& from, const std::string& to, const Bytes& packet, uint8_t hops, uint8_t tos) {
  return ip6({.source = from, .destination = to, .hops = hops, .traffic_class = tos}, inside(packet));
}
Bytes without_label(Bytes packet) {
  if (packet.size() < 40 || packet[0] >> 4 != 6) return packet;
  packet[1] &= 0xf0;
  packet[2] = packet[3] = 0;
  return packet;
}

Payload syn(u16 to) { return tcp_segment(40'000, to, 1000, 0, "S", 5000); }
Payload syn_ack(u16 from) { return tcp_segment(from, 40'000, 9000, 1001, "SA", 5000); }
Payload echo(bool request) { return icmp_error(true, request ? 128 : 129, 0, text("ping"), 0x10001); }

Bytes error(const std::string& from, const std::string& to, u8 type, u8 code, u32 rest, const Bytes& about,
            uint8_t hops) {
  return packet(from, to, icmp_error(true, type, code, cut(about, std::min<size_t>(about.size(), 1232)), rest), hops,
                0xc0);
}

}  // namespace waymark::path_cases
