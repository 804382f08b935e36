// Revoked ids as members of a group decide about them.
#include "node/control_test.h"
#include "roles/path/revoked.h"

namespace waymark {
namespace {

u64 word(const std::string& id) { return *path::read_revoked_id(id); }
u32 in_force(const Director& d) { return d.control->revoked().in_force; }
std::vector<std::string> told(Director& d) {
  std::vector<std::string> out;
  for (const Event& e : d.control->take_events())
    if (e.kind.starts_with("revoked.")) out.push_back(e.text);
  return out;
}

TEST(ControlRevoked, ADecisionReachesTheOthersAndOutlivesADaemon) {
  Pair pair;
  pair.run(3s);
  ASSERT_TRUE(pair.one.control->revoke(word("client 17"), std::nullopt, pair.now));
  EXPECT_EQ(in_force(pair.one), 1u) << "at once";
  pair.run(100ms);
  EXPECT_EQ(in_force(pair.two), 1u);
  EXPECT_EQ(told(pair.one), std::vector<std::string>{"client 17 is revoked, as decided here"});
  EXPECT_EQ(told(pair.two), std::vector<std::string>{"client 17 is revoked, as decided at another member"});
  pair.two.control.reset();  // killed: its tables stay
  ASSERT_TRUE(pair.one.control->unrevoke(word("17"), pair.now));
  ASSERT_TRUE(pair.one.control->revoke(word("server 3"), std::nullopt, pair.now));
  pair.run(1s);
  ASSERT_TRUE(pair.two.start(pair.now, true));
  EXPECT_EQ(pair.two.engine.live().revoked_head[0] != 0, true) << "what was pinned is in force";
  pair.run(20s);
  EXPECT_EQ(in_force(pair.two), 1u);
  EXPECT_FALSE(pair.two.control->unrevoke(word("client 17"), pair.now));
  EXPECT_TRUE(pair.two.control->unrevoke(word("server 3"), pair.now));
  pair.run(100ms);
  EXPECT_EQ(in_force(pair.one), 0u);
}

TEST(ControlRevoked, ItEndsByItself) {
  Pair pair;
  pair.run(3s);
  ASSERT_TRUE(pair.one.control->revoke(word("5"), 2s, pair.now));
  pair.run(1s);
  EXPECT_EQ(in_force(pair.one) + in_force(pair.two), 2u);
  pair.run(2s);
  EXPECT_EQ(in_force(pair.one) + in_force(pair.two), 0u);
}

TEST(ControlRevoked, AFileIsEachNodesOwn) {
  Pair pair;
  pair.run(3s);
  ASSERT_TRUE(pair.one.control->list_revoked("/etc/revoked", {word("5"), word("6")}, pair.now));
  EXPECT_EQ(told(pair.one), std::vector<std::string>{"/etc/revoked revokes 2 ids: 2 more than before, 0 no more"});
  ASSERT_TRUE(pair.one.control->list_revoked("/etc/revoked", {word("5"), word("6")}, pair.now));
  EXPECT_TRUE(told(pair.one).empty());
  pair.run(1s);
  EXPECT_EQ(in_force(pair.one), 2u);
  EXPECT_EQ(in_force(pair.two), 0u);
}

}  // namespace
}  // namespace waymark
