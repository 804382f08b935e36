// Questions through a tunnel whose other end is a few lines of this test: they take the packets out and give them to
// the peer's kernel, which has the service's addresses.
//
//     here: 10.77.0.1 --- veth --- 10.77.0.2 :peer   198.51.100.80, 2001:db8:80::1 on its lo
//
#include "daemon/checks/through.h"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sys/ioctl.h>

#include <atomic>
#include <thread>
#include <vector>

#include "core/wire.h"
#include "daemon/checks/checks_test.h"
#include "daemon/checks/listener_test.h"

namespace waymark {

namespace {

using namespace std::chrono_literals;
using Bytes = std::vector<u8>;

const std::string kHere4 = "10.77.0.1", kHere6 = "2001:db8:77::1", kPeer4 = "10.77.0.2", kPeer6 = "2001:db8:77::2";
const std::string kService4 = "198.51.100.80", kService6 = "2001:db8:80::1";

u16 word(const Bytes& bytes, std::size_t at) { return u16(bytes.at(at) << 8 | bytes.at(at + 1)); }

// The Internet checksum's sum, which is 0xffff where a checksum in it is right.
u32 sum(const Bytes& bytes, std::size_t from, std::size_t to, u32 start) {
  for (std::size_t i = from; i < to; i += 2) start += u32(bytes.at(i) << 8) | (i + 1 < to ? bytes.at(i + 1) : 0u);
  while (start >> 16) start = (start & 0xffff) + (start >> 16);
  return start;
}

// Made in the peer's namespace: hears one kind of tunnel, and keeps the first packet as it came.
class TunnelEnd {
 public:
  // `header`: bytes that it takes from in front of the packet.
  TunnelEnd(bool outer6, int protocol, u16 port, std::size_t header)
      : with_outer_(protocol != IPPROTO_UDP && !outer6), header_(header) {
    const SocketAddress at(*parse_address(outer6 ? kPeer6 : kPeer4), port);
    socket_ = socket(at.family(), (protocol == IPPROTO_UDP ? SOCK_DGRAM : SOCK_RAW) | SOCK_CLOEXEC, protocol);
    const int on = 1;  // as Waymark's tunnels have none (RFC 6935)
    if (outer6 && protocol == IPPROTO_UDP) setsockopt(socket_, IPPROTO_UDP, UDP_NO_CHECK6_RX, &on, sizeof on);
    EXPECT_EQ(bind(socket_, at.get(), at.size()), 0);
    tun_ = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
    ifreq request{};
    std::string("wm-decap").copy(request.ifr_name, IFNAMSIZ - 1);
    request.ifr_flags = IFF_TUN | IFF_NO_PI;
    EXPECT_EQ(ioctl(tun_, TUNSETIFF, &request), 0);
    EXPECT_EQ(std::system("ip link set wm-decap up && sysctl -qw net.ipv4.conf.wm-decap.rp_filter=0"), 0);
  }
  ~TunnelEnd() {
    over_ = true;
    thread_.join();
    close(tun_);
    close(socket_);
  }
  void run() {
    thread_ = std::thread([this] {
      while (!over_) {
        pollfd ready{socket_, POLLIN, 0};
        if (poll(&ready, 1, 20) > 0) take();
      }
    });
  }
  // Only when the question was answered.
  const Bytes& first() const { return first_; }
  Address source() const { return source_; }
  u32 packets() const { return packets_; }

