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
  if (table->empty()) return wrong(node.at, "must not be empty");
  out.reserve(table->size());
  for (const Member& member : *table) {
    auto interface = InterfaceName{}.parse(member.key);
    if (!interface) {
      wrong(member.at, interface.error().sentence);
      continue;
    }
    const auto zone = Name{}.read(member.value);
    if (!zone) {
      in.places.spoil(out);
      in.problems.error(member.value.at, fmt::format("the zone of {} {} {}", quoted(member.key),
                                                     "in [engine] interfaces", zone.error().sentence));
      continue;
    }
    interface->zone = *zone;
    in.places.put(out.emplace_back(*interface), member.at);
  }
}

}  // namespace waymark::config
