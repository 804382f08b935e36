// XDP's answers beside the name server's, in the user-space build.
#include "tests/path/asked.h"

#include <gtest/gtest.h>

#include "engine/replay/userspace.h"
#include "roles/path/reasons.h"
#include "tests/dns/site.h"
#include "tests/path/ask_many.h"

namespace waymark::path_cases {
namespace {

TEST(PathAsked, AnswersAreTheNameServers) {
  PathSite s(1, busy_site());
  NameServer server(s);
  Questions questions(1, server.seconds());
  constexpr u32 kQuestions = 20'000;
  u32 plain = 0;
  ask_many(s, server, questions, kQuestions, plain);
  EXPECT_GT(plain, kQuestions / 4);
}

// As in a veth, whose frames have room in front alone.
TEST(PathAsked, AFrameMayGrowAtItsFront) {
  PathSite s(1);
  NameServer server(s);
  for (const char* name : {"www.svc.example", "x.svc.example", "both.svc.example", "strict.svc.example"})
    for (const bool options : {false, true}) {
      const std::string mine = client(1);
      const Bytes asked =
          question(mine, dns::message({.name = name, .options = options ? cookie_option(mine, server.seconds()) : ""}));
      const Bytes frame = packets::frame(asked, {.destination = "02:57:00:00:00:01"});
      Bytes buffer(64);
      buffer.insert(buffer.end(), frame.begin(), frame.end());
      u32 offset = 64;
      const Verdict end = s.scene().engine().run_in_place(buffer, offset, 1, s.scene().ticks());
      EXPECT_EQ(end.reason, path::why::answered.reason);
      EXPECT_EQ(offset, 64u - 28);
      EXPECT_EQ(difference(server.answer(asked), part(buffer, offset + 14, buffer.size())), "");
    }
}

TEST(PathAsked, AFrameThatCannotGrowGoesOnAsItCame) {
  PathSite s(1);
  const std::string mine = client(1);
  for (const bool options : {false, true}) {
    Bytes frame = packets::frame(question(mine, dns::message({.edns = options})), {.destination = "02:57:00:00:00:01"});
    const Bytes before = frame;
    u32 offset = 0;
    const Verdict end = s.scene().engine().run_in_place(frame, offset, 1, s.scene().ticks());
    EXPECT_EQ(end.reason, path::why::ask_room.reason);
    EXPECT_EQ(frame, before);
  }
}

TEST(PathAsked, TheFileMayLeaveAllToTheNameServer) {
  std::string toml = site(1);
  toml.replace(toml.find("rate = 200"), 10, "rate = 200\nxdp = false");
  PathSite s(1, toml);
  const std::string mine = client(1);
  const Bytes q = question(mine, dns::message({}));
  EXPECT_EQ(s.from_network(q).reason, "steer.not_ours");
  EXPECT_EQ(s.from_network(question(mine, dns::message({}), pop(1))).reason, "path.local");
}

// Scopes that are configured, plans with other tags, other keys: still as the name server answers.
TEST(PathAsked, WhateverThePlansAre) {
  const auto with = [](const std::string& from, const std::string& to, std::string toml) {
    return toml.replace(toml.find(from), from.size(), to);
  };
  const std::string busy = busy_site();
  const std::string layouts[] = {
      with("over = \"pair\"", "over = \"address\"", busy),
      with("over = \"pair\"", "over = \"address\"", with("ttl = \"20s\"", "ttl = \"20s\"\nscope = 64", busy)),
      with("ffeeddccbbaa99887766554433221100\" }",
           "ffeeddccbbaa99887766554433221100\", 3 = "
           "\"0f1e2d3c4b5a69788796a5b4c3d2e1f0\" }",
           busy),
      with("id:16 path:5x8 policy:4 epoch:2 tag:26", "path:3x16 id:12 policy:6 epoch:2 tag:20", busy)};
  for (const std::string& toml : layouts) {
    PathSite s(1, toml);
    NameServer server(s);
    Questions questions(7, server.seconds());
    u32 answered = 0;
    for (u32 i = 0; i < 500; ++i) {
      const Questions::Drawn drawn = questions.next();
      const Left left = s.from_network(drawn.packet);
      ASSERT_EQ(server.judge(drawn.packet, left), "") << i << " " << left.reason << "\n" << hexdump(drawn.packet);
      if (drawn.plain) {
        ASSERT_EQ(left.reason, "path.answered") << i << "\n" << hexdump(drawn.packet);
      }
      answered += left.reason == "path.answered";
    }
    EXPECT_GT(answered, 100u);
  }
}

}  // namespace
}  // namespace waymark::path_cases
