// The far end of a GRE tunnel where the kernel has none: a TUN device and a raw socket (RFC 2784, and a key by RFC
// 2890).
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <span>

#include "lab/kit/endpoint.h"
#include "lab/kit/loop.h"
#include "lab/options.h"
#include "lab/traffic/traffic.h"

namespace waymark::lab {
namespace {

constexpr size_t kGre = 8, kOuter = 60;  // bytes of its header with a key, and of the longest IPv4 header around it
constexpr size_t kLongest = 65535;
constexpr u16 kKeyThere = 0x2000, kIp4 = 0x0800;
constexpr int kBudget = 64;  // packets in a turn of the loop

void put16(u8* at, u32 value) {
  at[0] = u8(value >> 8);
  at[1] = u8(value);
}
void put32(u8* at, u32 value) {
  put16(at, value >> 16);
  put16(at + 2, value);
}

Result<int> tun(const std::string& name) {
  const int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return Error{std::string("/dev/net/tun cannot be opened: ") + std::strerror(errno)};
  ifreq wanted{};
  wanted.ifr_flags = IFF_TUN | IFF_NO_PI;
  name.copy(wanted.ifr_name, sizeof wanted.ifr_name - 1);
  if (ioctl(fd, TUNSETIFF, &wanted) == 0) return fd;
  const Error e{name + " cannot be made: " + std::strerror(errno)};
  close(fd);
  return e;
}

Result<int> raw(const Endpoint& from, const Endpoint& to) {
  const int fd = socket(AF_INET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_GRE);
  if (fd >= 0 && bind(fd, from.raw(), from.length) == 0 && connect(fd, to.raw(), to.length) == 0) return fd;
  const Error e{std::string("no raw socket for GRE can be had: ") + std::strerror(errno)};
  if (fd >= 0) close(fd);
  return e;
}

class Tunnel {
 public:
  Tunnel(int device, int wire, u32 key) : device_(device), wire_(wire) {
    put16(head_.data(), kKeyThere);
    put16(head_.data() + 2, kIp4);
    put32(head_.data() + 4, key);
  }
  ~Tunnel() {
    close(device_);
    close(wire_);
  }
  Tunnel(const Tunnel&) = delete;

  void run(Duration limit) {
    In in(*this);
    Out out(*this);
    loop_.add(wire_, &in, EPOLLIN);
    loop_.add(device_, &out, EPOLLIN);
    loop_.run(
        std::chrono::seconds(1), limit, [](Time) {}, nullptr);
  }

 private:
  // What fills a queue is lost, as on any link.
  struct In : Source {
    explicit In(Tunnel& t) : tunnel(t) {}
    void ready(u32) override {
      std::array<u8, kLongest> packet;
      for (int n = 0; n < kBudget; ++n) {
        const ssize_t got = recv(tunnel.wire_, packet.data(), packet.size(), 0);
        if (got < 0) return;
        const size_t outer = size_t(packet[0] & 0xf) * 4;
        if (size_t(got) <= outer + kGre || std::memcmp(&packet[outer], tunnel.head_.data(), kGre) != 0) continue;
        if (write(tunnel.device_, &packet[outer + kGre], size_t(got) - outer - kGre) < 0) continue;
      }
    }
    Tunnel& tunnel;
  };
  struct Out : Source {
    explicit Out(Tunnel& t) : tunnel(t) {}
    void ready(u32) override {
      std::array<u8, kLongest> packet;
      std::memcpy(packet.data(), tunnel.head_.data(), kGre);
      for (int n = 0; n < kBudget; ++n) {
        const ssize_t got = read(tunnel.device_, &packet[kGre], packet.size() - kGre - kOuter);
        if (got <= 0) return;
        if (packet[kGre] >> 4 != 4) continue;
        if (send(tunnel.wire_, packet.data(), kGre + size_t(got), 0) < 0) continue;
      }
    }
    Tunnel& tunnel;
  };

  const int device_, wire_;
  std::array<u8, kGre> head_;
  Loop loop_;
};

Status join(const Options& given) {
  auto from = endpoint(word(given, "--from"), 0), to = endpoint(word(given, "--to"), 0);
  if (!from || !to) return from ? to.error() : from.error();
  if (from->family() != AF_INET || to->family() != AF_INET) return Error{"--from and --to must be IPv4 addresses"};
  auto device = tun(word(given, "--device"));
  if (!device) return device.error();
  auto wire = raw(*from, *to);
  if (!wire) return close(*device), wire.error();
  std::printf("ready\n");
  std::fflush(stdout);
  Tunnel(*device, *wire, u32(number(given, "--key", 0))).run(std::chrono::seconds(number(given, "--for", 86'400)));
  return Done{};
}

}  // namespace

int traffic_gre(int argc, char** argv) {
  constexpr Option kKnown[] = {{"--device"}, {"--from"}, {"--to"}, {"--key", 0xffff'ffff}, {"--for", 86'400}};
  return run_by(argc, argv, kKnown, join);
}

}  // namespace waymark::lab
