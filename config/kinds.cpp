#include "config/kinds.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/address_text.h"

namespace waymark::config {
namespace {

using namespace std::chrono_literals;

bool is_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

struct Unit {
  std::string_view name;
  Duration length;
};
constexpr Unit kUnits[] = {{"h", 1h}, {"m", 1min}, {"s", 1s}, {"ms", 1ms}};  // the first that divides is shown

bool printable(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) { return u8(c) < 0x20 || c == 0x7f; });
}

}  // namespace

std::optional<u64> decimal(std::string_view text, u64 least, u64 most) {
  u64 value = 0;
  if (!is_digits(text) || (text.size() > 1 && text[0] == '0')) return {};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || value < least || value > most) return {};
  return value;
}

Error unwanted(std::string_view wants, const Node& node) {
  return {fmt::format("must be {}, not {}", wants, describe(node))};
}

Result<bool> Flag::read(const Node& node) const {
  const bool* flag = node.as<bool>();
  if (!flag) return unwanted(wants(), node);
  return *flag;
}

std::string Span::wants() const { return fmt::format("a duration from {} to {}", show(least), show(most)); }

Result<Duration> Span::read(const Node& node) const {
  const auto* text = node.as<std::string>();
  if (!text) return unwanted(wants(), node);
  const std::size_t digits = std::min(text->find_first_not_of("0123456789"), text->size());
  for (const Unit& unit : kUnits) {
    if (std::string_view(*text).substr(digits) != unit.name) continue;
    const auto count = decimal(text->substr(0, digits), 0, u64(most / unit.length));
    if (count && unit.length * std::int64_t(*count) >= least) return unit.length * std::int64_t(*count);
  }
  return unwanted(wants(), node);
}

std::string Span::show(Duration value) const {
  for (const Unit& unit : kUnits)
    if (value % unit.length == Duration(0)) return fmt::format("\"{}{}\"", value / unit.length, unit.name);
  return {};
}

Result<Duration> SpanOrOff::read(const Node& node) const {
  if (const auto* text = node.as<std::string>(); text && *text == "off") return Duration(0);
  const Result<Duration> read = span.read(node);
  return read ? read : unwanted(wants(), node);
}

namespace {
constexpr std::pair<std::string_view, u64> kRates[] = {
    {"gbit", 1'000'000'000}, {"mbit", 1'000'000}, {"kbit", 1'000}, {"bit", 1}};  // the first that divides is shown
}

std::string Rate::wants() const { return fmt::format("a rate from {} to {}", show(least), show(most)); }

Result<u64> Rate::read(const Node& node) const {
  const auto* text = node.as<std::string>();
  if (!text) return unwanted(wants(), node);
  const std::size_t digits = std::min(text->find_first_not_of("0123456789"), text->size());
  for (const auto& [unit, bits] : kRates) {
    if (std::string_view(*text).substr(digits) != unit) continue;
    const auto count = decimal(text->substr(0, digits), 0, most / bits);
    if (count && *count * bits >= least) return *count * bits;
  }
  return unwanted(wants(), node);
}

std::string Rate::show(u64 value) const { return fmt::format("\"{}\"", rate_text(value)); }

std::string rate_text(u64 value) {
  for (const auto& [unit, bits] : kRates)
    if (value % bits == 0) return fmt::format("{}{}", value / bits, unit);
  return {};
}

std::string Name::wants() const {
  return fmt::format("a name of 1 to 60 letters, digits{}{}, \"_\" or \"-\"", dots ? ", \".\"" : "",
                     stars ? ", \"*\"" : "");
}

Result<std::string> Name::read(const Node& node) const {
  const auto* text = node.as<std::string>();
  if (!text) return unwanted(wants(), node);
  const bool plain = std::all_of(text->begin(), text->end(), [&](char c) {
    return (stars && c == '*') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c == '.' || c == '_' || c == '-';
  });
  if (!plain || text->empty() || text->size() > 60) return unwanted(wants(), node);
  if (!dots && text->find('.') != std::string::npos)
    return Error{
        fmt::format("must have no dots, as it becomes a path in bpffs, which refuses them; it is {}", quoted(*text))};
  return *text;
}

