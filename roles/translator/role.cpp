// The translator's descriptor.
#include "roles/role.h"

#include <fmt/format.h>

#include "config/kinds.h"
#include "config/prefixes.h"
#include "core/steer.h"
#include "roles/compile.h"
#include "roles/translator/role.h"
#include "roles/translator/translations.h"

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
    out.push_back({Prefix(a), Owned::entered, translator.zone, "the address of [translator]", in.places.at(a)});
  for (const EmbeddingConfig& embedding : translator.prefix) {
    if (!in.places.good(embedding)) continue;
    const Prefix& under = embedding.prefix;
    out.push_back({under, Owned::entered, translator.zone, "a prefix of [translator]", in.places.at(under)});
    for (const Prefix& p : embedding.ip4)
      out.push_back({p, Owned::entered, translator.zone, "embedded by [translator]", in.places.at(p)});
  }
  for (const AddressMapConfig& map : translator.map) {
    if (!in.places.good(map)) continue;
    for (const Prefix* side : {&map.ip4, &map.ip6})
      out.push_back({*side, Owned::entered, translator.zone, "mapped by [translator]", in.places.at(*side)});
  }
}

std::vector<std::string_view> zones(const Config& config) {
  return config.translator ? std::vector<std::string_view>{config.translator->zone} : std::vector<std::string_view>();
}

Status compile(const Compiling& c) {
  const TranslatorConfig& translator = *c.in.config.translator;
  const u32 ticks = c.in.meta.ticks_per_second;
  set_limit(c.image.settings, AnswerKind::error, translator.errors, ticks);
  set_limit(c.image.settings, AnswerKind::echo, translator.echoes, ticks);
  for (const Address& address : translator.address)
    front(c.fronts, Role::translator, space_of(zone_number(translator.zone)), address);
  WM_TRY(add_settings(c.image.settings, translator));
  return add_prefixes(c.prefixes, translator, c.in.natives);
}

// What comes here to be translated. The IPv6 side of a map and the IPv4 addresses under a prefix are where hosts are,
// and this machine needs its routes to them.
std::vector<Announced> announces(const Config& config) {
  std::vector<Announced> out;
  for (const EmbeddingConfig& embedding : config.translator->prefix) out.push_back({embedding.prefix, {}});
  for (const AddressMapConfig& map : config.translator->map)
    if (map.ip4.length) out.push_back({map.ip4, {}});
  return out;
}

std::vector<Prefix> winners(const Config& config, std::span<const Prefix> natives) {
  return waymark::winners(*config.translator, natives);
}

// Where packets of the other kind leave, they come in.
const InterfaceConfig* usual_interface(const Config& config, bool ip6) {
  const std::string& name = ip6 ? config.translator->interface6 : config.translator->interface4;
  for (const InterfaceConfig& interface : config.engine.interfaces)
    if (config::text(interface) == name) return &interface;
  return nullptr;
}

}  // namespace

extern const Descriptor kDescriptor = {.role = Role::translator,
                                       .work = "[translator]",
                                       .has_work = has_work,
                                       .precedence = 1,
                                       .address_text = "the translator's own address",
                                       .prefix_text = "in a prefix that is translated",
                                       .summary = summary,
                                       .check = check,
                                       .owns = owns,
                                       .zones = zones,
                                       .compile = compile,
                                       .announces = announces,
                                       .winners = winners,
                                       .look_here = look_here,
                                       .usual_interface = usual_interface,
                                       .goes_by_routes = true};

}  // namespace waymark::translator
