#include "daemon/key_watch.h"

#include <gtest/gtest.h>

#include "daemon/snapshot.h"

namespace waymark {
namespace {

using namespace std::chrono_literals;

path::KnownKey key(u32 epoch, u32 place, u64 digest) { return {"servers", epoch, false, place, digest}; }

struct Watched {
  KeyWatch watch;
  std::vector<u64> uses = std::vector<u64>(8);
  u64 unknown = 0;
  Time now = 100s;
  std::vector<Event> later(Duration after = KeyWatch::kEvery) { return watch.look(uses, unknown, now += after); }
  const KeyWatch::View& view(std::size_t i) { return watch.views().at(i); }
};

TEST(KeyWatch, CountsFromWhenAKeyWasKnownAndSaysWhenItWasSeen) {
  Watched w;
  w.uses = {100, 200, 0, 0, 0, 0, 0, 0};
  w.watch.follow({key(0, 0, 10), key(1, 1, 11)}, w.uses, w.now);
  w.later();
  EXPECT_EQ(w.view(0).packets, 0u) << "from before";
  EXPECT_FALSE(w.view(0).seen);
  w.uses[1] += 7;
  w.later();
  EXPECT_EQ(w.view(1).packets, 7u);
  EXPECT_EQ(w.view(1).since, Time(100s));
  EXPECT_EQ(w.view(1).seen, w.now);
  EXPECT_TRUE(KeyWatch::lately(w.view(1), w.now + KeyWatch::kLately - 1s));
  EXPECT_FALSE(KeyWatch::lately(w.view(1), w.now + KeyWatch::kLately));
  EXPECT_FALSE(KeyWatch::lately(w.view(0), w.now));
  w.uses = {};  // made anew
  w.uses.resize(8);
  w.uses[1] = 3;
  w.later();
  EXPECT_EQ(w.view(1).packets, 3u);
}

TEST(KeyWatch, AKeyThatStaysKeepsItsCountAndAnotherAtItsPlaceDoesNot) {
  Watched w;
  w.watch.follow({key(0, 0, 10), key(1, 1, 11)}, w.uses, w.now);
  w.uses[0] = 5, w.uses[1] = 6;
  w.later();
  path::KnownKey used = key(1, 1, 11);
  used.makes = true;
  w.watch.follow({used, key(0, 0, 99)}, w.uses, w.now += 1s);
  EXPECT_EQ(w.view(0).packets, 6u);
  EXPECT_TRUE(w.view(0).key.makes);
  EXPECT_EQ(w.view(0).since, Time(100s));
  EXPECT_EQ(w.view(1).packets, 0u) << "another key of the same epoch";
  EXPECT_FALSE(w.view(1).seen);
  w.uses[0] += 2;
  w.later();
  EXPECT_EQ(w.view(1).packets, 2u);
}

TEST(KeyWatch, PacketsOfUnknownEpochsAreToldOnceAndWhenTheyEnd) {
  Watched w;
  w.unknown = 1'000;
  EXPECT_TRUE(w.later().empty()) << "from before the daemon's time";
  w.unknown += KeyWatch::kFew - 1;
  EXPECT_TRUE(w.later().empty()) << "a few are no news";
  EXPECT_EQ(w.watch.unknown_epochs(), "");
  w.unknown += 120;
  const auto began = w.later();
  ASSERT_EQ(began.size(), 1u);
  EXPECT_EQ(began[0].kind, "epoch.unknown");
  EXPECT_EQ(began[0].text.find("120 packets in 10 s were refused, as this POP has no key of their epoch"), 0u);
  EXPECT_EQ(w.watch.unknown_epochs(), began[0].text);
  w.unknown += 30;
  EXPECT_TRUE(w.later().empty()) << "once";
  const auto ended = w.later();
  ASSERT_EQ(ended.size(), 1u);
  EXPECT_EQ(ended[0].text, "packets name no unknown epochs any more; 150 did since it began");
  EXPECT_EQ(w.watch.unknown_epochs(), "");
}

TEST(ShowKeys, SaysWhoKnowsAKeyAndWhoSawIt) {
  Snapshot s;
  s.now = Time(1'000s);
  s.keys = {{key(1, 1, 11), 100, 20, Time(400s), Time(990s)}, {key(2, 2, 12), 0, 0, Time(900s), {}}};
  s.tag_uses = {0, 120, 5, 0, 0, 0, 0, 0};  // since the last look the second one was seen, and the first one was not
  group::MemberView both, old, other;
  both.name = "a", both.is_pop = true, both.keys.keys = {{11, true}, {12, true}};
  old.name = "b", old.is_pop = true, old.keys.keys = {{11, true}, {13, true}};
  other.name = "c", other.keys.keys = {};
  s.group = group::GroupView{true, {both, old, other}, 0, "", 0};
  Config config;
  config.path.emplace().clients = "servers";  // of whose epochs clients are counted
  s.config = std::make_shared<const Config>(config);
  const Rows rows = show_keys(s, ClientsByEpoch{{2, 3}});
  ASSERT_EQ(rows.rows.size(), 2u);
  const auto row = [](const char* makes, u64 packets, u64 since, u64 seen, u64 clients, const char* unknown,
                      const char* at) {
    return std::vector<Value>{std::string(makes), packets, since, seen, clients, std::string(unknown), std::string(at)};
  };
  const auto middle = [&](std::size_t i) {
    return std::vector<Value>(rows.rows[i].begin() + 2, rows.rows[i].end() - 1);
  };
  EXPECT_EQ(middle(0), row("no", 20, 600, 10, 0, "-", "a, b"));
  EXPECT_EQ(middle(1), row("no", 5, 100, 0, 3, "b", "a"));
  EXPECT_EQ(show_keys(s, {}).rows[0][6], Value(std::string("-")));
}

}  // namespace
}  // namespace waymark
