// What strangers, thieves and floods can do to a registrar: nothing to its bindings, and little to its time.
#include <malloc.h>

#include <random>

#include "agents/peer_test.h"
#include "agents/registrant.h"

namespace waymark::agents {

using signalling::Options;

namespace {

u64 refusals(const Registrar& registrar, Refused why) { return registrar.counters().refused[size_t(why)]; }

// Two bound servers, and what their bindings are.
struct Bound : Site {
  Peer one{1}, two{2};
  std::vector<std::vector<u8>> recorded;
  explicit Bound(const RegistrarConfig& with = registrar_config()) : Site(with) {
    for (Peer* peer : {&one, &two}) {
      recorded.push_back(peer->update());
      EXPECT_EQ(send(*peer, recorded.back()), BindingStatus::accepted);
    }
    recorded.push_back(two.update([](Update& u, Options&) { u.lifetime = 10; }));
    send(two, recorded.back());
    before = web();
    kept = registrar.kept(now);
    registrar.take_events();
  }
  void unchanged(const std::string& what) {
    EXPECT_EQ(web(), before) << what;
    EXPECT_EQ(registrar.kept(now), kept) << what;
  }
  std::vector<RegisteredTarget> before;
  std::vector<KeptRegistration> kept;
};

}  // namespace

TEST(Attacks, NoBitOfAnUpdateCanBeChanged) {
  Bound site;
  const auto update = site.one.update([](Update&, Options& o) { o.load = Load{0, 1, 2, 3, 4}; });
  for (size_t bit = 0; bit < update.size() * 8; ++bit) {
    if (bit / 8 == 4 || bit / 8 == 5) continue;  // the checksum, which UDP's stands in for
    auto changed = update;
    changed[bit / 8] ^= u8(1 << bit % 8);
    site.give(site.one, changed);
    site.unchanged("bit " + std::to_string(bit));
  }
  EXPECT_GT(refusals(site.registrar, Refused::wrong_mac), update.size());
  EXPECT_EQ(site.send(site.one, update), BindingStatus::accepted);
}

TEST(Attacks, ARecordedMessageDoesNothing) {
  Bound site;
  Peer thief(9);
  thief.address = at("2001:db8:5::66");
  for (u32 round = 0; round < 3; ++round)
    for (const auto& bytes : site.recorded) {
      site.give(site.one, bytes);
      site.give(site.two, bytes);
      site.give(thief, bytes);
      site.unchanged("a replay");
    }
  // The source is the care-of address where no option names one: the MAC covers it.
  const auto fresh = site.one.update();
  site.give(thief, fresh);
  site.unchanged("from another source");
  EXPECT_EQ(site.send(site.one, fresh), BindingStatus::accepted);
}

TEST(Attacks, AMessageForAnotherReceiverDoesNothing) {
  Bound site;
  site.one.receiver = "d2.example.net";
  EXPECT_EQ(site.send(site.one, site.one.update()), std::nullopt);
  site.unchanged("for another director, with the same key");
  site.one.receiver = site.one.identity;
  site.send(site.one, site.one.update());
  site.unchanged("for the server itself");
  EXPECT_EQ(refusals(site.registrar, Refused::wrong_mac), 2u);

  // What the director signed does not come back as if a server had.
  site.one.receiver = "d1.example.net";
  const auto reply = site.give(site.one, site.one.update());
  ASSERT_TRUE(reply);
  EXPECT_FALSE(site.give(site.one, reply->bytes));
  EXPECT_EQ(refusals(site.registrar, Refused::unexpected), 1u);
}

TEST(Attacks, AThiefWithAKeyOfItsOwnGetsNothingElse) {
  RegistrarConfig config = registrar_config();
  config.peers.push_back({"thief", 999, key_of("thief")});
  config.rules.push_back({"thief", {"mail"}, {Prefix(at("2001:db8:66::"), 64)}, 10});
  Bound site(config);
  Peer thief(1);
  thief.identity = "thief", thief.spi = 999, thief.key = key_of("thief"), thief.address = at("2001:db8:66::1");
  EXPECT_EQ(site.send(thief, thief.update()), BindingStatus::prefix_not_authorized);
  EXPECT_EQ(site.send(thief, thief.update([](Update&, Options& o) {
    o.prefixes = {kWeb, kMail};
  })),
            BindingStatus::prefix_not_authorized);
  EXPECT_EQ(site.send(thief, thief.update([](Update&, Options& o) { o.node.emplace().text.add(bytes_of("srv-1")); })),
            BindingStatus::prohibited);
  EXPECT_EQ(site.send(thief, thief.update([](Update& u, Options&) { u.lifetime = 0; })),
            BindingStatus::prefix_not_authorized);
  EXPECT_EQ(site.send(thief, thief.update([](Update&, Options& o) {
    o.prefixes = {kMail};
    o.alternate_care_of = at("2001:db8:5::1");
  })),
            BindingStatus::invalid_care_of);
  thief.spi = site.one.spi;  // with another's SPI and its own key
  EXPECT_EQ(site.send(thief, thief.update()), std::nullopt);
  site.give(site.one, thief.ending());
  EXPECT_EQ(site.web(), site.before);
  EXPECT_TRUE(site.registrar.targets("mail").empty());
  thief.spi = 999;
  EXPECT_EQ(site.send(thief, thief.update([](Update&, Options& o) { o.prefixes = {kMail}; })), BindingStatus::accepted)
      << "what it may";
}

TEST(Attacks, StrangersGetNoAnswer) {
  Bound site;
  Peer stranger(1);
  stranger.spi = 4000;
  EXPECT_FALSE(site.give(stranger, stranger.update()));
  EXPECT_EQ(refusals(site.registrar, Refused::unknown_spi), 1u);
  Message message{Update{1, signalling::kAcknowledge, 15}, {}};
  const auto bytes = *encode(message);
  EXPECT_FALSE(site.give(stranger, {bytes.begin(), bytes.end()}));
  EXPECT_EQ(refusals(site.registrar, Refused::no_mac), 1u);
  EXPECT_FALSE(site.give(stranger, {}));
  site.unchanged("strangers");
}

TEST(Attacks, AFloodIsAnsweredAHundredTimesASecondAndTakesNoMemory) {
  Bound site;
  std::mt19937 random(1);
  std::vector<std::vector<u8>> flood;
  Peer forger(1);
  forger.key[0] ^= 1;
  for (u32 i = 0; i < 10'000; ++i) {
    if (i % 2) {
      flood.push_back(forger.update());  // all but the key is right
    } else {
      auto& bytes = flood.emplace_back(random() % 200);
      for (u8& byte : bytes) byte = u8(random());
      if (bytes.size() > 8) bytes[0] = 59, bytes[1] = u8(bytes.size() / 8 - 1), bytes[2] = u8(random() % 20);
    }
  }
  auto give = [&](const std::vector<u8>& bytes) { return site.give(forger, bytes).has_value(); };
  for (u32 i = 0; i < 1000; ++i) give(flood[i]);
  site.now += 10s;
  const u64 replied = site.registrar.counters().replied;
  const size_t memory = mallinfo2().uordblks;
  u32 answered = 0;
  for (const auto& bytes : flood) {
    site.now += 100us;  // a second in all
    answered += give(bytes) ? 1 : 0;
  }
  EXPECT_GE(answered, 150u);
  EXPECT_LE(answered, 201u) << "100 at once, and 100 a second";
  EXPECT_EQ(site.registrar.counters().replied - replied, answered);
  EXPECT_LE(mallinfo2().uordblks, memory + 64 * 1024);
  EXPECT_GE(refusals(site.registrar, Refused::limited), 4000u);
  EXPECT_LE(site.registrar.take_events().size(), 3u);
  EXPECT_EQ(site.web(), site.before);
  EXPECT_EQ(site.send(site.one, site.one.update()), BindingStatus::accepted)
      << "those with a key are answered nevertheless";
}

TEST(Attacks, EventsAreBounded) {
  RegistrarConfig config = registrar_config();
  Site site(config);
  Peer peer(1);
  for (u32 i = 0; i < 3000; ++i) {
    site.send(peer, peer.update());
    site.send(peer, peer.ending());
  }
  EXPECT_EQ(site.registrar.take_events().size(), Registrar::kMostEvents);
}

// What it costs, of 10,000 servers; printed, as machines differ.
TEST(Attacks, TenThousandBindingsAreRefreshedQuickly) {
  constexpr u32 kCount = 10'000;
  Site site(registrar_config(kCount));
  std::vector<Peer> peers;
  for (u32 n = 1; n <= kCount; ++n) peers.emplace_back(n);
  std::vector<std::vector<u8>> first, second;
  for (Peer& peer : peers) first.push_back(peer.loaded({0, 100, 1000, 0, 0}));
  for (Peer& peer : peers) second.push_back(peer.loaded({0, 120, 1000, 0, 0}));
  auto give = [&](const std::vector<std::vector<u8>>& all) {
    const auto begin = std::chrono::steady_clock::now();
    for (u32 n = 0; n < kCount; ++n) site.registrar.received(peers[n].address, 5436, kDirector, all[n], site.now);
    return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin).count() / kCount;
  };
  const double bind = give(first);
  EXPECT_EQ(site.web().size(), kCount);
  const u64 before = site.registrar.changes();
  site.now += 1s;
  const double refresh = give(second);
  EXPECT_EQ(site.registrar.counters().accepted, 2u * kCount);
  EXPECT_EQ(site.registrar.changes(), before);
  const auto begin = std::chrono::steady_clock::now();
  site.registrar.tick(site.now + 1s);
  const double tick = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
  std::printf("10,000 bindings: %.1f us to bind, %.1f us to refresh, %.1f ms to follow all loads\n", bind, refresh,
              tick);
}

}  // namespace waymark::agents
