#include "provision/clients.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/address_text.h"
#include "config/parse.h"

namespace waymark::provision {
namespace {

// The example's POP 1 (packaging/examples/pop.toml).
Config example() {
  const auto text = read_config_file(WM_SOURCE_DIR "/packaging/examples/pop.toml");
  return parse_config(text ? *text : "", "pop.toml").config.value();
}

template <class T>
std::string sentence(const Result<T>& result) {
  return result ? "" : result.error().sentence;
}

TEST(Clients, AreGivenTheAddressThatTheGuideHas) {
  const Config config = example();
  EXPECT_EQ(*plan_text(config), "3fff:c00::/40, pop:8 policy:8 id:32 zero:40");
  EXPECT_EQ(*most_ids(config), 0xffff'ffffu);
  const auto place = place_of(config, 1, "client");
  ASSERT_TRUE(place);
  EXPECT_EQ(*place, (Place{1, 1, {}}));
  EXPECT_EQ(*place_of(config, 1, "1"), *place) << "by its index";
  const auto address = address_of(config, 5, *place);
  EXPECT_EQ(text(*address), "3fff:c00:1:100:0:500::");
  EXPECT_EQ(warning_of(config, *place, *address), "");
  const auto server = server_address(config, *address, 7, "1,2,3", "web");
  ASSERT_TRUE(server) << sentence(server);
  EXPECT_TRUE(text(*server).starts_with("3fff:a00:0:701:203:0:2")) << text(*server);
}

TEST(Clients, WhatIsNotThereIsRefused) {
  const Config config = example();
  EXPECT_EQ(sentence(place_of(config, 9, "client")), "there is no POP 9 in [path]");
  EXPECT_EQ(sentence(place_of(config, 1, "gold")), "there is no policy gold in [path]; there are client, web");
  EXPECT_FALSE(place_of(config, 1, "7"));
  EXPECT_NE(sentence(address_of(config, u64(1) << 32, {1, 1, {}})), "");
  const Address client = *address_of(config, 5, {1, 1, {}});
  EXPECT_EQ(sentence(server_address(config, client, 8, "1,3", "web")), "there is no server 8 in [path]");
  EXPECT_EQ(sentence(server_address(config, client, 7, "1,9,3", "web")), "there is no POP 9 in [path]");
  EXPECT_EQ(sentence(server_address(config, client, 7, "1,2", "web")),
            "the path ends at POP 2, and server 7 is at POP 3");
  EXPECT_NE(sentence(server_address(config, client, 7, "1,,3", "web")), "");
  EXPECT_NE(sentence(plan_text(Config{})), "");
  EXPECT_NE(sentence(place_of(Config{}, 1, "client")), "");
}

TEST(Clients, AnAddressOfNoAccessIsWarnedOf) {
  Config config = example();
  config.path->access[0].prefix = {{*parse_address("3fff:c00:2::"), 48}};
  const Place place = *place_of(config, 1, "client");
  EXPECT_NE(warning_of(config, place, *address_of(config, 5, place)).find("no [[path.access]]"), std::string::npos);
  EXPECT_EQ(warning_of(config, {2, 1, {}}, *address_of(config, 5, {2, 1, {}})), "") << "that POP's file knows";
}

TEST(Clients, TextsForPeopleAndMachines) {
  const Config config = example();
  const Client client = {5, "ann", {2, 1, {}}, 1'000'000, {}, {{{1, 1, {}}, 1'796'000'000}}};
  const auto a = addressed(config, client);
  ASSERT_TRUE(a);
  EXPECT_EQ(as_table(config, {*a}),
            "client  id  pop  policy  address                 state\n"
            "ann      5    2  client  3fff:c00:2:100:0:500::  valid\n"
            "              1  client  3fff:c00:1:100:0:500::  until 2026-11-30T00:53:20Z\n");
  const auto json = nlohmann::json::parse(as_json(config, {*a}));
  EXPECT_EQ(json[0]["address"], "3fff:c00:2:100:0:500::");
  EXPECT_EQ(json[0]["former"][0]["until"], 1'796'000'000);
  EXPECT_EQ(as_networkd(*a, "eth1"),
            "# client ann, id 5\n[Match]\nName=eth1\n\n[Address]\nAddress=3fff:c00:2:100:0:500::/128\n"
            "\n# until 2026-11-30T00:53:20Z\n[Address]\nAddress=3fff:c00:1:100:0:500::/128\nPreferredLifetime=0\n");
  EXPECT_EQ(as_ifupdown(*a, "eth1"),
            "# client ann, id 5\niface eth1 inet6 static\n    address 3fff:c00:2:100:0:500::/128\n"
            "    # until 2026-11-30T00:53:20Z\n"
            "    up ip -6 addr add 3fff:c00:1:100:0:500::/128 dev $IFACE preferred_lft 0\n");
}

// A client keeps the key by which its address was made, until it moves.
TEST(Clients, ATagsKeyIsTheOneInUseAndIsKept) {
  Config config = example();
  config.plan[0].layout = "pop:8 policy:8 id:32 epoch:2 tag:38";
  config.plan[0].keys = {{1, {1, 2}}, {2, {3, 4}}};
  const Place place = *place_of(config, 1, "client");
  EXPECT_EQ(place.epoch, 2u);
  const auto before = address_of(config, 5, place);
  config.plan[0].keys.push_back({3, {5, 6}});
  EXPECT_EQ(*address_of(config, 5, place), *before);
  EXPECT_EQ(place_of(config, 1, "client")->epoch, 3u);
  config.plan[0].use = 2;
  EXPECT_EQ(place_of(config, 1, "client")->epoch, 2u);
  config.plan[0].use.reset();
  config.plan[0].keys = {{3, {5, 6}}};
  const auto gone = addressed(config, {5, "ann", place, 0, {}, {}});
  EXPECT_NE(sentence(gone).find("client ann: "), std::string::npos) << sentence(gone);
  EXPECT_NE(sentence(gone).find("no key for epoch 2"), std::string::npos) << sentence(gone);
}

}  // namespace
}  // namespace waymark::provision
