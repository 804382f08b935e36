// The name server by its sockets, in this process.
#include "daemon/dns/server.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <mutex>
#include <thread>

#include "daemon/loop.h"
#include "daemon/server_test.h"
#include "daemon/sockaddr.h"
#include "tests/dns/site.h"

namespace waymark {
namespace {

using dns::Ask;
using dns::message;

u16 free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  SocketAddress any(*parse_address("127.0.0.1"), 0);
  EXPECT_EQ(bind(fd, any.get(), any.size()), 0);
  const u16 port = SocketAddress::of(fd).port();
  close(fd);
  return port;
}

class Served : public testing::Test {
 protected:
  void SetUp() override {
    std::string problems;
    config_ = *dns::parse_site(dns::kNames, problems);
    config_.dns->listen = {*parse_address("127.0.0.1")};
    config_.dns->port = free_port();
    auto started = DnsServer::start(
        [this](Severity, const std::string& kind, const std::string& text) {
          const std::lock_guard guard(mutex_);
          told_ += kind + ": " + text + "\n";
        },
        [this](const SipKey& secret) {
          const std::lock_guard guard(mutex_);
          cookies_.push_back(secret);
        },
        64);
    ASSERT_TRUE(started) << started.error().sentence;
    server_ = std::move(*started);
    follow();
    ASSERT_TRUE(soon([&] { return listens(0); }));
  }
  void TearDown() override {
    for (const int fd : sockets_) close(fd);
  }

