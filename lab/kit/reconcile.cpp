#include "lab/kit/reconcile.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>

#include "lab/kit/loop.h"
#include "lab/kit/netns.h"
#include "lab/kit/place.h"
#include "lab/kit/process.h"

namespace waymark::lab {
namespace {

constexpr int kMostRounds = 100;
constexpr int kSnapshotRests = 20;  // the daemon tells the same for so many times what it took to gather

// What the XDP programs of the director saw: what its interfaces received and did not drop for want of memory.
Result<u64> received(const std::string& netns) {
  u64 sum = 0;
  for (const char* interface : {"eth0", "eth1"}) {
    auto packets = driver_count(netns, interface, "xdp_packets"), drops = driver_count(netns, interface, "drops");
    if (!packets) return packets.error();
    if (!drops) return drops.error();
    sum += *packets - *drops;
  }
  return sum;
}

// The rows of `waymark show WHAT`, as objects.
Result<std::vector<nlohmann::json>> rows_of(const Result<std::string>& said, const std::string& what) {
  if (!said) return said.error();
  const auto all = nlohmann::json::parse(*said, nullptr, false);
  std::vector<nlohmann::json> out;
  if (!all.is_object() || !all.contains("rows")) return Error{fmt::format("what `show {}` says is no table", what)};
  for (const auto& row : all["rows"])
    if (row.is_object()) out.push_back(row);
  return out;
}

Result<u64> counted(const Shown& show) {
  auto rows = rows_of(show("counters"), "counters");
  if (!rows) return rows.error();
  u64 sum = 0;
  for (const auto& row : *rows)
    if (row.value("module", "note") != "note") sum += row.value("packets", u64(0));  // notes are beside reasons
  return sum;
}

}  // namespace

Result<std::string> reconcile(const Place& place, const std::string& director, const Shown& show) {
  const std::string netns = place.netns(director);
  // Its servers' checks, BFD and neighbours go on, so its interfaces are read before and after. What the reasons count
  // too much, a number that stays, lies between what these two readings say, and each round knows it more closely.
  std::int64_t least = std::numeric_limits<std::int64_t>::min(), most = std::numeric_limits<std::int64_t>::max();
  for (int round = 0; round < kMostRounds; ++round) {
    const auto before = received(netns);
    const Time asked = now();
    const auto reasons = counted(show);
    const Duration took = now() - asked;
    const auto after = received(netns);
    if (!before) return before.error();
    if (!reasons) return reasons.error();
    if (!after) return after.error();
    least = std::max(least, static_cast<std::int64_t>(*reasons - *after));
    most = std::min(most, static_cast<std::int64_t>(*reasons - *before));
    if (least > 0 || most < 0)
      return Error{
          fmt::format("the director's interfaces received {} packets, but its reasons add up to {}", *after, *reasons)};
    if (least == most)
      return fmt::format("the director's interfaces received {} packets, and its reasons add up to as many", *after);
    pause_for(took * kSnapshotRests);
  }
  return Error{fmt::format("the director's reasons add up to {} packets less than its interfaces received, or {} more",
                           -least, most)};
}

Result<std::string> reconcile_drained(const Shown& show, const ServerReport& server, const std::string& target) {
  auto rows = rows_of(show("targets"), "targets");
  if (!rows) return rows.error();
  for (const auto& row : *rows) {
    if (row.value("target", "") != "web/" + target) continue;
    const std::string said = fmt::format(
        "`show targets` says that {} is {} and counts {} pins there, where {} connections "
        "are open",
        target, row.value("state", ""), row.value("pins", u64(0)), server.open);
    if (row.value("state", "") != "drained" || row.value("pins", u64(0)) < server.open) return Error{said};
    return said;
  }
  return Error{fmt::format("`show targets` does not know {}", target)};
}

}  // namespace waymark::lab
