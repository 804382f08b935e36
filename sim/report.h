// What became of a world, and of many.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/connection.h"
#include "sim/faults.h"
#include "sim/plan.h"

namespace waymark::sim {

struct Violation {
  Time at;
  std::string what;
  std::optional<u32> connection;
};

struct Report {
  u64 seed = 0;
  Mode mode = Mode::single;
  u64 digest = 0, events = 0, frames = 0;
  Duration lasted{};
  u32 connections = 0;
  std::array<u32, kEnds> ends{};           // by End
  std::map<std::string, u32> broken_by{};  // what broke them, with the faults of those moments
  std::array<u32, kFaults> faults{};
  std::vector<Happening> happened{};
  std::vector<Violation> violations{};  // the first few
  std::vector<Violation> breaks{};      // connections that broke where that may be, likewise
  std::vector<std::string> story{};     // of the connection that was followed
  u32 broken() const;
  bool failed() const { return !violations.empty(); }
};

// Runs seeds first .. first + count - 1, on so many threads; `each` hears of each as it ends, in order of seeds.
struct Summary {
  u64 seeds = 0, failed = 0, connections = 0, combined_connections = 0, combined_broken = 0;
  std::array<u32, kFaults> seeds_with{};
  u32 least_connections = ~0u, least_faults = ~0u;
  std::map<std::string, u32> broken_by{};
  std::array<u64, kEnds> ends{};
  std::vector<Report> failures{};  // the first few
  std::string thin() const;        // whether too little happened to mean anything: a sentence, or ""
  bool good() const { return !failed && thin().empty(); }
};
Report run_seed(u64 seed, Plant plant = Plant::none, std::optional<u32> follow = {});
Summary run_seeds(u64 first, u64 count, u32 threads, Plant plant = Plant::none);

// A failing seed in words: what was violated, how to play it again, what happened, and the way of the connection.
std::string story_of(const Report& report, Plant plant = Plant::none);
std::string to_text(const Summary& summary, Plant plant = Plant::none);

}  // namespace waymark::sim
