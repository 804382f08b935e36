#include "lab/lab.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "lab/kit/loop.h"
#include "lab/kit/netns.h"
#include "lab/kit/process.h"
#include "lab/kit/report.h"
#include "lab/kit/stage.h"
#include "lab/labs.h"
#include "lab/traffic/traffic.h"

namespace waymark {
namespace {

using namespace lab;

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

// Raises a lab that stays; then says what can be done there.
int up(const Lab& lab) {
  if (auto clean = no_leftovers(); !clean) return fail(clean.error().sentence);
  const Status ready = prepare_machine();
  const auto tries = ready ? lab.raise(tools()) : ready.error();
  if (!tries || interrupted()) {
    const std::string logs = logs_of_daemons();
    clear_labs();
    return fail(tries ? "interrupted" : tries.error().sentence + "\n" + logs);
  }
  std::string spaces;
  for (const auto& netns : namespaces(fmt::format("wm-{}-", lab.name))) spaces += " " + netns;
  fmt::print("Lab {} is up:{}.\nTry, for example:\n", lab.name, spaces);
  for (const std::string& command : *tries) fmt::print("  {}\n", command);
  fmt::print("  {} lab down {}\n", tools().waymark, lab.name);
  return 0;
}

int play(const Lab& lab, bool test, const Options& given) {
  favour_us();
  const std::string file = word(given, "--json");
  std::FILE* people = file == "-" ? stderr : stdout;
  const Time begin = now();
  const auto say = [&](const std::string& what) {
    fmt::print(people, "{:6.1f} s  {}\n", std::chrono::duration<double>(now() - begin).count(), what);
    std::fflush(people);
  };
  const Verdict verdict = lab.run(tools(), given, say);
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

int list(int argc, char** argv) {
  const bool tests = argc == 3 && std::string_view(argv[2]) == "--tests";
  if (argc > 2 && !tests) return fail(fmt::format("there is no option \"{}\"; there is --tests", argv[2])), 2;
  fmt::print("{}", tests ? list_of_tests() : list_of_labs());
  return 0;
}

}  // namespace

int lab_main(int argc, char** argv) {
  const std::string verb = argc > 1 ? argv[1] : "", what = argc > 2 ? argv[2] : "";
  if (verb == "traffic" && what == "client") return traffic_client(argc - 2, argv + 2);
  if (verb == "traffic" && what == "server") return traffic_server(argc - 2, argv + 2);
  if (verb == "traffic" && what == "gre") return traffic_gre(argc - 2, argv + 2);
  if (verb == "traffic" && what == "delay") return traffic_delay(argc - 2, argv + 2);
  if (verb == "list") return list(argc, argv);
  if (verb == "--help" || verb == "-h") return fmt::print("{}", usage()), 0;
  const bool plays = verb == "demo" || verb == "test";
  if (!plays && verb != "up" && verb != "down") return std::fputs(usage().c_str(), stderr), 2;
  const Lab* lab = lab_called(what);
  if (!lab) return fail(fmt::format("there is no lab \"{}\"; `waymark lab list` names them", what)), 2;
  if ((verb == "demo" && !lab->has_demo) || (verb == "up" && !lab->raise))
    return fail(fmt::format("lab {0} has no `{1}`, only `waymark lab test {0}`", what, verb)), 2;
  const auto given = options_of(*lab, plays, argc - 2, argv + 2);
  if (!given) return fail(given.error().sentence), 2;
  if (geteuid() != 0) return fail("it makes network namespaces, which needs root");
  const char* path = getenv("PATH");
  if (const auto missing = missing_programs(*lab, path ? path : ""); !missing.empty() && verb != "down")
    return fail(fmt::format("lab {} needs programs that are not installed: {}; `scripts/setup lab` installs them", what,
                            fmt::join(missing, ", ")));
  heed_interrupts();
  if (verb == "up") return up(*lab);
  if (verb == "down") return clear_labs(), 0;
  return play(*lab, verb == "test", *given);
}

}  // namespace waymark
