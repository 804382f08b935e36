#include <time.h>

#include <algorithm>

#include "bench/case.h"

namespace waymark::bench {

double thread_seconds() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return double(t.tv_sec) + double(t.tv_nsec) * 1e-9;
}

std::vector<Measured> measure(const std::vector<const NamedCase*>& cases, u32 runs) {
  std::vector<Measured> all(cases.size());
  std::vector<std::unique_ptr<Case>> made;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    made.push_back(cases[i]->make());
    all[i].name = cases[i]->name;
    all[i].limit = cases[i]->limit;
    all[i].runs = runs;
    if (const Status status = made[i]->prepare(); !status) all[i].failed = status.error().sentence;
  }
  std::vector<std::vector<double>> times(cases.size()), nulls(cases.size());
  for (u32 round = 0; round < runs; ++round)
    for (std::size_t i = 0; i < cases.size(); ++i)
      for (const bool null : {true, false}) {
        if (!all[i].failed.empty()) continue;
        const Result<double> ns = made[i]->run(null);
        ns ? (null ? nulls : times)[i].push_back(*ns) : void(all[i].failed = ns.error().sentence);
      }
  for (std::size_t i = 0; i < cases.size(); ++i) {
    if (!all[i].failed.empty()) continue;
    const Result<u64> flows = made[i]->check();
    if (!flows) {
      all[i].failed = flows.error().sentence;
      continue;
    }
    std::sort(times[i].begin(), times[i].end());
    all[i].min = times[i].front();
    all[i].null = *std::min_element(nulls[i].begin(), nulls[i].end());
    all[i].median = times[i][times[i].size() / 2];
    all[i].flows = *flows;
  }
  return all;
}

}  // namespace waymark::bench
