// Makes text of snapshots, on a thread of its own: neither the loop nor a server waits for it. The page of metrics is
// made at most once in a second, however many guests ask, and all of them are sent the same bytes.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/time.h"
#include "daemon/http.h"

namespace waymark {

class Renderer {
 public:
  Renderer();
  ~Renderer();  // what has not begun is dropped

  // In turn; what it throws is logged and counted. The callers bound how much there is at one time.
  void run(std::function<void()> work);
  u64 failures() const;

 private:
  void work();

  mutable std::mutex mutex_;
  std::condition_variable more_;
  std::deque<std::function<void()>> queue_;
  bool ending_ = false;
  u64 failures_ = 0;
  std::thread thread_;
};

// One page for many guests. From any thread.
class SharedPage {
 public:
  static constexpr Duration kFresh = std::chrono::seconds(1);

  SharedPage(std::string type, u32 most_waiting) : type_(std::move(type)), most_waiting_(most_waiting) {}

  // Answers at once where the page is fresh. True where the caller is to make it.
  bool ask(const Respond& respond, Time now);

  // The making of the page, for whoever was told to. Who waits is told 503 where it goes without a page.
  class Making {
   public:
    explicit Making(SharedPage& page) : page_(page) {}
    ~Making() {
      if (!done_) page_.fail();
    }
    Making(const Making&) = delete;
    void put(std::string text, Time now) {
      done_ = true;
      page_.put(std::move(text), now);
    }

   private:
    SharedPage& page_;
    bool done_ = false;
  };

 private:
  void put(std::string text, Time now);
  void fail();

  const std::string type_;
  const u32 most_waiting_;
  std::mutex mutex_;
  std::vector<Respond> waiting_;
  bool making_ = false;
  std::shared_ptr<const std::string> text_;
  Time made_{};
};

}  // namespace waymark
