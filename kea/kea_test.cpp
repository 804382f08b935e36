#include <gtest/gtest.h>

#include <filesystem>

#include "base/address_text.h"
#include "config/prefixes.h"
#include "kea/giver.h"
#include "provision/store.h"

namespace waymark::kea {
namespace {

constexpr Seconds kNow = 1'800'000'000;

template <class T>
std::string sentence(const Result<T>& result) {
  return result ? "" : result.error().sentence;
}
std::string refused(const std::string& json) { return sentence(parse_parameters(json)); }

TEST(KeaParameters, AreReadWhole) {
  const auto all = parse_parameters(
      R"({"config": "c", "store": "s", "subnets": [{"id": 1, "pop": 2, "policy": "client", "new-clients-up-to-id": 9}, {"id": 7, "pop": 3, "policy": "1"}]})");
  ASSERT_TRUE(all) << sentence(all);
  EXPECT_EQ(all->config, "c");
  EXPECT_EQ(all->store, "s");
  ASSERT_EQ(all->subnets.size(), 2u);
  EXPECT_EQ(all->subnets[0].subnet, 1u);
  EXPECT_EQ(all->subnets[0].pop, 2u);
  EXPECT_EQ(all->subnets[0].new_up_to, 9u);
  EXPECT_EQ(all->subnets[1].policy, "1");
  EXPECT_FALSE(all->subnets[1].new_up_to);
}

TEST(KeaParameters, EachMistakeHasASentence) {
  const std::string subnet = R"({"id": 1, "pop": 1, "policy": "p"})";
  const auto with = [](const std::string& subnets) { return R"({"config": "c", "subnets": )" + subnets + "}"; };
  EXPECT_EQ(refused(with("[" + subnet + "]")), "");
  const std::string no_object = "the hook needs \"parameters\", an object with \"config\" and \"subnets\"";
  for (const char* json : {"", "null", "[]", "7", "{"}) EXPECT_EQ(refused(json), no_object) << json;
  EXPECT_EQ(refused(R"({"confg": "c", "subnets": []})"),
            "\"parameters\" has no \"confg\"; it has config, store, subnets");
  EXPECT_EQ(refused(R"({"config": 7})"), "\"config\" in \"parameters\" must be a string that is not empty");
  EXPECT_EQ(refused(R"({"config": "c", "store": ""})"),
            "\"store\" in \"parameters\" must be a string that is not empty");
  EXPECT_EQ(refused(R"({"subnets": []})"), "\"parameters\" lacks \"config\", the path of a Waymark configuration file");
  for (const char* none : {"[]", "{}", "7"})
    EXPECT_EQ(refused(with(none)), "\"subnets\" in \"parameters\" must be a list of at least one subnet") << none;
  EXPECT_EQ(refused(with("[7]")), "\"subnets\"[0] must be an object");
  EXPECT_EQ(refused(with("[" + subnet + "," + subnet + "]")), "\"subnets\" has subnet 1 twice");
  EXPECT_EQ(refused(with(R"([{"pop": 1, "policy": "p"}])")),
            "\"subnets\"[0] lacks \"id\", the id of a subnet of Kea's");
  EXPECT_NE(refused(with(R"([{"id": 1, "policy": "p"}])")).find("lacks \"pop\""), std::string::npos);
  EXPECT_NE(refused(with(R"([{"id": 1, "pop": 1}])")).find("lacks \"policy\""), std::string::npos);
  EXPECT_NE(refused(with(R"([{"id": 1, "pop": 1, "policy": "p", "create": true}])")).find("has no \"create\""),
            std::string::npos);
  for (const char* bad : {"0", "-1", "1.5", "\"1\"", "true", "4294967295", "99999999999999999999"})
    EXPECT_EQ(refused(with(std::string(R"([{"pop": 1, "policy": "p", "id": )") + bad + "}]")),
              "\"id\" in \"subnets\"[0] must be a number from 1 to 4294967294")
        << bad;
}

TEST(KeaSubnets, AreFoundInKeasConfiguration) {
  const std::string inside =
      R"({"valid-lifetime": 7, "subnet6": [{"id": 1, "subnet": "2001:db8::/32"}, {"subnet": "2001:db9::/32"}],)"
      R"("shared-networks": [{"name": "n", "subnet6": [{"id": 2, "subnet": "2001:dba::/48"}]}]})";
  for (const std::string& json : {inside, R"({"Dhcp6": )" + inside + "}"}) {
    const auto found = parse_subnets(json);
    ASSERT_TRUE(found);
    ASSERT_EQ(found->size(), 2u);
    EXPECT_EQ(found->at(0).id, 1u);
    EXPECT_EQ(text(found->at(0).prefix), "2001:db8::/32");
    EXPECT_FALSE(found->at(0).shared);
    EXPECT_EQ(found->at(1).id, 2u);
    EXPECT_TRUE(found->at(1).shared);
  }
  EXPECT_FALSE(parse_subnets("[]"));
  EXPECT_TRUE(parse_subnets("{}")->empty());
}

TEST(KeaNames, FollowFromTheDuid) {
  const std::vector<u8> duid = {0, 1, 0xab, 0xcd, 0xef};
  EXPECT_EQ(*name_of(duid), "duid:0001abcdef");
  const std::vector<u8> longest(57, 0xff), longer(58, 0xff), shortest(3, 0), shorter(2, 0);
  EXPECT_TRUE(provision::check_name(*name_of(longest)));
  EXPECT_TRUE(name_of(shortest));
  EXPECT_EQ(sentence(name_of(longer)), "a DUID of 58 octets: the hook takes those of 3 to 57");
  EXPECT_FALSE(name_of(shorter));
}

// With the example's POP 1 (packaging/examples/pop.toml).
class KeaGiver : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::remove_all(folder_); }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  Parameters parameters() const {
    return {WM_SOURCE_DIR "/packaging/examples/pop.toml",
            folder_ + "/provision.db",
            {{1, 1, "client", 2}, {2, 2, "client", {}}}};
  }
  static std::string subnets(const std::string& first, const std::string& pool) {
    return R"({"subnet6": [{"id": 1, "subnet": ")" + first + R"(", "pools": [{"pool": ")" + pool +
           R"("}]}, {"id": 2, "subnet": "3fff:c00:2::/48", "pools": [)"
           R"({"pool": "3fff:c00:2::1-3fff:c00:2::9"}, {"pool": "3fff:c00:2::/48"}]}]})";
  }
  static std::string subnets(const std::string& first) { return subnets(first, first); }
  Giver open() const {
    auto giver = Giver::open(parameters());
    EXPECT_TRUE(giver) << sentence(giver);
    EXPECT_EQ(sentence(giver->take_subnets(subnets("3fff:c00:1::/48"))), "");
    return std::move(*giver);
  }
  provision::Store store() const {
    return std::move(*provision::Store::open(parameters().store, "3fff:c00::/40, pop:8 policy:8 id:32 zero:40"));
  }

  const std::string folder_ = testing::TempDir() + "waymark-kea-" + std::to_string(getpid());
};

