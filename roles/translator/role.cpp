// The translator's descriptor.
#include "roles/role.h"

#include <fmt/format.h>

#include "config/prefixes.h"
#include "roles/translator/role.h"

namespace waymark::translator {

namespace {

bool has_work(const Config& config) { return config.translator.has_value(); }

std::string summary(const Config& config) {
  return fmt::format("translates by {} and {}", counted(config.translator->prefix.size(), "prefix", "prefixes"),
                     counted(config.translator->map.size(), "map"));
}

// What it answers for, or maps alone: a service or a host there would win over it without a word.
void owns(const config::Checking& in, std::vector<Owned>& out) {
  if (!in.config.translator) return;
  const TranslatorConfig& translator = *in.config.translator;
  for (const Address& a : translator.address)
    out.push_back({whole(a), Owned::entered, translator.zone, "the address of [translator]", in.places.at(a)});
  for (const AddressMapConfig& map : translator.map) {
    if (!in.places.good(map)) continue;
    for (const Prefix* side : {&map.ip4, &map.ip6})
      out.push_back({*side, Owned::entered, translator.zone, "mapped by [translator]", in.places.at(*side)});
  }
}

std::vector<std::string_view> zones(const Config& config) {
  return config.translator ? std::vector<std::string_view>{config.translator->zone} : std::vector<std::string_view>();
}

}  // namespace

extern const Descriptor kDescriptor = {.role = Role::translator,
                                       .work = "[translator]",
                                       .has_work = has_work,
                                       .precedence = 1,
                                       .address_text = "the translator's own address",
                                       .summary = summary,
                                       .check = check,
                                       .owns = owns,
                                       .zones = zones};

}  // namespace waymark::translator