 private:
  void take() {
    Bytes packet(2048);
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    const ssize_t got = recvfrom(socket_, packet.data(), packet.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
    if (got <= 0) return;
    packet.resize(std::size_t(got));
    if (with_outer_) packet.erase(packet.begin(), packet.begin() + 20);
    if (packets_++ == 0) {
      first_ = packet;
      if (from.ss_family == AF_INET)
        source_ = address_of({reinterpret_cast<const sockaddr_in&>(from).sin_addr.s_addr});
      else
        source_ = load_address(&reinterpret_cast<const sockaddr_in6&>(from).sin6_addr);
    }
    if (packet.size() <= header_) return;
    EXPECT_GT(write(tun_, packet.data() + header_, packet.size() - header_), 0);
  }

  const bool with_outer_;
  const std::size_t header_;
  int socket_ = -1, tun_ = -1;
  std::atomic<bool> over_{false};
  Bytes first_;
  Address source_{};
  std::atomic<u32> packets_{0};
  std::thread thread_;
};

class ThroughTest : public Asking {
 protected:
  void SetUp() override {
    Asking::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    // As on a director: the service leads nowhere, and the reverse path is looked at.
    here("ip route add unreachable " + kService4 + "; ip -6 route add unreachable " + kService6 +
         "; sysctl -qw net.ipv4.conf.all.rp_filter=2 net.ipv4.conf.wm-here.rp_filter=2");
    peer("ip link set lo up; ip addr add " + kService4 + "/32 dev lo; ip addr add " + kService6 +
         "/128 dev lo nodad; sysctl -qw net.ipv4.conf.all.rp_filter=0");
  }

  static Config director(std::vector<Address> addresses = {*parse_address(kHere4), *parse_address(kHere6)}) {
    Config config;
    config.name = "through-test";
    config.director.emplace().address = std::move(addresses);
    return config;
  }
  static Subject through(bool inner6, bool outer6, Tunnel tunnel) {
    CheckConfig check = http("/health");
    check.through = true;
    Subject asked = subject(inner6 ? kService6 : kService4, 8080, check);
    asked.tunnel_end = *parse_address(outer6 ? kPeer6 : kPeer4);
    asked.tunnel = {u8(tunnel), usual_port(tunnel)};
    if (tunnel == Tunnel::gre || tunnel == Tunnel::vxlan) asked.tunnel.has_key = true, asked.tunnel.key = 0x010203;
    asked.tunnel.mac = {{2, 0x57, 0, 0, 0, 0x1a}};
    return asked;
  }
  static std::string rules() { return output("ip rule show priority 5700; ip -6 rule show priority 5700"); }
  static std::string device() { return output("ip -o link show type tun | grep -o 'wmck[0-9a-f]*'"); }

