#include "daemon/worker.h"

#include <fmt/format.h>

#include <exception>
#include <system_error>

namespace waymark {

Worker::~Worker() {
  alive_.reset();
  {
    const std::lock_guard guard(mutex_);
    ending_ = true;
    jobs_.clear();
  }
  more_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void Worker::add(Job job) {
  if (!thread_.joinable()) {
    try {
      thread_ = std::thread([this] { work(); });
    } catch (const std::system_error& e) {
      return loop_.post([alive = std::weak_ptr(alive_), done = std::move(job.done),
                         why = fmt::format("no thread can be started: {}", e.code().message())] {
        if (!alive.expired()) done(why);
      });
    }
  }
  {
    const std::lock_guard guard(mutex_);
    jobs_.push_back(std::move(job));
  }
  more_.notify_one();
}

void Worker::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    more_.wait(lock, [this] { return ending_ || !jobs_.empty(); });
    if (ending_) return;
    Job job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    std::string failed;
    try {
      job.work();
    } catch (const std::exception& e) {
      failed = fmt::format("it could not be worked out: {}", e.what());
    } catch (...) {
      failed = "it could not be worked out";
    }
    job.work = {};  // what it holds goes here, not on the loop
    lock.lock();
    if (ending_) return;
    loop_.post([alive = std::weak_ptr(alive_), done = std::move(job.done), failed] {
      if (!alive.expired()) done(failed);
    });
  }
}

}  // namespace waymark
