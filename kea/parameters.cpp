#include "kea/parameters.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/address_text.h"
#include "config/kinds.h"

namespace waymark::kea {

namespace {

using Json = nlohmann::json;

Status only_known(const Json& object, const std::string& where, std::initializer_list<std::string_view> known) {
  for (const auto& [key, value] : object.items()) {
    if (std::ranges::find(known, key) != known.end()) continue;
    return Error{fmt::format("{} has no \"{}\"; it has {}", where, key, fmt::join(known, ", "))};
  }
  return Done{};
}

Status take(const Json& object, const char* key, const std::string& where, std::string& out) {
  const auto found = object.find(key);
  if (found == object.end()) return Done{};
  if (!found->is_string() || found->get_ref<const std::string&>().empty())
    return Error{fmt::format("\"{}\" in {} must be a string that is not empty", key, where)};
  out = *found;
  return Done{};
}

Status take(const Json& object, const char* key, const std::string& where, u64 most, std::optional<u64>& out) {
  const auto found = object.find(key);
  if (found == object.end()) return Done{};
  if (!found->is_number_integer() || *found < 1 || *found > most)
    return Error{fmt::format("\"{}\" in {} must be a number from 1 to {}", key, where, most)};
  out = found->get<u64>();
  return Done{};
}

Result<SubnetRule> parse_subnet(const Json& object, std::size_t index) {
  const std::string where = fmt::format("\"subnets\"[{}]", index);
  if (!object.is_object()) return Error{where + " must be an object"};
  WM_TRY(only_known(object, where, {"id", "pop", "policy", "new-clients-up-to-id"}));
  SubnetRule out;
  std::optional<u64> id, pop;
  WM_TRY(take(object, "id", where, 0xffff'fffe, id));  // Kea keeps 0 and 2^32 - 1 for itself
  WM_TRY(take(object, "pop", where, 0xffff'ffff, pop));
  WM_TRY(take(object, "policy", where, out.policy));
  WM_TRY(take(object, "new-clients-up-to-id", where, ~u64(0) >> 1, out.new_up_to));
  if (!id) return Error{where + " lacks \"id\", the id of a subnet of Kea's"};
  if (!pop) return Error{where + " lacks \"pop\", the id of the POP that the subnet's clients are at"};
  if (out.policy.empty()) return Error{where + " lacks \"policy\", that of the subnet's clients"};
  out.subnet = u32(*id);
  out.pop = u32(*pop);
  return out;
}

std::optional<Prefix> prefix_in(const std::string& text) {
  const auto slash = text.find('/');
  const auto length = slash == text.npos ? std::nullopt : config::decimal(text.substr(slash + 1), 0, 128);
  const auto address = parse_address(text.substr(0, slash));
  return address && length ? std::optional(Prefix(*address, u8(*length))) : std::nullopt;
}

// Kea has checked them.
void add_subnets(const Json& in, bool shared, std::vector<KeaSubnet>& out) {
  const auto list = in.find("subnet6");
  if (list == in.end() || !list->is_array()) return;
  for (const Json& subnet : *list) {
    if (!subnet.is_object()) continue;
    const auto id = subnet.find("id"), prefix = subnet.find("subnet");
    if (id == subnet.end() || prefix == subnet.end() || !id->is_number_unsigned() || !prefix->is_string()) continue;
    const auto known = prefix_in(*prefix);
    if (!known) continue;
    KeaSubnet& one = out.emplace_back(KeaSubnet{id->get<u32>(), *known, {}, shared});
    const auto pools = subnet.find("pools");
    if (pools == subnet.end() || !pools->is_array()) continue;
    for (const Json& pool : *pools) {
      const auto range = pool.is_object() ? pool.find("pool") : pool.end();
      if (range == pool.end() || !range->is_string()) continue;
      if (const auto whole = prefix_in(*range)) one.pools.push_back(*whole);
    }
  }
}

}  // namespace

Result<Parameters> parse_parameters(const std::string& json) {
  const Json all = Json::parse(json, nullptr, false);
  if (!all.is_object()) return Error{"the hook needs \"parameters\", an object with \"config\" and \"subnets\""};
  WM_TRY(only_known(all, "\"parameters\"", {"config", "store", "subnets"}));
  Parameters out;
  WM_TRY(take(all, "config", "\"parameters\"", out.config));
  WM_TRY(take(all, "store", "\"parameters\"", out.store));
  if (out.config.empty()) return Error{"\"parameters\" lacks \"config\", the path of a Waymark configuration file"};
  const auto subnets = all.find("subnets");
  if (subnets == all.end() || !subnets->is_array() || subnets->empty())
    return Error{"\"subnets\" in \"parameters\" must be a list of at least one subnet"};
  for (const Json& object : *subnets) {
    const auto rule = parse_subnet(object, out.subnets.size());
    if (!rule) return rule.error();
    if (std::ranges::find(out.subnets, rule->subnet, &SubnetRule::subnet) != out.subnets.end())
      return Error{fmt::format("\"subnets\" has subnet {} twice", rule->subnet)};
    out.subnets.push_back(*rule);
  }
  return out;
}

Result<std::vector<KeaSubnet>> parse_subnets(const std::string& json) {
  const Json all = Json::parse(json, nullptr, false);
  if (!all.is_object()) return Error{"Kea's configuration is no JSON object"};
  const auto inner = all.find("Dhcp6");
  const Json& dhcp6 = inner != all.end() && inner->is_object() ? *inner : all;
  std::vector<KeaSubnet> out;
  add_subnets(dhcp6, false, out);
  if (const auto networks = dhcp6.find("shared-networks"); networks != dhcp6.end() && networks->is_array())
    for (const Json& network : *networks)
      if (network.is_object()) add_subnets(network, true, out);
  return out;
}

}  // namespace waymark::kea
