#include "node/scene.h"

#include <gtest/gtest.h>

#include <set>

#include "base/address_text.h"
#include "config/parse.h"
#include "tests/kit/packets.h"

namespace waymark {

namespace {

using namespace packets;
using namespace std::chrono_literals;

Config site() {
  const auto file = read_config_file(WM_SOURCE_DIR "/packaging/examples/site.toml");
  Config config = *parse_config(*file, "site.toml").config;
  config.engine.pins = 10'000;
  return config;
}

// The target that a client's TCP packet is sent to, as the address of its tunnel's end; empty where it is not sent.
std::string sent_to(Scene& scene, uint16_t port, const std::string& flags) {
  const InterfaceFacts* in = scene.interface_called("eth0");
  const Bytes packet = frame(ip4({.source = "203.0.113.7", .destination = "198.51.100.80"}, tcp(port, 80, flags)),
                             {.destination = "02:57:00:00:00:0" + std::to_string(in->index)});
  const Outcome out = scene.receive(packet, in->index);
  if (out.verdict.action != Action::forward) return "";
  for (const TargetView& target : scene.node().targets())
    if (std::equal(out.frame.begin(), out.frame.begin() + 6, Scene::mac_of(target.address).byte)) return target.target;
  return "nowhere";
}

}  // namespace

TEST(Scene, PacketsReachTargetsBehindTheOtherInterface) {
  auto scene = Scene::make(site());
  ASSERT_TRUE(scene) << scene.error().sentence;
  std::set<std::string> reached;
  for (uint16_t port = 1; port <= 200; ++port) reached.insert(sent_to(**scene, port, "S"));
  EXPECT_EQ(reached, (std::set<std::string>{"s1", "s2", "s3"}));
  EXPECT_EQ((*scene)->interface_name((*scene)->node().live().adjacencies[1].interface), "eth1");
}

TEST(Scene, TheSameSeedGivesTheSameChoices) {
  auto one = Scene::make(site(), 7), same = Scene::make(site(), 7), other = Scene::make(site(), 8);
  u32 different = 0;
  for (uint16_t port = 1; port <= 200; ++port) {
    const std::string target = sent_to(**one, port, "S");
    EXPECT_EQ(target, sent_to(**same, port, "S"));
    different += target != sent_to(**other, port, "S");
  }
  EXPECT_GT(different, 20u);
}

TEST(Scene, FlowsSurviveADeadNodeAndSilencesUpToTheirIdleTime) {
  auto made = Scene::make(site());
  Scene& scene = **made;
  const auto pinned = [&] {
    return scene.node()
        .find_pin("public", Protocol::tcp, *parse_address("203.0.113.7"), 4000, *parse_address("198.51.100.80"), 80)
        .has_value();
  };
  const std::string first = sent_to(scene, 4000, "S");
  sent_to(scene, 4000, "A");
  scene.kill();
  scene.advance(10s);
  EXPECT_TRUE(scene.revive());
  EXPECT_EQ(sent_to(scene, 4000, "A"), first);
  scene.advance(50min);
  EXPECT_TRUE(pinned());
  EXPECT_EQ(sent_to(scene, 4000, "A"), first);
  scene.advance(70min);
  EXPECT_FALSE(pinned()) << "silent for longer than tcp_idle";
  sent_to(scene, 4000, "S"), sent_to(scene, 4000, "A");
  scene.advance(24h * 365);
  EXPECT_FALSE(pinned());
  EXPECT_NE(sent_to(scene, 4000, "S"), "");
}

TEST(Scene, ARefusedReloadChangesNothing) {
  auto made = Scene::make(site());
  Scene& scene = **made;
  Config broken = site();
  broken.service[0].zone = "servers";
  for (u32 i = 0; i < 2000; ++i) broken.engine.interfaces.push_back({"eth0", u16(i + 1), 0, "public"});
  EXPECT_FALSE(scene.reload(broken)) << "more interfaces than the table of ports holds";
  EXPECT_NE(sent_to(scene, 4000, "S"), "");
}

}  // namespace waymark
