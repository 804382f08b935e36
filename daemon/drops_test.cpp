#include "daemon/drops.h"

#include <gtest/gtest.h>

#include <set>

#include "core/overlay/reasons.h"

namespace waymark {

namespace {

using namespace std::chrono_literals;

const ReasonText& a_drop() {
  for (const ReasonText& reason : all_reasons())
    if (reason.name == std::string("director.no_target")) return reason;
  return all_reasons()[0];
}

struct Watch {
  DropWatch drops;
  Counters counters{};
  Time now = 100s;
  // What is told once so many more packets were dropped.
  std::vector<Event> after(u64 packets) {
    counters.reasons[a_drop().verdict.reason] += packets;
    now += DropWatch::kEvery;
    return drops.look(counters, now);
  }
};

}  // namespace

TEST(DropWatch, TellsWhatBeginsAndWhatEnds) {
  Watch w;
  EXPECT_TRUE(w.after(5000).empty()) << "from before the daemon's time";
  EXPECT_TRUE(w.after(3).empty()) << "a few are no news";
  const auto began = w.after(120);
  ASSERT_EQ(began.size(), 1u);
  EXPECT_EQ(began[0].kind, "drops.began");
  EXPECT_EQ(began[0].subject, "director.no_target");
  EXPECT_EQ(began[0].text.rfind("director.no_target: 120 packets in 10 s dropped: ", 0), 0u) << began[0].text;
  EXPECT_EQ(w.drops.growing().size(), 1u);
  EXPECT_TRUE(w.after(150).empty()) << "once";
  const auto ended = w.after(1);
  ASSERT_EQ(ended.size(), 1u);
  EXPECT_EQ(ended[0].text, "director.no_target: 1 packet in 10 s dropped, after 271 since it began");
  EXPECT_TRUE(w.drops.growing().empty());
}

TEST(DropWatch, SteadyNoiseIsNoNewsAndAJumpIs) {
  Watch w;
  std::vector<std::string> told;
  const auto take = [&](const std::vector<Event>& events) {
    for (const Event& e : events) told.push_back(e.kind);
  };
  take(w.after(0));
  for (int i = 0; i < 100; ++i) take(w.after(100));
  EXPECT_EQ(told, (std::vector<std::string>{"drops.began", "drops.ended"})) << "usual after a while";
  take(w.after(5000));
  EXPECT_EQ(told.back(), "drops.began");
  EXPECT_EQ(told.size(), 3u);
}

TEST(DropWatch, LooksNoMoreOftenThanItSays) {
  Watch w;
  w.after(0);
  w.counters.reasons[a_drop().verdict.reason] += 1000;
  EXPECT_TRUE(w.drops.look(w.counters, w.now + 1s).empty());
  EXPECT_EQ(w.drops.deadline(), w.now + DropWatch::kEvery);
}

TEST(DropWatch, HeardArpIsNoLoss) {
  DropWatch drops;
  Counters counters{};
  EXPECT_TRUE(drops.look(counters, 100s).empty());
  for (const ReasonText& reason : overlay::kReasonTexts) counters.reasons[reason.verdict.reason] += 5'000;
  std::set<std::string> told;
  for (const Event& e : drops.look(counters, 200s)) told.insert(e.subject);
  EXPECT_EQ(told, (std::set<std::string>{"overlay.arp_header", "overlay.arp_sender", "overlay.conflict",
                                         "overlay.frame_source", "overlay.label_stack", "overlay.label_ttl",
                                         "overlay.limited", "overlay.not_a_ping", "overlay.not_held",
                                         "overlay.other_mac", "overlay.unknown"}));
}

}  // namespace waymark
