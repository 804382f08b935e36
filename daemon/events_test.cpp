#include "daemon/events.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

namespace waymark {

namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;

Event event(int number, std::size_t length = 10) {
  // Of a kind and subject each, so that nothing is left out.
  return {Severity::info, fmt::format("test{}.done", number), fmt::format("s{}", number), std::string(length, 'x')};
}

std::vector<Json> lines_of(BodyQueue& body) {
  std::istringstream text(body.take().bytes);
  std::vector<Json> out;
  for (std::string line; std::getline(text, line);)
    if (!line.empty()) out.push_back(Json::parse(line));
  return out;
}

}  // namespace

TEST(Events, ReachFollowersAfterWhatIsPast) {
  Loop loop;
  Events events(loop);
  events.tell(event(1), 1s);
  events.tell(event(2), 1s);
  const auto body = std::make_shared<BodyQueue>(Events::kMostUnread);
  ASSERT_TRUE(events.follow(body, events.ring()->last(1)));
  events.tell(event(3), 1s);
  const auto lines = lines_of(*body);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0]["number"], 2);
  EXPECT_EQ(lines[1]["number"], 3);
  events.finish();
  EXPECT_TRUE(body->take().ended) << "nothing comes any more";
}

TEST(Events, AFollowerThatDoesNotReadIsToldWhatItMissed) {
  Loop loop;
  Events events(loop);
  const auto body = std::make_shared<BodyQueue>(100'000);
  ASSERT_TRUE(events.follow(body, {}));
  for (int i = 0; i < 200; ++i) events.tell(event(i, 1000), 1s);
  const auto first = lines_of(*body);
  ASSERT_LT(first.size(), 200u);
  events.tell(event(200), 1s);
  const auto then = lines_of(*body);
  ASSERT_EQ(then.size(), 2u);
  EXPECT_EQ(then[0]["kind"], "events.missed");
  EXPECT_EQ(then[0]["text"], fmt::format("{} events before are left out", 200 - first.size()));
  EXPECT_EQ(then[1]["number"], 201);
}

TEST(Events, FollowersAreBoundedAndThoseWhoLeaveMakeRoom) {
  Loop loop;
  Events events(loop);
  std::vector<std::shared_ptr<BodyQueue>> bodies;
  for (std::size_t i = 0; i < Events::kMostFollowers; ++i) {
    bodies.push_back(std::make_shared<BodyQueue>(1000));
    EXPECT_TRUE(events.follow(bodies.back(), {}));
  }
  const auto more = std::make_shared<BodyQueue>(1000);
  EXPECT_FALSE(events.follow(more, {}));
  bodies[3]->leave();
  EXPECT_TRUE(events.follow(more, {}));
}

TEST(Events, ASentenceIsOneLineOfBoundedLength) {
  Loop loop;
  Events events(loop);
  events.tell({Severity::warning, "reload.refused", "d1", "refused: a\nb\t" + std::string(5000, 'x')}, 1s);
  const std::string text = events.ring()->last(1).events[0].event.text;
  EXPECT_TRUE(text.starts_with("refused: a; b?xxx")) << text;
  EXPECT_LT(text.size(), 1600u);
}

TEST(Events, ABrokenHookIsAnEventThatTheHookIsNotRunFor) {
  Loop loop;
  Events events(loop);
  events.hook().configure("/nonexistent/hook", "d1");
  events.step(1s);
  for (int i = 0; i < 5; ++i) events.tell(event(i), 1s), events.step(1s);
  u64 failed = 0;
  for (const Recorded& r : events.ring()->last(100).events) failed += r.event.kind == "hook.failed";
  EXPECT_EQ(failed, 1u);
}

TEST(Events, TheEndOfTheDaemonStartsNoProgram) {
  Loop loop;
  Events events(loop);
  events.hook().configure("/bin/true", "d1");
  events.tell({Severity::info, "daemon.ends", "d1", "it ends"}, 1s);
  EXPECT_EQ(events.hook().deadline(), Time::max());
  for (int i = 0; i < 20; ++i) events.tell({Severity::info, "target.up", "web/s1", "web/s1 is up"}, 1s);
  const Time runs = events.hook().deadline();
  EXPECT_LT(runs, Time::max());
  events.finish();
  EXPECT_EQ(events.ring()->last(1).events[0].event.text, "web/s1 is up (15 changes before in 10 s left out)")
      << "what waited is told";
  EXPECT_EQ(events.hook().counts().lost, 0u);
}

// docs/operations.md tells every kind, and what it means.
TEST(Events, TheDocumentationNamesEachKind) {
  std::ostringstream text;
  text << std::ifstream(WM_SOURCE_DIR "/docs/operations.md").rdbuf();
  for (const EventKind& kind : event_kinds())
    EXPECT_NE(text.str().find(fmt::format("| `{}` | {} |\n", kind.name, kind.meaning)), std::string::npos) << kind.name;
}

}  // namespace waymark