TEST_F(KeaGiver, OneNameAlwaysHasOneAddress) {
  std::optional<Address> first;
  for (int again = 0; again < 2; ++again) {  // as a server that begins anew
    Giver giver = open();
    auto found = giver.look("duid:0001aa", kNow);
    ASSERT_TRUE(found) << sentence(found);
    EXPECT_EQ(found->has_value(), again > 0);
    if (!*found) {
      auto made = giver.make(1, "duid:0001aa", kNow);
      ASSERT_TRUE(made) << sentence(made);
      *found = *made;
    }
    const auto address = giver.choose(**found, 1);
    ASSERT_TRUE(address);
    EXPECT_EQ(address, first.value_or(*address));
    first = address;
    EXPECT_FALSE(giver.choose(**found, 2)) << "it is not in that subnet's prefix";
    EXPECT_FALSE(giver.choose(**found, 3)) << "which has no rule";
  }
  Giver giver = open();
  EXPECT_NE(giver.make(1, "duid:0001bb", kNow)->address, *first);
}

TEST_F(KeaGiver, MakesNoClientWhoWasRevokedOrIsTooMany) {
  Giver giver = open();
  EXPECT_EQ(sentence(giver.make(2, "duid:0001aa", kNow)),
            "there is no client duid:0001aa, and subnet 2 makes none (\"new-clients-up-to-id\")");
  ASSERT_TRUE(giver.make(1, "duid:0001aa", kNow));
  auto file = store();
  ASSERT_TRUE(file.revoke("duid:0001aa", kNow));
  EXPECT_FALSE(*giver.look("duid:0001aa", kNow));
  EXPECT_EQ(sentence(giver.make(1, "duid:0001aa", kNow)),
            "client duid:0001aa is revoked; `waymark provision client` gives it another id");
  ASSERT_TRUE(giver.make(1, "duid:0001bb", kNow));
  EXPECT_EQ(sentence(giver.make(1, "duid:0001cc", kNow)), "all 2 ids that clients may have are given");
  ASSERT_TRUE(file.add("duid:0001aa", {1, 1, {}}, 9, kNow)) << "an operator may";
  EXPECT_TRUE(*giver.look("duid:0001aa", kNow));
}

TEST_F(KeaGiver, WhoIsMovedHasTheFormerAddressWhereItBelongsForAsLongAsItHolds) {
  Giver giver = open();
  const Address old = giver.make(1, "duid:0001aa", kNow)->address;
  ASSERT_TRUE(store().move("duid:0001aa", {2, 1, {}}, kNow, kNow + 100));
  auto client = **giver.look("duid:0001aa", kNow + 10);
  const Address now = client.address;
  EXPECT_EQ(giver.choose(client, 1), old);
  EXPECT_EQ(giver.choose(client, 2), now);
  EXPECT_FALSE(giver.choose(**giver.look("duid:0001aa", kNow + 100), 1)) << "its time is over";

  std::vector<Told> kept = {{old, 900, 1800}};
  giver.tell_former(client, kept, kNow + 10);
  EXPECT_EQ(kept[0], (Told{old, 0, 90}));
  kept = {{old, 40, 50}};
  giver.tell_former(client, kept, kNow + 10);
  EXPECT_EQ(kept[0], (Told{old, 0, 50})) << "Kea's time may be the shorter one";
  std::vector<Told> gone = {{old, 0, 0}, {now, 900, 1800}};
  giver.tell_former(client, gone, kNow + 10);
  EXPECT_EQ(gone, (std::vector<Told>{{old, 0, 0}, {now, 900, 1800}})) << "the one that it has is of another subnet";
}

