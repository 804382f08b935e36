#include "bench/bench.h"

#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>

#include "bench/against.h"
#include "bench/case.h"
#include "bench/facts.h"
#include "engine/xdp/object.h"

namespace waymark {

namespace {

using namespace bench;
using Json = nlohmann::ordered_json;

constexpr const char* kUsage =
    "waymark bench [--json] [--runs N] [--against FILE] [CASE-PREFIX... | facts]\n"
    "\n"
    "Measures the packet's way: each case against its null, the same loop without the program. Nanoseconds a packet.\n"
    "XDP cases need root. `facts` measures what is no case: the pin table, a SYN flood, the firewall's table in the "
    "terms\n"
    "of RFC 9693, a change's way into the data path, the program's size, memory.\n"
    "\n"
    "  --json          results as JSON\n"
    "  --runs N        runs of each case, 11 or more unless you know why (default 11)\n"
    "  --against FILE  compares with a report that --json wrote on this machine: measures five times, and fails where "
    "a\n"
    "                  case's minimum is worse each time by more than 5% and 5 ns\n";

struct Options {
  bool json = false, facts = false, help = false;
  u32 runs = 11;
  std::string against;
  std::vector<std::string> prefixes;
};

Result<Options> parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const bool more = i + 1 < argc;
    if (word == "--json") {
      options.json = true;
    } else if (word == "--help" || word == "-h") {
      options.help = true;
    } else if (word == "--runs" && more) {
      char* end = nullptr;
      options.runs = u32(std::strtoul(argv[++i], &end, 10));
      if (*end || options.runs < 1 || options.runs > 10'000) return Error{"--runs takes a number from 1 to 10000"};
    } else if (word == "--against" && more) {
      options.against = argv[++i];
    } else if (word == "facts") {
      options.facts = true;
    } else if (word[0] != '-') {
      options.prefixes.push_back(word);
    } else {
      return Error{"unknown option, or one without its value: " + word};
    }
  }
  return options;
}

// A case's own name asks for that case alone.
bool is_case(const std::string& name) {
  return std::any_of(all_cases().begin(), all_cases().end(), [&](const NamedCase& c) { return c.name == name; });
}

Result<std::vector<const NamedCase*>> chosen(const Options& options, bool json) {
  std::vector<const NamedCase*> cases;
  bool left_out = false;
  for (const NamedCase& c : all_cases()) {
    bool wanted = options.prefixes.empty();
    for (const std::string& prefix : options.prefixes)
      wanted = wanted || (is_case(prefix) ? c.name == prefix : c.name.starts_with(prefix));
    if (!wanted) continue;
    const bool may = !c.needs_root || geteuid() == 0;
    if (may) cases.push_back(&c);
    left_out = left_out || !may;
  }
  if (left_out && !json) fmt::print("XDP cases need root and are left out.\n");
  if (!cases.empty()) return cases;
  return Error{left_out ? "all cases asked for need root"
                        : "no case begins like that; `waymark bench` without names runs all"};
}

int fail(const Error& error) {
  fmt::print(stderr, "waymark bench: {}\n", error.sentence);
  return 1;
}

Json json_of(const Measured& m) {
  const auto tenths = [](double ns) { return double(long(ns * 10 + 0.5)) / 10; };
  if (!m.failed.empty()) return {{"failed", m.failed}};
  return {{"min", tenths(m.min)},       {"null", tenths(m.null)}, {"net", tenths(m.net())},
          {"median", tenths(m.median)}, {"runs", m.runs},         {"flows", m.flows}};
}

void print(const std::vector<Measured>& all) {
  utsname kernel{};
  uname(&kernel);
  fmt::print("Nanoseconds a packet; program by {}, Linux {}\n", WM_BPF_COMPILER, kernel.release);
  fmt::print("{:<30} {:>7} {:>7} {:>7} {:>7} {:>7}\n", "", "net", "limit", "min", "null", "median");
  for (const Measured& m : all) {
    if (!m.failed.empty()) {
      fmt::print("{:<30} could not be measured: {}\n", m.name, m.failed);
      continue;
    }
    fmt::print("{:<30} {:>7.1f} {:>7.0f} {:>7.1f} {:>7.1f} {:>7.1f}{}\n", m.name, m.net(), m.limit, m.min, m.null,
               m.median, m.net() > m.limit ? "   above its limit" : "");
  }
}

void print(const std::vector<Fact>& facts) {
  for (const Fact& f : facts)
    fmt::print("{:<44} {:>16}\n", f.name, fmt::format("{:.{}f} {}", f.value, f.digits, f.unit));
}

}  // namespace

int bench_main(int argc, char** argv) {
  const Result<Options> options = parse(argc, argv);
  if (!options) return fail(options.error());
  set_bpf_log({});
  if (options->help) return fmt::print("{}", kUsage), 0;
  Json json = Json::object();
  if (options->facts) {
    const Result<std::vector<Fact>> facts = measure_facts();
    if (!facts) return fail(facts.error());
    for (const Fact& f : *facts) json[f.name] = {{"value", f.value}, {"unit", f.unit}};
    options->json ? fmt::print("{}\n", json.dump(2)) : print(*facts);
    return 0;
  }
  const auto cases = chosen(*options, options->json);
  if (!cases) return fail(cases.error());
  if (!options->against.empty()) {
    const Result<bool> held = compare(*cases, options->runs, options->against);
    if (!held) return fail(held.error());
    return *held ? 0 : 1;
  }
  const std::vector<Measured> all = measure(*cases, options->runs);
  for (const Measured& m : all) json[m.name] = json_of(m);
  options->json ? fmt::print("{}\n", json.dump(2)) : print(all);
  return std::all_of(all.begin(), all.end(), [](const Measured& m) { return m.failed.empty(); }) ? 0 : 1;
}

}  // namespace waymark
