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
                        ? set(fd, IPPROTO_IP, IP_HDRINCL, 1) && set(fd, IPPROTO_IP, IP_TRANSPARENT, 1) &&
                              set(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE)
                        : set(fd, IPPROTO_IPV6, IPV6_HDRINCL, 1) && set(fd, IPPROTO_IPV6, IPV6_FREEBIND, 1) &&
                              set(fd, IPPROTO_IPV6, IPV6_DONTFRAG, 1) &&
                              set(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE);
  if (fine) return fd;
  const int error = errno;
  close(fd);
  return failed("raw sockets cannot be set up", error);
}

struct Name {
  sockaddr_storage bytes = {};
  socklen_t length;
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&bytes); }
};

Name name_of(const Address& address) {
  Name name;
  if (is_ip4(address)) {
    sockaddr_in ip4{};
    ip4.sin_family = AF_INET;
    ip4.sin_addr.s_addr = ip4_of(address).raw;
    std::memcpy(&name.bytes, &ip4, name.length = sizeof ip4);
  } else {
    sockaddr_in6 ip6{};
    ip6.sin6_family = AF_INET6;
    store_address(&ip6.sin6_addr, address);
    std::memcpy(&name.bytes, &ip6, name.length = sizeof ip6);
  }
  return name;
}

struct Ends {
  Address source, destination;
};

Error not_sent(const Address& to, int error) {
  return failed(fmt::format("a packet to {} cannot be sent", text(to)), error);
}

// Gives the socket the route of a packet with these addresses, whose MTU it returns: as rules may choose by the source,
// it is bound to that.
Result<u32> take_route(int fd, const Ends& ends) {
  const bool ip6 = !is_ip4(ends.destination);
  sockaddr nobody{};
  nobody.sa_family = AF_UNSPEC;  // ends what was taken before, and its source
  (void)connect(fd, &nobody, sizeof nobody);
  const Name from = name_of(ends.source), to = name_of(ends.destination);
  if (bind(fd, from.get(), from.length) != 0 || connect(fd, to.get(), to.length) != 0)
    return not_sent(ends.destination, errno);
  int mtu = 0;
  socklen_t size = sizeof mtu;
  if (getsockopt(fd, ip6 ? IPPROTO_IPV6 : IPPROTO_IP, ip6 ? IPV6_MTU : IP_MTU, &mtu, &size) != 0)
    return not_sent(ends.destination, errno);
  return u32(mtu);
}

Status send_on(int fd, const Ends& ends, std::span<const u8> packet) {
  const Result<u32> mtu = take_route(fd, ends);
  if (!mtu) return mtu.error();
  if (packet.size() > *mtu)
    return Error{fmt::format("a packet to {} has {} bytes, and its route takes {}", text(ends.destination),
                             packet.size(), *mtu)};
  if (::send(fd, packet.data(), packet.size(), MSG_DONTWAIT) < 0) return not_sent(ends.destination, errno);
  return Done{};
}

Ends ends4(std::span<const u8> packet) {
  be32 source, destination;
  std::memcpy(&source, &packet[offsetof(Ip4, source)], sizeof source);
  std::memcpy(&destination, &packet[offsetof(Ip4, destination)], sizeof destination);
  return {address_of(source), address_of(destination)};
}
Ends ends6(std::span<const u8> packet) {
  return {load_address(&packet[offsetof(Ip6, source)]), load_address(&packet[offsetof(Ip6, destination)])};
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

Result<u32> RawSender::mtu(const Address& source, const Address& destination) {
  return take_route(is_ip4(destination) ? ip4_ : ip6_, {source, destination});
}

Status RawSender::send(std::span<const u8> packet) {
  if (packet.size() >= sizeof(Ip4) && packet[0] >> 4 == 4 && get16(packet, 2) == packet.size()) {
    const Ends ends = ends4(packet);
    const u32 fragment = get16(packet, offsetof(Ip4, fragment));
    if (get16(packet, offsetof(Ip4, id)) == 0 && (fragment & 0x3fff) != 0 && !(fragment & 0x4000))
      return Error{fmt::format("a fragment to {} has the identification 0, which the kernel would change",
                               text(ends.destination))};
    return send_on(ip4_, ends, packet);
  }
  if (packet.size() >= sizeof(Ip6) && packet[0] >> 4 == 6 && get16(packet, 4) + sizeof(Ip6) == packet.size())
    return send_on(ip6_, ends6(packet), packet);
  return Error{"what should be sent is no whole IP packet"};
}

}  // namespace waymark
