//   c1 ── p1 ═══ p2     p5 ── c2         p1..p5  POPs 1 to 5, 3fff:0:N::1: each has a link to each other one
//           │ ╳ │ ╳ │                    c1, c2  unmodified clients, with addresses out of 3fff:c00::/40
//           p4 ───── p3                  s1      server 7 at POP 3, which ends its tunnel
//           │         │                  s2      server 8 at POP 4, unmodified: packets reach it as they are
//          s2,u      s1                   u       beside POP 4, unbound
//
//   What goes between POPs 1 and 2 goes as it is, to POP 4 by Generic UDP Encapsulation, else by IP in IP. Servers hold
//   their own part of 3fff:a00::/40 as local.
//
//   Links: 3fff:f:JK::/64 between POPs J and K, who are ::J and ::K there; 3fff:5:N::/64 to server sN, who is ::5.
//   Those of POP 3 to POPs 1 and 2 are long: w13 and w23 stand in their middle and delay each frame (long_links.h).
#include "lab/paths/site.h"

#include <fmt/format.h>

#include <algorithm>

#include "config/parse.h"
#include "lab/kit/netns.h"
#include "lab/kit/polling.h"
#include "lab/paths/long_links.h"
#include "lab/paths/names.h"

namespace waymark::lab {
namespace {

// Where clients and servers are.
u32 pop_of(const std::string& end) { return end == "c1" ? 1 : end == "c2" ? 5 : end == "s1" ? 3 : 4; }

std::vector<std::string> ends_at(u32 pop, const std::vector<std::string>& of) {
  std::vector<std::string> out;
  std::ranges::copy_if(of, std::back_inserter(out), [&](auto& end) { return pop_of(end) == pop; });
  return out;
}

std::string link(u32 from, u32 to) {
  return fmt::format("3fff:f:{}{}::{}", std::min(from, to), std::max(from, to), from);
}
// On one link of theirs, so that neither needs a router for the other.
bool are_plain(u32 a, u32 b) { return std::max(a, b) == 2; }

std::string up(const std::string& interface, const std::string& address) {
  return fmt::format("link set dev {0} up\naddr add {1} dev {0} nodad\n", interface, address);
}

std::vector<u32> others_than(u32 pop) {
  std::vector<u32> out;
  for (u32 other = 1; other <= kPopCount; ++other)
    if (other != pop) out.push_back(other);
  return out;
}

// What a POP loses with its links.
std::string routes_of(u32 id) {
  std::string out;
  for (const u32 other : others_than(id)) {
    const std::string via = are_plain(id, other) ? "" : " via " + link(other, id);
    out += fmt::format("route replace {}{} dev {}\n", pop_address(other), via, pop_name(other));
  }
  for (const std::string& client : ends_at(id, kPathClients))
    out += fmt::format("route replace 3fff:c00:{}::/48 dev {}\n", id, client);
  // What is no path's, as between clients and the name server, goes by the kernels.
  for (const u32 other : {pop_of("c1"), pop_of("c2")}) {
    const std::string from = id == kNamesPop ? fmt::format("3fff:c00:{}::/48", other) : kNamesAt + "/128";
    const u32 to = id == kNamesPop ? other : kNamesPop;
    if (id != kNamesPop && id != other) continue;
    out += fmt::format("route replace {} via {} dev {}\n", from, link(to, id), pop_name(to));
    if (id != kNamesPop) out += fmt::format("route replace 3fff:5:9::/64 via {} dev {}\n", link(to, id), pop_name(to));
  }
  return out;
}

std::string commands_of_pop(u32 id) {
  std::string out = up("lo", pop_address(id));
  for (const u32 other : others_than(id)) {
    out += up(pop_name(other), link(id, other) + "/64");
    if (are_plain(id, other)) out += fmt::format("addr add {} dev {} nodad\n", pop_address(id), pop_name(other));
  }
  for (const std::string& client : ends_at(id, kPathClients)) out += up(client, fmt::format("3fff:c:{}::1/64", id));
  for (const std::string& server : ends_at(id, kPathServers))
    out += up(server, fmt::format("3fff:5:{}::1/64", server.back()));
  if (id == kNamesPop) out += up(kResolver, "3fff:5:9::1/64") + fmt::format("addr add {}/128 dev lo nodad\n", kNamesAt);
  return out + routes_of(id);
}

std::string commands_for(const std::string& node) {
  const std::string lo = "link set dev lo up\n";
  if (node[0] == 'p') return lo + commands_of_pop(u32(node.back() - '0'));
  if (node[0] == 'c')
    return lo + fmt::format(
                    "link set dev eth0 up\nroute add 3fff:c:{0}::1 dev eth0\n"
                    "route add default via 3fff:c:{0}::1\n",
                    pop_of(node));
  if (node[0] == 'w') return lo + fmt::format("link set dev p{} up\nlink set dev p{} up\n", node[1], node[2]);
  if (node == kResolver) return lo + up("eth0", kResolverAt + "/64") + "route add default via 3fff:5:9::1\n";
  return lo + up("eth0", own_address(node) + "/64") +
         fmt::format("route add local 3fff:a00:0:{:x}00::/56 dev lo\n", server_id(node)) +
         fmt::format("route add default via 3fff:5:{}::1\n", node.back());
}

}  // namespace

const std::vector<Known>& known_servers() {
  static const std::vector<Known> all = {
      {"c1", "s1", {1, 2, 3}}, {"c1", "s2", {1, 2, 5, 4}}, {"c2", "s1", {5, 4, 3}}, {"c2", "s2", {5, 4}}};
  return all;
}

u32 server_id(const std::string& server) { return server == "s1" ? 7 : 8; }

std::string pop_name(u32 id) { return fmt::format("p{}", id); }
std::string pop_address(u32 id) { return fmt::format("3fff:0:{}::1", id); }
std::string own_address(const std::string& server) { return fmt::format("3fff:5:{}::5", server.back()); }

Status PathsSite::build() const {
  Wires wires;
  std::vector<std::vector<std::string>> ends;
  for (u32 a = 1; a <= kPopCount; ++a) {
    wires.nodes.push_back(pop_name(a));
    for (u32 b = a + 1; b <= kPopCount; ++b)
      if (!long_link(a, b)) ends.push_back({pop_name(a), pop_name(b), pop_name(b), pop_name(a)});
  }
  for (const LongLink& link : kLongLinks) {
    wires.nodes.push_back(middle_of(link));
    for (const auto& [pop, other] : {std::pair(link.a, link.b), {link.b, link.a}})
      ends.push_back({pop_name(pop), pop_name(other), middle_of(link), pop_name(pop)});
  }
  for (const auto* all : {&kPathClients, &kPathServers})
    for (const std::string& end : *all) {
      wires.nodes.push_back(end);
      ends.push_back({pop_name(pop_of(end)), end, end, "eth0"});
    }
  wires.nodes.push_back(kResolver);
  ends.push_back({pop_name(kNamesPop), kResolver, kResolver, "eth0"});
  for (const auto& e : ends) {
    wires.links += wire(e[0], e[1], e[2], e[3]);
    wires.whole_sums.insert(wires.whole_sums.end(), {{e[0], e[1]}, {e[2], e[3]}});
  }
  wires.commands = commands_for;
  wires.more_settings = [](const std::string& node) {
    Settings out = {{"net/ipv6/icmp/ratelimit", "0"}};  // every error counts here
    for (const char* which : {"all", "default"}) {
      out.push_back({fmt::format("net/ipv6/conf/{}/forwarding", which), node[0] == 'p' ? "1" : "0"});
      out.push_back({fmt::format("net/ipv6/conf/{}/keep_addr_on_down", which), "1"});
    }
    if (node[0] == 's') out.push_back({"net/ipv6/ip_nonlocal_bind", "1"});  // the tools bind to addresses
    if (node[0] == 'w') out.push_back({"net/ipv6/conf/default/disable_ipv6", "1"});
    return out;
  };
  WM_TRY(raise(wires));
  for (const std::string& node : {std::string("c1"), {"c2"}, {"s2"}, kResolver})
    WM_TRY(poll_without_merging(netns(node), "eth0"));
  for (const LongLink& link : kLongLinks)
    for (const u32 end : {link.a, link.b}) WM_TRY(poll_without_merging(netns(middle_of(link)), pop_name(end)));
  return Done{};
}

std::string PathsSite::pop(u32 id, Passing passing, const std::string& down) const {
  std::string interfaces, plain, access, out;
  for (const u32 other : others_than(id)) {
    interfaces += fmt::format("{}{} = \"wan\"", interfaces.empty() ? "" : ", ", pop_name(other));
    if (are_plain(id, other)) plain += fmt::format("{}{}", plain.empty() ? "" : ", ", other);
  }
  for (const std::string& server : ends_at(id, kPathServers)) interfaces += fmt::format(", {} = \"wan\"", server);
  if (id == kNamesPop) interfaces += fmt::format(", {} = \"wan\"", kResolver);
  for (const std::string& client : ends_at(id, kPathClients)) {
    interfaces += fmt::format(", {} = \"clients\"", client);
    access = fmt::format("\n[[path.access]]\ninterface = \"{}\"\nprefix = \"3fff:c00:{}::/48\"\n", client, id);
  }
  out = fmt::format(
      "[node]\nname = \"{}\"\n\n[engine]\npins = 0\ninterfaces = {{ {} }}\n\n[api]\nsocket = \"{}\"\n\n"
      "[plan.clients]\nprefix = \"3fff:c00::/40\"\nlayout = \"pop:8 policy:8 id:32 zero:40\"\n\n"
      "[plan.servers]\nprefix = \"3fff:a00::/40\"\nlayout = \"id:16 path:5x8 policy:4 epoch:2 tag:26\"\n"
      "over = \"pair\"\nkeys = {{ 1 = \"000102030405060708090a0b0c0d0e0f\" }}\n\n"
      "[path]\nid = {}\nclients = \"clients\"\nservers = \"servers\"\nzone = \"wan\"\n{}plain = [{}]\ndown = [{}]\n{}",
      instance(pop_name(id)), interfaces, socket(pop_name(id)), id, access.empty() ? "" : "access_zone = \"clients\"\n",
      plain, down, access);
  for (u32 n = 1; n <= kPopCount; ++n)
    out += fmt::format("\n[[path.pop]]\nid = {}\naddress = \"{}\"\n{}", n, pop_address(n),
                       n == pop_of("s2") ? "tunnel = \"gue\"\n" : "");
  for (const std::string& server : kPathServers)
    out += fmt::format("\n[[path.server]]\nid = {}\npop = {}\naddress = \"{}\"\ntunnel = \"{}\"\n", server_id(server),
                       pop_of(server), own_address(server), server == "s1" ? "ip" : "mac");
  return out +
         fmt::format(
             "\n[[path.policy]]\nname = \"client\"\nindex = 1\nto_server = [\"tcp/*\", \"udp/*\"]\n"
             "\n[[path.policy]]\nname = \"web\"\nindex = 2\n"
             "to_server = [\"tcp/80\", \"tcp/{0}\", \"udp/{0}\"]\nmandatory = [{1}]\n",
             kEchoPort, passing == Passing::allowed ? "" : std::to_string(kMiddlePop)) +
         names_config(*this, id);
}

std::string PathsSite::host() const {
  return fmt::format(
      "[node]\nname = \"{}\"\n\n[engine]\ninterfaces = {{ eth0 = \"wan\" }}\n\n[api]\nsocket = \"{}\"\n\n"
      "[host]\naddress = \"{}\"\ndirectors = \"{}\"\n\n[[host.service]]\nname = \"web\"\naddress = "
      "\"3fff:a00:0:700::/56\"\nports = [\"tcp/80\", \"tcp/{}\", \"udp/{}\"]\n",
      instance("s1"), socket("s1"), own_address("s1"), pop_address(pop_of("s1")), kEchoPort, kEchoPort);
}

Status PathsSite::write_pops(Passing passing, const std::string& down) const {
  for (u32 id = 1; id <= kPopCount; ++id) {
    const bool itself = down == std::to_string(id);
    WM_TRY(write_file(file(pop_name(id) + ".toml"), pop(id, passing, itself ? "" : down)));
  }
  return Done{};
}

Status PathsSite::write_files(Passing passing) const {
  WM_TRY(write_secret(file("group.key")));
  WM_TRY(write_resolver(*this));
  WM_TRY(write_pops(passing, ""));
  WM_TRY(write_file(file("s1.toml"), host()));
  for (const std::string& server : kPathServers)
    WM_TRY(write_nginx(
        server,
        " client_max_body_size 0; dav_methods PUT; location = /who { return 200 \"$remote_addr " + server + "\"; }"));
  return Done{};
}

Status PathsSite::share_keys() const {
  // Where pop() has them, and where `waymark key` leaves them: from their line to the next section.
  const auto place = [](const std::string& text) {
    const std::size_t begin = text.find("\nkeys = ");
    return std::pair(begin, text.find("\n\n[path]", begin) - begin);
  };
  std::string keys;
  for (u32 id = 1; id <= kPopCount; ++id) {
    const std::string path = file(pop_name(id) + ".toml");
    auto text = read_config_file(path);
    if (!text) return text.error();
    const auto [begin, length] = place(*text);
    if (id == 1)
      keys = text->substr(begin, length);
    else
      WM_TRY(write_file(path, text->replace(begin, length, keys)));
  }
  return Done{};
}

// At once, at the POP's end; a long link's other end loses its carrier with it.
Status PathsSite::set_links(u32 pop, const std::vector<u32>& others, const char* state) const {
  const auto set = [&](u32 other) { return fmt::format("link set dev {} {}\n", pop_name(other), state); };
  std::string commands;
  for (const u32 other : others) commands += set(other);
  WM_TRY(ip(netns(pop_name(pop)), commands));
  for (const u32 other : others)
    if (const LongLink* is_long = long_link(pop, other)) WM_TRY(ip(netns(middle_of(*is_long)), set(other)));
  return Done{};
}

Status PathsSite::cut(u32 pop) const { return set_links(pop, others_than(pop), "down"); }

Status PathsSite::join(u32 pop) const {
  WM_TRY(set_links(pop, others_than(pop), "up"));
  return ip(netns(pop_name(pop)), routes_of(pop));
}

Status PathsSite::cut_link(u32 from, u32 to) const { return set_links(from, {to}, "down"); }

Status PathsSite::join_link(u32 from, u32 to) const {
  WM_TRY(set_links(from, {to}, "up"));
  return ip(netns(pop_name(from)), routes_of(from));
}

}  // namespace waymark::lab
