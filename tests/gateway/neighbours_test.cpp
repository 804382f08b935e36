// Neighbours in tenants' overlays over the user-space engine's tables: what a node does for them beside packets.
#include "node/neighbours.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "config/parse.h"
#include "node/scene.h"
#include "roles/gateway/overlays.h"
#include "tests/gateway/overlay_cases.h"

namespace waymark {

namespace {

using namespace std::chrono_literals;
using gateway_cases::from_overlay;
using packets::Bytes;

constexpr u32 kTicks = 250;  // a second, as Scene has them

struct Known {
  std::unique_ptr<Scene> scene;

  explicit Known(const std::string& keys = "") {
    auto made = Scene::make(config_of(gateway_cases::site(keys)));
    EXPECT_TRUE(made) << made.error().sentence;
    scene = std::move(*made);
  }
  static Config config_of(const std::string& text) {
    Parsed parsed = parse_config(text, "gateway.toml");
    EXPECT_TRUE(parsed.config) << (parsed.problems.empty() ? "" : render(parsed.problems[0]));
    return std::move(*parsed.config);
  }
  void reload(const std::string& text) {
    const Status done = scene->reload(config_of(text));
    EXPECT_TRUE(done) << done.error().sentence;
  }
  void announce(int host, const std::string& far = gateway_cases::kRedOverlay) {
    const std::string ip = "10.4.0." + std::to_string(host);
    const Bytes frame = gateway_cases::arp_frame({.sender_ip = ip, .target_ip = ip});
    const Outcome o = scene->receive(packets::frame(from_overlay(frame, far), {.destination = "02:57:00:00:00:01"}),
                                     scene->interface_called("eth0")->index);
    EXPECT_STREQ(reason_text(o.verdict.reason)->name, "overlay.arp_heard");
  }
  const NeighbourKeeper& keeper() { return scene->node().neighbours(); }
  std::vector<NeighbourSeen> list(const NeighbourFilter& filter = {}) {
    return list_neighbours(scene->engine().live().neighbours, keeper().plan(), scene->ticks(), kTicks, filter);
  }
  u32 sealed() {
    u32 count = 0;
    for (const NeighbourBucket& b : scene->engine().live().neighbours)
      for (const Neighbour& n : b.way) count += n.seal != 0;
    return count;
  }
  u64 of(const std::string& tenant) {
    const Config config = scene->node().config();
    for (const gateway::Overlay& o : gateway::overlays_of(*config.gateway))
      if (o.tenant->name == tenant && gateway::learns(*o.tunnels[0])) return o.owner;
    return 0;
  }
  u32 swept(const std::string& tenant) {
    for (const NeighboursSwept::Owned& owned : keeper().swept().owned)
      if (owned.owner == of(tenant)) return owned.known;
    return ~0u;
  }
};

TEST(Neighbours, AreListed) {
  Known k;
  k.announce(5);
  k.announce(6);
  k.announce(5, gateway_cases::kBlueOverlay);
  k.scene->advance(3s);
  EXPECT_EQ(k.list().size(), 3u);
  const std::vector<NeighbourSeen> red = k.list({.owners = std::vector<u64>{k.of("red")}, .address = 0x0a040005});
  ASSERT_EQ(red.size(), 1u);
  EXPECT_EQ(red[0].owner, k.of("red"));
  EXPECT_EQ(red[0].ip4, 0x0a040005u);
  EXPECT_EQ(red[0].mac.byte[4], 0x0a);
  EXPECT_EQ(red[0].member, 0u);
  EXPECT_EQ(red[0].idle_seconds, 3u);
  EXPECT_EQ(k.list({.most = 2}).size(), 2u);
  EXPECT_TRUE(k.list({.owners = std::vector<u64>{}}).empty());
}

// What another overlay left in these buckets is nobody's: it is neither known nor counted, and goes.
TEST(Neighbours, OfAnotherOverlayAreNone) {
  Known k;
  k.announce(5, gateway_cases::kBlueOverlay);
  const std::span<NeighbourBucket> table = k.scene->engine().live().neighbours;
  Neighbour blue{};
  for (const NeighbourBucket& b : table)
    for (const Neighbour& n : b.way)
      if (n.seal) blue = n;
  ASSERT_EQ(blue.owner, k.of("blue"));
  for (const overlay::Hood& hood : k.keeper().plan().hoods)
    if (hood.owner == k.of("red"))
      for (u32 b = hood.first; b < hood.first + hood.buckets; ++b) table[b].way[0] = blue;
  EXPECT_EQ(k.list().size(), 1u);
  const Outcome o = k.scene->receive(
      packets::frame(gateway_cases::six(packets::udp(53, 4000), {}, gateway_cases::kServer6, "3fff:c00:400:100::a04:5"),
                     {.destination = "02:57:00:00:00:02"}),
      k.scene->interface_called("eth1")->index);
  EXPECT_STREQ(reason_text(o.verdict.reason)->name, "overlay.asked");
  k.scene->advance(10s);
  EXPECT_EQ(k.swept("red"), 0u);
  EXPECT_EQ(k.swept("blue"), 1u);
  EXPECT_EQ(k.sealed(), 1u);
}

TEST(Neighbours, AreCountedAndLetGo) {
  Known k("neighbour_idle = \"30s\"");
  k.announce(5);
  k.announce(6);
  k.announce(7, gateway_cases::kBlueOverlay);
  k.scene->advance(20s);
  k.announce(6);
  EXPECT_EQ(k.swept("red"), 2u);
  EXPECT_EQ(k.swept("blue"), 1u);
  EXPECT_EQ(k.keeper().swept().known, 3u);
  k.scene->advance(20s);
  EXPECT_EQ(k.swept("red"), 1u);
  EXPECT_EQ(k.swept("blue"), 0u);
  EXPECT_EQ(k.keeper().swept().expired, 2u);
  EXPECT_EQ(k.sealed(), 1u) << "nothing stays that a clock would make young again";
}

// Another tenant takes nobody's place but by chance, and what belonged to one that is gone is forgotten.
TEST(Neighbours, OutliveAReload) {
  Known k;
  k.announce(5);
  k.announce(5, gateway_cases::kBlueOverlay);
  k.reload(gateway_cases::site() + R"([[gateway.tenant]]
name = "green"
number = 3
tunnel = [{ tunnel = "vxlan", key = 9, gateway = "10.4.0.1", remote = "198.51.100.90", ip4 = "10.4.0.0/24" }]
)");
  EXPECT_EQ(k.list().size(), 2u);
  k.scene->advance(10s);
  EXPECT_EQ(k.swept("red"), 1u);
  EXPECT_EQ(k.swept("green"), 0u);
  std::string other = gateway_cases::site();
  other.replace(other.find("number = 1\n"), 11, "number = 7\n");
  k.reload(other);
  ASSERT_EQ(k.list().size(), 1u) << "a tenant of another number is another tenant";
  EXPECT_EQ(k.list()[0].owner, k.of("blue"));
  k.scene->advance(10s);
  EXPECT_EQ(k.sealed(), 1u);
}

}  // namespace

}  // namespace waymark
