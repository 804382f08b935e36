// The tally's descriptor.
#include "roles/role.h"

#include "config/checks.h"
#include "config/prefixes.h"
#include "core/steer.h"
#include "roles/compile.h"

namespace waymark::tally {

namespace {

bool has_work(const Config& config) { return config.tally.has_value(); }

std::string summary(const Config& config) {
  return "counts packets to " + counted(config.tally->address.size(), "address", "addresses");
}

void check(config::Checking& in) {
  if (const auto& tally = in.config.tally) check_zone(in, tally->zone, in.places.at(tally->zone, tally), "[tally]");
}

void owns(const config::Checking& in, std::vector<Owned>& out) {
  if (!in.config.tally) return;
  for (const Address& a : in.config.tally->address)
    out.push_back({Prefix(a), Owned::entered, in.config.tally->zone, "an address of [tally]", in.places.at(a)});
}

std::vector<std::string_view> zones(const Config& config) { return {config.tally->zone}; }

Status compile(const Compiling& c) {
  const TallyConfig& tally = *c.in.config.tally;
  for (const Address& a : tally.address) front(c.fronts, Role::tally, space_of(zone_number(tally.zone)), a);
  return Done{};
}

}  // namespace

extern const Descriptor kDescriptor = {.role = Role::tally,
                                       .work = "[tally]",
                                       .has_work = has_work,
                                       .precedence = 3,
                                       .address_text = "an address of [tally]",
                                       .prefix_text = "in a prefix that is counted",
                                       .summary = summary,
                                       .check = check,
                                       .owns = owns,
                                       .zones = zones,
                                       .compile = compile};

}  // namespace waymark::tally