  void follow() { server_->follow(*config_.dns, dns::Zones::compile(config_), std::make_shared<dns::DirectWays>()); }
  bool listens(std::size_t which) {
    const DnsView view = server_->view();
    return view.listen.size() > which && view.listen[which].listens;
  }
  int connected(int type) {
    const int fd = ::socket(AF_INET, type | SOCK_CLOEXEC, 0);
    SocketAddress to(*parse_address("127.0.0.1"), config_.dns->port);
    EXPECT_EQ(connect(fd, to.get(), to.size()), 0);
    sockets_.push_back(fd);
    return fd;
  }
  // What comes within 15 s; "" at the end, "reset" where there is none.
  static std::string receive(int fd) {
    pollfd wait{fd, POLLIN, 0};
    if (poll(&wait, 1, 15'000) != 1) return "nothing came";
    char bytes[70'000];
    const ssize_t got = recv(fd, bytes, sizeof bytes, 0);
    return got < 0 ? "reset" : std::string(bytes, std::size_t(got));
  }
  static std::string stream_of(const Ask& ask) {
    const std::string wire = message(ask);
    return dns::u16_text(u32(wire.size())) + wire;
  }
  static dns::Reply read(const std::string& wire) {
    return dns::read_reply({reinterpret_cast<const u8*>(wire.data()), wire.size()});
  }
  static dns::Reply next_in(std::string& stream, int fd) {
    const auto whole = [&] { return stream.size() >= 2 && stream.size() >= 2 + length(stream); };
    while (!whole()) {
      const std::string more = receive(fd);
      if (more.empty() || more == "reset" || more == "nothing came") {
        dns::Reply none;
        none.fault = "the stream ends: " + more;
        return none;
      }
      stream += more;
    }
    const std::string wire = stream.substr(2, length(stream));
    stream.erase(0, 2 + wire.size());
    return read(wire);
  }
  static std::size_t length(const std::string& stream) { return std::size_t(u8(stream[0])) << 8 | u8(stream[1]); }
  static void put(int fd, const std::string& bytes) {
    ASSERT_EQ(send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL), ssize_t(bytes.size()));
  }
  std::string told() {
    const std::lock_guard guard(mutex_);
    return told_;
  }

  Config config_;
  std::mutex mutex_;
  std::string told_;
  std::vector<SipKey> cookies_;
  std::unique_ptr<DnsServer> server_;
  std::vector<int> sockets_;
};

// XDP looks at cookies, too.
TEST_F(Served, SaysByWhichSecretItMakesCookies) {
  const int fd = connected(SOCK_DGRAM);
  put(fd, message({.type = 1, .options = dns::option(10, "12345678")}));
  const std::string cookie = read(receive(fd)).cookie;
  ASSERT_EQ(cookie.size(), 24u);
  const auto bytes = std::span(reinterpret_cast<const u8*>(cookie.data()), cookie.size());
  const std::lock_guard guard(mutex_);
  ASSERT_EQ(cookies_.size(), 1u);
  EXPECT_EQ(dns::check_cookie(cookies_[0], bytes.first(8), bytes.subspan(8), *parse_address("127.0.0.1"),
                              u32(std::chrono::duration_cast<std::chrono::seconds>(wall_time()).count())),
            dns::CookieCheck::good);
}

TEST_F(Served, ByUdp) {
  const int fd = connected(SOCK_DGRAM);
  put(fd, message({.type = 1}));
  const dns::Reply r = read(receive(fd));
  EXPECT_EQ(r.fault, "");
  EXPECT_EQ(r.answers, 1u);
  EXPECT_TRUE(soon([&] { return server_->view().outcomes[std::size_t(dns::Outcome::same)] == 1; }));
  EXPECT_NE(told().find("dns.listens: [dns] answers at 127.0.0.1:"), std::string::npos);
}

TEST_F(Served, ManyQuestionsOnOneConnection) {
  const int fd = connected(SOCK_STREAM);
  const std::string three = stream_of({.type = 1}) + stream_of({.name = "no.svc.example"}) + stream_of({.type = 65});
  put(fd, three.substr(0, 1));  // a length in two pieces
  put(fd, three.substr(1, 40));
  put(fd, three.substr(41));
  std::string stream;
  EXPECT_EQ(next_in(stream, fd).type, 1u);
  EXPECT_EQ(next_in(stream, fd).rcode, 3u);
  EXPECT_EQ(next_in(stream, fd).type, 65u);
  put(fd, stream_of({.name = "svc.example", .type = 6}));
  shutdown(fd, SHUT_WR);
  EXPECT_EQ(next_in(stream, fd).type, 6u) << "who sends no more gets what it asked for";
  EXPECT_EQ(receive(fd), "");
  EXPECT_TRUE(soon([&] { return server_->view().connections == 0; }));
}

// Their answers are more than the sockets hold, so the server must stop to read, and go on where it stopped.
TEST_F(Served, WhoReadsLateLosesNothing) {
  const int fd = connected(SOCK_STREAM);
  constexpr u32 kQuestions = 40'000;
  const std::string one = stream_of({.name = "svc.example", .type = 2, .edns = true});
  std::thread writer([&] {
    for (u32 i = 0; i < kQuestions; ++i) {
      for (std::size_t at = 0; at < one.size();) {
        const ssize_t went = send(fd, one.data() + at, one.size() - at, MSG_NOSIGNAL);
        if (went <= 0) return;
        at += std::size_t(went);
      }
    }
  });
  std::string stream;
  u32 answered = 0;
  while (answered < kQuestions) {
    const dns::Reply r = next_in(stream, fd);
    if (r.fault.empty() && r.answers == 2)
      ++answered;
    else
      break;
  }
  if (answered < kQuestions) shutdown(fd, SHUT_RDWR);
  writer.join();
  EXPECT_EQ(answered, kQuestions);
}

TEST_F(Served, NoQuestionIsThatLong) {
  const int fd = connected(SOCK_STREAM);
  std::string stream;
  put(fd, stream_of({.type = 1}) + dns::u16_text(4097) + "x");
  EXPECT_EQ(next_in(stream, fd).answers, 1u);
  EXPECT_EQ(next_in(stream, fd).fault, "the stream ends: ");
  EXPECT_TRUE(soon([&] { return server_->view().connections == 0; }));
}

TEST_F(Served, ConnectionsAreBounded) {
  config_.dns->connections = 8;  // of which one prefix may have two
  follow();
  ASSERT_TRUE(soon([&] { return server_->view().most_connections == 8; }));
  std::string streams[2];
  const int first = connected(SOCK_STREAM), second = connected(SOCK_STREAM);
  put(first, stream_of({.type = 1}));
  EXPECT_EQ(next_in(streams[0], first).answers, 1u);
  put(second, stream_of({.type = 1}));
  EXPECT_EQ(next_in(streams[1], second).answers, 1u);
  const int third = connected(SOCK_STREAM);
  EXPECT_EQ(receive(third), "reset");
  EXPECT_TRUE(soon([&] { return server_->view().refused == 1; }));
  put(first, stream_of({.type = 1}));
  EXPECT_EQ(next_in(streams[0], first).answers, 1u);
  EXPECT_TRUE(soon([&] { return server_->view().connections == 2; }));
}

TEST_F(Served, TheQuietestGivesWay) {
  config_.dns->connections = 1;
  follow();
  ASSERT_TRUE(soon([&] { return server_->view().most_connections == 1; }));
  config_.dns->resolvers = {Prefix(*parse_address("127.0.0.1"))};  // several connections of one prefix
  follow();
  std::string stream;
  const int first = connected(SOCK_STREAM);
  put(first, stream_of({.type = 1}));
  EXPECT_EQ(next_in(stream, first).answers, 1u);
  EXPECT_TRUE(soon([&] {
    const int other = connected(SOCK_STREAM);
    send(other, stream_of({.type = 1}).data(), stream_of({.type = 1}).size(), MSG_NOSIGNAL);
    std::string mine;
    return next_in(mine, other).answers == 1;
  })) << "after a second of silence";
  EXPECT_EQ(receive(first), "reset");
}

TEST_F(Served, NoQuestionIsLostByAReload) {
  const int fd = connected(SOCK_DGRAM);
  for (u32 i = 0; i < 40; ++i) {
    config_.dns->name.at(1).ttl = std::chrono::seconds(100 + i);
    follow();
    put(fd, message({.type = 1}));
    ASSERT_EQ(read(receive(fd)).answers, 1u) << i;
  }
  EXPECT_TRUE(soon([&] {
    put(fd, message({.type = 1}));
    return read(receive(fd)).ttl == 139u;
  }));
}

TEST_F(Served, AnAddressThatIsNotThereYetIsToldOf) {
  config_.dns->listen.push_back(*parse_address("192.0.2.77"));
  follow();
  EXPECT_TRUE(soon([&] { return server_->view().listen.size() == 2; }));
  EXPECT_TRUE(soon([&] { return server_->view().listen.at(1).why == "Cannot assign requested address"; }));
  EXPECT_TRUE(listens(0));
  EXPECT_NE(told().find("dns.cannot_listen: [dns] cannot listen at 192.0.2.77:"), std::string::npos) << told();
}

TEST_F(Served, AnotherPortIsAnotherPlace) {
  const u16 before = config_.dns->port;
  config_.dns->port = free_port();
  follow();
  EXPECT_TRUE(soon([&] { return listens(0) && server_->view().listen[0].port != before; }));
  const int fd = connected(SOCK_STREAM);
  put(fd, stream_of({.type = 1}));
  std::string stream;
  EXPECT_EQ(next_in(stream, fd).answers, 1u);
}

}  // namespace
}  // namespace waymark
