// An address and a port as the socket calls want them.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>

#include "core/address.h"

namespace waymark {

// Whose it is: an IPv4 address, also where it came to an IPv6 socket.
inline Address sender_of(const sockaddr_storage& from) {
  if (from.ss_family == AF_INET) return address_of(be32{reinterpret_cast<const sockaddr_in&>(from).sin_addr.s_addr});
  return load_address(&reinterpret_cast<const sockaddr_in6&>(from).sin6_addr);
}

inline u16 port_of(const sockaddr_storage& from) {
  return ntohs(from.ss_family == AF_INET ? reinterpret_cast<const sockaddr_in&>(from).sin_port
                                         : reinterpret_cast<const sockaddr_in6&>(from).sin6_port);
}

class SocketAddress {
 public:
  SocketAddress(const Address& address, u16 port) {
    if (is_ip4(address)) {
      held_.four.sin_family = AF_INET;
      held_.four.sin_port = htons(port);
      held_.four.sin_addr.s_addr = ip4_of(address).raw;
    } else {
      held_.six.sin6_family = AF_INET6;
      held_.six.sin6_port = htons(port);
      std::memcpy(&held_.six.sin6_addr, &address, sizeof address);
    }
  }
  static SocketAddress of(int socket) {  // where it is bound
    SocketAddress bound({}, 0);
    socklen_t size = sizeof bound.held_;
    getsockname(socket, bound.get(), &size);
    return bound;
  }

  int family() const { return held_.any.sa_family; }
  u16 port() const { return ntohs(family() == AF_INET ? held_.four.sin_port : held_.six.sin6_port); }
  sockaddr* get() { return &held_.any; }
  const sockaddr* get() const { return &held_.any; }
  socklen_t size() const { return family() == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6); }

 private:
  union {
    sockaddr any;
    sockaddr_in four;
    sockaddr_in6 six;
  } held_{.six = {}};
};

}  // namespace waymark
