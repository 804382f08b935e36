// The one list of tables. From it come the BPF maps, the native tables, the pin policy and the layout's golden file.
#pragma once

#include "core/records.h"

// T(tag in waymark::table, Value, entries at most, class), where class is
//   config  belongs to one load of the program: filled, then frozen; replaced by a reload
//   live    outlives loads; written by the daemon alone
//   state   outlives loads; written by packets, tidied by the daemon
//   counter like state, one value a CPU
#define WM_TABLES(T)                                                        \
  T(ports, waymark::Port, 1u << waymark::kPortBits, config)                 \
  T(steer, waymark::SteerBucket, 1u << 18, config)                          \
  T(fronts, waymark::Front, waymark::kMaxFronts, config)                    \
  T(rules, waymark::Rule, waymark::kMaxRules, config)                       \
  T(services, waymark::Service, waymark::kMaxServices, config)              \
  T(prefixes, waymark::PrefixBucket, 1u << 17, config)                      \
  T(mappings, waymark::Mapping, waymark::kMaxMappings, config)              \
  T(targets, waymark::Target, waymark::kMaxTargets, live)                   \
  T(slot_names, waymark::SlotName, waymark::kMaxTargets, live)              \
  T(adjacencies, waymark::Adjacency, waymark::kMaxAdjacencies, live)        \
  T(half, unsigned long long, 1, live)                                      \
  T(choice_heads, waymark::Choice, 2 * waymark::kMaxServices, live)         \
  T(choices, unsigned short, 2 * waymark::kMaxChoices, live)                \
  T(previous, unsigned short, 2 * waymark::kMaxChoices, live)               \
  T(members, unsigned int, 2 * waymark::kMaxMembers, live)                  \
  T(meta, waymark::Meta, 1, live)                                           \
  T(pins, waymark::PinBucket, 0, state)       /* sized by [engine] pins */  \
  T(embryos, waymark::EmbryoBucket, 0, state) /* likewise */                \
  T(ways, waymark::Way, 1u << waymark::kWayBits, state)                     \
  T(limits, unsigned long long, waymark::kAnswerKinds, state)               \
  T(target_traffic, waymark::TargetCounters, waymark::kMaxTargets, counter) \
  T(reasons, unsigned long long, waymark::kReasons, counter)                \
  T(notes, unsigned long long, waymark::kNotes, counter)
