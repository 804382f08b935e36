#include "kea/giver.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "base/address_text.h"
#include "config/parse.h"
#include "config/prefixes.h"
#include "provision/give.h"

namespace waymark::kea {

namespace {

// Kea answers one packet after another: one whose client cannot be looked up so soon gets no answer, and asks again.
constexpr std::chrono::milliseconds kPatience{200};

Result<Config> read_config(const std::string& path) {
  const auto text = read_config_file(path);
  if (!text) return text.error();
  Parsed parsed = parse_config(*text, path);
  if (parsed.config) return std::move(*parsed.config);
  for (const Problem& problem : parsed.problems)
    if (!problem.warning) return Error{render(problem)};
  return Error{path + " is no configuration of Waymark's"};
}

}  // namespace

Result<std::string> name_of(std::span<const u8> duid) {
  if (duid.size() < 3 || duid.size() > 57)
    return Error{fmt::format("a DUID of {} octets: the hook takes those of 3 to 57", duid.size())};
  return fmt::format("duid:{:02x}", fmt::join(duid, ""));
}

Result<Giver> Giver::open(const Parameters& parameters) {
  auto config = read_config(parameters.config);
  if (!config) return config.error();
  const auto plan = provision::plan_text(*config);
  if (!plan) return Error{fmt::format("{}: {}", parameters.config, plan.error().sentence)};
  const std::string path = parameters.store.empty() ? config->path->provision : parameters.store;
  if (path.empty())
    return Error{
        fmt::format("neither \"store\" nor [path] provision in {} names the file of clients", parameters.config)};
  for (const SubnetRule& rule : parameters.subnets)
    if (const auto place = provision::place_of(*config, rule.pop, rule.policy); !place)
      return Error{fmt::format("subnet {}: {}", rule.subnet, place.error().sentence)};
  auto store = provision::Store::open(path, *plan, kPatience);
  if (!store) return store.error();
  Giver out(std::move(*config), std::move(*store));
  for (const SubnetRule& rule : parameters.subnets) out.rules_.emplace(rule.subnet, rule);
  return out;
}

// All its clients' addresses are between those of the first and the last id.
Status Giver::check_subnet(const SubnetRule& rule, const KeaSubnet& subnet) const {
  const auto place = provision::place_of(config_, rule.pop, rule.policy);
  if (!place) return place.error();
  const auto most = provision::most_ids(config_);
  if (!most) return most.error();
  const auto first = provision::address_of(config_, 1, *place), last = provision::address_of(config_, *most, *place);
  if (!first || !last) return first ? last.error() : first.error();
  const auto holds = [&](const Prefix& prefix) { return contains(prefix, *first) && contains(prefix, *last); };
  if (holds(subnet.prefix) && std::ranges::any_of(subnet.pools, holds)) return Done{};
  return Error{
      fmt::format("subnet {}, {}, has no pool, written as a prefix, that holds all addresses of POP {}'s clients "
                  "with policy {}, from {} to {}",
                  rule.subnet, text(subnet.prefix), rule.pop, rule.policy, text(*first), text(*last))};
}

Status Giver::take_subnets(const std::string& json) {
  prefixes_.clear();
  const auto subnets = parse_subnets(json);
  if (!subnets) return subnets.error();
  std::map<u32, Prefix> found;
  for (const auto& [id, rule] : rules_) {
    const auto subnet = std::ranges::find(*subnets, id, &KeaSubnet::id);
    if (subnet == subnets->end())
      return Error{fmt::format("subnet {} of the hook's parameters is no \"id\" in \"subnet6\"", id)};
    if (subnet->shared)
      return Error{fmt::format("subnet {} is in a shared network: the hook serves none of these", id)};
    WM_TRY(check_subnet(rule, *subnet));
    found.emplace(id, subnet->prefix);
  }
  prefixes_ = std::move(found);
  return Done{};
}

std::optional<Address> Giver::choose(const Addressed& client, u32 subnet) const {
  const auto prefix = prefixes_.find(subnet);
  if (prefix == prefixes_.end()) return {};
  if (contains(prefix->second, client.address)) return client.address;
  for (const auto& [address, until] : client.former)
    if (contains(prefix->second, address)) return address;
  return {};
}

void Giver::tell_former(const Addressed& client, std::span<Told> told, Seconds now) const {
  const auto has_another = [&](const Address& address) {
    return std::ranges::any_of(prefixes_, [&](const auto& subnet) {
      return contains(subnet.second, address) &&
             std::ranges::any_of(told, [&](const Told& t) { return t.valid && contains(subnet.second, t.address); });
    });
  };
  for (Told& one : told) {
    const auto former = std::ranges::find(client.former, one.address, &std::pair<Address, Seconds>::first);
    if (former == client.former.end() || former->second <= now || !has_another(one.address)) continue;
    const u64 left = u64(former->second - now);
    one.preferred = 0;
    one.valid = u32(std::min<u64>(left, one.valid ? one.valid : 0xffff'fffe));  // all ones would be for ever
  }
}

Result<std::optional<Addressed>> Giver::look(const std::string& name, Seconds now) const {
  if (prefixes_.empty()) return Error{"the hook refused Kea's configuration, so it knows of no subnet"};
  const auto client = store_.look(name, now);
  if (!client) return client.error();
  if (!*client) return std::optional<Addressed>();
  auto all = provision::addressed(config_, **client);
  if (!all) return all.error();
  return std::optional(std::move(*all));
}

Result<Addressed> Giver::make(u32 subnet, const std::string& name, Seconds now) {
  const SubnetRule& rule = rules_.at(subnet);
  const auto revoked = store_.was_revoked(name);
  if (!revoked) return revoked.error();
  if (*revoked) return Error{fmt::format("client {} is revoked; `waymark provision client` gives it another id", name)};
  if (!rule.new_up_to)
    return Error{
        fmt::format("there is no client {}, and subnet {} makes none (\"new-clients-up-to-id\")", name, subnet)};
  const auto client = provision::give_client(config_, store_, name, rule.pop, rule.policy, now, *rule.new_up_to);
  return client ? provision::addressed(config_, *client) : Result<Addressed>(client.error());
}

}  // namespace waymark::kea
