// Random packets, sweeps and erasures against a map that cannot be wrong.
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "core/exact_sweep.h"
#include "tests/kit/exact_env.h"

namespace waymark {
namespace {

template <class Record>
void play(u64 seed, u32 buckets, u32 flows) {
  using Memory = ExactMemory<Record>;
  struct Modelled {
    u64 state, user;
    u32 stamp;  // counted on without wrapping
  };
  std::mt19937_64 random(seed);
  Memory memory(buckets, 4);
  ExactEnv<Record> env{memory};
  std::vector<SweepWords> words(buckets);
  ExactSweeper<typename Memory::Flows, typename Memory::New> sweeper(words.data());
  std::map<u64, Modelled> model;
  std::map<Inserted, u32> how;
  u32 now = 0;
  for (u32 n = 0; n < 30'000; ++n) {
    const u64 id = random() % flows;
    const auto key = exact_key<kKeyWords<Record>>(id);
    const u64 state = random() & kStateMask, user = random();
    auto flow = env.find(key);
    ASSERT_EQ(flow.word != nullptr, model.contains(id)) << "seed " << seed << ", step " << n;
    if (flow.word) {
      ASSERT_EQ(flow.owners_state(), model[id].state);
      ASSERT_EQ(flow.user, model[id].user);
      ASSERT_EQ(exact_age(flow.value, now), now - model[id].stamp);
    }
    const u32 dice = u32(random() % 100);
    if (flow.word && dice < 60) {  // a packet of a known flow
      ASSERT_TRUE(touch(flow, now));
      ASSERT_TRUE(change_state(flow, state));
      model[id] = {state, flow.user, now};
    } else if (flow.word && dice < 80) {
      ASSERT_TRUE(erase_exact(flow));
      model.erase(id);
    } else if (!flow.word && dice < 95) {  // the first and second packet of a new one, or both in one
      Inserted in;
      if (dice % 2) {
        ASSERT_TRUE(is_in(env.insert_embryo(key, state, user, now)));
        in = env.promote(key, env.find_embryo(key), now);
        ASSERT_EQ(env.find_embryo(key).word != nullptr, in == Inserted::full);
        if (in == Inserted::full) {
          ASSERT_TRUE(erase_exact(env.find_embryo(key)));
        }
      } else {
        in = env.insert(key, state, user, now);
      }
      ++how[in];
      ASSERT_TRUE(is_in(in) || in == Inserted::full);
      // A stale one may have given way.
      if (is_in(in))
        for (auto other = model.begin(); other != model.end();)
          other = now - other->second.stamp > memory.limits.stale_stamps &&
                          !env.find(exact_key<kKeyWords<Record>>(other->first)).word
                      ? model.erase(other)
                      : std::next(other);
      if (is_in(in)) model[id] = {state, user, now};
    } else if (dice == 98) {
      while (!sweeper.step(
          env, memory.limits, {now, now}, [](u64 of) { return of % 2 ? 30u : 60u; }, [](const Record&, bool) {}, 3))
        continue;
      std::erase_if(model, [&](const auto& m) { return now - m.second.stamp > (m.second.state % 2 ? 30u : 60u); });
      ASSERT_EQ(sweeper.counts().flows, model.size());
    } else if (dice == 99) {
      now += u32(random() % 12);
    }
  }
  EXPECT_GT(how[Inserted::moved], 0u);
  EXPECT_GT(how[Inserted::full], 0u);
}

TEST(ExactModel, Ip4) {
  for (u64 seed = 1; seed <= 4; ++seed) play<ExactRecord4>(seed, 10, 120);
}
TEST(ExactModel, Ip6) {
  for (u64 seed = 1; seed <= 4; ++seed) play<ExactRecord6>(seed, 23, 260);
}

}  // namespace
}  // namespace waymark
