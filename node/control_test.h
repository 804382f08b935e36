// Two directors as the daemon drives them, joined by a wire in memory.
#pragma once

#include <gtest/gtest.h>

#include <deque>

#include "base/address_text.h"
#include "engine/replay/userspace.h"
#include "node/control.h"

namespace waymark {

using namespace std::chrono_literals;

constexpr u32 kPins = 10'000;
inline TableSizes sizes_of_all() {
  TableSizes sizes = sizes_for(kPins);
  sizes.revocations = 1'024;
  return sizes;
}
inline const std::vector<InterfaceFacts> kFacts = {{"eth0", 2, {{2, 0, 0, 0, 0, 1}}}};
inline const std::vector<u8> kSecret(32, 0x5a);

inline Address ip(const std::string& written) { return *parse_address(written); }

inline Config config_of(int self, bool checked) {
  Config config;
  config.name = "d" + std::to_string(self);
  config.engine.pins = kPins;
  config.engine.interfaces = {{"eth0", 0, 0, "public"}};
  config.director = DirectorConfig{{ip("2001:db8:d::" + std::to_string(self))}};
  config.announce.emplace();
  GroupConfig group;
  group.name = "g";
  group.wait = 2s;
  group.member = {{"d" + std::to_string(3 - self), "[2001:db8::" + std::to_string(3 - self) + "]:1"}};
  config.group = group;
  ServiceConfig web;
  web.name = "web";
  web.address = {ip("2001:db8:80::1")};
  web.ports = {{Protocol::tcp, 80, 80}};
  if (checked) {
    web.check.emplace();
    web.check->tcp = true;
  }
  for (int i = 1; i <= 3; ++i) {
    TargetConfig target;
    target.name = "s" + std::to_string(i);
    target.address = ip("2001:db8:5::" + std::to_string(i));
    target.tunnel = Tunnel::gue;
    web.target.push_back(target);
  }
  config.service = {web};
  return config;
}

struct Director {
  UserspaceEngine engine{sizes_of_all()};
  std::vector<u8> secret = kSecret;
  std::unique_ptr<Control> control;
  Config config;
  std::set<std::string> dead;   // targets that do not answer checks
  std::set<std::string> blind;  // services whose checks it cannot carry out
  bool silent = false;          // nothing comes of any check

  Director(int self, bool checked) : config(config_of(self, checked)) {
    engine.live().meta[0] = new_meta(sizes_for(kPins), 250, [] { return 7u; });
    const auto key = group::pin_key_of(kSecret, "g");
    std::copy(key.begin(), key.end(), engine.live().meta[0].pin_key);
  }
  Status start(Time now, bool adopted, std::vector<Prefix> announced = {}) {
    Control::Life life{Clock{0s, 1000, 250}, 1, u64(now.count()), adopted, {}, std::move(announced), {}, config.name};
    life.nonce = [n = u8(0)]() mutable { return group::Nonce{++n}; };
    control = std::make_unique<Control>(engine.live(), std::move(life));
    return reload(now);
  }
  Status reload(Time now) {
    auto image = control->prepare(config, kFacts, secret);
    if (!image) return image.error();
    engine.load(*image);
    control->commit(now);
    return Done{};
  }
  // As after `waymark down`: empty tables, with the keys of this secret.
  void begin_anew(u8 byte) {
    secret.assign(32, byte);
    engine.live().meta[0] = new_meta(sizes_for(kPins), 250, [] { return 7u; });
    for (PinBucket& bucket : engine.live().pins) bucket = {};
    const auto key = group::pin_key_of(secret, "g");
    std::copy(key.begin(), key.end(), engine.live().meta[0].pin_key);
  }
  bool announces() const { return !control->routes().empty(); }
};

// Both directors and the wire between them; a round is 10 ms.
struct Pair {
  Director one, two;
  bool cut = false;
  Time now = 100s;
  group::Link links = 0;
  std::map<std::pair<Director*, group::Link>, std::pair<Director*, group::Link>> other_end;

  explicit Pair(bool checked = false) : one(1, checked), two(2, checked) {
    EXPECT_TRUE(one.start(now, false));
    EXPECT_TRUE(two.start(now, false));
  }
  void drop(Director& d, group::Link link) {
    const auto far = other_end[{&d, link}];
    other_end.erase({&d, link});
    if (other_end.erase(far) && far.first->control)
      far.first->control->closed(far.second, group::Ended::by_peer, "it closed", now);
  }
  void carry(Director& d, Director& peer) {
    for (const Question& q : d.control->questions(now)) {
      if (d.silent) continue;
      if (d.blind.contains(q.subject.service))
        d.control->answer(q.id, CheckOutcome::unknown, "too many open files", now);
      else
        d.control->answer(q.id, d.dead.contains(q.subject.target) ? CheckOutcome::unwell : CheckOutcome::well,
                          "no answer in 1 s", now);
    }
    group::GroupOutput out = d.control->take();
    for (u32 member : out.connect) {
      if (cut || !peer.control) {
        d.control->failed(member, group::Unreached::absent, "no route", now);
        continue;
      }
      const group::Link here = ++links, there = ++links;
      other_end[{&d, here}] = {&peer, there};
      other_end[{&peer, there}] = {&d, here};
      d.control->opened(here, member, now);
      EXPECT_TRUE(peer.control->accepted(there, ip(&peer == &two ? "2001:db8::1" : "2001:db8::2"), now));
    }
    for (auto& [link, bytes] : out.send)
      if (const auto far = other_end.find({&d, link}); far != other_end.end() && !cut && far->second.first->control)
        far->second.first->control->received(far->second.second, bytes, now);
    for (group::Link link : out.close) drop(d, link);
  }
  void run(Duration time) {
    for (const Time end = now + time; now < end; now += 10ms)
      for (Director* d : {&one, &two}) {
        if (!d->control) continue;
        carry(*d, d == &one ? two : one);
        d->control->tick(now);
      }
  }
  u64 pool(const Director& d) const { return d.control->node().pool_digest(); }
};

}  // namespace waymark
