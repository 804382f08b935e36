#include "lab/lab.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "lab/group/fabric.h"
#include "lab/group/group.h"
#include "lab/guests/guests.h"
#include "lab/kit/loop.h"
#include "lab/kit/netns.h"
#include "lab/kit/process.h"
#include "lab/kit/report.h"
#include "lab/kit/stage.h"
#include "lab/options.h"
#include "lab/path_mtu/path_mtu.h"
#include "lab/site/fabric.h"
#include "lab/site/kills.h"
#include "lab/site/schedule.h"
#include "lab/traffic/traffic.h"
#include "lab/translator/site.h"
#include "lab/translator/translator.h"

namespace waymark {
namespace {

using namespace lab;

constexpr const char* kUsage =
    "waymark lab list                      the labs there are\n"
    "waymark lab demo LAB [options]        the events of site or group, and a table of what they broke\n"
    "waymark lab test LAB [options]        the same, every claim counted; also: kills, guests, path_mtu, translator\n"
    "waymark lab up LAB                    site, group or translator with its daemons, to look around in\n"
    "waymark lab down LAB                  takes it away, or what an interrupted lab left\n"
    "options: --json FILE ('-' for stdout), --connections N (2000), --probes N a second (1000), --fresh N a second "
    "(80), --kills N (100)\n";

constexpr const char* kList =
    "site   two clients, a router, one director, three servers: restarts, upgrades and target changes under traffic\n"
    "group  two directors behind a router with BIRD and ECMP, four servers: directors and servers die, routes flap\n"
    "kills  as site; the director's daemon is killed with -9 a hundred times, wherever it is just then\n"
    "guests  a group whose control plane is abused: guests of its ports, hostile files, 5,000 services added at once\n"
    "path_mtu  a director in line, small links on both sides of it: downloads and uploads by every tunnel, "
    "traceroutes\n"
    "translator  an IPv4 and an IPv6 side with routers and narrow links, Waymark between them, TAYGA beside it\n";

Tools tools() {
  std::error_code none;
  const std::string self = std::filesystem::read_symlink("/proc/self/exe", none);
  return {self, self + "-next"};
}

int fail(const std::string& sentence) {
  std::fprintf(stderr, "waymark lab: %s\n", sentence.c_str());
  return 1;
}

// The labs ask what Waymark loses, not what a busy machine's scheduler does: all they start inherits this.
void favour_us() { setpriority(PRIO_PROCESS, 0, -10); }

// Raises a lab that stays, by `raise`; then says what can be done there.
int up(const std::string& lab, const Place& place, const std::string& director, const std::function<Status()>& raise) {
  if (auto clean = no_leftovers(); !clean) return fail(clean.error().sentence);
  Status ok = prepare_machine();
  if (ok) ok = raise();
  if (!ok || interrupted()) {
    const std::string logs = logs_of_daemons();
    clear_labs();
    return fail(ok ? "interrupted" : ok.error().sentence + "\n" + logs);
  }
  std::string spaces;
  for (const auto& netns : namespaces(place.prefix())) spaces += " " + netns;
  fmt::print("Lab {} is up:{}.\nTry, for example:\n", lab, spaces);
  fmt::print("  nsenter --net=/run/netns/{} curl -s http://{}/alive\n", place.netns("c1"), kService4);
  fmt::print("  {} show services --socket {}\n", tools().waymark, place.socket(director));
  if (lab == "group") {
    fmt::print("  {} show group --socket {}\n", tools().waymark, place.socket(director));
    fmt::print("  birdc -s {} show route all\n", place.file("r.bird.ctl"));
  }
  fmt::print("  {} lab down {}\n", tools().waymark, lab);
  return 0;
}

int up_translator() {
  if (auto clean = no_leftovers(); !clean) return fail(clean.error().sentence);
  Status ok = prepare_machine();
  if (ok) ok = raise_translator(tools());
  if (!ok || interrupted()) {
    const std::string logs = logs_of_daemons();
    clear_labs();
    return fail(ok ? "interrupted" : ok.error().sentence + "\n" + logs);
  }
  const std::string h4 = kTranslatorPrefix + "h4", h6 = kTranslatorPrefix + "h6";
  fmt::print("Lab translator is up. Try, for example:\n");
  fmt::print("  nsenter --net=/run/netns/{} curl -s http://{}/alive\n", h4, seen4(Path::wide));
  fmt::print("  nsenter --net=/run/netns/{} traceroute -n {}\n", h6, seen6(Path::wide));
  fmt::print("  {} show counters --socket {}/translator/t.sock\n", tools().waymark, kLabDirectory);
  fmt::print("  {} lab down translator\n", tools().waymark);
  return 0;
}

int up(const std::string& lab) {
  if (lab == "translator") return up_translator();
  if (lab == "group") {
    GroupFabric group(GroupSite(kGroupPrefix, kLabDirectory + "/group"), tools());
    return up(lab, group.site(), "d1", [&] { return group.up({}, true); });
  }
  Fabric site(Site(kSitePrefix, kLabDirectory + "/site"), tools());
  return up(lab, site.site(), "d", [&] { return site.up({}, true); });
}

Verdict verdict_of(const std::string& lab, const Load& load, const Options& given, const Say& say) {
  if (lab == "translator") return run_translator(tools(), say);
  if (lab == "path_mtu") return run_path_mtu(tools(), say);
  if (lab == "guests") return run_guests(tools(), load, say);
  if (lab == "kills") return run_kills(tools(), load, u32(number(given, "--kills", 100)), say);
  return lab == "group" ? run_group(tools(), load, say) : run_site(tools(), load, say);
}

int play(const std::string& lab, bool test, const Options& given) {
  favour_us();
  const Load load{u32(number(given, "--connections", 2000)), u32(number(given, "--fresh", 80)),
                  u32(number(given, "--probes", 1000))};
  const std::string file = word(given, "--json");
  std::FILE* people = file == "-" ? stderr : stdout;
  const Time begin = now();
  const auto say = [&](const std::string& what) {
    fmt::print(people, "{:6.1f} s  {}\n", std::chrono::duration<double>(now() - begin).count(), what);
    std::fflush(people);
  };
  const Verdict verdict = verdict_of(lab, load, given, say);
  if (!verdict.events.empty()) fmt::print(people, "\n{}\n", table(verdict));
  fmt::print(people, "{}", checks(verdict, test));
  if (!verdict.logs.empty()) fmt::print(people, "\n{}", verdict.logs);
  if (file == "-") fmt::print("{}\n", to_json(verdict));
  if (!file.empty() && file != "-")
    if (auto ok = write_file(file, to_json(verdict) + "\n"); !ok) return fail(ok.error().sentence);
  const auto failed =
      std::count_if(verdict.checks.begin(), verdict.checks.end(), [](const Check& c) { return !c.ok; }) +
      !verdict.stopped_by.empty();
  if (test)
    fmt::print(people, "{} passed, {} failed\n", std::ssize(verdict.checks) - failed + !verdict.stopped_by.empty(),
               failed);
  fmt::print(people, "{} in {:.0f} s\n", verdict.passed() ? "PASS" : "FAIL", verdict.seconds);
  return verdict.passed() ? 0 : 1;
}

}  // namespace

int lab_main(int argc, char** argv) {
  const std::string verb = argc > 1 ? argv[1] : "", what = argc > 2 ? argv[2] : "";
  if (verb == "traffic" && what == "client") return traffic_client(argc - 2, argv + 2);
  if (verb == "traffic" && what == "server") return traffic_server(argc - 2, argv + 2);
  if (verb == "list") {
    fmt::print("{}", kList);
    return 0;
  }
  const std::vector<std::string> verbs = {"demo", "test", "up", "down"};
  if (std::find(verbs.begin(), verbs.end(), verb) == verbs.end()) return std::fputs(kUsage, stderr), 2;
  if (what != "site" && what != "group" && what != "translator" &&
      !((what == "kills" || what == "guests" || what == "path_mtu") && verb == "test"))
    return fail(fmt::format("there is no lab \"{}\"; `waymark lab list` names them", what)), 2;
  if (geteuid() != 0) return fail("it makes network namespaces, which needs root");
  heed_interrupts();
  if (verb == "up") return up(what);
  if (verb == "down") return clear_labs(), 0;
  return play(what, verb == "test", options(argc - 2, argv + 2));
}

}  // namespace waymark
