// From the text of an address plan to its field positions (DESIGN.md, "Address plans"). Plain functions: no node
// needed.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/config.h"
#include "core/plan.h"

namespace waymark {

// A field where the layout has it. `width` is a hop's in a path, and up to 127 for `zero`.
struct LayoutField {
  FieldKind kind;
  u8 offset, width, count;
};

struct AddressPlan {
  std::string name;
  Plan plan{};
  std::vector<LayoutField> layout = {};  // in its order
};

std::string_view name_of(FieldKind kind);                      // "tenant"
std::optional<FieldKind> field_called(std::string_view name);  // the other way round
std::string_view meaning_of(FieldKind kind);                   // what the field says, in a few words
inline std::string title(const AddressPlan& plan) { return "plan \"" + plan.name + "\""; }

// The plan, or the first thing that is wrong with it: an unknown, repeated or ill-sized field, more or less than 128
// bits, keys that fit no tag.
Result<AddressPlan> compile_plan(const PlanConfig& config);

// All plans of a configuration that passed its checks.
std::vector<AddressPlan> compile_plans(const Config& config);

// The plan that an address belongs to: the longest prefix under which all zeros hold; where they hold under none, the
// longest prefix, for decode() to say what is wrong. Null where no prefix fits.
const AddressPlan* plan_of(std::span<const AddressPlan> plans, const Address& address);

// Whether some address could belong to both: neither's prefix and zeros contradict the other's.
bool overlap(const Plan& a, const Plan& b);

}  // namespace waymark
