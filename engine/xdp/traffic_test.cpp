// Packets meanwhile: none is lost while programs are swapped, and captures show what came in and what went out.
#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>

#include <atomic>
#include <numeric>
#include <thread>
#include <vector>

#include "core/steer.h"
#include "engine/xdp/capture.h"
#include "engine/xdp/veth_test.h"

namespace waymark {
namespace {

using LiveTraffic = Veths;

sockaddr_in address(const char* ip, u16 port) {
  sockaddr_in a{};
  a.sin_family = AF_INET;
  a.sin_port = htons(port);
  inet_pton(AF_INET, ip, &a.sin_addr);
  return a;
}

int udp_socket(const sockaddr_in& local) {
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  return bind(fd, reinterpret_cast<const sockaddr*>(&local), sizeof local) == 0 ? fd : -1;
}

bool readable(int fd, int ms) {
  pollfd p{fd, POLLIN, 0};
  return poll(&p, 1, ms) == 1;
}

u64 packets_seen(const XdpEngine& engine) {
  const Counters counters = engine.counters();
  return std::accumulate(counters.reasons.begin(), counters.reasons.end(), u64(0));
}

TEST_F(LiveTraffic, NoPacketIsLostWhileTheProgramIsSwapped) {
  auto engine = XdpEngine::open(options());
  WM_ASSERT_OK(engine);
  WM_ASSERT_OK(engine->apply(image(), {on("wm-one")}));
  const int here = udp_socket(address("10.78.1.1", 7000));
  int there = -1;
  far([&] { there = udp_socket(address("10.78.1.2", 7000)); });
  ASSERT_TRUE(here >= 0 && there >= 0);
  const sockaddr_in to = address("10.78.1.1", 7000);

  // Eight in flight at a time, so that no queue overflows for reasons of its own.
  std::atomic<bool> stop = false;
  u32 sent = 0, lost = 0;
  std::thread sender([&] {
    while (!stop) {
      for (int i = 0; i < 8; ++i)
        sent += sendto(there, &i, sizeof i, 0, reinterpret_cast<const sockaddr*>(&to), sizeof to) == sizeof i;
      for (int i = 0; i < 8; ++i) {
        int got;
        if (readable(here, 1000))
          (void)!recv(here, &got, sizeof got, 0);
        else
          ++lost;
      }
    }
  });
  std::vector<Status> swaps;
  for (int i = 0; i < 5; ++i) swaps.push_back(engine->apply(image(), {on("wm-one")}));
  {
    auto next = XdpEngine::open(options(program_again()));
    swaps.push_back(next ? next->apply(image(), {on("wm-one")}) : Status(next.error()));
  }
  stop = true;
  sender.join();
  for (const Status& status : swaps) WM_ASSERT_OK(status);
  EXPECT_EQ(lost, 0u) << "of " << sent;
  EXPECT_GT(sent, 1000u);
  EXPECT_GE(packets_seen(*engine), sent) << "counters outlive the swaps";
  close(here);
  close(there);
}

TEST_F(LiveTraffic, CaptureShowsWhatCameInAndHowItEnded) {
  auto engine = XdpEngine::open(options());
  WM_ASSERT_OK(engine);
  Image capturing = image();
  capturing.settings.capture = 1;
  WM_ASSERT_OK(engine->apply(capturing, {on("wm-one")}));
  struct Seen {
    CaptureRecord record;
    std::vector<u8> bytes;
  };
  std::vector<Seen> seen;
  auto reader = CaptureReader::open(*engine->object(), [&](const CaptureRecord& record, std::span<const u8> bytes) {
    seen.push_back({record, {bytes.begin(), bytes.end()}});
  });
  WM_ASSERT_OK(reader);
  const int here = udp_socket(address("10.78.1.1", 7000));
  int there = -1;
  far([&] { there = udp_socket(address("10.78.1.2", 7000)); });
  const sockaddr_in to = address("10.78.1.1", 7000);
  const std::string text = "thirteen byte";
  ASSERT_EQ(sendto(there, text.data(), text.size(), 0, reinterpret_cast<const sockaddr*>(&to), sizeof to), 13);
  ASSERT_TRUE(readable(here, 5000));
  ASSERT_TRUE(readable(reader->fd(), 5000));
  WM_ASSERT_OK(reader->read());
  ASSERT_GE(seen.size(), 2u);
  const auto carries = [&](const Seen& s) {
    return s.bytes.size() == 14 + 20 + 8 + 13 && std::equal(text.begin(), text.end(), s.bytes.begin() + 42);
  };
  u32 pairs = 0;
  for (size_t i = 0; i + 1 < seen.size(); ++i) {
    const Seen &in = seen[i], &out = seen[i + 1];
    if (!carries(in) || in.record.out) continue;
    ++pairs;
    EXPECT_EQ(out.record.id, in.record.id);
    EXPECT_EQ(out.record.out, 1);
    EXPECT_EQ(out.record.reason, steer::why::not_listening.reason);
    EXPECT_EQ(out.record.action, u8(Action::pass));
    EXPECT_GE(out.record.when, in.record.when);
    EXPECT_EQ(in.record.interface, if_nametoindex("wm-one"));
    EXPECT_EQ(in.record.length, 55u);
    EXPECT_EQ(out.bytes, in.bytes);
  }
  EXPECT_EQ(pairs, 1u);
  EXPECT_EQ(reader->lost(), 0u);
  close(here);
  close(there);
}

}  // namespace
}  // namespace waymark
