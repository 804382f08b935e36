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

Result<Prefix> PrefixOf::read(const Node& node) const {
  const auto* whole = node.as<std::string>();
  if (!whole || whole->find('\0') != std::string::npos) return unwanted(wants(), node);
  const std::size_t slash = std::min(whole->find('/'), whole->size());
  const auto address = parse_address(whole->substr(0, slash));
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

Result<Prefix> HostPrefix::read(const Node& node) const {
  const auto* written = node.as<std::string>();
  if (!written || written->find('/') == std::string::npos) {
    const HostAddress one;
    const Result<Address> address = one.read(node);
    if (address) return Prefix(*address);
    const bool is_none = address.error().sentence == unwanted(one.wants(), node).sentence;
    return is_none ? unwanted(wants(), node) : address.error();
  }
  const Result<Prefix> prefix = PrefixOf().read(node);
  if (!prefix) return prefix.error();
  if (const Range* martian = martian_within(*prefix))
    return Error{fmt::format("must be of addresses that packets may carry; {} holds {}", text(*prefix), martian->what)};
  return prefix;
}

Result<std::optional<u8>> TrafficClass::read(const Node& node) const {
  if (const auto* word = node.as<std::string>(); word && *word == "copy") return std::optional<u8>();
  const auto* n = node.as<std::int64_t>();
  if (!n || *n < 0 || *n > 255) return unwanted(wants(), node);
  return std::optional<u8>(u8(*n));
}

Result<std::string> Layout::read(const Node& node) const {
  const auto* text = node.as<std::string>();
  if (!text || text->empty() || text->size() > 1000) return unwanted(wants(), node);
  return *text;
}

}  // namespace waymark::config
