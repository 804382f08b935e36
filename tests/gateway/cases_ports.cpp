// Tunnels over UDP by other ports than the usual ones, a near one and a far one.
#include "tests/gateway/cases.h"

namespace waymark::gateway_cases {

namespace {

std::string site_of_ports() {
  std::string text = site("gue_port = 6090\nvxlan_port = 4790");
  const auto put = [&](const std::string& before, const std::string& what) { text.insert(text.find(before), what); };
  put("remote = \"198.51.100.71\"", "tunnel = \"gue\", port = 16080, ");
  put("mac = \"02:00:00:00:50:01\"", "port = 14789, ");
  return text;
}

}  // namespace

void add_ports(Cases& c) {
  const std::string s = site_of_ports(), host = "10.3.0.9", ours = "02:57:00:00:00:04", theirs = "02:00:00:00:50:01",
                    as = "3fff:c00:400:200::a03:9";
  const Payload data = udp(4000, 53);
  const auto add = [&](const std::string& name, const std::string& why, const Bytes& in, const std::string& reason,
                       const std::vector<Bytes>& out = {}) {
    c.push_back({"port/" + name, why, s, in, reason, out});
  };
  const auto over = [&](const Payload& p) { return ip4({kBlueFarVxlan, kEnd4}, p); };
  const Bytes inside_vxlan = frame(four(data, {}, host), {.destination = ours, .source = theirs});
  add("gue", "to the near port", ip4({kRedFar, kEnd1}, gue(50'000, 6090, four(data))), "gateway.to_ip6",
      {to_six(data)});
  add("gue_usual", "the usual one is not told apart from any other",
      ip4({kRedFar, kEnd1}, gue(50'000, 6080, four(data))), "gateway.local");
  add("gue_far", "the far end's is not the near one", ip4({kRedFar, kEnd1}, gue(50'000, kFarGuePort, four(data))),
      "gateway.local");
  add("gue_back", "to the far end's port", six(data), "gateway.to_ip4",
      {ip4({.source = kEnd1, .destination = kRedFar, .id = 0}, gue(0, kFarGuePort, to_four(data)))});
  add("vxlan", "to the near port", over(packets::vxlan(50'000, 4790, 5001, inside_vxlan)), "gateway.to_ip6",
      {to_six(data, as)});
  add("vxlan_usual", "the usual one is not told apart from any other",
      over(packets::vxlan(50'000, 4789, 5001, inside_vxlan)), "gateway.local");
  add("vxlan_back", "to the far end's port", six(data, {}, kServer6, as), "gateway.to_ip4",
      {ip4({.source = kEnd4, .destination = kBlueFarVxlan, .id = 0},
           packets::vxlan(0, kFarVxlanPort, 5001,
                          frame(to_four(data, kServer4, host), {.destination = theirs, .source = ours})))});
}

}  // namespace waymark::gateway_cases
