#include "daemon/renderer.h"

#include <fmt/format.h>

#include "daemon/log.h"

namespace waymark {

Renderer::Renderer() : thread_([this] { work(); }) {}

Renderer::~Renderer() {
  std::deque<std::function<void()>> dropped;
  {
    const std::lock_guard guard(mutex_);
    ending_ = true;
    dropped.swap(queue_);
  }
  more_.notify_one();
  thread_.join();
}

void Renderer::run(std::function<void()> work) {
  {
    const std::lock_guard guard(mutex_);
    if (ending_) return;
    queue_.push_back(std::move(work));
  }
  more_.notify_one();
}

u64 Renderer::failures() const {
  const std::lock_guard guard(mutex_);
  return failures_;
}

void Renderer::work() {
  std::unique_lock guard(mutex_);
  while (true) {
    more_.wait(guard, [&] { return ending_ || !queue_.empty(); });
    if (ending_) return;
    auto work = std::move(queue_.front());
    queue_.pop_front();
    guard.unlock();
    bool failed = false;
    try {
      work();
    } catch (const std::exception& error) {
      failed = true;
      log::error(fmt::format("[api] an answer could not be made: {}", error.what()));
    }
    work = {};  // what it holds goes here, and not under the lock
    guard.lock();
    failures_ += failed;
  }
}

bool SharedPage::ask(const Respond& respond, Time now) {
  std::shared_ptr<const std::string> ready;
  {
    const std::lock_guard guard(mutex_);
    if (text_ && now - made_ < kFresh) {
      ready = text_;
    } else if (waiting_.size() < most_waiting_) {
      waiting_.push_back(respond);
      return !std::exchange(making_, true);
    }
  }
  if (ready)
    respond({200, "", type_, ready});
  else
    respond(too_busy("too many guests wait for this page; try again in a moment"));
  return false;
}

void SharedPage::put(std::string text, Time now) {
  std::vector<Respond> waiting;
  const auto shared = std::make_shared<const std::string>(std::move(text));
  {
    const std::lock_guard guard(mutex_);
    waiting.swap(waiting_);
    text_ = shared;
    made_ = now;
    making_ = false;
  }
  for (const Respond& respond : waiting) respond({200, "", type_, shared});
}

void SharedPage::fail() {
  std::vector<Respond> waiting;  // who is told 503 by this going
  const std::lock_guard guard(mutex_);
  waiting.swap(waiting_);
  making_ = false;
}

}  // namespace waymark
