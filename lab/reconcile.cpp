#include "lab/reconcile.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "lab/fabric.h"
#include "lab/netns.h"

namespace waymark::lab {
namespace {

// What the XDP programs of the director saw: what its interfaces received and did not drop for want of memory.
Result<u64> received(const Fabric& fabric) {
  u64 sum = 0;
  for (const char* interface : {"eth0", "eth1"}) {
    const std::string netns = fabric.site().netns("d");
    auto packets = driver_count(netns, interface, "xdp_packets"), drops = driver_count(netns, interface, "drops");
    if (!packets) return packets.error();
    if (!drops) return drops.error();
    sum += *packets - *drops;
  }
  return sum;
}

Result<u64> counted(const Fabric& fabric) {
  auto said = fabric.show("counters");
  if (!said) return said.error();
  try {
    u64 sum = 0;
    const auto all = nlohmann::json::parse(*said);
    for (const auto& row : all.is_array() ? all : all.at("counters")) {
      if (row.value("kind", "exit") == "exit") sum += row.at("packets").get<u64>();
    }
    return sum;
  } catch (const nlohmann::json::exception& e) {
    return Error{fmt::format("the counters are not understood: {}", e.what())};
  }
}

}  // namespace

Result<std::string> reconcile(const Fabric& fabric) {
  // Neighbours still ask for each other now and then: read the interfaces before and after, until both are the same.
  for (int attempt = 0; attempt < 20; ++attempt) {
    auto before = received(fabric);
    auto reasons = counted(fabric);
    auto after = received(fabric);
    if (!before) return before.error();
    if (!reasons) return reasons.error();
    if (!after) return after.error();
    if (*before != *after) continue;
    if (*reasons == *after)
      return fmt::format("the director's interfaces received {} packets, and its reasons add up to as many", *after);
    return Error{
        fmt::format("the director's interfaces received {} packets, but its reasons add up to {}", *after, *reasons)};
  }
  return Error{"the director's interfaces did not come to rest"};
}

}  // namespace waymark::lab
