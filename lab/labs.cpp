#include "lab/labs.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "lab/edge/edge.h"
#include "lab/edge/site.h"
#include "lab/group/fabric.h"
#include "lab/group/group.h"
#include "lab/guests/guests.h"
#include "lab/kit/netns.h"
#include "lab/kit/stage.h"
#include "lab/path_mtu/path_mtu.h"
#include "lab/paths/paths.h"
#include "lab/site/fabric.h"
#include "lab/site/kills.h"
#include "lab/site/schedule.h"
#include "lab/tenants/site.h"
#include "lab/tenants/tenants.h"
#include "lab/translator/site.h"
#include "lab/translator/translator.h"

namespace waymark::lab {
namespace {

constexpr Option kLoad[] = {{"--connections", 1'000'000, "N (default 2000)"},
                            {"--probes", 1'000'000, "N a second (default 1000)"},
                            {"--fresh", 1'000'000, "N a second (default 80)"}};
constexpr Option kLoadAndKills[] = {kLoad[0], kLoad[1], kLoad[2], {"--kills", 100'000, "N (default 100)"}};
constexpr Option kJson = {"--json", 0, "FILE ('-' for stdout)"};

Load load_of(const Options& given) {
  return {u32(number(given, "--connections", 2000)), u32(number(given, "--fresh", 80)),
          u32(number(given, "--probes", 1000))};
}

// With load, and without.
template <Verdict (*run)(const Tools&, const Load&, const Say&)>
Verdict with_load(const Tools& tools, const Options& given, const Say& say) {
  return run(tools, load_of(given), say);
}
Verdict kills(const Tools& tools, const Options& given, const Say& say) {
  return run_kills(tools, load_of(given), u32(number(given, "--kills", 100)), say);
}
template <Verdict (*run)(const Tools&, const Say&)>
Verdict without_load(const Tools& tools, const Options&, const Say& say) {
  return run(tools, say);
}

using Raised = Result<std::vector<std::string>>;

std::vector<std::string> at_site(const Place& place, const Tools& tools, const std::string& director) {
  return {fmt::format("nsenter --net=/run/netns/{} curl -s http://{}/alive", place.netns("c1"), kService4),
          fmt::format("{} show services --socket {}", tools.waymark, place.socket(director))};
}

Raised raise_site(const Tools& tools) {
  Fabric fabric(Site(kSitePrefix, kLabDirectory + "/site"), tools);
  WM_TRY(fabric.up({}, true));
  return at_site(fabric.site(), tools, "d");
}

Raised raise_group(const Tools& tools) {
  GroupFabric fabric(GroupSite(kGroupPrefix, kLabDirectory + "/group"), tools);
  WM_TRY(fabric.up({}, true));
  const Place& place = fabric.site();
  std::vector<std::string> tries = at_site(place, tools, "d1");
  tries.push_back(fmt::format("{} show group --socket {}", tools.waymark, place.socket("d1")));
  tries.push_back(fmt::format("birdc -s {} show route all", place.file("r.bird.ctl")));
  return tries;
}

Raised raise_translation(const Tools& tools) {
  WM_TRY(raise_translator(tools));
  const std::string h4 = kTranslatorPrefix + "h4", h6 = kTranslatorPrefix + "h6";
  return std::vector{fmt::format("nsenter --net=/run/netns/{} curl -s http://{}/alive", h4, seen4(Path::wide)),
                     fmt::format("nsenter --net=/run/netns/{} traceroute -n {}", h6, seen6(Path::wide)),
                     fmt::format("{} show counters --socket {}/translator/t.sock", tools.waymark, kLabDirectory)};
}

Raised raise_tenants_site(const Tools& tools) {
  WM_TRY(raise_tenants(tools));
  const TenantsSite place(kTenantsPrefix, kLabDirectory + "/tenants");
  const std::string red = place.netns("red"), socket = place.socket("g1");
  return std::vector{fmt::format("nsenter --net=/run/netns/{} curl -s http://{}/who", red, kServer4),
                     fmt::format("nsenter --net=/run/netns/{} traceroute -n {}", red, kServer4),
                     fmt::format("{} show firewall --socket {}", tools.waymark, socket),
                     fmt::format("birdc -s {} show route all", place.file("r1.bird.ctl"))};
}

Raised raise_edges(const Tools& tools) {
  WM_TRY(raise_edge(tools));
  const EdgeSite place(kEdgePrefix, kLabDirectory + "/edge");
  return std::vector{fmt::format("nsenter --net=/run/netns/{} curl -s http://[{}]/who", place.netns("c1"), kAnycast),
                     fmt::format("{} show status --socket {}", tools.waymark, place.socket("e1")),
                     fmt::format("birdc -s {} show route all", place.file("r2.bird.ctl"))};
}

constexpr const char* kOfSites = "nginx curl ethtool";
constexpr const char* kOfGroups = "nginx curl ethtool bird birdc";

constexpr Lab kLabs[] = {
    {"site", 110, kOfSites,
     "two clients, a router, one director, three servers: restarts, upgrades and target changes under traffic",
     with_load<run_site>, kLoad, true, raise_site},
    {"group", 180, kOfGroups,
     "two directors behind a router with BIRD and ECMP, four servers: directors and servers die, routes flap",
     with_load<run_group>, kLoad, true, raise_group},
    {"kills", 90, kOfSites,
     "as site; the director's daemon is killed with -9 a hundred times, wherever it is just then", kills,
     kLoadAndKills},
    {"guests", 300, kOfGroups,
     "a group whose control plane is abused: guests of its ports, hostile files, 5,000 services added at once",
     with_load<run_guests>, kLoad},
    {"path_mtu",
     120,
     "nginx curl ethtool ping traceroute",
     "a director in line, small links on both sides of it: downloads and uploads by every tunnel, traceroutes",
     without_load<run_path_mtu>,
     {}},
    {"translator",
     120,
     "nginx curl ethtool knotd kdig iperf3 ping traceroute tayga tshark dumpcap",
     "an IPv4 and an IPv6 side with routers and narrow links, Waymark between them, TAYGA beside it",
     without_load<run_translator>,
     {},
     true,
     raise_translation},
    {"tenants",
     140,
     "nginx curl ethtool ping traceroute tshark dumpcap cmp bird birdc nstat tayga nft conntrack",
     "two tenants with the same addresses, gateways and an IPv6 server in two data centres: it moves, gateways die",
     without_load<run_tenants>,
     {},
     true,
     raise_tenants_site},
    {"edge",
     150,
     "nginx knotd kdig curl ethtool ping traceroute tshark dumpcap cmp bird birdc nft",
     "two edges hide from their clients that a service is anycast, at three sites: routes flip, spread and vanish",
     without_load<run_edge>,
     {},
     true,
     raise_edges},
    {"paths",
     170,
     "nginx curl ethtool ping traceroute tshark dumpcap cmp kdig unbound dnsperf",
     "five POPs forward by paths in addresses: one is lost or taken out, links get slower, all daemons are killed, "
     "addresses are forged, keys change",
     without_load<run_paths>,
     {},
     true,
     raise_paths},
};

// The names of those that can do something: "site, group and translator".
std::string names(bool (*can)(const Lab&)) {
  std::vector<std::string_view> all;
  for (const Lab& lab : kLabs)
    if (can(lab)) all.push_back(lab.name);
  std::string out;
  for (std::size_t i = 0; i < all.size(); ++i)
    out += fmt::format("{}{}", i == 0 ? "" : i + 1 == all.size() ? " or " : ", ", all[i]);
  return out;
}

}  // namespace

std::span<const Lab> labs() { return kLabs; }

const Lab* lab_called(std::string_view name) {
  const auto found = std::find_if(std::begin(kLabs), std::end(kLabs), [&](const Lab& lab) { return lab.name == name; });
  return found == std::end(kLabs) ? nullptr : found;
}

Result<Options> options_of(const Lab& lab, bool plays, int argc, char** argv) {
  std::vector<Option> known;
  if (plays) {
    known.push_back(kJson);
    known.insert(known.end(), lab.options.begin(), lab.options.end());
  }
  return options(argc, argv, known);
}

std::vector<std::string> missing_programs(const Lab& lab, std::string_view path) {
  std::vector<std::string> missing;
  std::istringstream programs(lab.programs);
  for (std::string program; programs >> program;) {
    std::istringstream directories{std::string(path)};
    bool there = false;
    std::error_code none;
    for (std::string directory; !there && std::getline(directories, directory, ':');)
      there = !directory.empty() && std::filesystem::is_regular_file(directory + "/" + program, none);
    if (!there) missing.push_back(program);
  }
  return missing;
}

std::string usage() {
  std::string out = "waymark lab list                      the labs there are\n";
  out += fmt::format("waymark lab demo LAB [options]        the events of {}, and a table of what they broke\n",
                     names([](const Lab& lab) { return lab.has_demo; }));
  out += fmt::format("waymark lab test LAB [options]        every claim counted, of {}\n",
                     names([](const Lab&) { return true; }));
  out += fmt::format("waymark lab up LAB                    {} with its daemons, to look around in\n",
                     names([](const Lab& lab) { return lab.raise != nullptr; }));
  out += "waymark lab down LAB                  takes it away, or what an interrupted lab left\noptions:\n";
  out += fmt::format("  {} {}\n", kJson.name, kJson.what);
  for (const Option& option : kLoadAndKills) {
    std::string of;
    for (const Lab& lab : kLabs)
      if (std::any_of(lab.options.begin(), lab.options.end(), [&](auto& o) { return o.name == option.name; }))
        of += fmt::format("{}{}", of.empty() ? "" : ", ", lab.name);
    out += fmt::format("  {} {}: {}\n", option.name, option.what, of);
  }
  return out;
}

std::string list_of_labs() {
  std::string out;
  for (const Lab& lab : kLabs) out += fmt::format("{:<12}{}\n", lab.name, lab.sentence);
  return out;
}

std::string list_of_tests() {
  std::string out =
      "# The labs that ./test runs, one after the other, by `waymark lab test NAME`, and the seconds that each may "
      "take: "
      "`build/waymark lab list --tests`\n";
  for (const Lab& lab : kLabs) out += fmt::format("{} {}\n", lab.name, lab.seconds);
  return out;
}

}  // namespace waymark::lab
