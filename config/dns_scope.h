// How much of a client's address an answer made for it depends on.
#pragma once

#include "core/plan.h"

namespace waymark {

// In bits from the first on, by the plans of [path]: all of it where a tag is over it, else as far as its POP reaches.
constexpr u32 least_scope(const Plan& clients, const Plan& servers) {
  const PlanField pop = field_of(clients, FieldKind::pop);
  return servers.over_pair || has(clients, FieldKind::tag) ? 128u : u32(pop.offset) + pop.width;
}

}  // namespace waymark
