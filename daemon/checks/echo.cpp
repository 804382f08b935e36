// ICMP echo (RFC 792, RFC 4443 4.1): by the kernel's ping sockets where net.ipv4.ping_group_range permits them, else by
// a raw socket, which hears everybody's ICMP.
#include <fmt/format.h>
#include <netinet/in.h>
#include <unistd.h>

#include <array>
#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <cerrno>
#include <cstring>

#include "core/hash.h"
#include "core/icmp.h"
#include "daemon/checks/asked.h"
#include "daemon/sockaddr.h"

namespace waymark {

namespace {

constexpr int kReadsAtOnce = 32;

struct Echo {
  Icmp header;
  u8 mark[16];
};

u16 checksum(const Echo& echo) {
  u32 sum = 0;
  for (std::size_t i = 0; i < sizeof echo; i += 2) sum += load16(reinterpret_cast<const u8*>(&echo) + i);
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return u16(~sum);
}

class Ping : public Asked {
 public:
  Ping(Loop& loop, const Question& question, Check::Answered answered)
      : Asked(loop, question, std::move(answered)), descriptor_(loop.io()) {}

  void start() {
    wait_for_answer();
    const Address& address = question().subject.address;
    ip4_ = is_ip4(address);
    const int family = ip4_ ? AF_INET : AF_INET6, protocol = ip4_ ? int(IPPROTO_ICMP) : int(IPPROTO_ICMPV6);
    int made = ::socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
    if (made < 0) {
      raw_ = true;
      made = ::socket(family, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
    }
    if (made < 0)
      return end(CheckOutcome::unknown, fmt::format("making a socket for ICMP failed: {}", error_sentence(errno)));
    asio::error_code refused;
    descriptor_.assign(made, refused);
    if (refused) {
      ::close(made);
      return end(CheckOutcome::unknown, fmt::format("watching a socket failed: {}", refused.message()));
    }
    const SocketAddress to(address, 0);
    if (connect(made, to.get(), to.size()) < 0) return fail(errno, CallStep::asking);
    compose();
    if (send(made, &echo_, sizeof echo_, 0) < 0) return fail(errno, CallStep::asking);
    wait();
  }

 private:
  std::shared_ptr<Ping> self() { return std::static_pointer_cast<Ping>(shared_from_this()); }

  int socket() override { return descriptor_.is_open() ? descriptor_.native_handle() : -1; }
  void close_socket() override {
    asio::error_code ignored;
    descriptor_.close(ignored);
  }

  void compose() {
    const u64 mark = mix(question().id ^ reinterpret_cast<u64>(this));
    echo_.header.type = ip4_ ? kIcmp4Echo : kIcmp6Echo;
    echo_.header.rest = {u32(mark)};  // identifier, which a ping socket replaces, and sequence
    std::memcpy(echo_.mark, "waymark ", 8);
    std::memcpy(echo_.mark + 8, &mark, 8);
    echo_.header.checksum = {checksum(echo_)};  // for ICMPv6 the kernel's to compute
  }

  void wait() {
    descriptor_.async_wait(asio::posix::stream_descriptor::wait_read, [self = self()](const asio::error_code& error) {
      if (self->over()) return;
      error ? self->fail(error.value(), CallStep::waiting) : self->read();
    });
  }

  void read() {
    std::array<u8, 256> bytes;
    for (int i = 0; i < kReadsAtOnce; ++i) {
      const ssize_t got = recv(descriptor_.native_handle(), bytes.data(), bytes.size(), 0);
      if (got < 0 && (errno == EAGAIN || errno == EINTR)) break;
      if (got < 0) return fail(errno, CallStep::waiting);
      if (is_answer(bytes.data(), std::size_t(got))) return end(CheckOutcome::well, "");
    }
    wait();
  }

  bool is_answer(const u8* at, std::size_t length) const {
    if (raw_ && ip4_) {  // with its IP header
      const std::size_t header = length ? (at[0] & 15) * 4u : 0;
      if (header < sizeof(Ip4) || length < header) return false;
      at += header;
      length -= header;
    }
    if (length < sizeof(Echo)) return false;
    Echo got;
    std::memcpy(&got, at, sizeof got);
    const bool whose = raw_ ? got.header.rest == echo_.header.rest  // a ping socket's identifier was compared already
                            : load16(at + 6) == load16(reinterpret_cast<const u8*>(&echo_) + 6);
    return whose && got.header.type == (ip4_ ? kIcmp4EchoReply : kIcmp6EchoReply) && got.header.code == 0 &&
           std::memcmp(got.mark, echo_.mark, sizeof got.mark) == 0;
  }

  asio::posix::stream_descriptor descriptor_;
  Echo echo_{};
  bool ip4_ = false, raw_ = false;
};

}  // namespace

std::unique_ptr<Check> check_echo(Loop& loop, const Question& question, Check::Answered answered) {
  auto ping = std::make_shared<Ping>(loop, question, std::move(answered));
  auto check = check_of(ping);  // before what may throw: it is forgotten then
  ping->start();
  return check;
}

}  // namespace waymark
