#include "daemon/files.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>

namespace waymark {

namespace {

// Tables and programs twice over are some 120 descriptors, a ring has one for each CPU.
constexpr u32 kReserve = 384;
constexpr u32 kGroup = 96;
constexpr u32 kApi = 64, kMetrics = 128, kHealth = 64, kDns = 128, kMostDns = 1000;
constexpr u32 kChecksWanted = 1024, kMostChecks = 4096;
constexpr u32 kOfUse = 16'384;

}  // namespace

FilePlan plan_files(u32 limit) {
  FilePlan plan{limit, kReserve, kGroup, kApi, kMetrics, kHealth, kDns, 0, false};
  constexpr u32 kFixed = kReserve + kGroup + kApi + kMetrics + kHealth + kDns;
  if (limit >= kFixed + kChecksWanted) {
    plan.checks = std::min(limit - kFixed, kMostChecks);
    plan.dns = std::min(kMostDns, kDns + (limit - kFixed - plan.checks));
    return plan;
  }
  // The reserve is what the daemon cannot do without, so it shrinks least: to half of the files.
  plan.small = true;
  plan.reserve = std::min(kReserve, limit / 2);
  const u32 rest = limit - plan.reserve;
  constexpr u32 kWanted = kFixed - kReserve + kChecksWanted;
  const auto share = [&](u32 wanted, u32 least) { return std::max(least, u32(u64(wanted) * rest / kWanted)); };
  plan.group = share(kGroup, 8);
  plan.api = share(kApi, 8);
  plan.metrics = share(kMetrics, 8);
  plan.health = share(kHealth, 8);
  plan.dns = share(kDns, 8);
  const u32 given = plan.group + plan.api + plan.metrics + plan.health + plan.dns;
  plan.checks = std::max(16u, rest > given ? rest - given : 0);
  return plan;
}

std::string in_words(const FilePlan& plan) {
  return fmt::format(
      "only {} files may be open (RLIMIT_NOFILE): at most {} checks at once, {} API clients, {} clients of [api] "
      "metrics; raise "
      "LimitNOFILE= of the unit",
      plan.limit, plan.checks, plan.api, plan.metrics);
}

u32 raise_file_limit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  const rlim_t wanted = std::min<rlim_t>(limit.rlim_max, kOfUse);
  if (limit.rlim_cur < wanted) {
    limit.rlim_cur = wanted;
    setrlimit(RLIMIT_NOFILE, &limit);
    getrlimit(RLIMIT_NOFILE, &limit);
  }
  return u32(std::min<rlim_t>(limit.rlim_cur, kOfUse));
}

}  // namespace waymark
