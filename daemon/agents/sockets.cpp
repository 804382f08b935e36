#include "daemon/agents/sockets.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <tuple>

#include "base/address_text.h"
#include "daemon/log.h"
#include "daemon/sockaddr.h"
#include "daemon/udp.h"

namespace waymark {

namespace {

using namespace std::chrono_literals;

constexpr u32 kReadAtOnce = 256;       // then the others' turn
constexpr Duration kTryAgain = 100ms;  // the daemon before this one may have it for a moment
constexpr int kBuffer = 4 << 20;       // 1,000 servers that register at once

// Where the system gives less, that has to do.
void make_room(int fd) {
  if (!set(fd, SOL_SOCKET, SO_RCVBUFFORCE, kBuffer)) set(fd, SOL_SOCKET, SO_RCVBUF, kBuffer);
}

}  // namespace

struct AgentSockets::Socket {
  ~Socket() {
    watch.reset();
    if (fd >= 0) close(fd);
  }
  Address at{};
  bool is_door = false;
  int fd = -1;
  std::string trouble = {};
  std::unique_ptr<Loop::Watch> watch = {};
};

bool AgentSockets::Less::operator()(const Place& a, const Place& b) const {
  return std::tie(a.first.high, a.first.low, a.second) < std::tie(b.first.high, b.first.low, b.second);
}

AgentSockets::AgentSockets(Loop& loop, Control& control) : loop_(loop), control_(control) {}
AgentSockets::~AgentSockets() = default;

void AgentSockets::open(Socket& socket, const Address& at, u16 port) {
  socket.at = at;
  socket.fd = open_udp(at, port, [](int fd, bool) { return make_room(fd), true; });
  const std::string why = socket.fd < 0 ? std::strerror(errno) : "";
  if (socket.fd >= 0) socket.watch = loop_.on_readable(socket.fd, [this, held = &socket] { read(*held); });
  if (why != socket.trouble) {
    if (why.empty())
      log::info(fmt::format("[agents] listens at {} port {} now", text(at), port));
    else
      log::warning(fmt::format("[agents] does not listen at {} port {}: {}; tried again", text(at), port, why));
  }
  socket.trouble = why;
}

void AgentSockets::follow(const Config& config) {
  const auto wanted = [&](const Place& place) {
    return config.agents && config.agents->port == place.second &&
           std::ranges::find(config.agents->listen, place.first) != config.agents->listen.end();
  };
  std::erase_if(doors_, [&](const auto& door) { return !wanted(door.first); });
  if (config.agents)
    for (const Address& at : config.agents->listen) {
      std::unique_ptr<Socket>& door = doors_[{at, config.agents->port}];
      if (door) continue;
      door = std::make_unique<Socket>();
      door->is_door = true;
      open(*door, at, config.agents->port);
    }
  retry_at_ = troubles().empty() ? Time::max() : boot_time() + kTryAgain;
  if (!control_.agents().registrant()) own_[0].reset(), own_[1].reset();
}

AgentSockets::Socket* AgentSockets::own(bool ip4) {
  std::unique_ptr<Socket>& held = own_[ip4];
  if (!held) held = std::make_unique<Socket>();
  if (held->fd < 0) open(*held, ip4 ? address_of(be32{}) : Address{}, 0);
  return held->fd < 0 ? nullptr : held.get();
}

void AgentSockets::read(const Socket& socket) {
  std::array<u8, 2'048> bytes;
  const Time now = boot_time();
  for (u32 n = 0; n < kReadAtOnce; ++n) {
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    const ssize_t came = recvfrom(socket.fd, bytes.data(), bytes.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
    if (came < 0) return;
    const u16 port = port_of(from);
    const std::span<const u8> message(bytes.data(), std::size_t(came));
    const auto reply = socket.is_door ? control_.registration(sender_of(from), port, socket.at, message, now)
                                      : control_.from_director(sender_of(from), port, socket.at, message, now);
    if (reply) send(socket, *reply);
  }
}

void AgentSockets::send(const Socket& socket, const agents::Datagram& datagram) {
  const SocketAddress to(datagram.to, datagram.port);
  if (sendto(socket.fd, datagram.bytes.data(), datagram.bytes.size(), 0, to.get(), to.size()) < 0) ++unsent_;
}

void AgentSockets::step(Time now) {
  if (now >= retry_at_) {
    for (const auto& [place, door] : doors_)
      if (door->fd < 0) open(*door, place.first, place.second);
    retry_at_ = troubles().empty() ? Time::max() : now + kTryAgain;
  }
  Agents& agents = control_.agents();
  if (now < agents.deadline()) return;
  for (const agents::Datagram& datagram : agents.tick(now)) {
    const auto door = std::ranges::find_if(doors_, [&](const auto& d) { return d.first.first == datagram.from; });
    if (door != doors_.end() && door->second->fd >= 0)
      send(*door->second, datagram);
    else
      ++unsent_;
  }
  for (const agents::Datagram& datagram : agents.to_directors(now))
    if (const Socket* socket = own(is_ip4(datagram.to)))
      send(*socket, datagram);
    else
      ++unsent_;
}

Time AgentSockets::deadline() const { return std::min(retry_at_, control_.agents().deadline()); }

std::vector<std::string> AgentSockets::troubles() const {
  std::vector<std::string> all;
  for (const auto& [place, door] : doors_)
    if (!door->trouble.empty())
      all.push_back(
          fmt::format("[agents] does not listen at {} port {}: {}", text(place.first), place.second, door->trouble));
  return all;
}

}  // namespace waymark
