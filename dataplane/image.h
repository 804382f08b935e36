// The tables as user space holds them: an Image is what one load of the program is given and never changes; Live is a
// window on what outlives it. Both engines use the same types, so control code never knows which engine it drives.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "core/records.h"
#include "dataplane/roles.h"

namespace waymark {

// The config tables of one load. Vectors may be shorter than the table's largest size; steer has 2^steer_bits buckets.
struct Image {
  RoleSet roles = kAllRoles;    // whose programs are loaded
  Role first = Role::director;  // the one that packets meet; others are a jump away
  Settings settings{};
  std::vector<Port> ports;  // 2^kPortBits
  std::vector<SteerBucket> steer;
  std::vector<Front> fronts;
  std::vector<Rule> rules;
  std::vector<Service> services;
  std::vector<PrefixBucket> prefixes;  // 2^prefix_bits, where there is a translator
  std::vector<Mapping> mappings;
};

// Memory that packets read while we write it: records are written before a word makes them reachable.
struct Live {
  std::span<Target> targets;
  std::span<SlotName> slot_names;
  std::span<Adjacency> adjacencies;
  std::span<u64> half;
  std::span<Choice> choice_heads;
  std::span<u16> choices;
  std::span<u16> previous;
  std::span<u32> members;
  std::span<Meta> meta;
  std::span<PinBucket> pins;  // empty when pins are off
  std::span<EmbryoBucket> embryos;
  std::span<u64> limits;  // by AnswerKind (core/answer.h)
  std::span<Way> ways;
};

// Counters summed over CPUs.
struct Counters {
  std::array<u64, kReasons> reasons{};
  std::array<u64, kNotes> notes{};
};

// How many buckets hold `pins` pins at 17 of 20 ways, where one flow in 100,000 finds no room (at 9/10 of `pins`,
// none). Embryos get an eighth of that, 1024 buckets at least.
constexpr u32 pin_buckets_for(u32 pins) { return u32((u64(pins) * 20 + 17 * kPinWays - 1) / (17 * kPinWays)); }
constexpr u32 embryo_buckets_for(u32 pins) {
  return pins ? (pin_buckets_for(pins) / 8 > 1024 ? pin_buckets_for(pins) / 8 : 1024) : 0;
}

}  // namespace waymark
