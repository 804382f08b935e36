#include "daemon/handover.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "daemon/lock.h"

namespace waymark {

namespace {

using State = Standing::State;

TEST(Standing, StandsByAndLeaves) {
  Standing standing;
  EXPECT_TRUE(standing.may_change());
  ASSERT_TRUE(standing.on_handover(true));
  EXPECT_EQ(standing.state(), State::standing_by);
  EXPECT_FALSE(standing.may_change());
  EXPECT_FALSE(standing.on_lease(true));
  ASSERT_TRUE(standing.on_leave());
  EXPECT_EQ(standing.state(), State::leaving);
  EXPECT_FALSE(standing.on_lease(false)) << "what left does not come back";
  EXPECT_FALSE(standing.may_change());
}

TEST(Standing, TakesUpItsWorkWhenTheLeaseIsFree) {
  Standing standing;
  ASSERT_TRUE(standing.on_handover(true));
  EXPECT_TRUE(standing.on_lease(false));
  EXPECT_EQ(standing.state(), State::running);
  EXPECT_FALSE(standing.on_lease(false)) << "once is enough";
  EXPECT_FALSE(standing.on_leave()) << "a newcomer that comes too late is told so";
  EXPECT_TRUE(standing.on_handover(true)) << "the next one may try";
}

TEST(Standing, RefusesWhatComesOutOfOrder) {
  Standing standing;
  EXPECT_FALSE(standing.on_handover(false)) << "nobody holds the lease";
  EXPECT_FALSE(standing.on_leave());
  EXPECT_FALSE(standing.on_lease(false));
  ASSERT_TRUE(standing.on_handover(true));
  EXPECT_FALSE(standing.on_handover(true)) << "one at a time";
  EXPECT_EQ(standing.state(), State::standing_by);
}

class LockTest : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directory(folder); }
  void TearDown() override { std::filesystem::remove_all(folder); }
  const std::string folder = testing::TempDir() + "/wm-lock-" + std::to_string(getpid());
  const std::string path = folder + "/node.lock";
};

TEST_F(LockTest, IsHeldByOneAndNamesIt) {
  EXPECT_FALSE(Lock::held(path));
  {
    const Result<Lock> lock = Lock::take(path);
    ASSERT_TRUE(lock);
    EXPECT_TRUE(Lock::held(path));
    std::optional<int> holder;
    const Result<Lock> second = Lock::take(path, &holder);
    ASSERT_FALSE(second);
    EXPECT_EQ(holder, getpid());
    EXPECT_NE(second.error().sentence.find(std::to_string(getpid())), std::string::npos);
  }
  EXPECT_FALSE(Lock::held(path));
  EXPECT_TRUE(Lock::take(path));
}

TEST_F(LockTest, GoesWithItsHolder) {
  int told[2];
  ASSERT_EQ(pipe(told), 0);
  const pid_t child = fork();
  if (child == 0) {
    const Result<Lock> lock = Lock::take(path);
    if (write(told[1], lock ? "y" : "n", 1) != 1) _exit(1);
    pause();
  }
  char ok = 0;
  ASSERT_EQ(read(told[0], &ok, 1), 1);
  EXPECT_EQ(ok, 'y');
  EXPECT_TRUE(Lock::held(path));
  kill(child, SIGKILL);
  ASSERT_EQ(waitpid(child, nullptr, 0), child);
  EXPECT_FALSE(Lock::held(path));
  for (int fd : told) close(fd);
}

TEST_F(LockTest, IsNoErrorOfOursWhereTheFolderIsMissing) {
  std::optional<int> holder;
  const Result<Lock> lock = Lock::take(folder + "/none/node.lock", &holder);
  ASSERT_FALSE(lock);
  EXPECT_FALSE(holder);
  EXPECT_NE(lock.error().sentence.find("No such file or directory"), std::string::npos);
}

}  // namespace

}  // namespace waymark
