#include "group/message.h"

#include <gtest/gtest.h>

#include <random>

#include "group/channel.h"

namespace waymark::group {
namespace {

std::string some_name(std::mt19937_64& random) {
  std::string name;
  for (size_t n = random() % 63 + 1; n > 0; --n) name += "abcXYZ019._-"[random() % 12];
  return name;
}

// One message of each kind with drawn fields; `count` records in lists.
std::vector<Message> some(std::mt19937_64& random, size_t count) {
  std::vector<StateRecord> states;
  std::vector<Opinion> opinions;
  std::vector<SlotIdentity> slots;
  std::vector<PinRecord> pins;
  std::vector<GonePin> gone;
  std::vector<Claim> claims;
  std::vector<Assignment> assignments;
  std::vector<FlowRecord> flows;
  std::vector<GoneFlow> gone_flows;
  std::vector<RevocationRecord> revocations;
  const auto some_thing = [&] { return some_name(random).substr(0, 30) + " " + some_name(random).substr(0, 30); };
  for (size_t i = 0; i < count; ++i) {
    states.push_back({some_name(random), some_name(random), random() % 2 == 0,
                      random() % 2 ? std::optional<u32>(random() % 1001) : std::nullopt, random(), random()});
    opinions.push_back({some_name(random), some_name(random), std::nullopt});
    if (const u64 n = random() % 3; n) opinions.back().up = n == 1;
    slots.push_back({u32(random()), random()});
    pins.push_back({u32(random()), random()});
    gone.push_back({u32(random()), u32(random())});
    const bool listed = random() % 2;
    claims.push_back({some_thing(), listed, listed && random() % 2, listed && random() % 2, listed && random() % 2});
    flows.push_back({random(), random(), random(), random()});
    gone_flows.push_back({u32(random()), u32(random())});
    revocations.push_back({random() | 2, random() % 2 == 0, random(), random() | 1, random()});
    assignments.push_back({some_thing(), random() % 2 ? some_name(random) : "", random(), random()});
  }
  return {Digest{random(), random(), random(), u32(random()), random(), random(), random() % 2 == 0, random() % 2 == 0},
          states,
          opinions,
          slots,
          pins,
          gone,
          Pull{},
          PullEnd{random()},
          Ping{random()},
          Pong{random()},
          claims,
          assignments,
          FlowTable{u32(random())},
          EdgeTable{u32(random())},
          std::vector<EdgeFlowRecord>(3, {1, u32(random()), {2, 3, 4, random()}, {5, random()}, 6, 7}),
          std::vector<GoneEdgeFlow>(2, {1, u32(random()), random()}),
          EdgePull{},
          EdgePullEnd{},
          flows,
          gone_flows,
          FlowPull{},
          FlowPullEnd{},
          revocations,
          PopReport{"pop-7",
                    random(),
                    random(),
                    u32(random()),
                    {random(), random(), random(), random()},
                    {{{random(), true}, {random(), false}}},
                    {3, 7, u32(random())},
                    {{7, 2, 1, u32(random()), u32(random() % 10'001)}, {7, 9, 2, 0, 0}, {7, 60'000, 0, 0, 0}}}};
}

TEST(Message, ComesBackAsItWas) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 200; ++round)
    for (const Message& message : some(random, random() % 20 + 1)) {
      const auto bodies = encode(message);
      ASSERT_EQ(bodies.size(), 1u);
      const auto back = decode(bodies[0]);
      ASSERT_TRUE(back && *back);
      ASSERT_EQ(**back, message);
    }
}

template <class T>
void expect_split(const std::vector<T>& list) {
  std::vector<T> back;
  for (const auto& body : encode(list)) {
    ASSERT_LE(body.size(), kFrameBody);
    const auto part = std::get<std::vector<T>>(**decode(body));
    back.insert(back.end(), part.begin(), part.end());
  }
  EXPECT_EQ(back, list);
}

TEST(Message, LongListsTakeSeveralBodiesAndEmptyOnesNone) {
  std::mt19937_64 random(2);
  const auto messages = some(random, 20'000);
  expect_split(std::get<std::vector<StateRecord>>(messages[1]));
  expect_split(std::get<std::vector<Opinion>>(messages[2]));
  expect_split(std::get<std::vector<SlotIdentity>>(messages[3]));
  expect_split(std::get<std::vector<PinRecord>>(messages[4]));
  expect_split(std::get<std::vector<GonePin>>(messages[5]));
  EXPECT_TRUE(encode(std::vector<PinRecord>()).empty());
}

TEST(Message, CutShortOrTooLongIsAnError) {
  std::mt19937_64 random(3);
  for (const Message& message : some(random, 3)) {
    std::vector<u8> body = encode(message)[0];
    for (size_t size = 0; size < body.size(); ++size)
      ASSERT_FALSE(decode(ByteView(body).first(size))) << "kind " << message.index() + 1 << ", " << size << " bytes";
    body.push_back(0);
    ASSERT_FALSE(decode(body)) << "kind " << message.index() + 1;
  }
}

TEST(Message, UnknownKindsAreSkippedAndKindZeroIsNone) {
  for (int kind = int(std::variant_size_v<Message>) + 1; kind < 256; ++kind) {
    const auto result = decode(std::vector<u8>{u8(kind), 1, 2, 3});
    ASSERT_TRUE(result);
    ASSERT_FALSE(*result);
  }
  EXPECT_FALSE(decode(std::vector<u8>{0, 1}));
  EXPECT_FALSE(decode({}));
}

TEST(Message, FieldsKeepTheirRanges) {
  const StateRecord good = {"web", "s1", true, 1000, 1, 2};
  EXPECT_TRUE(decode(encode(std::vector<StateRecord>{good})[0]));
  for (const StateRecord& bad : {StateRecord{"web", "s1", true, 1001, 1, 2}, StateRecord{"", "s1", true, 1, 1, 2},
                                 StateRecord{"web", "s\n", true, 1, 1, 2}, StateRecord{"w/b", "s", true, 1, 1, 2},
                                 StateRecord{"web", std::string(64, 'a'), true, 1, 1, 2}})
    EXPECT_FALSE(decode(encode(std::vector<StateRecord>{bad})[0]));
  std::vector<u8> opinion = encode(std::vector<Opinion>{{"web", "s1", true}})[0];
  opinion.back() = 3;
  EXPECT_FALSE(decode(opinion));
  for (const RevocationRecord& bad :
       {RevocationRecord{0, true, 0, 1, 1}, RevocationRecord{1, true, 0, 1, 1}, RevocationRecord{2, true, 0, 0, 1}})
    EXPECT_FALSE(decode(encode(std::vector<RevocationRecord>{bad})[0]));
  std::vector<u8> count = encode(std::vector<PinRecord>{{1, 2}})[0];
  count[4] = 0xff;
  EXPECT_FALSE(decode(count)) << "more records than bytes";
}

}  // namespace
}  // namespace waymark::group
