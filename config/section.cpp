#include "config/section.h"

#include <charconv>

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

void read_value(Reading& in, const Key& key, const Mtus& kind, const Node& node, std::vector<MtuConfig>& out) {
  in.places.put(out, node.at);
  const auto wrong = [&](Mark at, const std::string& sentence) {
    in.places.spoil(out);
    in.problems.error(at, sentence);
  };
  const Table* table = node.as<Table>();
  if (!table) return wrong(node.at, fmt::format("{} {}", text(key), unwanted(kind.wants(), node).sentence));
  out.reserve(table->size());
  for (const Member& member : *table) {
    const auto interface = InterfaceName{}.parse(member.key);
    if (!interface || interface->outer_vlan) {
      wrong(member.at, fmt::format("{} must name interfaces such as \"eth0\", without VLAN ids, not {}", text(key),
                                   quoted(member.key)));
    } else if (const auto mtu = kind.each.read(member.value); !mtu) {
      wrong(member.value.at,
            fmt::format("the MTU of {} in {} {}", quoted(member.key), key.label, mtu.error().sentence));
    } else {
      in.places.put(out.emplace_back(MtuConfig{member.key, *mtu}), member.at);
    }
  }
}

// Keys are secret: no sentence repeats one.
void read_value(Reading& in, const Key& key, const TagKeys& kind, const Node& node, std::vector<TagKeyConfig>& out) {
  in.places.put(out, node.at);
  const auto wrong = [&](Mark at, const std::string& sentence) {
    in.places.spoil(out);
    in.problems.error(at, sentence);
  };
  const Table* table = node.as<Table>();
  if (!table) return wrong(node.at, fmt::format("{} must be {}", text(key), kind.wants()));
  for (const Member& member : *table) {
    const auto epoch = decimal(member.key, 0, 0xffffffff);
    const auto* digits = member.value.as<std::string>();
    SipKey value{};
    for (std::size_t i = 0; digits && i < 16 && digits->size() == 32; ++i) {
      u64 byte = 0;
      const char* at = digits->data() + 2 * i;
      const auto [end, error] = std::from_chars(at, at + 2, byte, 16);
      if (error != std::errc() || end != at + 2) digits = nullptr;
      (i < 8 ? value.k0 : value.k1) |= byte << i % 8 * 8;
    }
    if (!epoch)
      wrong(member.at, fmt::format("{} must name epochs, whole numbers from 0 to 4294967295, not {}", text(key),
                                   quoted(member.key)));
    else if (!digits || digits->size() != 32)
      wrong(member.value.at, fmt::format("the key of epoch {} in {} must be 32 hexadecimal digits", *epoch, key.label));
    else
      out.push_back({u32(*epoch), value});
  }
}

}  // namespace waymark::config
