// What two directors tell of themselves and of each other.
#include "node/control_test.h"

namespace waymark {

namespace {

// What was told since the last call: "kind: sentence".
std::vector<std::string> told(Director& d) {
  std::vector<std::string> out;
  for (const Event& e : d.control->take_events()) {
    EXPECT_NE(find_event_kind(e.kind), nullptr) << e.kind;
    out.push_back(e.kind + ": " + e.text);
  }
  return out;
}

bool has(const std::vector<std::string>& all, const std::string& begin) {
  return std::any_of(all.begin(), all.end(), [&](const std::string& one) { return one.starts_with(begin); });
}

}  // namespace

TEST(ControlEvents, EachChangeOfStateIsToldWithItsReason) {
  Pair pair(true);
  pair.run(5s);
  const auto began = told(pair.one);
  EXPECT_TRUE(has(began, "member.joined: member d2 is connected"));
  for (const char* name : {"web/s1", "web/s2", "web/s3"}) EXPECT_TRUE(has(began, std::string("target.up: ") + name));
  EXPECT_TRUE(has(began, "address.announced: 2001:db8:80::1 is announced: 1 of 1 service is live"));
  pair.run(5s);
  EXPECT_EQ(told(pair.one), std::vector<std::string>()) << "nothing changes, and nothing is told";

  told(pair.two);
  ASSERT_TRUE(pair.one.control->drain("s1", true, pair.now));
  ASSERT_TRUE(pair.one.control->reweigh("s2", 40, pair.now));
  pair.run(1s);
  EXPECT_TRUE(has(told(pair.one), "target.drained: web/s1 is drained by an operator here"));
  const auto heard = told(pair.two);
  EXPECT_TRUE(has(heard, "target.drained: web/s1 is drained by an operator at member d1"));
  EXPECT_TRUE(has(heard, "target.weight: weight of web/s2 is 40 instead of 10, by an operator at member d1"));

  pair.one.dead = {"s3"};
  pair.run(15s);
  EXPECT_TRUE(has(told(pair.one), "target.down: web/s3 is down: no answer in 1 s"));

  pair.cut = true;
  pair.run(10s);
  EXPECT_TRUE(has(told(pair.one), "member.lost: the connection to member d2 is lost"));
  pair.one.control->stop(pair.now);
  EXPECT_TRUE(has(told(pair.one), "address.withdrawn: 2001:db8:80::1 is withdrawn: stopped"));
}

}  // namespace waymark
