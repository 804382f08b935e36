#include "cli/sim.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <thread>

#include "cli/load.h"
#include "sim/report.h"
#include "sim/story.h"

namespace waymark::cli {

namespace {

std::string to_json(const sim::Summary& s) {
  nlohmann::ordered_json with, ends, causes = nlohmann::ordered_json::object(),
                                     failures = nlohmann::ordered_json::array();
  for (u32 i = 0; i < sim::kFaults; ++i) with[text(sim::Fault(i))] = s.seeds_with[i];
  for (std::size_t i = 1; i < s.ends.size(); ++i) ends[text(sim::End(i))] = s.ends[i];
  for (const auto& [why, count] : s.broken_by) causes[why] = count;
  for (const sim::Report& report : s.failures)
    failures.push_back({{"seed", report.seed}, {"what", report.violations.front().what}});
  return nlohmann::ordered_json{{"seeds", s.seeds},
                                {"failed", s.failed},
                                {"connections", s.connections},
                                {"least_connections", s.least_connections},
                                {"least_faults", s.least_faults},
                                {"combined_connections", s.combined_connections},
                                {"combined_broken", s.combined_broken},
                                {"seeds_with", with},
                                {"ends", ends},
                                {"broken_by", causes},
                                {"failures", failures}}
             .dump(2) +
         "\n";
}

int tell_story() {
  const std::vector<sim::Told> all = sim::tell(2000);
  fmt::print(
      "Two directors behind a router and four servers, each the packet core as a user-space build with the daemon's "
      "control,\n"
      "in this one process and in virtual time. TCP connections with a message a second each; in the control, one "
      "thing\n"
      "is switched off.\n\n{:<50}{:>10}{:>8}{:>16}\n",
      "", "spanning", "broken", "broken without");
  bool passed = true;
  for (const sim::Told& t : all) {
    fmt::print("{:<50}{:>10}{:>8}{:>8} {}\n", t.title, t.real.spanning, t.real.broken, t.control.broken, t.without);
    if (t.drains) fmt::print("    s1 then got {} of {} new connections\n", t.real.fresh_at_drained, t.real.fresh);
    if (!t.real.wrong.empty()) fmt::print("    wrong: {}\n", t.real.wrong);
    passed &= t.passed();
  }
  fmt::print(
      "\nspanning  TCP connections that were open before the event\nbroken    of those: reset, or silent for 4.5 s\n\n"
      "This does not show: the program in the kernel and its verifier, XDP on real interfaces, a daemon that truly "
      "dies\n"
      "by kill -9, upgrades to other program bytes, the kernel's TCP. As root, `waymark lab demo site` and `group` "
      "do.\n"
      "\n{}\n",
      passed ? "PASS" : "FAIL");
  return !passed;
}

}  // namespace

int sim_command(const SimOptions& options) {
  if (options.story) return tell_story();
  const sim::Plant plant = options.plant.empty() ? sim::Plant::none : sim::plant_called(options.plant);
  if (plant == sim::Plant::count) return complain({fmt::format("no bug is called \"{}\"", options.plant)});
  if (!options.seeds && !options.json) {
    const sim::Report report = sim::run_seed(options.seed, plant);
    fmt::print("{}", sim::story_of(report, plant));
    return report.failed();
  }
  const u32 threads = options.threads ? options.threads : std::max(1u, std::thread::hardware_concurrency());
  const u64 count = std::max<u64>(1, options.seeds);
  const sim::Summary all = sim::run_seeds(options.seed, count, threads, plant);
  fmt::print("{}", options.json ? to_json(all) : sim::to_text(all, plant));
  return !all.good();
}

}  // namespace waymark::cli