TEST_F(KeaGiver, AFormerAddressOfTheSameSubnetIsKeptBesideTheOther) {
  Giver giver = open();
  const Address old = giver.make(1, "duid:0001aa", kNow)->address;
  ASSERT_TRUE(store().move("duid:0001aa", {1, 2, {}}, kNow, kNow + 100));
  auto client = **giver.look("duid:0001aa", kNow);
  EXPECT_EQ(giver.choose(client, 1), client.address);
  const Address other = *parse_address("3fff:c00:1::7");
  std::vector<Told> told = {{client.address, 900, 1800}, {old, 0, 0}, {other, 0, 0}};
  giver.tell_former(client, told, kNow + 10);
  EXPECT_EQ(told, (std::vector<Told>{{client.address, 900, 1800}, {old, 0, 90}, {other, 0, 0}}));
  told = {{old, 0, 0}};
  giver.tell_former(client, told, kNow + 10);
  EXPECT_EQ(told[0], (Told{old, 0, 0})) << "another IA_NA than the one that has the address";
}

TEST_F(KeaGiver, ASubnetHoldsAllAddressesOfItsRule) {
  Giver giver = open();
  const Addressed client = *giver.make(1, "duid:0001aa", kNow);
  for (const char* narrow : {"3fff:c00:1:100:0:100::/88", "3fff:c00:3::/48", "::/128"}) {
    EXPECT_NE(
        sentence(giver.take_subnets(subnets(narrow)))
            .find("has no pool, written as a prefix, that holds all addresses of POP 1's clients with policy client"),
        std::string::npos)
        << narrow << sentence(giver.take_subnets(subnets(narrow)));
    EXPECT_FALSE(giver.choose(client, 1)) << "nothing is given after that";
    EXPECT_EQ(sentence(giver.look("duid:0001aa", kNow)),
              "the hook refused Kea's configuration, so it knows of no subnet");
  }
  EXPECT_NE(sentence(giver.take_subnets(
                R"({"subnet6": [{"id": 1, "subnet": "3fff:c00:1::/48", "pools": [{"pool": "3fff:c00:1::/64"}]}]})")),
            "");
  for (const char* pool : {"3fff:c00:1::/64", "3fff:c00:1::1-3fff:c00:1:ffff::", ""})
    EXPECT_NE(
        sentence(giver.take_subnets(subnets("3fff:c00:1::/48", pool))).find("subnet 1, 3fff:c00:1::/48, has no pool"),
        std::string::npos)
        << pool;
  EXPECT_EQ(sentence(giver.take_subnets("{}")), "subnet 1 of the hook's parameters is no \"id\" in \"subnet6\"");
  EXPECT_EQ(sentence(giver.take_subnets(R"({"shared-networks": [)" + subnets("3fff:c00:1::/48") + "]}")),
            "subnet 1 is in a shared network: the hook serves none of these");
  EXPECT_EQ(sentence(giver.take_subnets(subnets("3fff:c00::/40"))), "");
  EXPECT_TRUE(giver.choose(client, 1));
}

TEST_F(KeaGiver, OpensNothingThatItCannotUse) {
  const auto why = [](const Parameters& p) { return sentence(Giver::open(p)); };
  Parameters bad = parameters();
  bad.config = folder_ + "/none.toml";
  EXPECT_NE(why(bad).find("none.toml"), std::string::npos) << why(bad);
  bad = parameters();
  bad.config = WM_SOURCE_DIR "/packaging/examples/small.toml";
  EXPECT_NE(why(bad).find("the configuration has no [path]"), std::string::npos) << why(bad);
  bad = parameters();
  bad.config = WM_SOURCE_DIR "/README.md";
  EXPECT_NE(why(bad).find("README.md:"), std::string::npos) << why(bad);
  bad = parameters();
  bad.subnets[1].pop = 9;
  EXPECT_EQ(why(bad), "subnet 2: there is no POP 9 in [path]");
  bad = parameters();
  bad.subnets[0].policy = "gold";
  EXPECT_EQ(why(bad), "subnet 1: there is no policy gold in [path]; there are client, web");
  bad = parameters();
  bad.store = "";
  EXPECT_NE(why(bad).find("neither \"store\" nor [path] provision"), std::string::npos) << why(bad);
  bad.store = "/dev/null";
  EXPECT_EQ(why(bad), "/dev/null is no file");
  EXPECT_FALSE(std::filesystem::exists(parameters().store)) << "nothing is made before all is checked";
}

}  // namespace
}  // namespace waymark::kea
