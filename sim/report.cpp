#include "sim/report.h"

#include <fmt/format.h>

#include <atomic>
#include <mutex>
#include <numeric>
#include <thread>

#include "base/text_table.h"
#include "sim/world.h"

namespace waymark::sim {

namespace {

constexpr std::size_t kFailuresShown = 3;
constexpr u32 kLeastConnections = 200, kLeastFaults = 20;  // of a seed
constexpr u64 kManySeeds = 100;                            // among which each fault must be in a tenth

double seconds(Duration d) { return std::chrono::duration<double>(d).count(); }

void add(Summary& all, Report&& one) {
  ++all.seeds;
  all.connections += one.connections;
  all.least_connections = std::min(all.least_connections, one.connections);
  all.least_faults = std::min(all.least_faults, u32(one.happened.size()));
  for (u32 i = 0; i < kFaults; ++i) all.seeds_with[i] += one.faults[i] > 0;
  for (std::size_t i = 0; i < one.ends.size(); ++i) all.ends[i] += one.ends[i];
  if (one.mode == Mode::combined) {
    all.combined_connections += one.connections;
    all.combined_broken += one.broken();
    for (const auto& [why, count] : one.broken_by) all.broken_by[why] += count;
  }
  if (!one.failed()) return;
  ++all.failed;
  all.failures.push_back(std::move(one));
  std::sort(all.failures.begin(), all.failures.end(), [](auto& a, auto& b) { return a.seed < b.seed; });
  if (all.failures.size() > kFailuresShown) all.failures.pop_back();
}

}  // namespace

u32 Report::broken() const {
  u32 sum = 0;
  for (u32 i = 0; i < ends.size(); ++i) sum += sim::broken(End(i)) ? ends[i] : 0;
  return sum;
}

Report run_seed(u64 seed, Plant plant, std::optional<u32> follow) {
  return World({.seed = seed, .plant = plant, .follow = follow}).run();
}

Summary run_seeds(u64 first, u64 count, u32 threads, Plant plant) {
  Summary all;
  std::mutex lock;
  std::atomic<u64> next = first;
  const auto work = [&] {
    for (u64 seed = next++; seed < first + count; seed = next++) {
      Report report = run_seed(seed, plant);
      const std::lock_guard held(lock);
      add(all, std::move(report));
    }
  };
  std::vector<std::thread> crew;
  for (u32 i = 1; i < threads; ++i) crew.emplace_back(work);
  work();
  for (std::thread& t : crew) t.join();
  return all;
}

std::string Summary::thin() const {
  if (least_connections < kLeastConnections || least_faults < kLeastFaults)
    return fmt::format("a seed has {} connections and {} faults; {} and {} are the least", least_connections,
                       least_faults, kLeastConnections, kLeastFaults);
  for (u32 i = 0; seeds >= kManySeeds && i < kFaults; ++i)
    if (10 * seeds_with[i] < seeds)
      return fmt::format("{} is in {} of {} seeds alone", text(Fault(i)), seeds_with[i], seeds);
  return {};
}

std::string story_of(const Report& report, Plant plant) {
  std::string out = fmt::format("seed {} ({}): {} connections, {} faults, {:.0f} s\n", report.seed, text(report.mode),
                                report.connections, report.happened.size(), seconds(report.lasted));
  std::vector<Violation> wrong = report.violations;
  wrong.insert(wrong.end(), report.breaks.begin(), report.breaks.end());
  if (wrong.empty()) return out + "nothing went wrong\n";
  for (const Violation& v : wrong) out += fmt::format("{:10.4f} s  {}\n", seconds(v.at), v.what);
  const std::string planted = plant == Plant::none ? "" : fmt::format(" --plant {}", text(plant));
  out += fmt::format("again: waymark sim --seed {}{}\n", report.seed, planted);
  std::optional<u32> connection;
  for (const Violation& v : wrong)
    if (v.connection && !connection) connection = v.connection;
  const Time end = wrong.front().at;
  const Report told = connection ? run_seed(report.seed, plant, connection) : Report{};
  if (connection) out += fmt::format("the way of connection {}:\n", *connection);
  std::vector<std::string> lines = told.story;
  for (const Happening& h : report.happened)
    if (h.begin <= end) lines.push_back(fmt::format("{:10.4f} s  *** {}: {}", seconds(h.begin), text(h.fault), h.what));
  std::stable_sort(lines.begin(), lines.end(), [](auto& a, auto& b) { return a.compare(0, 10, b, 0, 10) < 0; });
  constexpr std::size_t kLines = 120;  // the last of them say why
  for (std::size_t i = lines.size() > kLines ? lines.size() - kLines : 0; i < lines.size(); ++i) out += lines[i] + "\n";
  return out;
}

std::string to_text(const Summary& s, Plant plant) {
  std::string out;
  for (const Report& report : s.failures) out += story_of(report, plant) + "\n";
  TextTable kinds{{"fault", "seeds"}, {}};
  for (u32 i = 0; i < kFaults; ++i) kinds.rows.push_back({text(Fault(i)), std::to_string(s.seeds_with[i])});
  out += aligned(kinds) + "\n";
  TextTable ends{{"connections", ""}, {}};
  for (std::size_t i = 1; i < kEnds; ++i) ends.rows.push_back({text(End(i)), std::to_string(s.ends[i])});
  out += aligned(ends) + "\n";
  if (!s.broken_by.empty()) {
    TextTable causes{{"broken by combined faults", ""}, {}};
    for (const auto& [why, count] : s.broken_by) causes.rows.push_back({why, std::to_string(count)});
    out += aligned(causes) + "\n";
  }
  out += fmt::format("{} seeds, {} connections; a seed has at least {} connections and {} faults\n", s.seeds,
                     s.connections, s.least_connections, s.least_faults);
  if (s.combined_connections)
    out += fmt::format("combined faults: {} of {} connections of living servers broke, {:.1f} in a million\n",
                       s.combined_broken, s.combined_connections,
                       1e6 * double(s.combined_broken) / double(s.combined_connections));
  if (const std::string thin = s.thin(); !thin.empty()) out += thin + "\n";
  return out + (s.good() ? "PASS\n" : fmt::format("FAIL: {} seeds\n", s.failed));
}

}  // namespace waymark::sim
