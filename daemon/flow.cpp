// A flow as people write it.
#include <fmt/format.h>

#include <charconv>

#include "base/address_text.h"
#include "daemon/command.h"

namespace waymark {

namespace {

constexpr const char* kForm =
    "a flow is written as \"tcp 192.0.2.1:4000 198.51.100.80:80\" or \"udp [2001:db8::1]:4000 [2001:db8:80::1]:443\"";

struct End {
  Address address;
  u16 port;
};

Result<End> parse_end(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == text.npos) return Error{kForm};
  std::string_view host = text.substr(0, colon), digits = text.substr(colon + 1);
  const bool brackets = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (brackets) host = host.substr(1, host.size() - 2);
  const Result<Address> address = parse_address(host);
  if (!address || is_ip4(*address) == brackets) return Error{kForm};
  u16 port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size()) return Error{kForm};
  return End{*address, port};
}

std::vector<std::string_view> words(std::string_view text) {
  std::vector<std::string_view> all;
  while (!text.empty()) {
    const auto end = std::min(text.find(' '), text.size());
    if (end) all.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return all;
}

}  // namespace

Result<FlowQuery> parse_flow(std::string_view text) {
  const std::vector<std::string_view> word = words(text);
  if (word.size() < 3 || word.size() > 4 || (word[0] != "tcp" && word[0] != "udp")) return Error{kForm};
  const Result<End> source = parse_end(word[1]), destination = parse_end(word[2]);
  if (!source) return source.error();
  if (!destination) return destination.error();
  if (is_ip4(source->address) != is_ip4(destination->address)) return Error{"a flow's two addresses are of one family"};
  FlowQuery flow{"public",        word[0] == "tcp" ? Protocol::tcp : Protocol::udp,
                 source->address, destination->address,
                 source->port,    destination->port};
  if (word.size() == 4) flow.zone = word[3];
  return flow;
}

}  // namespace waymark
