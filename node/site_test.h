// A director's node over the user-space engine, as a daemon would drive it, and clients that send to it.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/address_text.h"
#include "core/outer.h"
#include "dataplane/pipeline.h"
#include "engine/replay/userspace.h"
#include "node/node.h"

namespace waymark {

using namespace std::chrono_literals;

inline Address ip(const std::string& written) { return *parse_address(written); }

// A service `web` with three targets s1 to s3, at addresses that end in these numbers.
inline Config site() {
  Config config;
  config.name = "paris-1";
  config.engine.pins = 10'000;
  config.engine.interfaces = {{"eth0", 0, 0, "public"}, {"eth1", 0, 0, "servers"}};
  config.director = DirectorConfig{{ip("2001:db8:d::1"), ip("192.0.2.1")}};
  ServiceConfig web;
  web.name = "web";
  web.address = {ip("2001:db8:80::1"), ip("198.51.100.80")};
  web.ports = {{Protocol::tcp, 80, 80}, {Protocol::udp, 443, 443}};
  for (int i = 1; i <= 3; ++i) {
    TargetConfig target;
    target.name = "s" + std::to_string(i);
    target.address = ip("2001:db8:5::" + std::to_string(i));
    web.target.push_back(target);
  }
  config.service = {web};
  return config;
}

inline const std::vector<InterfaceFacts> kInterfaces = {{"eth0", 2, {{2, 0, 0, 0, 0, 1}}},
                                                        {"eth1", 3, {{2, 0, 0, 0, 0, 2}}}};

// A TCP packet of client number `n` through these tables; the target it was sent to, 0 where it was not.
inline u8 send_to(UserspaceEngine& engine, u16 n, u8 flags, u32 ticks, u16 port = 80, u32 interface = 2) {
  std::vector<u8> frame(14 + 40 + 20);
  auto put = [&](std::size_t at, std::initializer_list<int> bytes) {
    for (int b : bytes) frame[at++] = u8(b);
  };
  put(0, {2, 0, 0, 0, 0, int(interface) - 1, 2, 9, 9, 9, 9, 9, 0x86, 0xdd, 0x60, 0, 0, 0, 0, 20, 6, 64});
  const Address from = ip("2001:db8:c::1"), to = ip("2001:db8:80::1");
  std::copy_n(reinterpret_cast<const u8*>(&from), 16, frame.begin() + 22);
  std::copy_n(reinterpret_cast<const u8*>(&to), 16, frame.begin() + 38);
  put(54, {n >> 8, n & 255, port >> 8, port & 255, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, flags, 0, 0, 0, 0, 0, 0});
  const Outcome out = engine.run(frame, interface, ticks);
  return out.verdict.action == Action::forward ? out.frame[14 + 39] : u8(0);
}

struct Site {
  UserspaceEngine engine;
  std::unique_ptr<Node> node;
  Time now = 100s;

  // `taken`: slots that somebody has already.
  explicit Site(u32 targets = kUsualTargets, u32 taken = 0, const Config& config = site()) : engine(10'000, targets) {
    u32 seed = 1;
    engine.live().meta[0] = new_meta(sizes_for(10'000, targets), 250, [&] { return seed += 0x9e3779b9; });
    for (u32 slot = 1; slot <= taken; ++slot) {
      Target& target = engine.live().targets[slot];
      set_outer(target, ip("2001:db8:5::d"), ip("2001:db8:6::1"), {kTunnelIp});
      target.service = 9;
      target.in_use = 1;
    }
    restart();
    configure(config);
  }
  void restart() { node = std::make_unique<Node>(engine.live(), Clock{0s, 1000, 250}); }
  u32 ticks() const { return 1000 + u32(now.count() / 4'000'000); }
  // `between`: what packets meet after the program was swapped, and before the node knows.
  void configure(const Config& config, const std::function<void()>& between = {}) {
    auto image = node->prepare(config, kInterfaces);
    ASSERT_TRUE(image) << image.error().sentence;
    now += 1s;  // the pause between two flips of the choice
    engine.load(*image);
    if (between) between();
    node->commit(now);
    for (const Address& a : node->next_hops_wanted())
      node->on_next_hop({a, true, 3, {{2, 0, 0, 0, 1, byte_of(a, 15)}}, {{2, 0, 0, 0, 0, 2}}, 1500, ""}, now);
  }
  void later(Duration by) {
    for (const Time end = now + by; now < end; now += 1s) node->tick(now);
  }

  // A TCP packet of client number `n`; the target it was sent to, 0 where it was not.
  u8 send(u16 n, u8 flags, u16 port = 80, u32 interface = 2) {
    return send_to(engine, n, flags, ticks(), port, interface);
  }
};

constexpr u8 kSyn = kTcpSyn, kAck = kTcpAck;

}  // namespace waymark
