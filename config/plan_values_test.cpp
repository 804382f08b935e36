// Addresses from values and back, by examples and for random plans and addresses.
#include "config/plan_values.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <random>

#include "base/address_text.h"
#include "config/text_test.h"

namespace waymark {
namespace {

const std::string kPlans = R"(
[plan.cloud]
prefix = "2001:db8::/32"
layout = "tenant:32 gateway:32 ipv4:32"
[plan.clients]
prefix = "3fff:c00::/40"
layout = "pop:8 policy:8 id:32 zero:40"
[plan.servers]
prefix = "3fff:a00::/40"
layout = "path:5x8 policy:4 id:16 epoch:2 tag:26"
over = "pair"
keys = { 1 = "000102030405060708090a0b0c0d0e0f", 2 = "101112131415161718191a1b1c1d1e1f" }
[plan.alone]
prefix = "3fff:b00::/40"
layout = "id:48 tag:40"
keys = { 0 = "000102030405060708090a0b0c0d0e0f" }
)";

std::vector<AddressPlan> plans() { return compile_plans(parse_config(kPlans, "f").config.value()); }

// The address, or the sentence.
std::string encoded(std::size_t plan, const std::vector<std::string>& words) {
  const auto all = plans();
  const auto address = encode_address(all, all.at(plan), words);
  return address ? text(*address) : address.error().sentence;
}

// "tenant=1 gateway=1 ..." or the sentence.
std::string decoded(std::size_t plan, const char* address) {
  const auto all = plans();
  const auto fields = decode_address(all, all.at(plan), *parse_address(address));
  if (!fields) return fields.error().sentence;
  std::string out;
  for (const FieldValue& field : fields->fields)
    out += (out.empty() ? "" : " ") + std::string(name_of(field.kind)) + "=" + field.text;
  return out;
}

TEST(PlanValues, Encode) {
  EXPECT_EQ(encoded(0, {"tenant=1", "gateway=1", "ipv4=10.0.0.2"}), "2001:db8:0:1:0:1:a00:2");
  EXPECT_EQ(encoded(0, {"ipv4=0.0.0.0", "gateway=4294967295", "tenant=0"}), "2001:db8::ffff:ffff:0:0");
  EXPECT_EQ(encoded(1, {"pop=3", "policy=1", "id=7"}), "3fff:c00:3:100:0:700::");
}

// By `openssl mac -macopt size:8 SIPHASH` over the client's /64 with zeros behind it, then the address without its tag.
TEST(PlanValues, EncodeComputesTags) {
  EXPECT_EQ(encoded(2, {"path=3,5,7", "policy=1", "id=561", "epoch=1", "client=2001:db9:ffff:1::5"}),
            "3fff:a00:3:507:0:1023:1516:6c64");
  EXPECT_EQ(encoded(2, {"path=3,5,7", "policy=1", "id=561", "epoch=1", "client=2001:db9:ffff:1::6"}),
            "3fff:a00:3:507:0:1023:1516:6c64")
      << "all addresses of one /64 are one client";
  EXPECT_EQ(encoded(2, {"path=3,5,7", "policy=1", "id=561", "epoch=2", "client=3fff:c00:3:100:0:700::"}),
            "3fff:a00:3:507:0:1023:19dc:d3c")
      << "with a plan of its own a client is its whole address";
  EXPECT_EQ(encoded(3, {"id=1"}), "3fff:b00::140:feb6:1866");
}

TEST(PlanValues, EncodeSaysWhatIsWrong) {
  const std::string number = " must be a whole number from 0 to 4294967295, not ";
  const std::string path = "\"path\" must be 1 to 5 numbers of POPs from 1 to 255 with \",\" between, none twice, not ";
  EXPECT_EQ(encoded(0, {"tenant=1"}), "plan \"cloud\" needs a value for \"gateway\" and \"ipv4\", too");
  EXPECT_EQ(encoded(0, {}), "plan \"cloud\" needs a value for \"tenant\", \"gateway\" and \"ipv4\", too");
  EXPECT_EQ(encoded(0, {"tenant"}), "\"tenant\" is no field with its value such as \"tenant=1\"");
  EXPECT_EQ(encoded(0, {"tenant=1", "tenant=1"}), "\"tenant\" is given twice");
  EXPECT_EQ(encoded(0, {"pop=1"}),
            "plan \"cloud\" has no field \"pop\"; it takes \"tenant\", \"gateway\" and \"ipv4\"");
  EXPECT_EQ(encoded(0, {"client=::1"}),
            "plan \"cloud\" has no field \"client\"; it takes \"tenant\", \"gateway\" and \"ipv4\"");
  for (const char* bad : {"4294967296", "-1", "", "1.5", "0x1", "01", " 1", "99999999999999999999"})
    EXPECT_EQ(encoded(0, {"tenant=" + std::string(bad)}), "\"tenant\"" + number + "\"" + bad + "\"");
  for (const char* bad : {"10.0.0", "7", "2001:db8::1", ""})
    EXPECT_EQ(encoded(0, {"ipv4=" + std::string(bad)}),
              "\"ipv4\" must be an IPv4 address, not \"" + std::string(bad) + "\"");
  for (const char* bad : {"", "0", "3,0,5", "3,3", "256", "1,2,3,4,5,6", "3,", ",3", "3 5"})
    EXPECT_EQ(encoded(2, {"path=" + std::string(bad)}), path + "\"" + bad + "\"");
  EXPECT_EQ(encoded(2, {"tag=1"}), "a tag is computed, not given");
  EXPECT_EQ(encoded(1, {"zero=0"}), "\"zero\" is always zero, and not given");
  EXPECT_EQ(encoded(2, {"client=192.0.2.1"}), "\"client\" must be an IPv6 address, not \"192.0.2.1\"");
  EXPECT_EQ(encoded(2, {"path=3", "policy=1", "id=1", "epoch=1"}),
            "plan \"servers\" needs a value for \"client\", too");
  EXPECT_EQ(encoded(2, {"path=3", "policy=1", "id=1", "epoch=3", "client=2001:db8::1"}),
            "plan \"servers\" has no key for epoch 3");
}

TEST(PlanValues, Decode) {
  EXPECT_EQ(decoded(0, "2001:db8:0:1:0:1:a00:2"), "tenant=1 gateway=1 ipv4=10.0.0.2");
  EXPECT_EQ(decoded(1, "3fff:c00:3:100:0:700::"), "pop=3 policy=1 id=7");
  EXPECT_EQ(decoded(1, "3fff:c00:3:100:0:700::1"),
            "3fff:c00:3:100:0:700:0:1 is no address of plan \"clients\": its bits 88 to 127 must be zero");
  EXPECT_EQ(decoded(2, "3fff:a00:3:507:0:1023:1400:9"), "path=3,5,7 policy=1 id=561 epoch=1 tag=9");
  EXPECT_EQ(decoded(2, "3fff:a00::1023:1400:0"),
            "3fff:a00::1023:1400:0 is no address of plan \"servers\": its path names no POP");
  EXPECT_EQ(decoded(2, "3fff:a00:3:7:0:1023:1400:0"),
            "3fff:a00:3:7:0:1023:1400:0 is no address of plan \"servers\": its path has a zero between its POPs");
  EXPECT_EQ(decoded(2, "3fff:a00:3:503:0:1023:1400:0"),
            "3fff:a00:3:503:0:1023:1400:0 is no address of plan \"servers\": its path names a POP twice");
}

TEST(PlanValues, DecodeChecksTags) {
  const auto all = plans();
  const auto tag = [&](std::size_t plan, const char* address, std::optional<Address> client) {
    return (*decode_address(all, all[plan], *parse_address(address), client)).tag;
  };
  const Address client = *parse_address("2001:db9:ffff:1::7"), stranger = *parse_address("2001:db9:ffff:2::7");
  EXPECT_EQ(tag(2, "3fff:a00:3:507:0:1023:1516:6c64", client), TagCheck::good);
  EXPECT_EQ(tag(2, "3fff:a00:3:507:0:1023:1516:6c64", stranger), TagCheck::bad);
  EXPECT_EQ(tag(2, "3fff:a00:3:507:0:1023:1516:6c64", std::nullopt), std::nullopt)
      << "it cannot be known without the client";
  EXPECT_EQ(tag(2, "3fff:a00:3:507:0:1023:1c00:0", client), TagCheck::unknown_epoch);
  EXPECT_EQ(tag(3, "3fff:b00::140:feb6:1866", std::nullopt), TagCheck::good);
  EXPECT_EQ(tag(3, "3fff:b00::", std::nullopt), TagCheck::bad);
  EXPECT_EQ(tag(0, "2001:db8::", std::nullopt), std::nullopt);
}

// A random plan: a prefix, then fields of random kinds and widths in a random order until 128 bits are full.
PlanConfig random_plan(std::mt19937_64& random) {
  const auto below = [&](u64 n) { return u32(random() % n); };
  PlanConfig plan;
  plan.name = "random";
  plan.prefix.length = u8(16 + below(80));
  plan.prefix.address = *parse_address("2001:db8:1234:5678:9abc:def0:1234:5678") & leading_ones(plan.prefix.length);
  std::vector<u32> kinds;
  for (u32 i = 0; i < kFieldKinds; ++i) kinds.push_back(i);
  std::shuffle(kinds.begin(), kinds.end(), random);
  u32 left = 128u - plan.prefix.length, fields = 0;
  bool tag = false, epoch = false;
  for (const u32 i : kinds) {
    const FieldKind kind = FieldKind(i);
    u32 hops = kind == FieldKind::path ? 1 + below(16) : 1;
    u32 width = kind == FieldKind::ipv4 ? 32 : 1 + below(kind == FieldKind::path ? 12 : 40);
    if (hops * width > left || fields == 15 || (kind == FieldKind::epoch && !tag)) continue;
    plan.layout += std::string(name_of(kind)) + ":" + (kind == FieldKind::path ? std::to_string(hops) + "x" : "") +
                   std::to_string(width) + " ";
    left -= hops * width;
    ++fields;
    tag |= kind == FieldKind::tag;
    epoch |= kind == FieldKind::epoch;
  }
  if (left) plan.layout += "zero:" + std::to_string(left);
  if (tag) plan.keys = {{0, {random(), random()}}};
  if (epoch) plan.keys.push_back({1, {random(), random()}});
  if (tag && below(2)) plan.over = TagOver::pair;
  return plan;
}

// What encode is told, from what decode found.
std::vector<std::string> words_of(const Decoded& decoded, const Plan& plan, const Address& client) {
  std::vector<std::string> words;
  for (const FieldValue& field : decoded.fields)
    if (field.kind != FieldKind::tag) words.push_back(std::string(name_of(field.kind)) + "=" + field.text);
  if (plan.over_pair) words.push_back("client=" + text(client));
  return words;
}

RC_GTEST_PROP(PlanValues, AnyAddressDecodesAndEncodesAgainOrIsRefused, (u64 seed)) {
  std::mt19937_64 random(seed);
  const auto compiled = compile_plan(random_plan(random));
  RC_ASSERT(bool(compiled));
  const std::vector<AddressPlan> all = {*compiled};
  const Plan& plan = all[0].plan;
  const Address client = {(*parse_address("2001:db9::")).high, random()};
  for (int round = 0; round < 50; ++round) {
    Address address = plan.prefix | (Address{random(), random()} & ~plan.prefix_mask);
    if (round % 4) address = address & ~plan.zeros;
    if (round % 2 && has(plan, FieldKind::path))  // a path that is one, which chance alone rarely gives
      for (u32 hop = 0; hop < field_of(plan, FieldKind::path).count; ++hop)
        address = write_field(plan, FieldKind::path, address, hop == 0, hop);
    if (has(plan, FieldKind::epoch) && round % 3) address = write_field(plan, FieldKind::epoch, address, round % 2);
    const auto decoded = decode_address(all, all[0], address, client);
    if (!decoded) {
      RC_ASSERT(!decoded.error().sentence.empty());
      RC_ASSERT(!zeros_hold(plan, address) || has(plan, FieldKind::path));
      continue;
    }
    RC_ASSERT(zeros_hold(plan, address));
    const auto again = encode_address(all, all[0], words_of(*decoded, plan, client));
    if (!again) {
      RC_ASSERT(decoded->tag == TagCheck::unknown_epoch);
      continue;
    }
    RC_ASSERT((*again & ~plan.tag_mask) == (address & ~plan.tag_mask));
    RC_ASSERT((decoded->tag == TagCheck::bad) == (*again != address));
    const auto genuine = decode_address(all, all[0], *again, client);
    RC_ASSERT(genuine && genuine->tag == (has(plan, FieldKind::tag) ? std::optional(TagCheck::good) : std::nullopt));
    RC_ASSERT(words_of(*genuine, plan, client) == words_of(*decoded, plan, client));
  }
}

}  // namespace
}  // namespace waymark
