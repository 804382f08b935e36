#include "lab/tenants/routing.h"

#include <fmt/format.h>

#include "lab/kit/bird.h"

namespace waymark::lab {
namespace {

// AS numbers. Each gateway has its own: BGP would hide from it the others' routes if they were its own AS's.
constexpr u32 kOfUnderlay = 64503;
constexpr u32 of_gateway(u32 n) { return 64510 + n; }
constexpr u32 of_data_centre(DataCentre at) { return 64500 + u32(at); }

const std::string kEnds = "[ 192.0.2.0/24{32,32} ]";
const std::string kOfPlan = fmt::format("[ {}+ ]", kPlan);
const std::string kOwnOfOthers = fmt::format("[ {}{{128,128}} ]", kPlan);  // where their tunnels end

}  // namespace

std::string bird_of_gateway(u32 n) {
  const u32 router = of_data_centre(n == 2 ? DataCentre::second : DataCentre::first);
  return bird_head(fmt::format("198.18.1{}.2", n)) + bird_sessions("upstream", {"eth0", "eth1"}, of_gateway(n)) +
         bird_of_waymark(6, kOfPlan, "where source = RTS_BGP") + bird_of_waymark(4, kEnds) +
         fmt::format(
             "protocol bgp cloud from upstream {{ neighbor 3fff:f{0}::1 as {1}; ipv6 {{ import where net ~ {2}; "
             "export where proto = \"waymark6\"; }}; }}\n"
             "protocol bgp underlay from upstream {{ neighbor 198.18.1{0}.1 as {3}; ipv4 {{ import none; export where "
             "proto = \"waymark4\"; }}; }}\n",
             n, router, kOwnOfOthers, kOfUnderlay);
}

std::string bird_of_data_centre(DataCentre at) {
  const bool first = at == DataCentre::first;
  std::string out = bird_head(fmt::format("198.18.200.{}", u32(at)));
  out += first ? bird_sessions("peer", {"g1", "g3", "r2"}, of_data_centre(at))
               : bird_sessions("peer", {"g2", "r1"}, of_data_centre(at));
  out += fmt::format(
      "protocol kernel here {{\n  learn;\n  scan time 10;\n  ipv6 {{\n    import where krt_source = {};\n    export "
      "where source = RTS_BGP;\n  }};\n}}\n",
      kOrchestrator);
  const auto gateway = [&](u32 n) {
    out += fmt::format(
        "protocol bgp g{0} from peer {{ neighbor 3fff:f{0}::2 as {1}; ipv6 {{ import where net ~ {2}; export where "
        "net ~ {3}; }}; }}\n",
        n, of_gateway(n), kOfPlan, kOwnOfOthers);
  };
  for (const u32 n : {1u, 2u, 3u})
    if ((n == 2) != first) gateway(n);
  out += fmt::format(
      "protocol bgp beside from peer {{ neighbor 3fff:f4::{} as {}; ipv6 {{ import all; export where source = RTS_BGP "
      "|| "
      "proto = \"here\"; }}; }}\n",
      first ? 2 : 1, of_data_centre(first ? DataCentre::second : DataCentre::first));
  return out;
}

std::string bird_of_underlay() {
  std::string out = bird_head("198.18.200.3") + bird_sessions("tunnels", {"g1", "g2", "g3"}, kOfUnderlay) +
                    "protocol kernel { ipv4 { import none; export where source = RTS_BGP; }; }\n";
  for (const u32 n : {1u, 2u, 3u})
    out += fmt::format(
        "protocol bgp g{0} from tunnels {{ neighbor 198.18.1{0}.2 as {1}; ipv4 {{ import where net ~ {2}; export none; "
        "}}; "
        "}}\n",
        n, of_gateway(n), kEnds);
  return out;
}

}  // namespace waymark::lab
