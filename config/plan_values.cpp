#include "config/plan_values.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/address_text.h"
#include "config/kinds.h"

namespace waymark {
namespace {

using config::quoted;

u64 most_of(const LayoutField& field) { return ~0ull >> (64 - field.width); }

// A tag's client by its plan, if it has one.
Address known(std::span<const AddressPlan> plans, const Address& client) {
  return client_in_tag(client, plan_of(plans, client) != nullptr);
}

std::string quoted_list(const std::vector<std::string>& words) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i)
    out += fmt::format("{}\"{}\"", i == 0 ? "" : i + 1 == words.size() ? " and " : ", ", words[i]);
  return out;
}

// What encode wants to be told.
std::vector<std::string> wanted(const AddressPlan& plan) {
  std::vector<std::string> names;
  for (const LayoutField& field : plan.layout)
    if (field.kind != FieldKind::zero && field.kind != FieldKind::tag) names.emplace_back(name_of(field.kind));
  if (plan.plan.over_pair) names.emplace_back("client");
  return names;
}

class Encoder {
 public:
  Encoder(std::span<const AddressPlan> plans, const AddressPlan& plan)
      : plans_(plans), plan_(plan), address_(plan.plan.prefix) {}

  Result<Address> encode(std::span<const std::string> words) {
    for (const std::string& word : words) WM_TRY(take(word));
    std::vector<std::string> missing;
    for (const std::string& name : wanted(plan_))
      if (std::find(given_.begin(), given_.end(), name) == given_.end()) missing.push_back(name);
    if (!missing.empty()) return Error{fmt::format("{} needs a value for {}, too", title(plan_), quoted_list(missing))};
    if (!has(plan_.plan, FieldKind::tag)) return address_;
    const u32 key = key_of(plan_.plan, address_);
    if (key >= kTagKeys)
      return Error{has(plan_.plan, FieldKind::epoch) ? fmt::format("{} has no key for epoch {}", title(plan_),
                                                                   read_field(plan_.plan, FieldKind::epoch, address_))
                                                     : fmt::format("{} has no key for its tag", title(plan_))};
    const u64 tag = tag_by(plan_.plan, plan_.plan.keys[key].key, address_, client_);
    return write_field(plan_.plan, FieldKind::tag, address_, tag);
  }

 private:
  Status take(const std::string& word) {
    const std::size_t equals = word.find('=');
    if (equals == word.npos)
      return Error{fmt::format("{} is no field with its value such as \"tenant=1\"", quoted(word))};
    const std::string name = word.substr(0, equals), value = word.substr(equals + 1);
    if (std::find(given_.begin(), given_.end(), name) != given_.end())
      return Error{fmt::format("\"{}\" is given twice", name)};
    if (name == "client" && plan_.plan.over_pair) {
      given_.push_back(name);
      return take_client(value);
    }
    const auto field = std::find_if(plan_.layout.begin(), plan_.layout.end(),
                                    [&](const LayoutField& f) { return name_of(f.kind) == name; });
    if (field == plan_.layout.end())
      return Error{
          fmt::format("{} has no field {}; it takes {}", title(plan_), quoted(name), quoted_list(wanted(plan_)))};
    if (field->kind == FieldKind::tag) return Error{"a tag is computed, not given"};
    if (field->kind == FieldKind::zero) return Error{"\"zero\" is always zero, and not given"};
    given_.push_back(name);
    if (field->kind == FieldKind::path) return take_path(*field, value);
    return field->kind == FieldKind::ipv4 ? take_ipv4(value) : take_number(*field, value);
  }

  Status take_client(const std::string& value) {
    const auto client = value.find('\0') == value.npos ? parse_address(value) : Error{""};
    if (!client || is_ip4(*client))
      return Error{fmt::format("\"client\" must be an IPv6 address, not {}", quoted(value))};
    client_ = known(plans_, *client);
    return Done{};
  }

