// The daemon's one thread that decides: file descriptors, signals, requests of other threads, and time.
#pragma once

#include <functional>
#include <future>
#include <memory>
#include <optional>

#include "base/time.h"

namespace asio {
class io_context;
}

namespace waymark {

Time boot_time();      // CLOCK_BOOTTIME
Duration wall_time();  // CLOCK_REALTIME, which may be set

class Loop {
 public:
  Loop();
  ~Loop();

  // Calls `step`, then waits until the time that it returned, or until something happened, and again; until stop().
  void run(const std::function<Time()>& step);
  void stop();
  void close();  // where run() will not be called (again): whoever asks gets no answer

  void on_signal(int number, std::function<void()> handler);

  // Calls `handler` whenever `fd` is readable. The descriptor stays the caller's, and open until the Watch has gone.
  // Where the kernel refuses to watch it there is none, and the log says so.
  class Watch {
   public:
    virtual ~Watch() = default;
  };
  std::unique_ptr<Watch> on_readable(int fd, std::function<void()> handler);

  // From another thread: runs `work` on the loop and waits for what it returns; none where the loop has ended.
  template <class F>
  auto ask(F work) -> std::optional<decltype(work())> {
    auto task = std::make_shared<std::packaged_task<decltype(work())()>>(std::move(work));
    auto answer = task->get_future();
    post([task] { (*task)(); });
    while (answer.wait_for(std::chrono::milliseconds(20)) != std::future_status::ready)
      if (ended() && answer.wait_for(std::chrono::seconds(0)) != std::future_status::ready) return std::nullopt;
    return answer.get();
  }
  void post(std::function<void()> work);  // from any thread, without waiting

  // What its turns cost others so far (daemon/pauses.h): on the loop.
  Duration longest_pause() const;
  Duration lost() const;

  asio::io_context& io();  // for the .cpp files that wrap Asio

 private:
  bool ended() const;
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace waymark
