#include "lab/paths/rates.h"

#include <fmt/format.h>
#include <sched.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <utility>

#include "base/address_text.h"
#include "lab/kit/process.h"
#include "lab/paths/names.h"

namespace waymark::lab {
namespace {

const std::string kSeconds = "3";

// The first core that we may run on, and the last: the same where there is but one.
std::pair<std::string, std::string> two_cores() {
  cpu_set_t ours;
  if (sched_getaffinity(0, sizeof ours, &ours) != 0) return {"0", "0"};
  int first = CPU_SETSIZE, last = 0;
  for (int core = 0; core < CPU_SETSIZE; ++core) {
    if (!CPU_ISSET(core, &ours)) continue;
    first = std::min(first, core);
    last = core;
  }
  return {std::to_string(first), std::to_string(last)};
}

struct Rate {
  u64 a_second = 0, all = 0, lost = 0;
  u64 in_xdp = 0;  // of all
};

// The kernel threads of NAPI that interfaces of this name have.
std::set<std::string> napi_threads(const std::string& interface) {
  std::set<std::string> out;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", none)) {
    std::string name;
    if (std::getline(std::ifstream(entry.path() / "comm"), name) && name.starts_with("napi/" + interface + "-"))
      out.insert(entry.path().filename());
  }
  return out;
}

// A veth's XDP runs on the core of who sends to it, unless its NAPI has a thread.
Status set_threaded(const std::string& netns, const std::string& interface, bool threaded) {
  const std::string command = fmt::format("echo {:d} >/sys/class/net/{}/threaded", threaded, interface);
  const auto said = run({.argv = {"ip", "netns", "exec", netns, "sh", "-c", command}});
  return said ? Status(Done{}) : said.error();
}

Status give_core(const std::string& netns, const std::string& interface, const std::string& core) {
  const auto before = napi_threads(interface);
  WM_TRY(set_threaded(netns, interface, true));
  for (const std::string& pid : napi_threads(interface))
    if (!before.contains(pid))
      if (const auto said = run({.argv = {"taskset", "-p", "-c", core, pid}}); !said) return said.error();
  return Done{};
}

// What stands behind a word of dnsperf's report.
u64 number_behind(const std::string& said, const std::string& word) {
  const auto at = said.find(word);
  return at == std::string::npos ? 0 : u64(std::strtod(said.c_str() + at + word.size(), nullptr));
}

// EDNS Client Subnet (RFC 7871) of one client, as dnsperf wants an option: code and bytes.
std::string subnet_of(const std::string& client) {
  std::string out = "8:00028000";
  const auto address = parse_address(client);
  std::array<u8, 16> bytes = {};
  if (address) store_address(bytes.data(), *address);
  for (const u8 byte : bytes) out += fmt::format("{:02x}", byte);
  return out;
}

Result<Rate> asked(const PathsFabric& fabric, const std::string& core) {
  const auto before = fabric.daemons().count(pop_name(kNamesPop), "path.answered");
  const auto said = run({.netns = fabric.site().netns(kResolver),
                         .argv = {"taskset", "-c", core, "dnsperf", "-s", kNamesAt, "-a", kResolverAt, "-d",
                                  fabric.site().file("questions"), "-l", kSeconds, "-q", "100", "-e", "-E",
                                  subnet_of(fabric.client_address("c1"))}});
  if (!said) return said.error();
  const auto after = fabric.daemons().count(pop_name(kNamesPop), "path.answered");
  if (!before || !after) return !before ? before.error() : after.error();
  return Rate{number_behind(*said, "Queries per second:"), number_behind(*said, "Queries completed:"),
              number_behind(*said, "Queries lost:"), *after - *before};
}

}  // namespace

Status measure_answers(PathsFabric& fabric, Verdict& out) {
  WM_TRY(write_file(fabric.site().file("questions"), name_of("s1") + " AAAA\n"));
  const auto [answers_on, asks_on] = two_cores();
  WM_TRY(fabric.keep_names_to(answers_on));
  const std::string pop = fabric.site().netns(pop_name(kNamesPop)), asker = fabric.site().netns(kResolver);
  WM_TRY(give_core(pop, kResolver, answers_on));
  WM_TRY(give_core(asker, "eth0", asks_on));
  const auto xdp = asked(fabric, asks_on);
  if (!xdp) return xdp.error();
  WM_TRY(set_threaded(pop, kResolver, false));
  WM_TRY(set_threaded(asker, "eth0", false));
  WM_TRY(fabric.answer_by_daemon());
  const auto daemon = asked(fabric, asks_on);
  if (!daemon) return daemon.error();
  // A question or so may be asked before its own answer was counted.
  out.check(xdp->all > 0 && xdp->in_xdp + 100 >= xdp->all && daemon->all > 0 && daemon->in_xdp < 100,
            fmt::format("dnsperf gets {} answers a second from XDP ({} lost), and {} from the daemon ({} lost)",
                        xdp->a_second, xdp->lost, daemon->a_second, daemon->lost));
  return Done{};
}

}  // namespace waymark::lab
