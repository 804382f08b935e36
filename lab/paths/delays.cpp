#include "lab/paths/delays.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "lab/kit/traceroute.h"
#include "lab/paths/names.h"

namespace waymark::lab {
namespace {

using Json = nlohmann::json;
using std::chrono::microseconds;

const std::vector<u32> kMeasured = {1, 2, 3}, kByFile = {1, 3};

std::string joined(const std::vector<u32>& path) { return fmt::format("{}", fmt::join(path, ",")); }

Result<Json> parsed(const Result<std::string>& said) {
  if (!said) return said.error();
  Json json = Json::parse(*said, nullptr, false);
  if (json.is_object()) return json;
  return Error{"this is no JSON: " + *said};
}

class Asking {
 public:
  Asking(const PathsFabric& fabric, Verdict& out) : fabric_(fabric), out_(out) {}

  Status all() {
    WM_TRY(fabric_.answers_lead("c1", "s1", kMeasured));  // once POPs have told what they measured
    measured();
    chosen(false, kByFile);
    chosen(true, kMeasured);
    const auto answer = answered(fabric_, "c1", "s1");
    if (!answer) return answer.error();
    agree(*answer);
    return faster(answer->address);
  }

 private:
  const PathsSite& site() const { return fabric_.site(); }
  std::string file() const { return site().file(pop_name(kNamesPop) + ".toml"); }

  // What POP 4 was told of a link.
  microseconds round_trip(const Result<Json>& links, u32 from, u32 to) const {
    for (const Json& row : links ? links->value("rows", Json::array()) : Json::array())
      if (row["from"] == from && row["to"] == to && row["round_trip_us"].is_number())
        return microseconds(row["round_trip_us"].get<u64>());
    return {};
  }

  void measured() {
    const auto links = parsed(fabric_.daemons().show(pop_name(kNamesPop), "links"));
    bool long_enough = true;
    for (const LongLink& link : kLongLinks) long_enough &= round_trip(links, link.a, link.b) >= 2 * link.delay;
    const auto near = round_trip(links, 1, 2), far = round_trip(links, 2, 3), direct = round_trip(links, 1, 3);
    out_.check(long_enough && near.count() > 0 && near + far < direct,
               fmt::format("POP {} knows round trips of {} us between POPs 1 and 2, {} between 2 and 3, {} between 1 "
                           "and 3, as they measured them",
                           kNamesPop, near.count(), far.count(), direct.count()));
  }

  void chosen(bool live, const std::vector<u32>& wanted) {
    std::vector<std::string> words = {
        "paths", fabric_.client_address("c1"), std::to_string(server_id("s1")), "--policy", "web", "-c", file(),
        "--json"};
    if (live) words.push_back("--live");
    // Only with --live does it need the daemon; ask() names its socket in any case.
    const auto said = parsed(fabric_.daemons().ask(pop_name(kNamesPop), std::move(words)));
    const std::string what = live ? "by what is measured" : "by the files alone";
    if (!said) return out_.check(false, fmt::format("`waymark paths` {}: {}", what, said.error().sentence));
    const auto cost_of = [&](const std::vector<u32>& path) {
      if ((*said)["chosen"]["path"] == path) return (*said)["chosen"]["cost"].get<u32>();
      for (const Json& other : (*said)["others"])
        if (other["path"] == path) return other["cost"].get<u32>();
      return 0u;
    };
    out_.check((*said)["chosen"]["path"] == wanted,
               fmt::format("`waymark paths` {}: {} is c1's path to s1; {} costs {}, {} costs {}", what,
                           fmt::join((*said)["chosen"].value("path", std::vector<u32>{}), ","), joined(kByFile),
                           cost_of(kByFile), joined(kMeasured), cost_of(kMeasured)));
  }

  void agree(const Answered& answer) {
    const auto explained =
        parsed(run({.argv = {fabric_.tools().waymark, "address", "explain", "-c", file(), answer.address, "--json"}}));
    const std::vector<u32> path =
        explained ? (*explained)["plan"]["fields"].value("path", std::vector<u32>{}) : std::vector<u32>{};
    const auto traced = run({.netns = site().netns("c1"),
                             .argv = {"traceroute", "-n", "-I", "-q", "1", "-w", "2", "-m", "8", answer.address}});
    const std::vector<std::string> seen = traced ? hops(*traced) : std::vector<std::string>{};
    std::vector<std::string> wanted;
    for (const u32 pop : path) wanted.push_back(pop_address(pop));
    wanted.push_back(answer.address);
    out_.check(path == kMeasured && seen == wanted,
               fmt::format("c1's answer for s1: `address explain` reads POPs {}, and traceroute names {}", joined(path),
                           fmt::join(seen, ", ")));
  }

  // The least of some pings, in milliseconds.
  Result<double> pinged(const std::string& address) const {
    const auto said =
        run({.netns = site().netns("c1"), .argv = {"ping", "-n", "-q", "-c", "5", "-i", "0.05", address}});
    if (!said) return said.error();
    const auto at = said->find("rtt min/avg/max/mdev = ");
    if (at == std::string::npos) return Error{"ping says no round trip: " + *said};
    return std::strtod(said->c_str() + at + sizeof "rtt min/avg/max/mdev = " - 1, nullptr);
  }

  Status faster(const std::string& measured) {
    const auto direct = fabric_.server_address({"c1", "s1", kByFile}, 1);
    if (!direct) return direct.error();
    const auto by_two = pinged(measured), by_one = pinged(*direct);
    out_.check(by_two && by_one && *by_two < *by_one,
               by_two && by_one ? fmt::format("a ping of s1 takes {:.1f} ms by {}, and {:.1f} by {}", *by_two,
                                              joined(kMeasured), *by_one, joined(kByFile))
                                : (by_two ? by_one : by_two).error().sentence);
    return interrupted() ? Status(Error{"it was interrupted"}) : Status(Done{});
  }

  const PathsFabric& fabric_;
  Verdict& out_;
};

}  // namespace

Status ask_delays(const PathsFabric& fabric, Verdict& out) { return Asking(fabric, out).all(); }

Status judge_long_links(LongLinks& links, const LongLinks::Report& before, Duration load, Verdict& out) {
  const auto after = links.report();
  if (!after) return after.error();
  const std::chrono::duration<double> cpu = after->cpu - before.cpu, all = load;
  const u64 frames = after->frames - before.frames;
  out.check(
      frames > 0 && after->lost == 0,
      fmt::format("the long links carried {:.0f} frames a second under load, and lost {} for want of room: {:.1f}% "
                  "of a core",
                  double(frames) / all.count(), after->lost, 100 * cpu.count() / all.count()));
  return Done{};
}

}  // namespace waymark::lab
