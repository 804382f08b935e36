// A link with a delay, where the kernel has no netem: two packet sockets, on the veths towards its ends, and between
// them a line of frames for each direction. Checksums must be whole and nothing merged (ethtool -K ... tx off, gro
// off): frames go on as they came.
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <string>

#include <fmt/format.h>

#include "lab/kit/loop.h"
#include "lab/options.h"
#include "lab/traffic/delay_line.h"
#include "lab/traffic/traffic.h"

namespace waymark::lab {
namespace {

using std::chrono::microseconds;

constexpr size_t kMost = 4096;  // frames under way in each direction: 6 MB of full ones
constexpr size_t kBatch = 32;   // in one system call
constexpr int kRoom = 16 << 20;

Result<int> wire(const std::string& interface) {
  const int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  sockaddr_ll at{};
  at.sll_family = AF_PACKET;
  at.sll_protocol = htons(ETH_P_ALL);
  at.sll_ifindex = int(if_nametoindex(interface.c_str()));
  if (fd >= 0 && at.sll_ifindex && setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on) == 0 &&
      setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &kRoom, sizeof kRoom) == 0 &&
      setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &kRoom, sizeof kRoom) == 0 &&
      bind(fd, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0)
    return fd;
  const Error e{fmt::format("no packet socket can be had at {}: {}", interface, std::strerror(errno))};
  if (fd >= 0) close(fd);
  return e;
}

// Messages for frames of a DelayLine, whose bytes are read and written where they are.
class Batch {
 public:
  Batch(std::span<DelayLine::Frame> frames, bool whole) {
    size_ = std::min(frames.size(), kBatch);
    for (size_t i = 0; i < size_; ++i) {
      parts_[i] = {frames[i].bytes.data(), whole ? frames[i].bytes.size() : frames[i].length};
      messages_[i].msg_hdr.msg_iov = &parts_[i];
      messages_[i].msg_hdr.msg_iovlen = 1;
    }
  }
  mmsghdr* data() { return messages_.data(); }
  unsigned size() const { return unsigned(size_); }
  const mmsghdr& operator[](size_t i) const { return messages_[i]; }

 private:
  std::array<mmsghdr, kBatch> messages_ = {};
  std::array<iovec, kBatch> parts_;
  size_t size_;
};

struct Direction {
  int from, to;
  DelayLine line;
  u64 carried = 0, lost = 0;

  // All that has arrived. An error means that the interface is down; it is reported once.
  void read(Time now) {
    for (;;) {
      const auto places = line.places();
      if (places.empty()) {
        if (recv(from, nullptr, 0, 0) < 0) return;
        ++lost;
        continue;
      }
      Batch batch(places, true);
      const int got = recvmmsg(from, batch.data(), batch.size(), 0, nullptr);
      if (got <= 0) return;
      for (size_t i = 0; i < size_t(got); ++i) {
        const bool too_long = batch[i].msg_hdr.msg_flags & MSG_TRUNC;
        places[i].length = too_long ? 0 : batch[i].msg_len;  // no link carries an empty frame
        lost += too_long;
      }
      line.arrived(size_t(got), now);
      if (unsigned(got) < batch.size()) return;
    }
  }

  // Sends what is due. A frame that an interface refuses, as it is down, is dropped.
  void write(Time now) {
    for (auto frames = line.due(now); !frames.empty(); frames = line.due(now)) {
      Batch batch(frames, false);
      const int sent = sendmmsg(to, batch.data(), batch.size(), 0);
      carried += u64(std::max(sent, 0));
      line.gone(size_t(std::max(sent, 1)));
    }
  }
};

class Link {
 public:
  Link(int a, int b, Duration delay) : there_{a, b, {kMost, delay}}, back_{b, a, {kMost, delay}} {}
  ~Link() {
    close(there_.from);
    close(back_.from);
  }
  Link(const Link&) = delete;

  // Until it is killed; the end of stdin means that there are no more commands.
  void run() {
    pollfd all[] = {{there_.from, POLLIN, 0}, {back_.from, POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
    for (;;) {
      const auto next = until_next();
      if (ppoll(all, 3, next ? &*next : nullptr, nullptr) < 0) continue;
      const Time at = now();
      if (all[0].revents) there_.read(at);
      if (all[1].revents) back_.read(at);
      there_.write(at);
      back_.write(at);
      if (all[2].revents && !hear()) all[2].fd = -1;
    }
  }

 private:
  std::optional<timespec> until_next() const {
    const auto there = there_.line.next(), back = back_.line.next();
    if (!there && !back) return std::nullopt;
    const Time first = there && back ? std::min(*there, *back) : there ? *there : *back;
    const Duration wait = std::max(first - now(), Duration(0));
    return timespec{wait / std::chrono::seconds(1), (wait % std::chrono::seconds(1)).count()};
  }

  bool hear() {
    char bytes[256];
    const ssize_t n = ::read(STDIN_FILENO, bytes, sizeof bytes);
    if (n <= 0) return false;
    heard_.append(bytes, size_t(n));
    for (size_t end; (end = heard_.find('\n')) != std::string::npos; heard_.erase(0, end + 1))
      answer(heard_.substr(0, end));
    return true;
  }

  void answer(const std::string& command) {
    if (command.starts_with("delay ")) {
      const microseconds delay(std::strtoul(command.c_str() + 6, nullptr, 10));
      for (Direction* one : {&there_, &back_}) one->line.set_delay(delay);
    }
    rusage spent{};
    getrusage(RUSAGE_SELF, &spent);
    const auto us = [](const timeval& t) { return u64(t.tv_sec) * 1'000'000 + u64(t.tv_usec); };
    fmt::print("{} {} {}\n", there_.carried + back_.carried, there_.lost + back_.lost,
               us(spent.ru_utime) + us(spent.ru_stime));
    std::fflush(stdout);
  }

  Direction there_, back_;
  std::string heard_;
};

Status join(const Options& given) {
  const auto a = wire(word(given, "--from"));
  if (!a) return a.error();
  const auto b = wire(word(given, "--to"));
  if (!b) return close(*a), b.error();
  prctl(PR_SET_TIMERSLACK, 1);  // else a wait ends up to 50 us later
  std::printf("ready\n");
  std::fflush(stdout);
  Link(*a, *b, microseconds(number(given, "--us", 0))).run();
  return Done{};
}

}  // namespace

int traffic_delay(int argc, char** argv) {
  constexpr Option kKnown[] = {{"--from"}, {"--to"}, {"--us", 1'000'000}};
  return run_by(argc, argv, kKnown, join);
}

}  // namespace waymark::lab
