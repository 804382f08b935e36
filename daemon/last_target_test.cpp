#include "daemon/last_target.h"

#include <gtest/gtest.h>

#include "daemon/command.h"

namespace waymark {

namespace {

TargetView target(const std::string& service, const std::string& name, u32 weight = 10) {
  TargetView t{};
  t.service = service, t.target = name, t.weight = weight, t.configured = true;
  return t;
}

std::string refusal(const Status& status) { return status ? "" : status.error().sentence; }

}  // namespace

TEST(LastTarget, IsAskedTwiceAndOthersAreNot) {
  std::vector<TargetView> targets = {target("web", "s1"), target("web", "s2"), target("mail", "s1")};
  const Config none;
  EXPECT_EQ(refusal(may_lose(targets, none, "web/s1", 0)), "");
  EXPECT_EQ(
      refusal(may_lose(targets, none, "mail/s1", 0)),
      "no target of service mail would take new flows any more: new connections would be dropped; \"force\": true "
      "does it all the same");
  EXPECT_TRUE(refusal(may_lose(targets, none, "mail/s1", 0)).ends_with(kWantsForce));
  EXPECT_EQ(refusal(may_lose(targets, none, "mail/s1", 5)), "");
  EXPECT_NE(refusal(may_lose(targets, none, "s1", 0)), "") << "by name, in all services";
  targets[1].down = true;
  EXPECT_NE(refusal(may_lose(targets, none, "web/s1", 0)), "") << "the last that lives";
  EXPECT_NE(refusal(may_lose(targets, none, "s1", 0)).find("services mail, web would"), std::string::npos);
  targets[0].drained = true;
  EXPECT_EQ(refusal(may_lose(targets, none, "web/s2", 0)), "") << "there is none to lose";
}

TEST(LastTarget, AConfiguredWeightOfZeroLosesItAsWell) {
  const std::vector<TargetView> targets = {target("web", "s1", 20)};
  Config config;
  config.service.emplace_back().name = "web";
  config.service[0].target.push_back({"s1", {}, 0});
  EXPECT_NE(refusal(may_lose(targets, config, "web/s1", {})), "");
  config.service[0].target[0].weight = 10;
  EXPECT_EQ(refusal(may_lose(targets, config, "web/s1", {})), "");
}

}  // namespace waymark