  // Asks a server in the peer, and looks at the first packet as it came out of the tunnel.
  void succeeds(bool inner6, bool outer6, Tunnel tunnel) {
    const bool udp = tunnel == Tunnel::gue || tunnel == Tunnel::vxlan;
    const int protocol = udp ? IPPROTO_UDP : tunnel == Tunnel::gre ? IPPROTO_GRE : inner6 ? IPPROTO_IPV6 : IPPROTO_IPIP;
    Bytes header;  // behind the outer IP header and UDP's
    if (tunnel == Tunnel::gue) header = {0, u8(inner6 ? 41 : 4), 0, 0};
    if (tunnel == Tunnel::gre) header = {0x20, 0, 8, 0, 0, 1, 2, 3};
    if (tunnel == Tunnel::vxlan) header = {8, 0, 0, 0, 1, 2, 3, 0, 2, 0x57, 0, 0, 0, 0x1a, 2, 0, 0, 0, 0, 0, 8, 0};
    if (inner6 && header.size() > 4) {
      u8* type = header.data() + (tunnel == Tunnel::gre ? 2 : 20);
      type[0] = 0x86, type[1] = 0xdd;
    }
    std::unique_ptr<Listener> server;
    std::unique_ptr<TunnelEnd> end;
    in_peer([&] {
      server = std::make_unique<Listener>(inner6 ? kService6 : kService4, "HTTP/1.1 200 OK\r\n\r\n", nullptr, false,
                                          u16(8080));
      end = std::make_unique<TunnelEnd>(outer6, protocol, udp ? usual_port(tunnel) : u16(0), header.size());
    });
    end->run();
    const Answer answer = ask(through(inner6, outer6, tunnel), 5s, director(), [&] {
      EXPECT_NE(device(), "");
      EXPECT_NE(rules(), "");
    });
    EXPECT_EQ(answer.outcome, CheckOutcome::well) << answer.why;
    EXPECT_TRUE(server->request().starts_with("GET /health HTTP/1.1\r\n"));
    EXPECT_EQ(device(), "") << "it vanishes";
    EXPECT_EQ(rules(), "") << "and its rules with it";
    ASSERT_GE(end->packets(), 3u) << "SYN, ACK, request";
    EXPECT_EQ(text(end->source()), outer6 ? kHere6 : kHere4);
    Bytes packet = end->first();
    Bytes written(packet.begin(), packet.begin() + long(header.size()));
    if (tunnel == Tunnel::vxlan) {
      EXPECT_EQ(written[14], 2) << "a locally administered sender";
      std::fill(written.begin() + 15, written.begin() + 20, u8(0));
    }
    EXPECT_EQ(written, header);
    packet.erase(packet.begin(), packet.begin() + long(header.size()));
    const std::size_t tcp_at = inner6 ? 40 : 20;
    ASSERT_GE(packet.size(), tcp_at + 20);
    EXPECT_EQ(packet[0] >> 4, inner6 ? 6 : 4);
    EXPECT_EQ(packet[inner6 ? 6 : 9], 6) << "TCP";
    const Address source = inner6 ? load_address(&packet[8]) : address_of({load32(&packet[12])});
    const Address destination = inner6 ? load_address(&packet[24]) : address_of({load32(&packet[16])});
    EXPECT_EQ(text(source), inner6 ? kHere6 : kHere4);
    EXPECT_EQ(text(destination), inner6 ? kService6 : kService4);
    EXPECT_EQ(word(packet, tcp_at + 2), 8080);
    EXPECT_EQ(packet[tcp_at + 13], kTcpSyn);
    const u32 length = u32(packet.size() - tcp_at);
    const u32 pseudo = sum(packet, inner6 ? 8 : 12, tcp_at, 6 + length);
    EXPECT_EQ(sum(packet, tcp_at, packet.size(), pseudo), 0xffffu) << "nobody will fill in its checksum";
    if (inner6) return;
    EXPECT_EQ(sum(packet, 0, 20, 0), 0xffffu);
  }
};

TEST_F(ThroughTest, GueOverIp4) { succeeds(false, false, Tunnel::gue); }
TEST_F(ThroughTest, GueOverIp6) { succeeds(true, true, Tunnel::gue); }
TEST_F(ThroughTest, GueOfTheOtherFamily) { succeeds(true, false, Tunnel::gue); }
TEST_F(ThroughTest, GreOverIp4) { succeeds(false, false, Tunnel::gre); }
TEST_F(ThroughTest, GreOverIp6) { succeeds(true, true, Tunnel::gre); }
TEST_F(ThroughTest, GreOfTheOtherFamily) { succeeds(true, false, Tunnel::gre); }
TEST_F(ThroughTest, VxlanOverIp4) { succeeds(false, false, Tunnel::vxlan); }
TEST_F(ThroughTest, VxlanOverIp6) { succeeds(true, true, Tunnel::vxlan); }
TEST_F(ThroughTest, VxlanOfTheOtherFamily) { succeeds(false, true, Tunnel::vxlan); }
TEST_F(ThroughTest, Ip4InIp4) { succeeds(false, false, Tunnel::ip); }
TEST_F(ThroughTest, Ip6InIp6) { succeeds(true, true, Tunnel::ip); }
TEST_F(ThroughTest, Ip4InIp6) { succeeds(false, true, Tunnel::ip); }
TEST_F(ThroughTest, Ip6InIp4) { succeeds(true, false, Tunnel::ip); }

TEST_F(ThroughTest, AnEndThatTakesNothingOutDoesNotAnswer) {
  const Answer answer = ask(through(false, false, Tunnel::gue), 300ms, director());
  EXPECT_EQ(answer.outcome, CheckOutcome::unwell);
  EXPECT_EQ(answer.why, "no answer in 300 ms");
}

TEST_F(ThroughTest, WhatAKilledProcessLeftDoesNotHarm) {
  std::string left;
  ask(through(false, false, Tunnel::gue), 50ms, director(), [&] { left = rules(); });
  // "5700:	from all fwmark 0x57a1b2c3 lookup 1470214851" and the one for answers
  const auto at = left.find("fwmark ");
  ASSERT_NE(at, std::string::npos) << left;
  const std::string rule = left.substr(at, left.find_first_of("[\n", at) - at);
  here("ip rule add priority 5700 " + rule + "; ip -6 rule add priority 5700 " + rule);
  succeeds(false, false, Tunnel::gue);
}

TEST_F(ThroughTest, ADeletedDeviceIsMadeAnew) {
  Loop loop;
  u32 answers = 0;
  Checks* asked = nullptr;
  Checks checks(loop, [&](u64, CheckOutcome outcome, const std::string&) {
    EXPECT_EQ(outcome, CheckOutcome::unwell);
    EXPECT_NE(device(), "") << answers;
    if (++answers == 2) return loop.stop();
    here("ip link del $(ip -o link show type tun | grep -o 'wmck[0-9a-f]*')");
    // The loop hears of it before the next question.
    loop.post([&] { loop.post([&] { asked->ask({2, through(false, false, Tunnel::gue), 100ms}); }); });
  });
  asked = &checks;
  checks.configure(director());
  checks.ask({1, through(false, false, Tunnel::gue), 100ms});
  const Time give_up = now() + 10s;
  loop.run([&] {
    if (now() > give_up) loop.stop();
    return give_up;
  });
  EXPECT_EQ(answers, 2u);
}

// To the kernel that speaks TCP all is well: it hears nothing of what becomes of its packets in the tunnel.
TEST_F(ThroughTest, WhatNeverLeftThisMachineSaysNothing) {
  for (const Tunnel tunnel : {Tunnel::gue, Tunnel::ip}) {
    Subject away = through(false, false, tunnel);
    away.tunnel_end = *parse_address("203.0.113.9");  // no route leads there
    const Answer answer = ask(away, 300ms, director());
    EXPECT_EQ(answer.outcome, CheckOutcome::unknown);
    EXPECT_EQ(answer.why, "sending through the tunnel failed: Network is unreachable");
  }
}

TEST_F(ThroughTest, WhoseDeviceVanishesUnderWaySaysNothing) {
  Loop loop;
  std::string said;
  Checks checks(loop, [&](u64, CheckOutcome outcome, const std::string& why) {
    EXPECT_EQ(outcome, CheckOutcome::unknown);
    said = why;
    loop.stop();
  });
  checks.configure(director());
  checks.ask({1, through(false, false, Tunnel::gue), 500ms});
  loop.post([] { here("ip link del $(ip -o link show type tun | grep -o 'wmck[0-9a-f]*')"); });
  const Time give_up = now() + 10s;
  loop.run([&] {
    if (now() > give_up) loop.stop();
    return give_up;
  });
  EXPECT_TRUE(said.ends_with(" was deleted")) << said;
}

TEST_F(ThroughTest, WithoutAnAddressForTheTunnelASentenceSaysSo) {
  const Answer answer = ask(through(false, true, Tunnel::gue), 5s, director({*parse_address(kHere4)}));
  EXPECT_EQ(answer.outcome, CheckOutcome::unknown) << "it is this machine that cannot ask";
  EXPECT_EQ(answer.why, "checks through the tunnel do not work: [director] has no IPv6 address for the tunnel");
  const Answer strange = ask(through(false, false, Tunnel::gue), 5s, director({*parse_address("10.99.0.1")}));
  EXPECT_TRUE(strange.why.ends_with("using the tunnel's source 10.99.0.1 failed: Cannot assign requested address"))
      << strange.why;
}

}  // namespace

}  // namespace waymark
