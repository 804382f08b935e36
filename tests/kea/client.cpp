#include "tests/kea/client.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

namespace waymark::dhcp6 {

namespace {

constexpr std::uint16_t kClientId = 1, kServerId = 2, kIaNa = 3, kIaAddress = 5, kElapsed = 8;

void put16(Bytes& to, unsigned value) { to.insert(to.end(), {std::uint8_t(value >> 8), std::uint8_t(value)}); }
void put32(Bytes& to, std::uint32_t value) {
  put16(to, value >> 16);
  put16(to, value & 0xffff);
}
void put_option(Bytes& to, unsigned code, const Bytes& value) {
  put16(to, code);
  put16(to, unsigned(value.size()));
  to.insert(to.end(), value.begin(), value.end());
}
unsigned get16(const Bytes& from, std::size_t at) { return unsigned(from.at(at) << 8 | from.at(at + 1)); }
std::uint32_t get32(const Bytes& from, std::size_t at) { return get16(from, at) << 16 | get16(from, at + 2); }

template <class Each>
void options(const Bytes& all, std::size_t from, Each each) {
  for (std::size_t at = from; at + 4 <= all.size();) {
    const unsigned code = get16(all, at), length = get16(all, at + 2);
    if (at + 4 + length > all.size()) return;
    each(code, Bytes(all.begin() + long(at + 4), all.begin() + long(at + 4 + length)));
    at += 4 + length;
  }
}

Bytes identity(std::uint32_t iaid, const std::vector<std::string>& addresses) {
  Bytes out;
  put32(out, iaid);
  put32(out, 0);
  put32(out, 0);
  for (const std::string& address : addresses) {
    Bytes one(16);
    EXPECT_EQ(inet_pton(AF_INET6, address.c_str(), one.data()), 1) << address;
    put32(one, 0);
    put32(one, 0);
    put_option(out, kIaAddress, one);
  }
  return out;
}

Answer parse(const Bytes& message) {
  Answer out;
  out.type = Message(message[0]);
  options(message, 4, [&](unsigned code, const Bytes& value) {
    if (code == kServerId) out.server = value;
    if (code != kIaNa || value.size() < 12) return;
    auto& addresses = out.addresses[get32(value, 0)];
    options(value, 12, [&](unsigned inner, const Bytes& address) {
      if (inner != kIaAddress || address.size() < 24) return;
      char text[INET6_ADDRSTRLEN];
      inet_ntop(AF_INET6, address.data(), text, sizeof text);
      addresses[text] = {get32(address, 16), get32(address, 20)};
    });
  });
  return out;
}

}  // namespace

std::string Answer::usable(std::uint32_t iaid) const {
  std::string out;
  const auto found = addresses.find(iaid);
  if (found == addresses.end()) return out;
  for (const auto& [address, lifetimes] : found->second)
    if (lifetimes.valid) out += (out.empty() ? "" : " ") + address;
  return out;
}

Client::Client(const std::string& interface) : interface_(if_nametoindex(interface.c_str())) {
  socket_ = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in6 own = {};
  own.sin6_family = AF_INET6;
  own.sin6_port = htons(546);
  EXPECT_EQ(bind(socket_, reinterpret_cast<const sockaddr*>(&own), sizeof own), 0) << std::strerror(errno);
  EXPECT_EQ(setsockopt(socket_, IPPROTO_IPV6, IPV6_MULTICAST_IF, &interface_, sizeof interface_), 0);
}
Client::~Client() { close(socket_); }

std::optional<Answer> Client::ask(Message type, const Bytes& duid, const Asked& asked, const Bytes& server, int tries) {
  Bytes message;
  put32(message, std::uint32_t(type) << 24 | ++transaction_);
  put_option(message, kClientId, duid);
  if (!server.empty()) put_option(message, kServerId, server);
  put_option(message, kElapsed, {0, 0});
  for (const auto& [iaid, addresses] : asked) put_option(message, kIaNa, identity(iaid, addresses));
  sockaddr_in6 to = {};
  to.sin6_family = AF_INET6;
  to.sin6_port = htons(547);
  to.sin6_scope_id = interface_;
  inet_pton(AF_INET6, "ff02::1:2", &to.sin6_addr);
  for (int i = 0; i < tries; ++i) {
    sendto(socket_, message.data(), message.size(), 0, reinterpret_cast<const sockaddr*>(&to), sizeof to);
    pollfd wait = {socket_, POLLIN, 0};
    while (poll(&wait, 1, 1000) > 0) {
      Bytes answer(2048);
      const ssize_t length = recv(socket_, answer.data(), answer.size(), 0);
      if (length < 4) continue;
      answer.resize(std::size_t(length));
      if ((get32(answer, 0) & 0xff'ffff) == transaction_) return parse(answer);
    }
  }
  return {};
}

std::string Client::lease(const Bytes& duid, std::uint32_t iaid) {
  const auto offer = ask(kSolicit, duid, {{iaid, {}}});
  if (!offer || offer->usable(iaid).empty()) return "";
  const auto reply = ask(kRequest, duid, {{iaid, {offer->usable(iaid)}}}, offer->server);
  return reply ? reply->usable(iaid) : "";
}

}  // namespace waymark::dhcp6
