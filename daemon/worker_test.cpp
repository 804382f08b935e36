#include "daemon/worker.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <stdexcept>

namespace waymark {

namespace {

using namespace std::chrono_literals;

struct WorkerTest : testing::Test {
  // Runs the loop until this holds.
  void until(const std::function<bool()>& holds) {
    const Time end = boot_time() + 30s;
    loop.run([&] {
      if (holds() || boot_time() > end) loop.stop();
      return boot_time() + 5ms;
    });
    EXPECT_TRUE(holds());
  }
  Loop loop;
};

TEST_F(WorkerTest, WorksElsewhereInOrderAndAnswersHere) {
  Worker worker(loop);
  const auto here = std::this_thread::get_id();
  std::vector<int> seen;
  for (int i = 0; i < 10; ++i)
    worker.run<int>(
        [i, here]() -> Result<int> {
          if (std::this_thread::get_id() == here) return Error{"it holds the loop"};
          return i;
        },
        [&](Result<int> result) {
          EXPECT_EQ(std::this_thread::get_id(), here);
          ASSERT_TRUE(result) << result.error().sentence;
          seen.push_back(*result);
        });
  until([&] { return seen.size() == 10; });
  EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
}

TEST_F(WorkerTest, WhatIsThrownIsAnError) {
  Worker worker(loop);
  std::vector<std::string> errors;
  const auto note = [&](Result<int> result) { errors.push_back(result ? "none" : result.error().sentence); };
  worker.run<int>([]() -> Result<int> { throw std::runtime_error("the file is odd"); }, note);
  worker.run<int>([]() -> Result<int> { throw 7; }, note);
  worker.run<int>([]() -> Result<int> { return Error{"as it says"}; }, note);
  worker.run<int>([]() -> Result<int> { return 1; }, note);
  until([&] { return errors.size() == 4; });
  EXPECT_NE(errors[0].find("the file is odd"), std::string::npos) << errors[0];
  EXPECT_FALSE(errors[1].empty());
  EXPECT_EQ(errors[2], "as it says");
  EXPECT_EQ(errors[3], "none") << "the thread goes on";
}

TEST_F(WorkerTest, NothingIsHeardAfterItsEnd) {
  std::atomic<int> begun{0};
  std::atomic<bool> go{false};
  int heard = 0;
  {
    auto worker = std::make_unique<Worker>(loop);
    for (int i = 0; i < 3; ++i)
      worker->run<int>(
          [&]() -> Result<int> {
            ++begun;
            while (!go) std::this_thread::yield();
            return 1;
          },
          [&](Result<int>) { ++heard; });
    while (!begun) std::this_thread::yield();
    std::thread release([&] { go = true; });
    worker.reset();  // waits for the one in work
    release.join();
  }
  EXPECT_EQ(begun, 1) << "those behind it are dropped";
  bool ran = false;
  loop.post([&] { ran = true; });
  until([&] { return ran; });
  EXPECT_EQ(heard, 0);
}

}  // namespace

}  // namespace waymark
