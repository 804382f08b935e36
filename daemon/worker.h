// A thread beside the loop, for work that takes longer than the loop may pause: one piece at a time, in order.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "base/result.h"
#include "daemon/loop.h"

namespace waymark {

class Worker {
 public:
  explicit Worker(Loop& loop) : loop_(loop) {}
  // On the loop. Waits for the piece in work; nothing is heard of it, nor of those behind it.
  ~Worker();

  // On the loop. Runs `work` on the thread, then gives what it returned to `done`, on the loop. What `work` throws, and
  // a thread that cannot be started, is an error like others.
  template <class T>
  void run(std::function<Result<T>()> work, std::function<void(Result<T>)> done) {
    auto result = std::make_shared<std::optional<Result<T>>>();
    add({[result, work = std::move(work)] { result->emplace(work()); },
         [result, done = std::move(done)](const std::string& failed) {
           done(failed.empty() && *result ? std::move(**result) : Result<T>(Error{failed}));
         }});
  }

 private:
  struct Job {
    std::function<void()> work;
    std::function<void(const std::string& failed)> done;  // empty: it returned
  };
  void add(Job job);
  void work();

  Loop& loop_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // for what is posted
  std::mutex mutex_;
  std::condition_variable more_;
  std::deque<Job> jobs_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace waymark
