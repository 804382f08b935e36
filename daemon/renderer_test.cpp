// One page for many guests, whoever fails; and the shares of the process's files.
#include "daemon/renderer.h"

#include <gtest/gtest.h>

#include <atomic>

#include "daemon/files.h"

namespace waymark {

namespace {

using namespace std::chrono_literals;

struct Guest {
  std::vector<HttpReply> heard;
  Respond respond() {
    return Respond([this](HttpReply reply) { heard.push_back(std::move(reply)); });
  }
};

TEST(SharedPageTest, IsMadeOnceForAllWhoWaitAndWithinASecond) {
  Guest guests[5], later;  // who waits hears of the page's end
  SharedPage page("text/plain", 3);
  EXPECT_TRUE(page.ask(guests[0].respond(), 10s)) << "the first has it made";
  EXPECT_FALSE(page.ask(guests[1].respond(), 10s));
  EXPECT_FALSE(page.ask(guests[2].respond(), 10s));
  EXPECT_FALSE(page.ask(guests[3].respond(), 10s));
  ASSERT_EQ(guests[3].heard.size(), 1u) << "one more than may wait";
  EXPECT_EQ(guests[3].heard[0].status, 503);
  SharedPage::Making(page).put("text", 10s);
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(guests[i].heard.size(), 1u);
    EXPECT_EQ(guests[i].heard[0].shared, guests[0].heard[0].shared) << "the same bytes in memory";
  }
  EXPECT_FALSE(page.ask(guests[4].respond(), 10s + 999ms));
  ASSERT_EQ(guests[4].heard.size(), 1u);
  EXPECT_EQ(*guests[4].heard[0].shared, "text");
  EXPECT_TRUE(page.ask(later.respond(), 11s)) << "it is a second old";
}

TEST(SharedPageTest, WhereTheMakingFailsAllAreToldAndTheNextHasItMade) {
  Guest first, second;
  SharedPage page("text/plain", 3);
  ASSERT_TRUE(page.ask(first.respond(), 10s));
  { const SharedPage::Making making(page); }
  ASSERT_EQ(first.heard.size(), 1u);
  EXPECT_EQ(first.heard[0].status, 503);
  EXPECT_TRUE(page.ask(second.respond(), 10s));
}

TEST(RendererTest, AnExceptionCostsItsOwnWorkAlone) {
  std::atomic<int> done{0};
  Guest guest;
  {
    Renderer renderer;
    renderer.run([respond = guest.respond()]() -> void { throw std::bad_alloc(); });
    renderer.run([&] { ++done; });
    while (!done) std::this_thread::yield();
    EXPECT_EQ(renderer.failures(), 1u);
  }
  ASSERT_EQ(guest.heard.size(), 1u);
  EXPECT_EQ(guest.heard[0].status, 503);
}

TEST(HttpTextTest, QueriesAreUnescapedWhateverTheyHold) {
  EXPECT_EQ(unescape("a%20b+c%2f%2F"), "a b c//");
  EXPECT_EQ(unescape("%"), "%");
  EXPECT_EQ(unescape("%4"), "%4");
  EXPECT_EQ(unescape("%zz%41"), "%zzA");
  EXPECT_EQ(query_of("service=web&count=7"), (QueryText{{"service", "web"}, {"count", "7"}}));
  EXPECT_EQ(query_of("&&flow=tcp+1&x"), (QueryText{{"flow", "tcp 1"}, {"x", ""}}));
  EXPECT_EQ(query_of("a=1&a=2").count("a"), 2u);
}

TEST(FilePlanTest, SharesNeverExceedTheFilesThereAre) {
  for (u32 limit = 256; limit <= 20'000; limit += 37) {
    const FilePlan plan = plan_files(limit);
    EXPECT_LE(plan.reserve + plan.group + plan.api + plan.metrics + plan.health + plan.dns + plan.checks, limit)
        << limit;
    for (const u32 share : {plan.group, plan.api, plan.metrics, plan.health, plan.dns, plan.checks})
      EXPECT_GE(share, 8u) << limit;
    EXPECT_GE(plan.reserve, 128u) << limit;
    EXPECT_EQ(plan.small, limit < 1888) << limit;
  }
  EXPECT_GE(plan_files(16'384).checks, 4096u);
  EXPECT_NE(in_words(plan_files(300)).find("LimitNOFILE"), std::string::npos);
}

}  // namespace

}  // namespace waymark
