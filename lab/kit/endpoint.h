// Where a lab socket connects or binds: an address of either family and a port, and the options all of them want.
#pragma once

#include <sys/socket.h>

#include <string>
#include <vector>

#include "base/result.h"
#include "core/types.h"

namespace waymark::lab {

struct Endpoint {
  sockaddr_storage storage{};
  socklen_t length = 0;
  int family() const { return storage.ss_family; }
  const sockaddr* raw() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

Result<Endpoint> endpoint(const std::string& address, u16 port);
// "2001:db8:80::1,198.51.100.80", one port for all.
Result<std::vector<Endpoint>> endpoints(const std::string& addresses, u16 port);

// Non-blocking sockets; an IPv6 one never serves IPv4. The error names what failed.
Result<int> connected(const Endpoint& to, int type);  // for SOCK_STREAM the connection is only begun
Result<int> bound(const Endpoint& at, int type);      // for SOCK_STREAM it listens

void allow_many_files();

}  // namespace waymark::lab
