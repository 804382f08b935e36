// Connections by the hundred, and none: bounded turns, resets, and a loop that does not spin where files are short.
#include "daemon/acceptor.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include "base/address_text.h"
#include "daemon/files_test.h"
#include "daemon/sockaddr.h"

namespace waymark {

namespace {

using namespace std::chrono_literals;

Address ip(const char* written) { return *parse_address(written); }

// A connection to 127.0.0.1 that is under way.
int dial(u16 port, const char* from) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const SocketAddress here(ip(from), 0), there(ip("127.0.0.1"), port);
  EXPECT_EQ(bind(fd, here.get(), here.size()), 0);
  connect(fd, there.get(), there.size());
  return fd;
}

u16 free_port() {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  const SocketAddress any(ip("127.0.0.1"), 0);
  bind(fd, any.get(), any.size());
  const u16 port = SocketAddress::of(fd).port();
  close(fd);
  return port;
}

bool is_closed(int fd) {
  pollfd p{fd, POLLIN, 0};
  return poll(&p, 1, 0) > 0 && p.revents & (POLLHUP | POLLERR);
}

// Runs the loop until `done`, 20 s at most.
bool run_until(Loop& loop, const std::function<bool()>& done) {
  const Time end = boot_time() + 20s;
  bool reached = false;
  loop.run([&] {
    reached = done();
    if (reached || boot_time() > end) loop.stop();
    return boot_time() + 5ms;
  });
  return reached;
}

}  // namespace

TEST(Acceptor, WhoHasNoPlaceIsResetAndWhoHasOneIsTaken) {
  const u16 port = free_port();
  Loop loop;
  std::vector<int> taken;
  std::size_t refused = 0;
  Acceptor acceptor(loop, "test", "127.0.0.1:" + std::to_string(port), [&](int fd, const Address& from) {
    if (from == ip("127.0.0.9")) return ++refused, false;
    EXPECT_EQ(from, ip("127.0.0.1"));
    return taken.push_back(fd), true;
  });
  std::vector<int> strangers;
  for (int i = 0; i < 100; ++i) strangers.push_back(dial(port, "127.0.0.9"));
  const int member = dial(port, "127.0.0.1");
  EXPECT_TRUE(run_until(loop, [&] {
    return taken.size() == 1 && refused == 100 && std::all_of(strangers.begin(), strangers.end(), is_closed);
  }));
  EXPECT_FALSE(is_closed(member));
  for (int fd : strangers) close(fd);
  for (int fd : taken) close(fd);
  close(member);
}

TEST(Acceptor, AnIp4AddressIsOneAtAnIp6SocketToo) {
  const u16 port = free_port();
  Loop loop;
  std::optional<Address> from;
  Acceptor acceptor(loop, "test", "[::]:" + std::to_string(port), [&](int, const Address& a) {
    from = a;
    return false;
  });
  const int client = dial(port, "127.0.0.3");
  EXPECT_TRUE(run_until(loop, [&] { return from.has_value(); }));
  EXPECT_EQ(from, ip("127.0.0.3"));
  close(client);
}

TEST(Acceptor, WithoutFilesItWaitsAndDoesNotSpin) {
  const u16 port = free_port();
  u64 steps = 0;
  std::size_t taken = 0;
  Loop loop;
  Acceptor acceptor(loop, "test", "127.0.0.1:" + std::to_string(port), [&](int fd, const Address&) {
    ++taken;
    return close(fd), true;
  });
  const int client = dial(port, "127.0.0.1");
  std::optional<NoFiles> none(std::in_place);
  const Time later = boot_time() + 600ms;
  EXPECT_TRUE(run_until(loop, [&] {
    ++steps;
    if (none && boot_time() > later) {
      EXPECT_EQ(taken, 0u);
      EXPECT_LT(steps, 1000u) << "each turn of the loop has its 5 ms";
      none.reset();
    }
    return taken == 1;
  }));
  close(client);
}

TEST(Acceptor, AnAddressThatIsNotHereYetIsTriedAgain) {
  const u16 port = free_port();
  std::string log;
  Loop loop;
  std::size_t taken = 0;
  const SocketAddress at(ip("127.0.0.1"), port);
  int holder = socket(AF_INET, SOCK_STREAM, 0), client = -1;
  ASSERT_EQ(bind(holder, at.get(), at.size()), 0);
  ASSERT_EQ(listen(holder, 1), 0);
  Acceptor acceptor(loop, "test", "127.0.0.1:" + std::to_string(port), [&](int fd, const Address&) {
    ++taken;
    return close(fd), true;
  });
  EXPECT_TRUE(run_until(loop, [&] {
    if (holder >= 0) close(std::exchange(holder, -1));
    // From another address: a client's port is any that is free, and this one is just now.
    if (client < 0 || is_closed(client)) close(std::exchange(client, dial(port, "127.0.0.2")));
    return taken > 0;
  }));
  close(client);
}

}  // namespace waymark
