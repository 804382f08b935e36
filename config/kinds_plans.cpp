// The kinds of prefixes, of address plans and of translators.
#include "base/address_text.h"
#include "config/kinds.h"
#include "config/prefixes.h"

namespace waymark::config {

std::string PrefixOf::wants() const {
  if (family == ip4) return "an IPv4 prefix such as \"192.0.2.0/24\"";
  if (family == ip6) return "an IPv6 prefix such as \"2001:db8::/32\"";
  return "a prefix such as \"192.0.2.0/24\" or \"2001:db8::/32\"";
}

Result<Prefix> PrefixOf::parse(const Node& node) const {
  const auto* whole = node.as<std::string>();
  if (!whole) return unwanted(wants(), node);
  const std::size_t slash = std::min(whole->find('/'), whole->size());
  const auto address = read_address(whole->substr(0, slash));
  if (!address && !address.error().sentence.empty()) return address.error();
  if (!address || (family == ip4 && !waymark::is_ip4(*address)) || (family == ip6 && waymark::is_ip4(*address)))
    return unwanted(wants(), node);
  const u32 bits = waymark::is_ip4(*address) ? 32 : 128;
  const auto length = slash == whole->size() ? std::optional<u64>(bits) : decimal(whole->substr(slash + 1), 0, 128);
  if (!length) return unwanted(wants(), node);
  if (*length > bits) return Error{fmt::format("must have a length of at most {}, unlike {}", bits, quoted(*whole))};
  Prefix prefix{*address, u8(*length)};
  prefix.address = prefix.address & mask_of(prefix);
  if (prefix.address == *address) return prefix;
  return Error{fmt::format("must have no bits behind its length, unlike {}; \"{}\" is probably meant", quoted(*whole),
                           text(prefix))};
}

Result<Prefix> PrefixOf::read(const Node& node) const {
  const Result<Prefix> prefix = parse(node);
  if (!prefix) return prefix.error();
  if (const std::string why = why_not(*prefix, takes); !why.empty())
    return Error{fmt::format("must be of addresses that packets may carry; {}", why)};
  return prefix;
}

Result<Prefix> HostPrefix::read(const Node& node) const {
  const auto* written = node.as<std::string>();
  if (written && written->find('/') != std::string::npos) return PrefixOf().read(node);
  const HostAddress one;
  const Result<Address> address = one.read(node);
  if (address) return Prefix(*address);
  const bool is_none = address.error().sentence == unwanted(one.wants(), node).sentence;
  return is_none ? unwanted(wants(), node) : address.error();
}

Result<std::optional<u8>> TrafficClass::read(const Node& node) const {
  if (const auto* word = node.as<std::string>(); word && *word == "copy") return std::optional<u8>();
  const auto* n = node.as<std::int64_t>();
  if (!n || *n < 0 || *n > 255) return unwanted(wants(), node);
  return std::optional<u8>(u8(*n));
}

Result<std::optional<u8>> FlowClass::read(const Node& node) const {
  if (const auto* word = node.as<std::string>(); word && *word == "copy") return std::optional<u8>(64);
  const auto* n = node.as<std::int64_t>();
  if (!n || *n < 1 || *n > 63) return unwanted(wants(), node);
  return std::optional<u8>(u8(*n));
}

Result<std::string> Layout::read(const Node& node) const {
  const auto* text = node.as<std::string>();
  if (!text || text->empty() || text->size() > 1000) return unwanted(wants(), node);
  return *text;
}

}  // namespace waymark::config
