#include "rtnetlink/raw.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "base/address_text.h"
#include "core/wire.h"

namespace waymark {

namespace {

Error failed(std::string_view what, int error) {
  return Error{fmt::format("{}: {}", what, std::generic_category().message(error))};
}

bool set(int fd, int level, int name, int value) { return setsockopt(fd, level, name, &value, sizeof value) == 0; }

// A socket that takes IP headers as they are given (raw(7), ipv6(7): IPPROTO_RAW says so). The way's MTU is looked at
// here, per packet: the kernel would fragment what is larger, or answer its sender.
Result<int> open_socket(int family) {
  const int fd = socket(family, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_RAW);
  if (fd < 0) return failed("raw sockets cannot be opened", errno);
  const bool fine = family == AF_INET
                        ? set(fd, IPPROTO_IP, IP_HDRINCL, 1) && set(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE)
                        : set(fd, IPPROTO_IPV6, IPV6_HDRINCL, 1) && set(fd, IPPROTO_IPV6, IPV6_DONTFRAG, 1) &&
                              set(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE);
  if (fine) return fd;
  const int error = errno;
  close(fd);
  return failed("raw sockets cannot be set up", error);
}

struct Destination {
  Address address;
  sockaddr_storage name = {};
  socklen_t length;
};

Destination destination4(std::span<const u8> packet) {
  Destination d;
  sockaddr_in name{};
  name.sin_family = AF_INET;
  std::memcpy(&name.sin_addr, &packet[offsetof(Ip4, destination)], sizeof name.sin_addr);
  std::memcpy(&d.name, &name, sizeof name);
  d.length = sizeof name;
  d.address = address_of(be32{name.sin_addr.s_addr});
  return d;
}

Destination destination6(std::span<const u8> packet) {
  Destination d;
  sockaddr_in6 name{};
  name.sin6_family = AF_INET6;
  std::memcpy(&name.sin6_addr, &packet[offsetof(Ip6, destination)], sizeof name.sin6_addr);
  std::memcpy(&d.name, &name, sizeof name);
  d.length = sizeof name;
  d.address = load_address(&name.sin6_addr);
  return d;
}

// Sends by the route that connecting the socket finds, whose MTU can be asked for then.
Status send_on(int fd, bool ip6, const Destination& to, std::span<const u8> packet) {
  const auto name = reinterpret_cast<const sockaddr*>(&to.name);
  sockaddr nobody{};
  nobody.sa_family = AF_UNSPEC;  // else the source address that the last route wanted would choose among the next ones
  (void)connect(fd, &nobody, sizeof nobody);
  const auto not_sent = [&](int error) {
    return failed(fmt::format("a packet to {} cannot be sent", text(to.address)), error);
  };
  if (connect(fd, name, to.length) != 0) return not_sent(errno);
  int mtu = 0;
  socklen_t size = sizeof mtu;
  if (getsockopt(fd, ip6 ? IPPROTO_IPV6 : IPPROTO_IP, ip6 ? IPV6_MTU : IP_MTU, &mtu, &size) != 0)
    return not_sent(errno);
  if (packet.size() > std::size_t(mtu))
    return Error{
        fmt::format("a packet to {} has {} bytes, and its route takes {}", text(to.address), packet.size(), mtu)};
  if (::send(fd, packet.data(), packet.size(), MSG_DONTWAIT) < 0) return not_sent(errno);
  return Done{};
}

u32 get16(std::span<const u8> p, std::size_t at) { return u32(p[at] << 8 | p[at + 1]); }

}  // namespace

Result<RawSender> RawSender::open() {
  const Result<int> ip4 = open_socket(AF_INET);
  if (!ip4) return ip4.error();
  RawSender sender(*ip4, -1);
  const Result<int> ip6 = open_socket(AF_INET6);
  if (!ip6) return ip6.error();
  sender.ip6_ = *ip6;
  return sender;
}

RawSender::RawSender(RawSender&& other) noexcept
    : ip4_(std::exchange(other.ip4_, -1)), ip6_(std::exchange(other.ip6_, -1)) {}
RawSender& RawSender::operator=(RawSender&& other) noexcept {
  std::swap(ip4_, other.ip4_);
  std::swap(ip6_, other.ip6_);
  return *this;
}
RawSender::~RawSender() {
  for (const int fd : {ip4_, ip6_})
    if (fd >= 0) close(fd);
}

Status RawSender::send(std::span<const u8> packet) {
  if (packet.size() >= sizeof(Ip4) && packet[0] >> 4 == 4 && get16(packet, 2) == packet.size()) {
    const Destination to = destination4(packet);
    const u32 fragment = get16(packet, offsetof(Ip4, fragment));
    if (get16(packet, offsetof(Ip4, id)) == 0 && (fragment & 0x3fff) != 0 && !(fragment & 0x4000))
      return Error{
          fmt::format("a fragment to {} has the identification 0, which the kernel would change", text(to.address))};
    return send_on(ip4_, false, to, packet);
  }
  if (packet.size() >= sizeof(Ip6) && packet[0] >> 4 == 6 && get16(packet, 4) + sizeof(Ip6) == packet.size())
    return send_on(ip6_, true, destination6(packet), packet);
  return Error{"what should be sent is no whole IP packet"};
}

}  // namespace waymark
