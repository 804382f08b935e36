#include "lab/kit/bird.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace waymark::lab {
namespace {

std::string head(const std::string& id) {
  return bird_head(id) +
         fmt::format("define SERVICES6 = [ {}/128 ];\ndefine SERVICES4 = [ {}/32 ];\n", kService6, kService4);
}

}  // namespace

std::string bird_head(const std::string& id) {
  return fmt::format("log stderr all;\nrouter id {};\nprotocol device {{ }}\n", id);
}

std::string bird_sessions(const std::string& name, const std::vector<std::string>& interfaces, u32 ours) {
  return fmt::format(
      "protocol bfd {{ interface \"{}\" {{ interval 100 ms; multiplier 3; }}; }}\n"
      "template bgp {} {{\n  local as {};\n  bfd on;\n  hold time 9;\n  connect delay time 1;\n  error wait time 1, "
      "2;\n"
      "  graceful restart off;\n  long lived graceful restart off;\n}}\n",
      fmt::join(interfaces, "\", \""), name, ours);
}

std::string bird_of_waymark(int family, const std::string& prefixes, const std::string& into_kernel) {
  return fmt::format(
      "protocol kernel waymark{0} {{\n  learn;\n  scan time 10;\n  ipv{0} {{\n"
      "    import filter {{ if krt_source = 200 && net ~ {1} then {{ preference = 200; accept; }} reject; "
      "}};\n    export {2};\n  }};\n}}\n",
      family, prefixes, into_kernel);
}

std::string bird_of_router(const std::string& id, const std::string& interface,
                           const std::vector<BirdPeer>& directors) {
  std::string out = head(id) + bird_sessions("director", {interface}, 64501);
  for (const char* family : {"ipv6", "ipv4"})
    out += fmt::format("protocol kernel {{ merge paths yes; {} {{ import none; export where source = RTS_BGP; }}; }}\n",
                       family);
  for (const BirdPeer& d : directors) {
    out += fmt::format(
        "protocol bgp {0}_6 from director {{ neighbor {1} as 64500; ipv6 {{ import where net ~ SERVICES6; export none; "
        "}}; }}\n"
        "protocol bgp {0}_4 from director {{ neighbor {2} as 64500; ipv4 {{ import where net ~ SERVICES4; export none; "
        "}}; }}\n",
        d.name, d.ip6, d.ip4);
  }
  return out;
}

std::string bird_of_director(const std::string& id, const BirdPeer& router) {
  std::string out = head(id) + bird_sessions("upstream", {"eth0"}, 64500);
  for (const int family : {6, 4}) {
    out += bird_of_waymark(family, fmt::format("SERVICES{}", family));
    out += fmt::format(
        "protocol bgp {1}_{0} from upstream {{ neighbor {2} as 64501; ipv{0} {{ import none; export where proto = "
        "\"waymark{0}\"; }}; }}\n",
        family, router.name, family == 6 ? router.ip6 : router.ip4);
  }
  return out;
}

Result<Process> start_bird(const Place& place, const std::string& node, bool outlives_us) {
  return Process::start({place.netns(node),
                         {"bird", "-f", "-c", place.file(node + ".bird.conf"), "-s", place.file(node + ".bird.ctl"),
                          "-P", place.file(node + ".bird.pid")},
                         place.file(node + ".bird.log"),
                         outlives_us});
}

Status birdc(const Place& place, const std::string& node, const std::vector<std::string>& words) {
  std::vector<std::string> argv = {"birdc", "-s", place.file(node + ".bird.ctl")};
  argv.insert(argv.end(), words.begin(), words.end());
  auto said = run({.argv = argv});
  if (!said) return said.error();
  return Done{};
}

}  // namespace waymark::lab