Result<Address> read_address(const std::string& text) {
  if (!printable(text)) return Error{};  // a zero byte would end it early
  auto address = parse_address(text);
  if (address) return address;
  // Behind the quoted text stands whether it is mapped, the one error of which there is more to say.
  if (address.error().sentence.find("mapped", text.size()) == std::string::npos) return Error{};
  return Error{fmt::format("must be the IPv4 address itself, not the mapped {}", quoted(text))};
}

Result<Mac> MacAddress::read(const Node& node) const {
  const auto* text = node.as<std::string>();
  if (!text || text->size() != 17) return unwanted(wants(), node);
  Mac mac{};
  for (std::size_t i = 0; i < text->size(); ++i) {
    const char c = (*text)[i];
    if (i % 3 == 2) {
      if (c != ':' && c != '-') return unwanted(wants(), node);
      continue;
    }
    if (!std::isxdigit(static_cast<unsigned char>(c))) return unwanted(wants(), node);
    mac.byte[i / 3] =
        u8(mac.byte[i / 3] << 4 | (std::isdigit(static_cast<unsigned char>(c)) ? c - '0' : (c | 0x20) - 'a' + 10));
  }
  if (mac.byte[0] & 1 || same(mac, Mac{})) return unwanted(wants(), node);
  return mac;
}

Result<Address> HostAddress::read(const Node& node) const {
  const auto* text = node.as<std::string>();
  if (!text) return unwanted(wants(), node);
  const auto address = read_address(*text);
  if (!address) return address.error().sentence.empty() ? unwanted(wants(), node) : address.error();
  if (const std::string why = why_not(*address, Takes::hosts); !why.empty())
    return Error{fmt::format("must be an address that packets may carry; {}", why)};
  return address;
}

Result<PortRange> Ports::read(const Node& node) const {
  const auto* whole = node.as<std::string>();
  if (!whole) return unwanted(wants(), node);
  const std::string_view text = *whole;
  const std::size_t slash = std::min(text.find('/'), text.size());
  const std::string_view protocol = text.substr(0, slash);
  if (slash == text.size() || (protocol != "tcp" && protocol != "udp")) return unwanted(wants(), node);
  PortRange ports{protocol == "tcp" ? Protocol::tcp : Protocol::udp, 0, 65535};
  const std::string_view range = text.substr(slash + 1);
  if (range == "*") return ports;
  const std::size_t dash = range.find('-');
  const auto first = decimal(range.substr(0, dash), 1, 65535);
  const auto last = dash == range.npos ? first : decimal(range.substr(dash + 1), 1, 65535);
  if (!first || !last) return unwanted(fmt::format("{}, from 1 to 65535", wants()), node);
  if (*first > *last) return Error{fmt::format("must be ranges that end after they begin, unlike {}", quoted(text))};
  ports.first = u16(*first);
  ports.last = u16(*last);
  return ports;
}

Result<std::string> Listen::read(const Node& node) const {
  const auto* whole = node.as<std::string>();
  if (!whole || !printable(*whole)) return unwanted(wants(), node);
  const std::size_t colon = whole->rfind(':');
  if (colon == whole->npos || !decimal(whole->substr(colon + 1), 1, 65535)) return unwanted(wants(), node);
  std::string host = whole->substr(0, colon);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  const auto address = read_address(host);
  if (!address && !address.error().sentence.empty()) return address.error();
  if (!address || is_ip4(*address) == bracketed) return unwanted(wants(), node);
  if (const std::string why = why_not(*address, takes); !why.empty())
    return Error{fmt::format("must be an address that {}; {}",
                             takes == Takes::peers ? "can be reached" : "a socket can listen at", why)};
  return fmt::format("{}{}{}:{}", bracketed ? "[" : "", text(*address), bracketed ? "]" : "", whole->substr(colon + 1));
}

Result<std::string> RequestPath::read(const Node& node) const {
  const auto* path = node.as<std::string>();
  const bool plain = path && std::all_of(path->begin(), path->end(), [](char c) { return c > ' ' && c < 0x7f; });
  if (!plain || path->empty() || path->size() > 1000 || path->front() != '/') return unwanted(wants(), node);
  return *path;
}

Result<std::string> HostName::read(const Node& node) const {
  const auto* name = node.as<std::string>();
  const bool plain =
      name && std::all_of(name->begin(), name->end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
      });
  if (!plain || name->empty() || name->size() > 253 || name->front() == '.' || name->front() == '-')
    return unwanted(wants(), node);
  return *name;
}

