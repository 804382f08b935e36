#include "lab/kit/endpoint.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <sstream>

#include "base/address_text.h"

namespace waymark::lab {
namespace {

Error failed(const char* what) { return Error{std::string(what) + " failed: " + std::strerror(errno)}; }

Result<int> fail_and_close(int fd, const char* what) {
  const Error e = failed(what);
  close(fd);
  return e;
}

// Probes that wait for a process to be scheduled are not lost in the network: room for a second of them.
void make_room(int fd) {
  const int bytes = 16 << 20;
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) != 0)
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
}

}  // namespace

Result<Endpoint> endpoint(const std::string& address, u16 port) {
  auto parsed = parse_address(address);
  if (!parsed) return parsed.error();
  Endpoint out;
  if (is_ip4(*parsed)) {
    auto& in = reinterpret_cast<sockaddr_in&>(out.storage);
    in.sin_family = AF_INET;
    in.sin_port = htons(port);
    in.sin_addr.s_addr = ip4_of(*parsed).raw;
    out.length = sizeof in;
  } else {
    auto& in = reinterpret_cast<sockaddr_in6&>(out.storage);
    in.sin6_family = AF_INET6;
    in.sin6_port = htons(port);
    std::memcpy(&in.sin6_addr, &*parsed, sizeof in.sin6_addr);
    out.length = sizeof in;
  }
  return out;
}

Result<std::vector<Endpoint>> endpoints(const std::string& addresses, u16 port) {
  std::vector<Endpoint> out;
  std::istringstream in(addresses);
  for (std::string one; std::getline(in, one, ',');) {
    auto e = endpoint(one, port);
    if (!e) return e.error();
    out.push_back(*e);
  }
  if (out.empty()) return Error{"no address is given"};
  return out;
}

Result<int> connected(const Endpoint& to, int type) {
  const int fd = socket(to.family(), type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return failed("opening a socket");
  if (type == SOCK_STREAM) {
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  } else {
    make_room(fd);
  }
  if (connect(fd, to.raw(), to.length) != 0 && errno != EINPROGRESS) return fail_and_close(fd, "connecting");
  return fd;
}

Result<int> bound(const Endpoint& at, int type) {
  const int fd = socket(at.family(), type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return failed("opening a socket");
  const int on = 1;
  if (type == SOCK_STREAM) setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (type == SOCK_DGRAM) make_room(fd);
  if (at.family() == AF_INET6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (bind(fd, at.raw(), at.length) != 0) return fail_and_close(fd, "binding");
  if (type == SOCK_STREAM && listen(fd, 4096) != 0) return fail_and_close(fd, "listening");
  return fd;
}

void allow_many_files() {
  rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
}

}  // namespace waymark::lab
