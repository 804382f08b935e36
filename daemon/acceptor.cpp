#include "daemon/acceptor.h"

#include <fmt/format.h>
#include <unistd.h>

#include <asio/steady_timer.hpp>
#include <cerrno>
#include <cstring>
#include <optional>

#include "daemon/log.h"
#include "daemon/sockaddr.h"
#include "group/group.h"

namespace waymark {

namespace {

using namespace std::chrono_literals;

constexpr int kAtOnce = 16;    // then the others' turn
constexpr int kBacklog = 512;  // a burst of strangers is not to cost a member its SYN; the kernel's somaxconn bounds it
constexpr Duration kListenAgain = 1s, kTakeAgain = 250ms;
constexpr Duration kTell = 10s;  // no more often

// With a reset, so that it leaves no state behind on this side either.
void cast_off(int socket) {
  const linger at_once{1, 0};
  setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close(socket);
}

}  // namespace

struct Acceptor::Parts : std::enable_shared_from_this<Parts> {
  Parts(Loop& l, std::string s, std::string at, Taken t)
      : loop(l), section(std::move(s)), listen_at(std::move(at)), taken(std::move(t)), again(l.io()) {}
  ~Parts() { end(); }

  void end() {
    watch.reset();
    if (socket >= 0) close(socket);
    socket = -1;
  }

  // 0, or what failed.
  int open() {
    const std::optional<Address> address = group::address_of(listen_at);
    if (!address) return EINVAL;
    const SocketAddress at(*address, u16(std::strtoul(listen_at.c_str() + listen_at.rfind(':') + 1, nullptr, 10)));
    const int yes = 1;
    socket = ::socket(at.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (socket < 0) return errno;
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(socket, at.get(), at.size()) || ::listen(socket, kBacklog)) return errno;
    return 0;
  }

  void listen() {
    if (const int error = open()) {
      if (error != listen_error)
        log::warning(fmt::format("{} {}: {}; tried again", section, listen_at, std::strerror(error)));
      listen_error = error;
      end();
      return later(kListenAgain, [](Parts& parts) { parts.listen(); });
    }
    listen_error = 0;
    wait();
  }

  void wait() {
    watch = loop.on_readable(socket, [self = weak_from_this()] {
      if (const auto parts = self.lock()) parts->take();
    });
  }

  void later(Duration pause, void (*what)(Parts&)) {
    again.expires_after(pause);
    again.async_wait([self = weak_from_this(), what](const asio::error_code& error) {
      if (const auto parts = self.lock(); parts && !error) what(*parts);
    });
  }

  // The watch was armed anew before this: what is left over after a few is heard of again.
  void take() {
    for (int i = 0; i < kAtOnce && socket >= 0; ++i) {
      sockaddr_storage from{};
      socklen_t size = sizeof from;
      const int one = accept4(socket, reinterpret_cast<sockaddr*>(&from), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (one >= 0) {
        if (!taken(one, sender_of(from))) cast_off(one);
        continue;
      }
      switch (const int error = errno) {
        case EAGAIN:
          return;
        case EMFILE:  // it stays in the kernel's queue, and readable: to try at once would be to spin
        case ENFILE:
        case ENOBUFS:
        case ENOMEM:
          if (!told || boot_time() - *told >= kTell) {
            log::warning(fmt::format("{} {}: connections are not taken: {}", section, listen_at, std::strerror(error)));
            told = boot_time();
          }
          watch.reset();
          return later(kTakeAgain, [](Parts& parts) { parts.wait(); });
        case EBADF:
        case EINVAL:
        case ENOTSOCK:
          end();
          return later(kListenAgain, [](Parts& parts) { parts.listen(); });
        default:  // of that connection, which is no more (accept(2): such errors are to be tried again)
          continue;
      }
    }
  }

  Loop& loop;
  const std::string section, listen_at;
  Taken taken;
  asio::steady_timer again;
  int socket = -1, listen_error = 0;
  std::unique_ptr<Loop::Watch> watch;
  std::optional<Time> told;
};

Acceptor::Acceptor(Loop& loop, std::string section, std::string listen, Taken taken)
    : parts_(std::make_shared<Parts>(loop, std::move(section), std::move(listen), std::move(taken))) {
  parts_->listen();
}

Acceptor::~Acceptor() {
  parts_->end();
  parts_->again.cancel();
}

}  // namespace waymark
