#include "config/section.h"

namespace waymark::config {

std::string text(const Key& key) {
  return key.label.empty() ? fmt::format("\"{}\"", key.key) : fmt::format("\"{}\" in {}", key.key, key.label);
}

void read_value(Reading& in, const Key& key, const Zones& kind, const Node& node, std::vector<InterfaceConfig>& out) {
  in.places.put(out, node.at);
  const auto wrong = [&](Mark at, const std::string& sentence) {
    in.places.spoil(out);
    in.problems.error(at, fmt::format("{} {}", text(key), sentence));
  };
  const Table* table = node.as<Table>();
  if (!table) return wrong(node.at, unwanted(kind.wants(), node).sentence);
  if (table->empty()) return wrong(node.at, "must be given: it is empty");
  if (table->size() > kind.most)
    return wrong((*table)[kind.most].at,
                 fmt::format("has {} entries; at most {} are supported", table->size(), kind.most));
  out.reserve(table->size());
  for (const Member& member : *table) {
    auto interface = InterfaceName{}.parse(member.key);
    if (!interface) {
      wrong(member.at, interface.error().sentence);
      continue;
    }
    const auto zone = Name{}.read(member.value);
    if (!zone) {
      // eth0.100 = "a" is eth0 = { 100 = "a" } to TOML.
      const auto* hint = member.value.as<Table>() ? "; a name with dots must stand in quotes" : "";
      in.places.spoil(out);
      in.problems.error(member.value.at, fmt::format("the zone of {} in {} {}{}", quoted(member.key), key.label,
                                                     zone.error().sentence, hint));
      continue;
    }
    interface->zone = *zone;
    in.places.put(out.emplace_back(*interface), member.at);
  }
}

}  // namespace waymark::config
