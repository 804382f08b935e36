#include "cli/address.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/address_text.h"
#include "cli/load.h"
#include "cli/meaning.h"
#include "cli/translated.h"
#include "config/prefixes.h"
#include "core/translate/map.h"
#include "roles/role.h"
#include "roles/translator/translations.h"

namespace waymark::cli {

namespace {

using nlohmann::ordered_json;

constexpr const char* kUsualConfig = "/etc/waymark/waymark.toml";

struct Told {
  const AddressPlan* plan = nullptr;
  Duration birth_unit = {};  // of the plan
  Decoded decoded = {};
  std::vector<RolesOwn> owners = {};  // but for the translator, which `translation` tells of
  std::optional<Translation> translation = {};
  std::string general = {};
  std::optional<Address> embedded = {};  // behind the well-known prefix, whoever translates
};

const char* word_of(const std::optional<TagCheck>& tag) {
  if (!tag) return "not verified";
  return *tag == TagCheck::good ? "good" : *tag == TagCheck::bad ? "bad" : "unknown epoch";
}

std::string tag_text(const std::optional<TagCheck>& tag) {
  if (!tag) return "not verified: it covers the client, too; give --client";
  switch (*tag) {
    case TagCheck::good:
      return "good: the address was given out as it is";
    case TagCheck::bad:
      return "bad: no key here made it for this address";
    case TagCheck::unknown_epoch:
      break;
  }
  return "unknown epoch: there is no key to verify it with";
}

// "an address of service "web", in 198.51.100.0/24, in zone "public"".
std::string whose(const Owned& owned) {
  std::string out = owned.whose;
  if (!is_one(owned.prefix)) out += ", in " + text(owned.prefix);
  if (!owned.zone.empty()) out += fmt::format(", in zone \"{}\"", owned.zone);
  return out;
}

// What a field says, in words; of some their number alone would not be understood.
std::string saying(const Told& told, const FieldValue& field) {
  if (field.kind == FieldKind::tag) return tag_text(told.decoded.tag);
  std::string out(meaning_of(field.kind));
  if (field.kind == FieldKind::birth)
    out += fmt::format(", in units of {} s since 1970",
                       std::chrono::duration_cast<std::chrono::seconds>(told.birth_unit).count());
  if (const u32 width = field_of(told.plan->plan, field.kind).width; field.kind == FieldKind::birth && width < 64)
    out += fmt::format(", modulo {}", u64(1) << width);
  return out;
}

std::string to_text(const Told& told, const Address& address) {
  std::string out = fmt::format("{} is {}\n", text(address), told.general);
  if (told.embedded) out += fmt::format("it stands for the IPv4 address {}\n", text(*told.embedded));
  if (told.plan) {
    const Prefix prefix{told.plan->plan.prefix, told.plan->plan.prefix_length};
    out += fmt::format("by {}, {}:\n", title(*told.plan), text(prefix));
    std::size_t widest = 0;
    for (const FieldValue& field : told.decoded.fields) widest = std::max(widest, field.text.size());
    for (const FieldValue& field : told.decoded.fields)
      out += fmt::format("  {:<8} {:<{}}  {}\n", name_of(field.kind), field.text, widest, saying(told, field));
  }
  for (const RolesOwn& owner : told.owners)
    out += fmt::format("to the {} it is {}\n", name_of(owner.role), whose(owner.owned));
  if (told.translation) out += to_text(*told.translation);
  return out;
}

ordered_json to_json(const Fate& fate) {
  ordered_json out = {{"why", fate.why}};
  if (fate.address) out["address"] = text(*fate.address);
  return out;
}

std::string to_json(const Told& told, const Address& address) {
  ordered_json out = {{"address", text(address)}, {"meaning", told.general}};
  if (told.embedded) out["ipv4"] = text(*told.embedded);
  if (told.plan) {
    ordered_json fields = ordered_json::object();
    for (const FieldValue& field : told.decoded.fields) {
      ordered_json& value = fields[std::string(name_of(field.kind))];
      if (field.kind == FieldKind::path)
        value = field.numbers;
      else if (field.kind == FieldKind::ipv4)
        value = field.text;
      else
        value = field.numbers[0];
    }
    out["plan"] = {{"name", told.plan->name},
                   {"prefix", text(Prefix{told.plan->plan.prefix, told.plan->plan.prefix_length})},
                   {"fields", fields}};
    if (has(told.plan->plan, FieldKind::tag)) out["plan"]["tag"] = word_of(told.decoded.tag);
  }
  for (const RolesOwn& owner : told.owners)
    out["owners"].push_back({{"role", name_of(owner.role)},
                             {"whose", owner.owned.whose},
                             {"prefix", text(owner.owned.prefix)},
                             {"zone", std::string(owner.owned.zone)}});
  if (told.translation) {
    out["translator"] = to_json(told.translation->destination);
    for (const auto& [where, fate] : told.translation->others) out["translator"][name_of(where)] = to_json(fate);
  }
  return out.dump(2) + "\n";
}

}  // namespace

Result<std::string> explain(const Config& config, const Address& address, const std::optional<Address>& client,
                            bool json) {
  const auto plans = compile_plans(config);
  Told told;
  told.general = general_meaning(address);
  told.plan = plan_of(plans, address);
  if (told.plan) {
    auto decoded = decode_address(plans, *told.plan, address, client);
    if (!decoded) return decoded.error();
    told.decoded = std::move(*decoded);
    for (const PlanConfig& plan : config.plan)
      if (plan.name == told.plan->name) told.birth_unit = plan.birth_unit;
  }
  told.owners = owners_of(config, address);
  std::erase_if(told.owners, [](const RolesOwn& owner) { return owner.role == Role::translator; });
  if (config.translator) {
    const Result<Image> image = image_of(config);
    if (!image) return image.error();
    told.translation = translated(*image, *config.translator, address);
  }
  const Prefix well_known{*parse_address("64:ff9b::"), 96};
  if (contains(well_known, address)) {
    const Mapping mapping = embedded_mapping(well_known, kAllIp4, true);
    told.embedded = address4(translate::to_ip4(&mapping, bits6(address)));
  }
  return json ? to_json(told, address) : to_text(told, address);
}

int address_encode_command(const AddressOptions& options) {
  const std::string file = options.config.value_or(kUsualConfig);
  const auto config = load_config(file);
  if (!config) return kFailed;
  const auto plans = compile_plans(*config);
  const auto plan = std::find_if(plans.begin(), plans.end(), [&](auto& p) { return p.name == options.plan; });
  if (plan == plans.end()) {
    std::string names;
    for (const AddressPlan& p : plans) names += (names.empty() ? "; it has " : ", ") + p.name;
    return complain({fmt::format("{} has no plan \"{}\"{}", file, options.plan, names)});
  }
  const auto address = encode_address(plans, *plan, options.values);
  if (!address) return complain(address.error());
  fmt::print("{}\n", text(*address));
  return 0;
}

int address_explain_command(const AddressOptions& options) {
  const auto address = parse_address(options.address);
  if (!address) return complain(address.error());
  std::optional<Address> client;
  if (!options.client.empty()) {
    const auto parsed = parse_address(options.client);
    if (!parsed) return complain(parsed.error());
    if (is_ip4(*parsed))
      return complain({fmt::format("a tag's client has an IPv6 address, unlike {}", options.client)});
    client = *parsed;
  }
  std::optional<Config> config = Config{};
  if (options.config || access(kUsualConfig, F_OK) == 0) config = load_config(options.config.value_or(kUsualConfig));
  if (!config) return kFailed;
  const auto told = explain(*config, *address, client, options.json);
  if (!told) return complain(told.error());
  fmt::print("{}", *told);
  return 0;
}

}  // namespace waymark::cli
