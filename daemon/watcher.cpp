#include "daemon/watcher.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/address_text.h"
#include "daemon/log.h"
#include "daemon/sockaddr.h"
#include "daemon/udp.h"

namespace waymark {

namespace {

constexpr u32 kReadAtOnce = 1'024;     // as many answers as POPs can give in a moment; then the others' turn
constexpr int kNetworkControl = 0xc0;  // class selector 6, as all routing traffic has (RFC 4594, 3.2)

// At an address that the machine may get later only.
int open_at(const Address& source) {
  return open_udp(source, 0, [](int fd, bool ip6) {
    return ip6 ? set(fd, IPPROTO_IPV6, IPV6_FREEBIND, 1) &&
                     set(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, kSeamlessBfdHops) &&
                     set(fd, IPPROTO_IPV6, IPV6_TCLASS, kNetworkControl)
               : set(fd, IPPROTO_IP, IP_FREEBIND, 1) && set(fd, IPPROTO_IP, IP_TTL, kSeamlessBfdHops) &&
                     set(fd, IPPROTO_IP, IP_TOS, kNetworkControl);
  });
}

}  // namespace

struct Watcher::Socket {
  ~Socket() {
    watch.reset();
    if (fd >= 0) close(fd);
  }
  int fd = -1;
  std::unique_ptr<Loop::Watch> watch;
};

Watcher::Watcher(Loop& loop, Control& control, std::function<void()> changed)
    : loop_(loop), control_(control), changed_(std::move(changed)) {}

Watcher::~Watcher() = default;

void Watcher::follow() {
  const std::vector<Address> sources = control_.watch().sources();
  std::erase_if(sockets_, [&](const auto& one) {
    return std::ranges::none_of(sources, [&](const Address& a) { return std::pair(a.high, a.low) == one.first; });
  });
}

// One that cannot be opened is tried again with the next question.
Watcher::Socket& Watcher::socket_at(const Address& source) {
  std::unique_ptr<Socket>& held = sockets_[{source.high, source.low}];
  if (!held) held = std::make_unique<Socket>();
  if (held->fd >= 0) return *held;
  held->fd = open_at(source);
  if (held->fd >= 0) held->watch = loop_.on_readable(held->fd, [this, socket = held.get()] { read(*socket); });
  return *held;
}

void Watcher::read(const Socket& socket) {
  std::array<u8, 256> bytes;
  for (u32 n = 0; n < kReadAtOnce; ++n) {
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    const ssize_t came = recvfrom(socket.fd, bytes.data(), bytes.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
    if (came < 0) return;
    came_ = true;
    control_.pop_heard(sender_of(from), port_of(from), {bytes.data(), std::size_t(came)}, boot_time());
  }
}

void Watcher::step(Time now) {
  if (!std::exchange(came_, false) && deadline() > now) return;
  for (const auto& [address, socket] : sockets_)  // nobody is silent whose answer waits here
    if (socket->fd >= 0) read(*socket);
  if (control_.judge_pops(now)) changed_();
  for (const Watch::Question& q : control_.pop_questions(now)) {
    const Socket& socket = socket_at(q.from);
    const SocketAddress to(q.to, kSeamlessBfdPort);
    const bool went = socket.fd >= 0 && sendto(socket.fd, &q.packet, sizeof q.packet, 0, to.get(), to.size()) >= 0;
    if (!went) control_.pop_unasked(q.pop, fmt::format("from {}: {}", text(q.from), std::strerror(errno)));
  }
}

}  // namespace waymark
