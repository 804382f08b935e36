#include "cli/remote.h"

#include <gtest/gtest.h>

#include "cli/decide.h"
#include "cli/events.h"

namespace waymark::cli {

TEST(Show, AnswersBecomeTables) {
  const auto table = to_table(R"({"columns":["name","packets","drained"],
      "rows":[{"name":"web/s1","packets":12,"drained":true},{"name":"web/s2","packets":3456,"drained":false}]})",
                              true);
  ASSERT_TRUE(table);
  EXPECT_EQ(*table,
            "name    packets  drained\n"
            "web/s1       12  yes\n"
            "web/s2     3456  no\n");
}

TEST(Show, RowsOfZerosAreForThoseWhoAskForAll) {
  const std::string answer =
      R"({"columns":["reason","packets"],"rows":[{"reason":"a","packets":0},{"reason":"b","packets":1}]})";
  EXPECT_EQ(*to_table(answer, false), "reason  packets\nb             1\n");
  EXPECT_EQ(*to_table(answer, true), "reason  packets\na             0\nb             1\n");
}

TEST(Show, WhatIsNoTableIsASentence) {
  for (const char* answer : {"", "[]", "{}", "{\"columns\":1,\"rows\":[]}", "{\"columns\":[\"a\"]"})
    EXPECT_EQ(to_table(answer, true).error().sentence, "the daemon's answer is no table; it may be of another version")
        << answer;
  EXPECT_EQ(*to_table(R"({"columns":["a","b"],"rows":[{"a":1},7,{"b":null}]})", true), "a  b\n1\n\n");
}

TEST(Show, WordsBecomeAQuery) {
  const auto path = [](const std::string& what, const std::vector<std::string>& words,
                       std::optional<unsigned> count = {}) {
    const auto p = path_of({.what = what, .words = words, .count = count});
    return p ? *p : p.error().sentence;
  };
  EXPECT_EQ(path("status", {}), "/v1/status");
  EXPECT_EQ(path("pins", {"web"}), "/v1/pins?service=web");
  EXPECT_EQ(path("firewall", {}), "/v1/firewall");
  EXPECT_EQ(path("firewall", {"red"}), "/v1/firewall?tenant=red");
  EXPECT_EQ(path("flows", {"red"}, 5), "/v1/flows?tenant=red&count=5");
  EXPECT_EQ(path("flows", {"10.0.0.5"}), "/v1/flows?address=10.0.0.5");
  EXPECT_EQ(path("flows", {"10.0.0.5", "red"}), "/v1/flows?address=10.0.0.5&tenant=red");
  EXPECT_EQ(path("neighbours", {"red", "10.0.0.5"}, 5), "/v1/neighbours?tenant=red&address=10.0.0.5&count=5");
  EXPECT_EQ(path("neighbours", {"red", "blue"}), "show neighbours: give one tenant, one IPv4 address, or both");
  EXPECT_EQ(path("edge", {"2001:db8::5", "web"}, 5), "/v1/edge?address=2001%3Adb8%3A%3A5&service=web&count=5");
  EXPECT_EQ(path("edge", {"web", "dns"}), "show edge: give one service, one address, or both");
  EXPECT_EQ(path("flows", {"red", "blue"}), "show flows: give one tenant, one IPv4 address, or both");
  EXPECT_EQ(path("flows", {"10.0.0.5", "10.0.0.6"}), "show flows: give one tenant, one IPv4 address, or both");
  EXPECT_EQ(path("firewall", {"red", "blue"}), "show firewall: give one tenant");
}

TEST(Drain, PinsAreThoseOfAllThatHaveTheName) {
  const std::string rows = R"({"columns":["target","pins"],"rows":[{"target":"web/s1","pins":3},{"target":"web/s1",
      "pins":2},{"target":"mail/s1","pins":4},{"target":"web/s2","pins":9},7]})";
  EXPECT_EQ(pins_of(rows, "web/s1"), 5u) << "each incarnation";
  EXPECT_EQ(pins_of(rows, "s1"), 9u);
  EXPECT_FALSE(pins_of(rows, "s3"));
  EXPECT_FALSE(pins_of("nonsense", "s1"));
}

TEST(Drain, WaitMayStandBeforeTheTarget) {
  struct Case {
    const char *word, *target;
    bool good;
    const char* target_after;
    unsigned seconds;
  };
  for (const Case& c : {Case{"", "s1", true, "s1", 0}, Case{"30", "s1", true, "s1", 30},
                        Case{"web/s1", "", true, "web/s1", 0}, Case{"soon", "s1", false, "s1", 0}}) {
    std::string target = c.target;
    unsigned seconds = 7;
    EXPECT_EQ(sort_words(c.word, target, seconds), c.good) << c.word;
    EXPECT_EQ(target, c.target_after) << c.word;
    EXPECT_EQ(seconds, c.seconds) << c.word;
  }
}

TEST(EventsCommand, ALineIsForPeople) {
  EXPECT_EQ(event_for_people(R"({"time":"2026-11-28T06:25:25.042Z","number":7,"severity":"info","kind":"target.up",)"
                             R"("subject":"web/s1","text":"web/s1 is up"})"),
            "2026-11-28T06:25:25.042Z  info     web/s1 is up\n");
  EXPECT_EQ(event_for_people("\n"), "");
  EXPECT_EQ(event_for_people("[1]"), "");
}

}  // namespace waymark::cli
