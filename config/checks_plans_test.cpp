// Address plans: what the file says of them, and how each mistake is named.
#include <gtest/gtest.h>

#include "base/address_text.h"
#include "config/plans.h"
#include "config/text_test.h"

namespace waymark {
namespace {

const std::string kCloud =  // lines 1 to 3
    "[plan.cloud]\n"
    "prefix = \"2001:db8::/32\"\n"
    "layout = \"tenant:32 gateway:32 ipv4:32\"\n";
const std::string kKey = "\"000102030405060708090a0b0c0d0e0f\"";

std::string cloud(const std::string& layout, const std::string& more = "") {
  return with(kCloud, "tenant:32 gateway:32 ipv4:32", layout) + more;
}
std::string plan(const std::string& name, const std::string& prefix, const std::string& layout) {
  return "[plan." + name + "]\nprefix = \"" + prefix + "\"\nlayout = \"" + layout + "\"\n";
}
// What is said of a layout, in line 3.
std::string about(const std::string& layout, const std::string& more = "") {
  const std::string said = problems_of(cloud(layout, more));
  return said.starts_with("f:3:10: ") ? said.substr(8) : said;
}

TEST(Plans, AreReadAndCompiled) {
  const std::string text = kCloud + plan("servers", "3fff:a00::/40", "path:5x8 policy:4 id:16 epoch:2 tag:26") +
                           "over = \"pair\"\nkeys = { 1 = " + kKey + ", 2 = \"FFffFFffFFffFFffFFffFFffFFffFF00\" }\n" +
                           plan("clients", "3fff:c00::/40", "pop:8 policy:8 id:32 zero:40");
  EXPECT_EQ(problems_of(text), "");
  const Config c = parse_config(text, "f").config.value();
  ASSERT_EQ(c.plan.size(), 3u);
  EXPECT_TRUE(only_plans(c));
  EXPECT_EQ(c.plan[0].name, "cloud");
  EXPECT_EQ(c.plan[0].prefix.length, 32);
  EXPECT_EQ(c.plan[0].over, TagOver::address);
  const auto plans = compile_plans(c);
  ASSERT_EQ(plans.size(), 3u);
  const auto place = [&](std::size_t n, FieldKind kind) {
    const PlanField f = field_of(plans[n].plan, kind);
    return std::tuple(f.offset, f.width, f.count);
  };
  EXPECT_EQ(place(0, FieldKind::tenant), std::tuple(32, 32, 1));
  EXPECT_EQ(place(0, FieldKind::gateway), std::tuple(64, 32, 1));
  EXPECT_EQ(place(0, FieldKind::ipv4), std::tuple(96, 32, 1));
  EXPECT_FALSE(has(plans[0].plan, FieldKind::tag));
  EXPECT_EQ(place(1, FieldKind::path), std::tuple(40, 8, 5));
  EXPECT_EQ(place(1, FieldKind::epoch), std::tuple(100, 2, 1));
  EXPECT_EQ(place(1, FieldKind::tag), std::tuple(102, 26, 1));
  EXPECT_EQ(plans[1].plan.tag_mask, *parse_address("::3ff:ffff"));
  EXPECT_TRUE(plans[1].plan.over_pair);
  EXPECT_EQ(plans[1].plan.key_places, 0b110) << "each at its epoch's place";
  EXPECT_EQ(plans[1].plan.keys[1].epoch, 1u);
  EXPECT_EQ(plans[1].plan.keys[1].key, (SipKey{0x0706050403020100, 0x0f0e0d0c0b0a0908}));
  EXPECT_EQ(plans[1].plan.keys[2].key, (SipKey{~0ull, 0x00ffffffffffffff}));
  EXPECT_EQ(plans[1].plan.maker, 2) << "the highest, where the file does not say";
  EXPECT_EQ(plans[2].plan.zeros, *parse_address("::ff:ffff:ffff"));
  EXPECT_EQ(plans[2].layout.back().kind, FieldKind::zero);
}

TEST(Plans, EveryFieldHasItsName) {
  EXPECT_EQ(about("tenant:6 gateway:6 pop:6 policy:6 id:6 dscp:6 birth:6 chain:6 valid:6 watch:6 mark:6 zero:30"), "");
  EXPECT_EQ(about("zero:32  ipv4:32   zero:31 id:1"), "") << "zero may come again, and spaces";
  for (u32 i = 0; i <= u32(FieldKind::zero); ++i) {
    EXPECT_EQ(field_called(name_of(FieldKind(i))), FieldKind(i));
    EXPECT_FALSE(meaning_of(FieldKind(i)).empty());
  }
  EXPECT_FALSE(field_called("tenants"));
}

TEST(Plans, LayoutsFillTheAddress) {
  EXPECT_EQ(about("tenant:32 gateway:32 ipv4:31"), "field \"ipv4\" of plan \"cloud\" must have 32 bits, not 31");
  EXPECT_EQ(about("tenant:32 ipv4:32"),
            "prefix and layout of plan \"cloud\" have 96 bits together; they must fill 128 exactly");
  EXPECT_EQ(about("tenant:32 gateway:33 ipv4:32"),
            "prefix and layout of plan \"cloud\" have more than 128 bits together, from \"ipv4\" on");
  EXPECT_EQ(about("id:65 zero:31"), "field \"id\" of plan \"cloud\" must have 1 to 64 bits, not 65");
  EXPECT_EQ(about("id:0 zero:96"), "field \"id\" of plan \"cloud\" must have 1 to 64 bits, not 0");
  EXPECT_EQ(about("zero:128"), "field \"zero\" of plan \"cloud\" must have 1 to 127 bits, not 128");
  EXPECT_EQ(about("path:17x4 id:28"), "the path of plan \"cloud\" must have 1 to 16 hops, not 17");
  EXPECT_EQ(about("path:0x4 id:28"), "the path of plan \"cloud\" must have 1 to 16 hops, not 0");
  EXPECT_EQ(about("path:16x6"), "");
  EXPECT_EQ(about("id:32 id:32 zero:32"), "the layout of plan \"cloud\" has \"id\" twice");
  EXPECT_EQ(about("zero:1 zero:1 zero:1 zero:1 zero:1 zero:1 zero:1 zero:1 zero:1 zero:1 zero:1 zero:1 zero:1 zero:1 "
                  "zero:1 zero:1 zero:80"),
            "the layout of plan \"cloud\" has more than 16 fields");
  EXPECT_EQ(about(" "), "prefix and layout of plan \"cloud\" have 32 bits together; they must fill 128 exactly");
  for (const char* bad : {"id", "id:", "id:x", "id:1x2", "id:-1", "id:99999999999", "id:32:32", "id: 32"})
    EXPECT_EQ(about(bad), "\"" + std::string(bad, std::string(bad).find(' ') == 3 ? 3 : std::string(bad).size()) +
                              "\" in the layout of plan \"cloud\" must be written \"id:32\", with its bits");
  for (const char* bad : {"path", "path:40", "path:x8", "path:5x", "path:5x8x2"})
    EXPECT_EQ(about(bad),
              "\"" + std::string(bad) +
                  "\" in the layout of plan \"cloud\" must be written \"path:5x8\", hops and the bits of each");
  EXPECT_EQ(about("tennant:32"), "the layout of plan \"cloud\" has a field \"tennant\"; did you mean \"tenant\"?");
  EXPECT_EQ(
      about("colour:32"),
      "the layout of plan \"cloud\" has a field \"colour\"; there are tenant, gateway, ipv4, path, pop, policy, id, "
      "tag, epoch, dscp, birth, chain, valid, watch, mark, zero");
}

TEST(Plans, TagsAndKeysFit) {
  const std::string one = "keys = { 0 = " + kKey + " }\n";
  EXPECT_EQ(about("id:64 tag:32", one), "");
  EXPECT_EQ(about("id:32 tag:64", one + "over = \"pair\"\n"), "");
  EXPECT_EQ(about("id:60 epoch:4 tag:32", "keys = { 15 = " + kKey + ", 0 = " + kKey + " }\n"), "");
  EXPECT_EQ(about("id:64 tag:32"), "plan \"cloud\" has a tag, but no keys");
  EXPECT_EQ(about("id:64 zero:32", one), "plan \"cloud\" has keys, but no tag");
  EXPECT_EQ(about("id:64 epoch:32"), "plan \"cloud\" has an epoch, but no tag whose key it could name");
  EXPECT_EQ(about("id:64 zero:32", "over = \"pair\"\n"),
            "plan \"cloud\" has over = \"pair\", but no tag that could cover the pair");
  EXPECT_EQ(about("id:64 tag:32", "keys = { 1 = " + kKey + " }\n"),
            "plan \"cloud\" has no epoch, so its only key must be that of epoch 0");
  EXPECT_EQ(about("id:64 tag:32", "keys = { 0 = " + kKey + ", 1 = " + kKey + " }\n"),
            "plan \"cloud\" has no epoch, so its only key must be that of epoch 0");
  EXPECT_EQ(about("id:62 epoch:2 tag:32", "keys = { 4 = " + kKey + " }\n"),
            "plan \"cloud\" has a key of epoch 4, which its 2 bits of epoch cannot name");
  EXPECT_EQ(about("id:61 epoch:3 tag:32", "keys = { 0 = " + kKey + ", 1 = " + kKey + ", 2 = " + kKey + ", 3 = " + kKey +
                                              ", 4 = " + kKey + " }\n"),
            "plan \"cloud\" has 5 keys; at most 4 are supported");
}

TEST(Plans, AKeyKeepsItsPlaceAndOneMakesNewAddresses) {
  const auto compiled = [](const std::string& keys, const std::string& more = "") {
    std::string table;
    for (std::size_t at = 0; at < keys.size();
         at = keys.find(' ', at) == keys.npos ? keys.size() : keys.find(' ', at) + 1)
      table += (table.empty() ? "" : ", ") + keys.substr(at, keys.find(' ', at) - at) + " = " + kKey;
    const std::string text = cloud("id:60 epoch:4 tag:32", "keys = { " + table + " }\n" + more);
    EXPECT_EQ(problems_of(text), "");
    return compile_plans(parse_config(text, "f").config.value()).at(0).plan;
  };
  const auto epoch_at = [](const Plan& plan, u32 place) { return plan.keys[place].epoch; };
  const Plan three = compiled("5 6 3"), two = compiled("6 3");
  EXPECT_EQ(three.key_places, 0b1110);
  EXPECT_EQ(epoch_at(three, 2), 6u);
  EXPECT_EQ(two.key_places, 0b1100);
  EXPECT_EQ(epoch_at(two, 2), 6u);
  EXPECT_EQ(epoch_at(two, 3), 3u);
  const Plan crowded = compiled("4 0 8 12", "use = 0\n");  // all would be at the first place
  EXPECT_EQ(crowded.key_places, 0b1111);
  EXPECT_EQ(maker_of(crowded).epoch, 0u);
  EXPECT_EQ(epoch_at(crowded, 0), 4u);
  EXPECT_EQ(maker_of(compiled("4 0 8 12")).epoch, 12u);
  const Address zero = {};
  EXPECT_EQ(key_of(compiled("5"), zero), kTagKeys) << "an empty place is no key of epoch 0";
}

TEST(Plans, OnlyAKeyThatIsThereMakesAddresses) {
  EXPECT_EQ(about("id:62 epoch:2 tag:32", "keys = { 1 = " + kKey + " }\nuse = 1\n"), "");
  EXPECT_EQ(about("id:62 epoch:2 tag:32", "keys = { 1 = " + kKey + " }\nuse = 0\n"),
            "plan \"cloud\" has use = 0, but no key of epoch 0");
  EXPECT_EQ(about("id:64 zero:32", "use = 0\n"), "plan \"cloud\" has use = 0, but no tag");
  EXPECT_EQ(about("id:64 tag:32", "keys = { 0 = " + kKey + " }\nuse = 0\n"), "");
}

TEST(Plans, KeysAreReadWithoutBeingRepeated) {
  const std::string secret = "the key of epoch 0 in [plan.NAME] must be 32 hexadecimal digits";
  for (const char* bad : {"\"00\"", "7", "\"000102030405060708090a0b0c0d0e0g\"", "\"0 0102030405060708090a0b0c0d0e0f\"",
                          "\"000102030405060708090a0b0c0d0e0f00\""})
    EXPECT_EQ(problems_of(cloud("id:64 tag:32", std::string("keys = { 0 = ") + bad + " }\n")), "f:4:14: " + secret);
  for (const char* bad : {"a", "01", "-1", "4294967296"})
    EXPECT_EQ(problems_of(cloud("id:64 tag:32", std::string("keys = { ") + bad + " = " + kKey + " }\n")),
              std::string("f:4:10: \"keys\" in [plan.NAME] must name epochs, whole numbers from 0 to 4294967295, not "
                          "\"") +
                  bad + "\"");
  EXPECT_EQ(problems_of(cloud("id:64 tag:32", "keys = " + kKey + "\n")),
            "f:4:8: \"keys\" in [plan.NAME] must be a table of 32 hexadecimal digits by epoch such as { 0 = "
            "\"3f8a...\" }");
}

TEST(Plans, NamesPrefixesAndTables) {
  const std::string prefix = "f:2:10: \"prefix\" in [plan.NAME] must ";
  expect({
      {kCloud, ""},
      {"[node]\nname = \"a\"\n" + kCloud + "[api]\n", ""},
      {kSite + kCloud, ""},
      {"plan = 1\n", "f:1:8: \"plan\" must be tables, each headed [plan.NAME], not 1"},
      {"plan = []\n", "f:1:8: \"plan\" must be tables, each headed [plan.NAME], not an array"},
      {"[plan]\ncloud = 1\n", "f:2:9: each [plan.NAME] must be a table, not 1"},
      {"[plan]\n",
       "f:1:1: the file has neither a [[service]] nor a [host] nor a [translator] nor a [gateway] nor an [edge] nor a "
       "[path]: the "
       "node has "
       "nothing to do"},
      {"[plan.cloud]\n", "f:1:1: \"prefix\" in [plan.NAME] is missing\nf:1:1: \"layout\" in [plan.NAME] is missing"},
      {with(kCloud, "cloud", "\"a b\""),
       "f:1:7: \"NAME\" in [plan.NAME] must be a name of 1 to 60 letters, digits, \".\", \"_\" or \"-\", not \"a b\""},
      {kCloud + "owner = 1\n", "f:4:1: unknown key \"owner\" in [plan.NAME]; did you mean \"over\"?"},
      {kCloud + "over = 1\n", "f:4:8: \"over\" in [plan.NAME] must be \"address\" or \"pair\", not 1"},
      {with(kCloud, "\"tenant:32 gateway:32 ipv4:32\"", "7"),
       "f:3:10: \"layout\" in [plan.NAME] must be fields with their bits such as \"tenant:32 gateway:32 ipv4:32\", not "
       "7"},
      {with(kCloud, "2001:db8::/32", "192.0.2.0/24"),
       prefix + "be an IPv6 prefix such as \"2001:db8::/32\", not \"192.0.2.0/24\""},
      {with(kCloud, "2001:db8::/32", "2001:db8::1/32"),
       prefix + "have no bits behind its length, unlike \"2001:db8::1/32\"; \"2001:db8::/32\" is probably meant"},
      {with(kCloud, "2001:db8::/32", "2001:db8::/129"),
       prefix + "be an IPv6 prefix such as \"2001:db8::/32\", not \"2001:db8::/129\""},
      {with(kCloud, "2001:db8::/32", "ff00::/32"),
       "f:2:10: \"prefix\" in [plan.NAME] must be of addresses that packets may carry; ff00::/32 lies in ff00::/8, "
       "multicast addresses"},
      {with(kCloud, "2001:db8::/32", "::/32"),
       "f:2:10: \"prefix\" in [plan.NAME] must be of addresses that packets may carry; ::/32 holds the unspecified "
       "address"},
      {kCloud + "[director]\naddress = \"10.0.0.1\"\n",
       "f:1:1: \"interfaces\" in [engine] is missing\n"
       "f:1:1: the file has neither a [[service]] nor a [host] nor a [translator] nor a [gateway] nor an [edge] nor a "
       "[path]: the "
       "node has "
       "nothing to do"},
  });
  std::string many;
  for (int i = 0; i < 257; ++i) many += "[plan.p" + std::to_string(i) + "]\n";
  EXPECT_EQ(problems_of(many), "f:257:7: there are 257 [plan.NAME]; at most 256 are supported");
}

TEST(Plans, MayNotOverlap) {
  const std::string inner = "[plan.b]\nprefix = \"2001:db8:ff00::/40\"\nlayout = \"id:64 zero:24\"\n";
  expect({
      {kCloud + inner,
       "f:5:10: plan \"b\" (2001:db8:ff00::/40) and plan \"cloud\" (2001:db8::/32) in line 2 overlap: an address could "
       "belong to both"},
      {kCloud + with(kCloud, "cloud", "b"),
       "f:5:10: plan \"b\" (2001:db8::/32) and plan \"cloud\" (2001:db8::/32) in line 2 overlap: an address could "
       "belong to both"},
      {kCloud + with(inner, "2001:db8:ff00::/40", "2001:db9:ff00::/40"), ""},
      {cloud("zero:8 id:64 zero:24") + inner, ""},  // zeros keep them apart
      {cloud("id:64 zero:32") + "[plan.b]\nprefix = \"2001:db8::/32\"\nlayout = \"zero:64 id:32\"\n",
       "f:5:10: plan \"b\" (2001:db8::/32) and plan \"cloud\" (2001:db8::/32) in line 2 overlap: an address could "
       "belong to both"},
  });
  const Config c = parse_config(cloud("zero:8 id:64 zero:24") + inner, "f").config.value();
  const auto plans = compile_plans(c);
  const auto whose = [&](const char* address) {
    const AddressPlan* found = plan_of(plans, *parse_address(address));
    return found ? found->name : "none";
  };
  EXPECT_EQ(whose("2001:db8:ff00::1:0:0"), "b");
  EXPECT_EQ(whose("2001:db8:1::"), "cloud");
  EXPECT_EQ(whose("2001:db8:ff00::1"), "b") << "the longest prefix answers for what does not decode";
  EXPECT_EQ(whose("2001:db9::"), "none");
}

TEST(Mtus, AreOfListedInterfaces) {
  const auto mtu = [](const std::string& value) {
    return with(kSite, "[director]", "mtu = " + value + "\n[director]");
  };
  expect({
      {mtu("{ eth0 = 1400 }"), ""},
      {mtu("{}"), ""},
      {mtu("1400"), "f:3:7: \"mtu\" in [engine] must be a table such as { eth0 = 1400 }, not 1400"},
      {mtu("{ eth0 = 67 }"), "f:3:16: the MTU of \"eth0\" in [engine] must be a whole number from 68 to 65535, not 67"},
      {mtu("{ eth0 = \"a\" }"),
       "f:3:16: the MTU of \"eth0\" in [engine] must be a whole number from 68 to 65535, not \"a\""},
      {mtu("{ \"eth0:1\" = 1400 }"),
       "f:3:9: \"mtu\" in [engine] must name interfaces such as \"eth0\", without VLAN ids, not \"eth0:1\""},
      {mtu("{ eth9 = 1400 }"),
       "f:3:9: interface \"eth9\" of \"mtu\" in [engine] is not in its interfaces; did you mean \"eth0\"?"},
      {mtu("{ wan = 1400 }"), "f:3:9: interface \"wan\" of \"mtu\" in [engine] is not in its interfaces"},
      {with(mtu("{ eth0 = 1400 }"), "eth0 = \"public\"", "\"eth0:7\" = \"public\""), ""},
  });
  const Config c = parse_config(mtu("{ eth0 = 1400 }"), "f").config.value();
  ASSERT_EQ(c.engine.mtu.size(), 1u);
  EXPECT_EQ(c.engine.mtu[0].interface, "eth0");
  EXPECT_EQ(c.engine.mtu[0].mtu, 1400u);
}

}  // namespace
}  // namespace waymark
