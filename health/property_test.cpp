#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "health/health.h"
#include "health/serving_test.h"

namespace waymark {

namespace {

// Random answers, losses, opinions, reloads and jumps. What must hold at any time, by counting from the views.
TEST(HealthProperty, NeverMoreThanTheShareIsOutAndCountsAddUp) {
  for (u32 seed = 1; seed <= 300; ++seed) {
    std::mt19937_64 random(seed);
    const auto below = [&](u64 n) { return random() % n; };
    Services serves = serving(u32(1 + below(12)), u32(below(101)));
    serves.service.push_back(serves.service[0]);
    serves.service[1].name = "zoo", serves.service[1].fail_static = 100;
    Health health(seed);
    Time now = Duration(below(1'000'000'000));
    health.configure(Health::plan(serves), now);
    std::map<u64, Question> asked;
    std::map<std::string, Time> asked_until;
    std::set<std::string> out_before;
    u64 changes_before = 0;
    for (u32 step = 0; step < 400; ++step) {
      now += Duration(below(3) ? below(500'000'000) : below(50) ? 0 : 3'600'000'000'000ull);
      for (const Question& q : health.due(now)) {
        Time& until = asked_until[q.subject.service + "/" + q.subject.target];
        ASSERT_LE(until, now) << "one question at a time";
        until = now + q.timeout + 2 * Health::kGrace;
        asked[q.id] = q;
      }
      while (!asked.empty() && below(4)) {
        const auto at = std::next(asked.begin(), long(below(asked.size())));
        health.answer(at->first, below(2) ? CheckOutcome::well : CheckOutcome::unwell, "it was drawn", now);
        asked_until.erase(at->second.subject.service + "/" + at->second.subject.target);
        asked.erase(at);
      }
      ServiceSpec& web = serves.service[0];
      const std::string target = "s" + std::to_string(1 + below(13));
      switch (below(30)) {
        case 0:
          web.fail_static = u32(below(101));
          health.configure(Health::plan(serves), now);
          break;
        case 1:
          web.target[below(web.target.size())].weight = u32(below(2) * 10);
          health.configure(Health::plan(serves), now);
          break;
        case 2:
          web.target = serving(u32(1 + below(12))).service[0].target;
          asked_until.clear();
          health.configure(Health::plan(serves), now);
          break;
        case 3:
          health.adopt("web", target, below(2) ? Wellness::down : Wellness::up, now);
          break;
        case 4:
          health.hurry("web", target, now);
          break;
      }
      const std::vector<Health::View> views = health.views();
      ASSERT_EQ(views.size(), serves.service[0].target.size() + serves.service[1].target.size());
      std::set<std::string> out;
      u64 counted = 0, counted_out = 0, counted_failing = 0, undecided = 0;
      for (const Health::View& v : views) {
        const bool down = health.down(v.service, v.target);
        if (down) out.insert(v.service + "/" + v.target);
        ASSERT_FALSE(down && v.state != Wellness::down) << "only who fails is out";
        ASSERT_EQ(v.held, v.state == Wellness::down && !down);
        ASSERT_LE(v.failed, v.asked);
        undecided += v.state == Wellness::unknown;
        if (v.service != "web") {
          ASSERT_FALSE(v.held) << "all of zoo may be out";
          continue;
        }
        const auto at = std::find_if(web.target.begin(), web.target.end(), [&](auto& t) { return t.name == v.target; });
        ASSERT_NE(at, web.target.end());
        if (!at->weight) {
          ASSERT_FALSE(v.held) << "it takes no share";
          continue;
        }
        ++counted, counted_out += down, counted_failing += v.state == Wellness::down;
      }
      const u64 most = counted * web.fail_static / 100;
      ASSERT_LE(counted_out, most) << "seed " << seed << " step " << step;
      if (counted_failing <= most) {
        ASSERT_EQ(counted_out, counted_failing) << "nobody is held without need; seed " << seed;
      }
      ASSERT_EQ(health.undecided(), undecided);
      ASSERT_TRUE(health.decided() || undecided);
      ASSERT_TRUE(out == out_before || step == 0 || health.changes() > changes_before) << "a change that nobody heard";
      out_before = std::move(out);
      changes_before = health.changes();
    }
  }
}

}  // namespace

}  // namespace waymark