// RFC 1035, 2.3.4, and what hosts' and services' names are made of.
Result<std::string> DomainName::read(const Node& node) const {
  const auto* text = node.as<std::string>();
  if (!text) return unwanted(wants(), node);
  std::string name = *text;
  if (name.ends_with('.')) name.pop_back();
  if (name.empty() || name.size() > 253) return unwanted(wants(), node);
  std::size_t label = 0;
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = char(c - 'A' + 'a');
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    if (!plain && (c != '.' || !label)) return unwanted(wants(), node);
    label = plain ? label + 1 : 0;
    if (label > 63)
      return Error{fmt::format("must have parts of at most 63 characters between dots, not {}", quoted(*text))};
  }
  return label ? Result<std::string>(name) : unwanted(wants(), node);
}

Result<std::string> AlpnId::read(const Node& node) const {
  const auto* text = node.as<std::string>();
  const bool plain = text && std::all_of(text->begin(), text->end(), [](char c) {
                       return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
                              c == '-' || c == '_' || c == '/';
                     });
  if (!plain || text->empty() || text->size() > 255) return unwanted(wants(), node);
  return *text;
}

Result<Address> ListenAddress::read(const Node& node) const {
  const auto* text = node.as<std::string>();
  if (!text) return unwanted(wants(), node);
  const auto address = read_address(*text);
  if (!address) return address.error().sentence.empty() ? unwanted(wants(), node) : address.error();
  if (const std::string why = why_not(*address, Takes::sockets); !why.empty())
    return Error{fmt::format("must be an address that a socket can listen at; {}", why)};
  return address;
}

Result<std::string> FilePath::read(const Node& node) const {
  const auto* path = node.as<std::string>();
  if (!path || path->size() > 4000 || path->size() < 2 || path->front() != '/' || !printable(*path))
    return unwanted(wants(), node);
  return *path;
}

Result<std::string> SocketPath::read(const Node& node) const {
  const auto* path = node.as<std::string>();
  if (!path || path->size() > 103 || path->size() < 2 || path->front() != '/' || !printable(*path))
    return unwanted(wants(), node);
  return *path;
}

Result<InterfaceConfig> InterfaceName::parse(std::string_view text) const {
  const Error wrong{fmt::format("must be {}, not {}", wants(), quoted(text))};
  InterfaceConfig out;
  const std::size_t colon = text.find(':');
  out.name = text.substr(0, colon);
  // What the kernel takes as a name (dev_valid_name), in printable ASCII.
  const bool valid =
      !out.name.empty() && out.name.size() <= 15 && out.name != "." && out.name != ".." &&
      std::all_of(out.name.begin(), out.name.end(), [](char c) { return c > ' ' && c < 0x7f && c != '/'; });
  if (!valid) return wrong;
  if (colon == text.npos) return out;
  const std::string_view tags = text.substr(colon + 1);
  const std::size_t second = tags.find(':');
  const auto outer = decimal(tags.substr(0, second), 1, 4094);
  const auto inner = second == tags.npos ? std::optional<u64>(0) : decimal(tags.substr(second + 1), 1, 4094);
  if (!outer || !inner) return wrong;
  out.outer_vlan = u16(*outer);
  out.inner_vlan = u16(*inner);
  return out;
}

Result<std::string> InterfaceName::read(const Node& node) const {
  const auto* text = node.as<std::string>();
  if (!text) return unwanted(wants(), node);
  if (auto parsed = parse(*text); !parsed) return parsed.error();
  return *text;
}

std::string text(const PortRange& ports) {
  const auto* protocol = ports.protocol == Protocol::tcp ? "tcp" : "udp";
  if (ports.first == 0 && ports.last == 65535) return fmt::format("{}/*", protocol);
  if (ports.first == ports.last) return fmt::format("{}/{}", protocol, ports.first);
  return fmt::format("{}/{}-{}", protocol, ports.first, ports.last);
}

std::string text(const InterfaceConfig& i) {
  if (i.inner_vlan) return fmt::format("{}:{}:{}", i.name, i.outer_vlan, i.inner_vlan);
  return i.outer_vlan ? fmt::format("{}:{}", i.name, i.outer_vlan) : i.name;
}

}  // namespace waymark::config
