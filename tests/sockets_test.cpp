// Real sockets in a namespace of the test's own: whose packets a host keeps, though a director names a second candidate
// for them. The program runs by BPF_PROG_TEST_RUN, which looks for sockets where a packet from the wire would.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <thread>

#include "engine/xdp/program.h"
#include "tests/cases/cases.h"
#include "tests/kit/build.h"
#include "tests/kit/need.h"

namespace waymark {

namespace {

using namespace packets;
using fixture::kClient4, fixture::kClient6, fixture::kServed4, fixture::kServed6;

struct End {
  sockaddr_storage storage{};
  socklen_t size = 0;
  End(bool six, const std::string& ip, u16 port) {
    if (six) {
      auto* a = reinterpret_cast<sockaddr_in6*>(&storage);
      a->sin6_family = AF_INET6;
      a->sin6_port = htons(port);
      inet_pton(AF_INET6, ip.c_str(), &a->sin6_addr);
      size = sizeof *a;
    } else {
      auto* a = reinterpret_cast<sockaddr_in*>(&storage);
      a->sin_family = AF_INET;
      a->sin_port = htons(port);
      inet_pton(AF_INET, ip.c_str(), &a->sin_addr);
      size = sizeof *a;
    }
  }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

struct Socket {
  int fd;
  Socket(bool six, int type, int protocol = 0) : fd(socket(six ? AF_INET6 : AF_INET, type | SOCK_CLOEXEC, protocol)) {}
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() { close(fd); }
  bool bind_to(const End& end) {
    const int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    return bind(fd, end.get(), end.size) == 0;
  }
  bool connect_to(const End& end) { return connect(fd, end.get(), end.size) == 0; }
};

// Each test runs in a thread, whose namespace ends with it.
void in_namespace(const std::function<void(Build&)>& work) {
  std::thread([&] {
    ASSERT_EQ(unshare(CLONE_NEWNET), 0);
    for (const std::string& address : {kClient4 + "/32", kServed4 + "/32", kClient6 + "/128", kServed6 + "/128"})
      ASSERT_EQ(
          std::system(
              ("ip addr add " + address + " dev lo nodad 2>/dev/null || ip addr add " + address + " dev lo").c_str()),
          0);
    ASSERT_EQ(std::system("ip link set lo up"), 0);
    const auto build = xdp_build_here(program(), fixture::image());
    fixture::fill(build->live(), build->now());
    work(*build);
  }).join();
}

// How a packet of the client's ends that comes with a second candidate named.
std::string ends_as(Build& build, bool six, const Payload& payload) {
  const Bytes inner = cases::ip(six ? kClient6 : kClient4, six ? kServed6 : kServed4, payload, 61);
  const Bytes outer =
      cases::ip(fixture::kDirector6, fixture::kHere6, gue_naming(0xc123, fixture::kGuePort, inner, fixture::kFellow6));
  const Ended ended = build.run(frame(outer), cases::kHeadRoom);
  return reason_text(ended.verdict.reason)->name;
}

constexpr const char *kHere = "host.delivered", *kPassedOn = "forward.sent";

}  // namespace

TEST(Sockets, AnEstablishedConnectionKeepsItsPackets) {
  WM_NEED(Cap::bpf);
  WM_NEED(Cap::netns);
  in_namespace([](Build& build) {
    for (bool six : {false, true}) {
      EXPECT_EQ(ends_as(build, six, tcp(40000, 80, "A")), kPassedOn) << "nobody listens";
      Socket listener(six, SOCK_STREAM), client(six, SOCK_STREAM);
      ASSERT_TRUE(listener.bind_to({six, six ? kServed6 : kServed4, 80}));
      ASSERT_EQ(listen(listener.fd, 10), 0);
      ASSERT_TRUE(client.bind_to({six, six ? kClient6 : kClient4, 40000}));
      ASSERT_TRUE(client.connect_to({six, six ? kServed6 : kServed4, 80}));
      for (const char* flags : {"A", "PA", "FA", "R"}) {
        EXPECT_EQ(ends_as(build, six, tcp(40000, 80, flags)), kHere) << flags;
        EXPECT_EQ(ends_as(build, six, tcp(40001, 80, flags)), kPassedOn) << flags << ": a listener knows no connection";
        EXPECT_EQ(ends_as(build, six, tcp(40000, 443, flags)), kPassedOn) << flags << ": another port";
      }
      EXPECT_EQ(ends_as(build, six, tcp(40001, 80, "S")), kHere) << "what opens a flow is for whoever was chosen";
    }
  });
}

TEST(Sockets, AListenerKeepsTheAckThatCarriesItsCookie) {
  WM_NEED(Cap::bpf);
  WM_NEED(Cap::netns);
  in_namespace([](Build& build) {
    ASSERT_EQ(std::system("echo 2 >/proc/sys/net/ipv4/tcp_syncookies"), 0);
    Socket listener(false, SOCK_STREAM), ear(false, SOCK_RAW, IPPROTO_TCP), mouth(false, SOCK_RAW, IPPROTO_RAW);
    ASSERT_TRUE(listener.bind_to({false, kServed4, 80}));
    ASSERT_EQ(listen(listener.fd, 10), 0);
    const Bytes syn = cases::ip(kClient4, kServed4, tcp_segment(40000, 80, 1000, 0, "S", 65535));
    const End to(false, kServed4, 0);
    ASSERT_EQ(sendto(mouth.fd, syn.data(), syn.size(), 0, to.get(), to.size), ssize_t(syn.size()));
    u32 cookie = 0;
    while (!cookie) {
      pollfd p{ear.fd, POLLIN, 0};
      ASSERT_EQ(poll(&p, 1, 5000), 1) << "no answer to the SYN";
      u8 seen[256] = {};
      const ssize_t size = recv(ear.fd, seen, sizeof seen, 0);
      ASSERT_GE(size, 40);
      const u8* segment = seen + (seen[0] & 15) * 4;
      if (segment[13] == 0x12)  // SYN-ACK
        cookie = u32(segment[4]) << 24 | u32(segment[5]) << 16 | u32(segment[6]) << 8 | segment[7];
    }
    const auto ack = [&](u32 sequence, u32 acknowledgement, const char* flags) {
      return ends_as(build, false, tcp_segment(40000, 80, sequence, acknowledgement, flags, 65535));
    };
    EXPECT_EQ(ack(1001, cookie + 1, "A"), kHere);
    EXPECT_EQ(ack(1001, cookie + 1, "PA"), kHere) << "the first ACK may be lost";
    EXPECT_EQ(ack(1001, cookie + 0x1001, "A"), kPassedOn) << "another's cookie, or none";
    EXPECT_EQ(ack(5001, cookie + 1, "A"), kPassedOn);
    EXPECT_EQ(ack(1001, cookie + 1, "R"), kPassedOn) << "a reset makes no connection";
  });
}

TEST(Sockets, OfUdpKeepWhatTheyWouldTake) {
  WM_NEED(Cap::bpf);
  WM_NEED(Cap::netns);
  in_namespace([](Build& build) {
    for (bool six : {false, true}) {
      const std::string served = six ? kServed6 : kServed4, from = six ? kClient6 : kClient4;
      EXPECT_EQ(ends_as(build, six, udp(40000, 53)), kPassedOn) << "nobody is there";
      {
        Socket any(six, SOCK_DGRAM);
        ASSERT_TRUE(any.bind_to({six, served, 53}));
        EXPECT_EQ(ends_as(build, six, udp(40000, 53)), kHere) << "it takes any client's";
        EXPECT_EQ(ends_as(build, six, udp(40001, 53)), kHere) << "it takes any client's";
      }
      Socket connected(six, SOCK_DGRAM);
      ASSERT_TRUE(connected.bind_to({six, served, 53}));
      ASSERT_TRUE(connected.connect_to({six, from, 40000}));
      EXPECT_EQ(ends_as(build, six, udp(40000, 53)), kHere) << "its own client's";
      EXPECT_EQ(ends_as(build, six, udp(40001, 53)), kPassedOn) << "another client's";
    }
  });
}

}  // namespace waymark
