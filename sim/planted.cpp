// Planted bugs. The product's code is as it is: what the bug would leave in tables or frames is put there from outside.
#include <algorithm>

#include "core/pins.h"
#include "dataplane/pipeline.h"
#include "sim/world.h"

namespace waymark::sim {

namespace {

constexpr const char* kNames[] = {
    "none",           "slot-reuse",      "lost-flip",    "stale-adjacency",  "mirror-gap",
    "candidate-loop", "unknown-is-down", "late-is-down", "unable-is-absent", "refused-is-absent",
    "lost-heirs",     "shared-places"};

// A slot that the configuration names no more is given to another target, though pins name it.
void reuse_slots(Machine& m, std::set<u32>& reused) {
  if (!m.control) return;
  const std::vector<TargetView> views = m.control->node().targets();
  for (const TargetView& old : views) {
    if (old.configured || !old.pins || !reused.insert(m.number << 16 | old.slot).second) continue;
    for (const TargetView& other : views) {
      if (!other.configured || other.service != old.service || other.address == old.address) continue;
      Live live = m.engine->live();
      live.targets[old.slot] = live.targets[other.slot];
      break;
    }
  }
}

void drop_lent_pins(Machine& m) {
  for (PinBucket& bucket : m.engine->live().pins)
    for (u64& word : bucket.pin)
      if (word & kMirrored && u32(word) % 4 == 0) word = 0;
}

}  // namespace

const char* text(Plant plant) { return kNames[u32(plant)]; }

Plant plant_called(const std::string& name) {
  return Plant(std::find(std::begin(kNames), std::end(kNames), name) - std::begin(kNames));
}

void World::plant(Machine& m) {
  if (options_.plant == Plant::slot_reuse) reuse_slots(m, reused_);
  if (options_.plant == Plant::mirror_gap) drop_lent_pins(m);
  if (options_.plant == Plant::lost_flip && m.number == 0) {
    u64& half = m.engine->live().half[0];
    if (m.generation && half != m.generation) half = m.generation;
    m.generation = half;
  }
}

void World::plant(Image& image) const {
  if (options_.plant == Plant::lost_heirs) std::fill(image.heirs.begin(), image.heirs.end(), HeirBucket{});
}

// What the host passes on seems to be a director's again, with this host as the second candidate.
void World::loop(const Machine& m, const Frame& before, Frame& after) {
  const auto l3_of = [](Frame& f) { return f.view().data() + sizeof(Ethernet); };
  Frame forged = before;
  const bool ip6 = *l3_of(forged) >> 4 == 6;
  std::copy_n(after.view().data(), sizeof(Ethernet), forged.view().data());
  const std::size_t destination = ip6 ? offsetof(Ip6, destination) : offsetof(Ip4, destination), size = ip6 ? 16 : 4;
  std::copy_n(l3_of(after) + destination, size, l3_of(forged) + destination);
  const std::size_t candidate = (ip6 ? sizeof(Ip6) : sizeof(Ip4)) + kGueLength + offsetof(GueCandidate, address);
  store_address(l3_of(forged) + candidate, plan_.host_address(m.number));
  forged.passed_on = after.passed_on;
  after = forged;
}

}  // namespace waymark::sim
