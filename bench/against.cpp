#include "bench/against.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

namespace waymark::bench {

namespace {

constexpr int kTimes = 5;

Result<std::map<std::string, double>> read_report(const std::string& path) {
  std::ifstream file(path);
  if (!file) return Error{"the report " + path + " cannot be read"};
  const auto json = nlohmann::json::parse(file, nullptr, false);
  if (!json.is_object()) return Error{path + " is no report of `waymark bench --json`"};
  std::map<std::string, double> minima;
  for (const auto& [name, value] : json.items())
    if (value.is_object() && value.contains("min") && value["min"].is_number())
      minima[name] = value["min"].get<double>();
  return minima;
}

}  // namespace

Result<bool> compare(const std::vector<const NamedCase*>& cases, u32 runs, const std::string& path) {
  const auto before = read_report(path);
  if (!before) return before.error();
  std::vector<const NamedCase*> common;
  for (const NamedCase* c : cases)
    if (before->contains(c->name)) common.push_back(c);
  if (common.empty()) return Error{path + " has none of these cases"};
  std::map<std::string, int> worse;
  std::map<std::string, double> best;
  for (int time = 0; time < kTimes; ++time) {
    const auto all = measure(common, runs);
    for (const Measured& m : all) {
      if (!m.failed.empty()) return Error{m.name + ": " + m.failed};
      const double old = before->at(m.name);
      worse[m.name] += m.min > old * 1.05 && m.min > old + 5;
      best[m.name] = time == 0 ? m.min : std::min(best[m.name], m.min);
    }
  }
  bool held = true;
  for (const NamedCase* c : common) {
    const bool regression = worse[c->name] == kTimes;
    held = held && !regression;
    fmt::print("{:<30} {:>7.1f} -> {:>7.1f} ns, worse in {} of {}{}\n", c->name, before->at(c->name), best[c->name],
               worse[c->name], kTimes, regression ? "   REGRESSION" : "");
  }
  return held;
}

}  // namespace waymark::bench
