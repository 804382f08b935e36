// What is kept of registrations comes back as it was, and whatever else stands in the file is refused by a sentence.
#include "daemon/agents/kept.h"

#include <gtest/gtest.h>

#include <random>

#include "base/address_text.h"

namespace waymark {
namespace {

using namespace std::chrono_literals;
using agents::KeptRegistration;

struct Drawing {
  std::mt19937_64 random;
  template <class T>
  T any() {
    const auto value = T(random());
    return random() % 4 ? value : T(random() % 2 ? ~T(0) : 0);  // both ends often
  }
  bool some() { return random() % 2; }
  Address address() {
    if (some()) return *parse_address("192.0.2." + std::to_string(random() % 256));
    return *parse_address("2001:db8::" + std::to_string(random() % 1000) + ":1");
  }
  Duration span() { return std::chrono::milliseconds(random() % 300'000'000); }
  std::string name() {
    constexpr std::string_view kLetters = "abcXYZ019._-@";
    std::string out;
    for (u64 n = 1 + random() % 60; n > 0; --n) out += kLetters[random() % kLetters.size()];
    return out;
  }
  KeptRegistration registration() {
    KeptRegistration r;
    r.identity = name(), r.service = name();
    if (some()) {
      r.last.emplace().sequence = any<u16>();
      if (some()) r.last->stamp = {any<u32>(), any<u32>()};
    }
    if (some()) r.load = {any<u16>(), any<u32>(), any<u32>(), any<u32>(), any<u32>()};
    r.peer = address(), r.local = address(), r.port = any<u16>();
    for (u64 n = random() % 5; n > 0; --n) r.bindings.push_back({any<u16>(), address(), any<u16>(), span(), some()});
    return r;
  }
};

std::string one() {
  KeptRegistration r{"srv-1", "web", {}, {}, {}, {}, 5436, {}};
  r.last = {7, {{1, 2}}};
  r.load = {0, 1, 2, 3, 4};
  r.peer = *parse_address("10.0.0.11"), r.local = *parse_address("10.0.0.1");
  r.bindings = {{0, r.peer, 15, 40s, false}};
  return text_of({r}, 100s);
}
std::string with(std::string text, const std::string& from, const std::string& to) {
  EXPECT_NE(text.find(from), std::string::npos) << from << " in " << text;
  return text.replace(text.find(from), from.size(), to);
}

TEST(Kept, ComesBackAsItWas) {
  for (u64 seed = 1; seed <= 200; ++seed) {
    Drawing draw{std::mt19937_64(seed)};
    std::vector<KeptRegistration> kept;
    for (u64 n = draw.random() % 4; n > 0; --n) kept.push_back(draw.registration());
    const Time at = draw.span();
    const Result<KeptAgents> read = read_kept(text_of(kept, at));
    ASSERT_TRUE(read) << seed << ": " << read.error().sentence;
    EXPECT_EQ(read->registrations, kept) << seed;
    EXPECT_EQ(read->at, at) << seed;
  }
}

TEST(Kept, WhatIsNotSuchATextIsRefusedByASentence) {
  EXPECT_TRUE(read_kept(one()));
  for (const std::string& text :
       {std::string(), std::string("{"), std::string("\xff\xfe"), one().substr(1), one() + "}"})
    EXPECT_EQ(read_kept(text).error().sentence, "it is no JSON") << text;
  EXPECT_EQ(read_kept(with(one(), "\"version\":1", "\"version\":2")).error().sentence, "it is of another version");
  const std::string fields = "it has not the fields that it should have";
  for (const char* text :
       {"[]", "7", "null", "\"version\"", "{}", R"({"version":1})", R"({"version":1,"at_ms":1})",
        R"({"version":1,"at_ms":"1","registrations":[]})", R"({"version":1,"at_ms":1,"registrations":[7]})"})
    EXPECT_EQ(read_kept(text).error().sentence, fields) << text;
  const std::pair<const char*, const char*> changes[] = {{"\"identity\":\"srv-1\"", "\"identity\":1"},
                                                         {"\"service\"", "\"services\""},
                                                         {"\"10.0.0.1\"", "\"10.0.0\""},
                                                         {"\"local\":\"10.0.0.1\"", "\"local\":10"},
                                                         {"\"load\":[0,1,2,3,4]", "\"load\":[0,1,2]"},
                                                         {"\"stamp\":[1,2]", "\"stamp\":1"},
                                                         {"\"draining\":false", "\"draining\":\"no\""},
                                                         {"\"bindings\"", "\"binding\""}};
  for (auto& [from, to] : changes) EXPECT_EQ(read_kept(with(one(), from, to)).error().sentence, fields) << to;
}

// A number that does not fit would become another one, such as a port of 0.
TEST(Kept, NumbersThatDoNotFitAreRefused) {
  const std::pair<const char*, std::vector<const char*>> changes[] = {
      {"\"port\":5436", {"\"port\":65536", "\"port\":-1", "\"port\":5436.5", "\"port\":1e99"}},
      {"\"sequence\":7", {"\"sequence\":65536", "\"sequence\":-1"}},
      {"\"stamp\":[1,2]", {"\"stamp\":[4294967296,2]", "\"stamp\":[1,-2]"}},
      {"\"load\":[0,1", {"\"load\":[65536,1", "\"load\":[0,4294967296"}},
      {"\"id\":0", {"\"id\":65536", "\"id\":true"}},
      {"\"lifetime\":15", {"\"lifetime\":65536", "\"lifetime\":-15"}},
      {"\"left_ms\":40000", {"\"left_ms\":-1", "\"left_ms\":9223372036854775807", "\"left_ms\":18446744073709551615"}},
      {"\"at_ms\":100000", {"\"at_ms\":-1", "\"at_ms\":9223372036854775807"}}};
  for (auto& [from, all] : changes)
    for (const char* to : all) EXPECT_FALSE(read_kept(with(one(), from, to))) << to;
}

// Whatever bytes become others or are cut off.
TEST(Kept, NothingIsThrown) {
  u32 read = 0, refused = 0;
  for (u64 seed = 1; seed <= 2'000; ++seed) {
    std::mt19937_64 random(seed);
    std::string text = one();
    if (random() % 4 == 0) text.resize(random() % text.size());
    for (u64 n = random() % 3; n > 0 && !text.empty(); --n) {
      const std::size_t at = random() % text.size();
      text[at] = random() % 2 ? char(random()) : "0{}[]\",:-9e"[random() % 11];
    }
    const Result<KeptAgents> kept = read_kept(text);  // what is thrown is a failure of the test
    ++(kept ? read : refused);
    EXPECT_TRUE(kept || !kept.error().sentence.empty()) << text;
  }
  EXPECT_GT(read, 100u);
  EXPECT_GT(refused, 500u);
}

}  // namespace
}  // namespace waymark
