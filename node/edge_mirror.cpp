#include "node/edge_mirror.h"

namespace waymark {

void EdgeMirror::prime() {
  const EdgeRegions regions = regions_(Time{});
  six_.prime(regions);
  four_.prime(regions);
}

void EdgeMirror::scan(Time now, u32 slices, EdgeChanges& out) {
  const EdgeRegions regions = regions_(now);
  six_.scan(regions, slices, out);
  four_.scan(regions, slices, out);
}

// Both families' regions are for the same number of flows.
u32 EdgeMirror::buckets() const {
  const EdgeRegions regions = regions_(Time{});
  if (regions.prefixes.size() > 1) return regions.settings.buckets;
  return regions.pools.size() > 1 ? regions.settings.buckets4 : 0;
}

bool EdgeMirror::read_all(u32& next, u32 buckets, std::vector<EdgeFlowRecord>& out) {
  const EdgeRegions regions = regions_(Time{});
  const u32 six = u32(regions.prefixes.size()) * regions.settings.buckets;
  for (u32 end = next + buckets; next < end; ++next)
    if (!(next < six ? six_.read(regions, next, out) : four_.read(regions, next - six, out))) return true;
  return false;
}

void EdgeMirror::apply(const std::vector<EdgeFlowRecord>& flows, Time now) {
  const EdgeRegions regions = regions_(now);
  for (const EdgeFlowRecord& record : flows)
    if (!six_.apply(regions, record) && !four_.apply(regions, record)) ++counts_.unknown;
}

void EdgeMirror::erase(const std::vector<GoneEdgeFlow>& gone, Time now) {
  const EdgeRegions regions = regions_(now);
  for (const GoneEdgeFlow& g : gone)
    if (!six_.erase(regions, g) && !four_.erase(regions, g)) ++counts_.unknown;
}

}  // namespace waymark
