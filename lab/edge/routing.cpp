#include "lab/edge/routing.h"

#include <fmt/format.h>

#include "lab/kit/bird.h"

namespace waymark::lab {
namespace {

constexpr u32 of_transit(u32 n) { return 64500 + n; }
constexpr u32 of_edge(u32 n) { return 64510 + n; }
constexpr u32 of_site(u32 n) { return 64520 + n; }
constexpr u32 kClientsRouter = 64530;

// Where a neighbour is, by both versions of IP.
struct At {
  std::string ip6, ip4;
};

// Two sessions, one for each; in `exported` {} stands for the version.
std::string peer(const std::string& name, const At& at, u32 as, const std::string& import,
                 const std::string& exported) {
  std::string out;
  for (const int version : {6, 4})
    out += fmt::format(
        "protocol bgp {0}_{3} from peer {{ neighbor {1} as {2}; ipv{3} {{ import {4}; export {5}; next hop self; }}; "
        "}}\n",
        name, version == 6 ? at.ip6 : at.ip4, as, version, import, fmt::format(fmt::runtime(exported), version));
  return out;
}

// Of every route what a preference of this is given to.
std::string preferred(u32 preference) { return fmt::format("filter {{ bgp_local_pref = {}; accept; }}", preference); }

const std::string kAll = "where source = RTS_BGP || proto = \"here\"";

}  // namespace

// e2's clients are on its own link. e1 and e3 have a router between, and prefixes in turn: what is the other's is
// announced by a longer way.
std::string bird_of_edge(u32 n) {
  const bool grouped = n != 2;
  const std::vector<std::string> prefixes =
      grouped ? std::vector<std::string>{"1", "3"} : std::vector<std::string>{"2"};
  std::string six, four;
  for (const std::string& of : prefixes) {
    six += fmt::format("{}3fff:e{}::/64", six.empty() ? "" : ", ", of);
    four += fmt::format("{}{}", four.empty() ? "" : ", ", pool_of(u32(of[0] - '0')));
  }
  std::string out =
      bird_head(fmt::format("198.18.1.{}", n)) +
      bird_sessions("peer", grouped ? std::vector<std::string>{"eth0", "eth1"} : std::vector<std::string>{"eth1"},
                    of_edge(n));
  for (const auto& [version, announced] : {std::pair{6, six}, {4, four}})
    out += bird_of_waymark(version, fmt::format("[ {} ]", announced), grouped ? "where proto ~ \"clients_*\"" : "none");
  if (grouped) {
    const std::string clients = n == 1 ? "7" : "8";
    for (const auto& [version, route] :
         {std::pair{6, fmt::format("::/0 via 3fff:f{}::1", n)}, {4, fmt::format("0.0.0.0/0 via 198.18.10{}.1", n)}})
      out += fmt::format("protocol static out{0} {{ ipv{0}; route {1}; }}\n", version, route);
    out += peer("clients", {fmt::format("3fff:f{}::1", clients), fmt::format("198.18.10{}.1", clients)}, kClientsRouter,
                "all", "where proto = \"out{}\"");
  } else {
    out += "protocol static clients_6 { ipv6; route 3fff:c2::/64 via \"eth0\"; }\n";
  }
  return out +
         peer("transit", {fmt::format("3fff:f{}::1", n), fmt::format("198.18.10{}.1", n)}, of_transit(grouped ? 1 : 3),
              "none",
              fmt::format("filter {{{{ if proto = \"waymark{{0}}\" && krt_metric = {0} then bgp_path.prepend({1}); "
                          "if proto = \"waymark{{0}}\" || proto = \"clients_{{0}}\" then accept; reject; }}}}",
                          kStandby, of_edge(n)));
}

std::string bird_of_clients_router(bool other) {
  std::string out = bird_head("198.18.1.9") + bird_sessions("peer", {"e1", "e3"}, kClientsRouter) +
                    "protocol direct here { ipv6; ipv4; }\n";
  for (const int version : {6, 4})
    out += fmt::format("protocol kernel {{ ipv{} {{ import none; export where source = RTS_BGP; }}; }}\n", version);
  for (const u32 n : {1u, 3u}) {
    const std::string link = n == 1 ? "7" : "8";
    out += peer(fmt::format("edge{}", n), {fmt::format("3fff:f{}::2", link), fmt::format("198.18.10{}.2", link)},
                of_edge(n), preferred((n == 1) == other ? 100 : 200), "where ifname ~ \"c*\"");
  }
  return out;
}

std::string bird_of_director_at(u32 n) {
  return bird_head(fmt::format("198.18.2.{}", n)) + bird_sessions("peer", {"eth0"}, of_site(n)) +
         bird_of_waymark(6, fmt::format("[ {}/128 ]", kAnycast)) +
         bird_of_waymark(4, fmt::format("[ {}/32 ]", kAnycast4)) +
         peer("transit", {fmt::format("3fff:{}::ff", n), fmt::format("198.18.{}.254", n)}, of_transit(n == 3 ? 3 : 2),
              "none", "where proto = \"waymark{}\"");
}

std::string bird_of_transit(u32 n, Preferred site) {
  std::string out = bird_head(fmt::format("198.18.3.{}", n)) +
                    bird_sessions("peer",
                                  n == 1   ? std::vector<std::string>{"e1", "e3", "r2", "r3"}
                                  : n == 2 ? std::vector<std::string>{"r1", "r3", "lan1", "lan2"}
                                           : std::vector<std::string>{"e2", "r1", "r2", "lan3"},
                                  of_transit(n)) +
                    "protocol direct here { ipv6; ipv4; }\n";
  for (const int version : {6, 4})
    out += fmt::format("protocol kernel {{ ipv{} {{ import none; export where source = RTS_BGP; }}; }}\n", version);
  const auto edge = [&](u32 e) {
    out += peer(fmt::format("edge{}", e), {fmt::format("3fff:f{}::2", e), fmt::format("198.18.10{}.2", e)}, of_edge(e),
                "all", "none");
  };
  const auto transit = [&](u32 other, const At& at, u32 preference) {
    out += peer(fmt::format("r{}", other), at, of_transit(other), preferred(preference), kAll);
  };
  const auto director = [&](u32 s, u32 preference) {
    out += peer(fmt::format("site{}", s), {fmt::format("3fff:{}::d", s), fmt::format("198.18.{}.13", s)}, of_site(s),
                preferred(preference), "none");
  };
  if (n == 1) {  // by way of the second router rather than to the third site
    edge(1);
    edge(3);
    transit(2, {"3fff:f12::2", "198.18.112.2"}, 200);
    transit(3, {"3fff:f13::3", "198.18.113.3"}, 100);
  } else if (n == 2) {
    director(1, site == Preferred::first ? 300 : 200);
    director(2, site == Preferred::second ? 300 : 200);
    transit(1, {"3fff:f12::1", "198.18.112.1"}, 100);
    transit(3, {"3fff:f23::3", "198.18.123.3"}, 100);
  } else {
    edge(2);
    director(3, 300);
    transit(1, {"3fff:f13::1", "198.18.113.1"}, 100);
    transit(2, {"3fff:f23::2", "198.18.123.2"}, 100);
  }
  return out;
}

}  // namespace waymark::lab
