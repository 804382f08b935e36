#include <time.h>

#include <algorithm>

#include "bench/case.h"

namespace waymark::bench {

double thread_seconds() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return double(t.tv_sec) + double(t.tv_nsec) * 1e-9;
}

Result<std::vector<Measured>> measure(const std::vector<const NamedCase*>& cases, u32 runs) {
  std::vector<std::unique_ptr<Case>> made;
  for (const NamedCase* c : cases) {
    made.push_back(c->make());
    if (const Status status = made.back()->prepare(); !status) return Error{c->name + ": " + status.error().sentence};
  }
  std::vector<std::vector<double>> times(cases.size()), nulls(cases.size());
  for (u32 round = 0; round < runs; ++round)
    for (std::size_t i = 0; i < cases.size(); ++i)
      for (const bool null : {true, false}) {
        const Result<double> ns = made[i]->run(null);
        if (!ns) return Error{cases[i]->name + ": " + ns.error().sentence};
        (null ? nulls : times)[i].push_back(*ns);
      }
  std::vector<Measured> all;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const Result<u64> flows = made[i]->check();
    if (!flows) return Error{cases[i]->name + ": " + flows.error().sentence};
    std::sort(times[i].begin(), times[i].end());
    const double null = *std::min_element(nulls[i].begin(), nulls[i].end());
    all.push_back(
        {cases[i]->name, times[i].front(), null, times[i][times[i].size() / 2], cases[i]->limit, runs, *flows});
  }
  return all;
}

}  // namespace waymark::bench
