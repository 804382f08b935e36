#include "daemon/lock.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <thread>

namespace waymark {
namespace {

std::string path_of_test() { return testing::TempDir() + "lock-" + std::to_string(getpid()); }

TEST(Locks, AreHeldByOne) {
  const std::string path = path_of_test();
  EXPECT_FALSE(Lock::held(path));
  std::optional<int> holder;
  {
    const auto one = Lock::take(path);
    ASSERT_TRUE(one) << one.error().sentence;
    EXPECT_TRUE(Lock::held(path));
    EXPECT_FALSE(Lock::take(path, &holder));
    EXPECT_EQ(holder, getpid());
  }
  EXPECT_FALSE(Lock::held(path));
  EXPECT_TRUE(Lock::take(path));
  unlink(path.c_str());
}

// A daemon starts while `waymark show` looks whether one runs.
TEST(Locks, AreTakenWhileOthersAsk) {
  const std::string path = path_of_test();
  ASSERT_TRUE(Lock::take(path));
  std::atomic<bool> done{false};
  std::vector<std::thread> askers;
  for (int i = 0; i < 2; ++i)
    askers.emplace_back([&] {
      while (!done) (void)Lock::held(path);
    });
  int refused = 0;
  for (int i = 0; i < 300; ++i) refused += !Lock::take(path);
  done = true;
  for (std::thread& asker : askers) asker.join();
  EXPECT_EQ(refused, 0);
  unlink(path.c_str());
}

}  // namespace
}  // namespace waymark
