#include "base/address_text.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <cstring>
#include "base/prefix.h"

namespace waymark {

std::string text(const Address& address) {
  char buffer[INET6_ADDRSTRLEN];
  if (is_ip4(address)) {
    const be32 ip4 = ip4_of(address);
    inet_ntop(AF_INET, &ip4, buffer, sizeof buffer);
  } else {
    inet_ntop(AF_INET6, &address, buffer, sizeof buffer);
  }
  return buffer;
}

std::string text(const Mac& mac) {
  const u8* b = mac.byte;
  return fmt::format("{:02x}:{:02x}:{:02x}:{:02x}:{:02x}:{:02x}", b[0], b[1], b[2], b[3], b[4], b[5]);
}

Result<Address> parse_address(std::string_view text) {
  const std::string copy(text);
  if (in_addr ip4; inet_pton(AF_INET, copy.c_str(), &ip4) == 1) return address_of(be32{ip4.s_addr});
  Address address{};
  if (inet_pton(AF_INET6, copy.c_str(), &address) != 1)
    return Error{fmt::format("\"{}\" is not an IPv4 or IPv6 address", text)};
  if (is_ip4(address)) return Error{fmt::format("\"{}\" is IPv4-mapped; write the IPv4 address itself", text)};
  return address;
}

std::string text(const Prefix& prefix) {
  return is_one(prefix) ? text(prefix.address) : fmt::format("{}/{}", text(prefix.address), prefix.length);
}

}  // namespace waymark
