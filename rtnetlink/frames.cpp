#include "rtnetlink/frames.h"

#include <fmt/format.h>
#include <linux/if_packet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace waymark {

namespace {

Error failed(const std::string& what, int error) {
  return Error{fmt::format("{}: {}", what, std::generic_category().message(error))};
}

}  // namespace

// Of protocol 0, a packet socket hears nothing (packet(7)).
Result<FrameSender> FrameSender::open() {
  const int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return failed("a socket for frames cannot be opened", errno);
  return FrameSender(fd);
}

FrameSender::FrameSender(FrameSender&& other) noexcept : socket_(std::exchange(other.socket_, -1)) {}
FrameSender& FrameSender::operator=(FrameSender&& other) noexcept {
  std::swap(socket_, other.socket_);
  return *this;
}
FrameSender::~FrameSender() {
  if (socket_ >= 0) close(socket_);
}

Status FrameSender::send(u32 interface, std::span<const u8> frame) {
  sockaddr_ll by{};
  by.sll_family = AF_PACKET;
  by.sll_ifindex = int(interface);
  if (sendto(socket_, frame.data(), frame.size(), MSG_DONTWAIT, reinterpret_cast<const sockaddr*>(&by), sizeof by) >= 0)
    return Done{};
  return failed(fmt::format("a frame of {} bytes cannot be sent by interface {}", frame.size(), interface), errno);
}

}  // namespace waymark
