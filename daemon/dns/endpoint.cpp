#include "daemon/dns/endpoint.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/address_text.h"
#include "daemon/sockaddr.h"
#include "daemon/udp.h"

namespace waymark {

namespace {

using namespace std::chrono_literals;

constexpr int kBacklog = 128, kReceiveBuffer = 1 << 20;
constexpr Duration kAgain = 1s, kAgainWhereTaken = 100ms;  // a daemon that is being replaced lets go in a moment

// Answers are of at most 1232 bytes, so they need neither fragments nor what others say of the path (RFC 9715, 3.1).
// Where the address is a whole machine's, each question says which of them it came to, for the answer to leave from it.
bool prepare_udp(int socket, bool ip6, bool everywhere) {
  set(socket, SOL_SOCKET, SO_RCVBUF, kReceiveBuffer);
  if (!(ip6 ? set(socket, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_OMIT)
            : set(socket, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_OMIT)))
    return false;
  if (!everywhere) return true;
  return ip6 ? set(socket, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1) : set(socket, IPPROTO_IP, IP_PKTINFO, 1);
}

bool is_unspecified(const Address& a) { return a == Address{} || a == address_of(be32{0}); }

}  // namespace

Endpoint::Endpoint(Endpoint&& other) noexcept
    : address_(other.address_),
      port_(other.port_),
      udp_(std::exchange(other.udp_, -1)),
      tcp_(std::exchange(other.tcp_, -1)),
      why_(std::move(other.why_)),
      retry_at_(other.retry_at_) {}

Endpoint& Endpoint::operator=(Endpoint&& other) noexcept {
  std::swap(address_, other.address_);
  std::swap(port_, other.port_);
  std::swap(udp_, other.udp_);
  std::swap(tcp_, other.tcp_);
  std::swap(why_, other.why_);
  std::swap(retry_at_, other.retry_at_);
  return *this;
}

Endpoint::~Endpoint() { end(); }

void Endpoint::end() {
  for (int* socket : {&udp_, &tcp_}) {
    if (*socket >= 0) close(*socket);
    *socket = -1;
  }
}

int Endpoint::open() {
  const SocketAddress at(address_, port_);
  const bool ip6 = at.family() == AF_INET6;
  constexpr int kFlags = SOCK_NONBLOCK | SOCK_CLOEXEC;
  udp_ = socket(at.family(), SOCK_DGRAM | kFlags, 0);
  tcp_ = socket(at.family(), SOCK_STREAM | kFlags, 0);
  if (udp_ < 0 || tcp_ < 0) return errno;
  for (const int socket : {udp_, tcp_})
    if (ip6 && !set(socket, IPPROTO_IPV6, IPV6_V6ONLY, 1)) return errno;
  if (!prepare_udp(udp_, ip6, is_unspecified(address_)) || !set(tcp_, SOL_SOCKET, SO_REUSEADDR, 1)) return errno;
  for (const int socket : {udp_, tcp_})
    if (bind(socket, at.get(), at.size())) return errno;
  return listen(tcp_, kBacklog) ? errno : 0;
}

bool Endpoint::try_open(Time now) {
  const int error = open();
  const std::string why = error ? std::strerror(error) : "";
  if (error) end();
  retry_at_ = !error ? Time::max() : now + (error == EADDRINUSE ? kAgainWhereTaken : kAgain);
  return std::exchange(why_, why) != why;
}

std::string Endpoint::text() const {
  const std::string host = waymark::text(address_);
  return is_ip4(address_) ? fmt::format("{}:{}", host, port_) : fmt::format("[{}]:{}", host, port_);
}

}  // namespace waymark