  Status take_ipv4(const std::string& value) {
    const auto ip4 = value.find('\0') == value.npos ? parse_address(value) : Error{""};
    if (!ip4 || !is_ip4(*ip4)) return Error{fmt::format("\"ipv4\" must be an IPv4 address, not {}", quoted(value))};
    address_ = write_field(plan_.plan, FieldKind::ipv4, address_, number(ip4_of(*ip4)));
    return Done{};
  }

  Status take_number(const LayoutField& field, const std::string& value) {
    const auto parsed = config::decimal(value, 0, most_of(field));
    if (!parsed)
      return Error{fmt::format("\"{}\" must be a whole number from 0 to {}, not {}", name_of(field.kind),
                               most_of(field), quoted(value))};
    address_ = write_field(plan_.plan, field.kind, address_, *parsed);
    return Done{};
  }

  Status take_path(const LayoutField& field, const std::string& value) {
    std::vector<u64> hops;
    for (std::size_t at = 0; at <= value.size();) {
      const std::size_t comma = std::min(value.find(',', at), value.size());
      const auto hop = config::decimal(std::string_view(value).substr(at, comma - at), 1, most_of(field));
      if (!hop || hops.size() == field.count || std::find(hops.begin(), hops.end(), *hop) != hops.end())
        return Error{
            fmt::format("\"path\" must be 1 to {} numbers of POPs from 1 to {} with \",\" between, none twice, "
                        "not {}",
                        field.count, most_of(field), quoted(value))};
      address_ = write_field(plan_.plan, FieldKind::path, address_, *hop, u32(hops.size()));
      hops.push_back(*hop);
      at = comma + 1;
    }
    return Done{};
  }

  std::span<const AddressPlan> plans_;
  const AddressPlan& plan_;
  Address address_, client_{};
  std::vector<std::string> given_;
};

// Why the path of an address is none, as the end of a sentence; null if it is one.
const char* path_fault(const Plan& plan, const Address& address) {
  switch (path_shape(plan, address)) {
    case PathShape::empty:
      return "names no POP";
    case PathShape::gap:
      return "has a zero between its POPs";
    case PathShape::twice:
      return "names a POP twice";
    case PathShape::good:
      break;
  }
  return nullptr;
}

FieldValue value_of(const AddressPlan& plan, const LayoutField& field, const Address& address) {
  FieldValue out{field.kind, {}, ""};
  for (u32 hop = 0; hop < field.count; ++hop) {
    const u64 value = read_field(plan.plan, field.kind, address, hop);
    if (field.kind == FieldKind::path && value == 0) break;
    out.numbers.push_back(value);
    out.text += fmt::format("{}{}", hop ? "," : "", value);
  }
  if (field.kind == FieldKind::ipv4) out.text = text(address_of(wire32(u32(out.numbers[0]))));
  return out;
}

}  // namespace

Result<Address> encode_address(std::span<const AddressPlan> plans, const AddressPlan& plan,
                               std::span<const std::string> words) {
  return Encoder(plans, plan).encode(words);
}

Result<Decoded> decode_address(std::span<const AddressPlan> plans, const AddressPlan& plan, const Address& address,
                               const std::optional<Address>& client) {
  for (const LayoutField& field : plan.layout) {
    const Address bits = leading_ones(field.offset + field.width) & ~leading_ones(field.offset);
    if (field.kind == FieldKind::zero && any(address & bits))
      return Error{fmt::format("{} is no address of {}: its bits {} to {} must be zero", text(address), title(plan),
                               field.offset, field.offset + field.width - 1)};
  }
  if (has(plan.plan, FieldKind::path))
    if (const char* fault = path_fault(plan.plan, address))
      return Error{fmt::format("{} is no address of {}: its path {}", text(address), title(plan), fault)};
  Decoded out;
  for (const LayoutField& field : plan.layout)
    if (field.kind != FieldKind::zero) out.fields.push_back(value_of(plan, field, address));
  if (has(plan.plan, FieldKind::tag) && (client || !plan.plan.over_pair))
    out.tag = check_tag(plan.plan, address, client ? known(plans, *client) : Address{});
  return out;
}

}  // namespace waymark
