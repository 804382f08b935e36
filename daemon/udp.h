// UDP sockets of the loop.
#pragma once

#include <unistd.h>

#include <cerrno>

#include "daemon/sockaddr.h"

namespace waymark {

inline bool set(int socket, int level, int option, int value) {
  return setsockopt(socket, level, option, &value, sizeof value) == 0;
}

// One that does not block, of one IP version alone, bound to this place once `prepare` has set what it needs (with the
// socket, and whether it is of IPv6). -1, with errno, where that or anything else fails.
template <class F>
int open_udp(const Address& at, u16 port, F prepare) {
  const SocketAddress place(at, port);
  const bool ip6 = place.family() == AF_INET6;
  const int fd = socket(place.family(), SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  const bool ready = (!ip6 || set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1)) && prepare(fd, ip6);
  if (ready && bind(fd, place.get(), place.size()) == 0) return fd;
  const int error = errno;
  close(fd);
  errno = error;
  return -1;
}

}  // namespace waymark
