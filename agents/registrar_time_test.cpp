// Expiry, fail static, Heartbeats, weights that load moves.
#include "agents/peer_test.h"
#include "agents/weight.h"

namespace waymark::agents {

using signalling::Heartbeat;
using signalling::Options;

namespace {

// How many of them are Binding Refresh Requests, signed for the peer.
u32 refresh_requests(const std::vector<Datagram>& sent, Peer& peer) {
  u32 count = 0;
  signalling::Association with = peer.association();
  for (const Datagram& datagram : sent) {
    const signalling::Decoded decoded = signalling::decode(datagram.bytes);
    if (decoded.message && std::holds_alternative<signalling::RefreshRequest>(decoded.message->body) &&
        is_authentic(datagram.bytes, decoded, with, {}, peer.identity))
      ++count;
  }
  return count;
}

std::vector<u8> answer_to(const Datagram& request, Peer& peer, u32 restarts) {
  const signalling::Decoded decoded = signalling::decode(request.bytes);
  const auto* heartbeat = decoded.message ? std::get_if<Heartbeat>(&decoded.message->body) : nullptr;
  if (!heartbeat) return {};
  Message answer{Heartbeat{true, false, heartbeat->sequence}, {}};
  answer.options.restart_counter = restarts;
  signalling::Association with = peer.association();
  return seal(answer, with, {}, peer.receiver);
}

// A site of so many peers, each bound once.
struct Crowd : Site {
  std::vector<Peer> peers;
  static RegistrarConfig config_of(u32 count, u32 fail_static) {
    RegistrarConfig out = registrar_config(count);
    out.services[0].fail_static = fail_static;
    return out;
  }
  Crowd(u32 count, u32 fail_static) : Site(config_of(count, fail_static)) {
    for (u32 n = 1; n <= count; ++n) peers.emplace_back(n);
  }
  void refresh(size_t first, size_t last) {
    for (size_t i = first; i < last; ++i) ASSERT_EQ(send(peers[i], peers[i].update()), BindingStatus::accepted);
  }
  u32 in(BindingState state) {
    u32 count = 0;
    for (const RegisteredTarget& target : web()) count += target.state == state ? 1 : 0;
    return count;
  }
};

}  // namespace

TEST(RegistrarTime, ABindingIsAskedForOnceAndExpires) {
  Site site;
  Peer peer(1);
  site.send(peer, peer.update());
  EXPECT_LE(site.registrar.deadline(), site.now) << "its load is to be looked at";
  EXPECT_TRUE(site.run(44s).empty());
  EXPECT_EQ(site.registrar.deadline(), 1045s);
  const auto asked = site.run(15s);
  EXPECT_EQ(asked.size(), 1u);
  EXPECT_EQ(refresh_requests(asked, peer), 1u);
  EXPECT_EQ(site.states(), "srv-1 bound 1000") << "at 59 s";
  site.run(1s);
  EXPECT_EQ(site.states(), "");
  EXPECT_EQ(site.events("binding.expired"), 1u);
  EXPECT_EQ(site.registrar.deadline(), Time::max());
}

TEST(RegistrarTime, ARefreshKeepsIt) {
  Site site;
  Peer peer(1);
  for (u32 i = 0; i < 10; ++i) {
    EXPECT_EQ(site.send(peer, peer.update()), BindingStatus::accepted);
    EXPECT_TRUE(site.run(30s).empty());
  }
  EXPECT_EQ(site.states(), "srv-1 bound 1000");
}

TEST(RegistrarTime, FailStaticKeepsBindingsThatWouldExpireTogether) {
  Crowd crowd(10, 50);
  crowd.refresh(0, 10);
  crowd.run(70s);
  EXPECT_EQ(crowd.in(BindingState::stale), 10u) << "all would be gone: it is we who do not hear";
  EXPECT_EQ(crowd.web()[0].weight, 1000u);
  EXPECT_EQ(crowd.events("binding.stale"), 10u);
  crowd.refresh(0, 4);
  EXPECT_EQ(crowd.in(BindingState::stale), 6u) << "six of ten are more than half";
  crowd.refresh(4, 5);
  EXPECT_EQ(crowd.in(BindingState::stale), 0u) << "five of ten may go";
  EXPECT_EQ(crowd.in(BindingState::bound), 5u);
  EXPECT_EQ(crowd.events("binding.answers"), 5u);
}

TEST(RegistrarTime, FailStaticLetsFewExpire) {
  Crowd crowd(10, 50);
  crowd.refresh(0, 10);
  crowd.run(30s);
  crowd.refresh(5, 10);
  crowd.run(31s);
  EXPECT_EQ(crowd.web().size(), 5u);
}

// As after this machine slept, or lost its network: refreshes are spread over half a lifetime, and so are expiries.
TEST(RegistrarTime, FailStaticCountsThoseThatJustExpired) {
  for (const Duration step : {Duration(1s), Duration(300s)}) {
    Crowd crowd(30, 80);
    for (size_t i = 0; i < 30; ++i) {
      crowd.refresh(i, i + 1);
      crowd.run(1s);
    }
    crowd.run(300s, step);
    EXPECT_GE(crowd.web().size(), 20u) << "of 30: 15 would follow within 15 s when more than 9 are gone";
  }
}

TEST(RegistrarTime, HeartbeatsFindWhoDoesNotAnswer) {
  RegistrarConfig config = registrar_config();
  config.heartbeat = 5s;
  Site site(config);
  Peer peer(1);
  site.send(peer, peer.update());
  std::vector<Datagram> sent = site.run(5s);
  ASSERT_EQ(sent.size(), 1u);
  const auto first = answer_to(sent[0], peer, 1);
  ASSERT_FALSE(first.empty());
  EXPECT_EQ(sent[0].to, peer.address);
  EXPECT_FALSE(site.give(peer, first));
  sent = site.run(19s);
  ASSERT_EQ(sent.size(), 3u);
  EXPECT_EQ(site.states(), "srv-1 bound 1000") << "three are on their way";
  site.run(1s);
  EXPECT_EQ(site.states(), "srv-1 suspect 0");
  site.give(peer, first);
  EXPECT_EQ(site.states(), "srv-1 suspect 0") << "an old answer";
  site.give(peer, answer_to(sent[2], peer, 1));
  EXPECT_EQ(site.states(), "srv-1 bound 1000");
  EXPECT_EQ(site.events("binding.suspect"), 1u);
  site.send(peer, peer.ending());
  EXPECT_TRUE(site.run(30s).empty()) << "who is not bound is not asked";
}

TEST(RegistrarTime, HeartbeatsFollowTheConfiguration) {
  Site site;
  Peer peer(1);
  site.config.heartbeat = 5s;
  site.configure();
  site.send(peer, peer.update());
  site.run(2s);
  site.send(peer, peer.ending());
  site.config.drain = 50s;
  site.configure();
  EXPECT_TRUE(site.run(10s).empty()) << "it is not bound";
  site.send(peer, peer.update());
  EXPECT_EQ(site.run(5s).size(), 1u);
  site.run(20s);
  EXPECT_EQ(site.states(), "srv-1 suspect 0");
  site.config.heartbeat = 0s;
  site.configure();
  EXPECT_EQ(site.states(), "srv-1 bound 1000") << "who is not asked is not suspect";
  EXPECT_TRUE(site.run(10s).empty());
}

TEST(RegistrarTime, AnUpdateEndsSuspicion) {
  RegistrarConfig config = registrar_config();
  config.heartbeat = 2s;
  Site site(config);
  Peer peer(1);
  site.send(peer, peer.update());
  site.run(10s);
  EXPECT_EQ(site.states(), "srv-1 suspect 0");
  site.send(peer, peer.update());
  EXPECT_EQ(site.states(), "srv-1 bound 1000");
}

TEST(RegistrarTime, AServerThatRestartedIsAskedForItsBindings) {
  RegistrarConfig config = registrar_config();
  config.heartbeat = 5s;
  Site site(config);
  Peer peer(1);
  site.send(peer, peer.update());
  EXPECT_FALSE(site.give(peer, answer_to(site.run(5s)[0], peer, 3)));
  EXPECT_FALSE(site.give(peer, answer_to(site.run(5s)[0], peer, 3)));
  const auto asked = site.give(peer, answer_to(site.run(5s)[0], peer, 4));
  ASSERT_TRUE(asked);
  EXPECT_EQ(refresh_requests({*asked}, peer), 1u);
  EXPECT_EQ(site.states(), "srv-1 bound 1000") << "until it says otherwise";
}

TEST(RegistrarTime, AnswersHeartbeats) {
  Site site;
  Peer peer(1);
  Message request{Heartbeat{false, false, 77}, {}};
  request.options.restart_counter = 5;
  signalling::Association with = peer.association();
  const auto reply = site.give(peer, seal(request, with, {}, peer.receiver));
  ASSERT_TRUE(reply);
  const signalling::Decoded decoded = signalling::decode(reply->bytes);
  EXPECT_TRUE(is_authentic(reply->bytes, decoded, with, {}, peer.identity));
  EXPECT_EQ(std::get<Heartbeat>(decoded.message->body), (Heartbeat{true, false, 77}));
  EXPECT_EQ(decoded.message->options.restart_counter, 1u);
  request.options.restart_counter.reset();
  EXPECT_FALSE(site.give(peer, seal(request, with, {}, peer.receiver))) << "the answer would be longer";
}

TEST(RegistrarTime, LoadMovesWeightsOnceASecond) {
  Site site;
  Peer one(1), two(2);
  site.send(one, one.loaded({0, 0, 1000, 0, 0}));
  site.send(two, two.loaded({0, 0, 500, 0, 0}));
  EXPECT_EQ(site.states(), "srv-1 bound 1000, srv-2 bound 500");
  site.run(1s);
  const u64 before = site.registrar.changes();
  site.send(one, one.loaded({0, 900, 1000, 0, 0}));
  site.registrar.tick(site.now);
  EXPECT_EQ(site.states(), "srv-1 bound 1000, srv-2 bound 500") << "in this second they were looked at";
  site.run(1s);
  EXPECT_EQ(site.states(), "srv-1 bound 100, srv-2 bound 500") << "a fall counts at once";
  EXPECT_EQ(site.registrar.changes(), before + 1);
  site.send(one, one.loaded({0, 0, 1000, 0, 0}));
  site.run(2s);
  EXPECT_EQ(site.states(), "srv-1 bound 156, srv-2 bound 500") << "a rise by a quarter a second";
  site.run(30s);
  EXPECT_GE(site.web()[0].weight, 900u);
  site.send(one, one.loaded({kNoNewFlows, 0, 1000, 0, 0}));
  site.run(1s);
  EXPECT_EQ(site.web()[0].weight, 0u);
  EXPECT_GT(site.events("binding.weight"), 3u);
}

TEST(RegistrarTime, NoiseMovesNoWeightMoreThanOnceInTenSeconds) {
  Site site;
  Peer one(1), two(2);
  u32 random = 1;
  std::vector<Time> changes;
  site.send(two, two.loaded({0, 0, 1000, 0, 0}));
  site.send(one, one.loaded({0, 500, 1000, 0, 0}));
  site.states();
  for (u32 i = 0; i < 600; ++i) {
    random = random * 1664525 + 1013904223;
    site.send(two, two.loaded({0, 0, 1000, 0, 0}));
    site.send(one, one.loaded({0, 500 - 100 + (random >> 16) % 201, 1000, 0, 0}));
    const u64 before = site.registrar.changes();
    site.run(500ms, 100ms);
    if (site.registrar.changes() != before) changes.push_back(site.now);
  }
  for (size_t i = 1; i < changes.size(); ++i) EXPECT_GE(changes[i] - changes[i - 1], 10s);
}

TEST(RegistrarTime, AShareLimitsAnIdentity) {
  RegistrarConfig config = registrar_config();
  config.rules = {{"srv-1", {"web"}, {Prefix(at("2001:db8:5::"), 64)}, 20}, config.rules[0]};
  Site site(config);
  Peer liar(1), two(2), three(3);
  auto two_bindings = [](Update&, Options& o) {
    o.bindings = {{1, {}, false, at("2001:db8:5::11")}, {2, {}, false, at("2001:db8:5::12")}};
    o.load = Load{0, 0, 4'000'000'000, 0, 0};
  };
  site.send(liar, liar.update(two_bindings));
  site.send(two, two.loaded({0, 0, 1000, 0, 0}));
  site.send(three, three.loaded({0, 0, 600, 0, 0}));
  EXPECT_EQ(site.states(), "srv-1.1 bound 200, srv-1.2 bound 200, srv-2 bound 1000, srv-3 bound 600")
      << "20% of 2000, whatever it says and however many bindings it has; the others as without it";
}

}  // namespace waymark::agents
