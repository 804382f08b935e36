#include "daemon/loop.h"

#include <fmt/format.h>

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/post.hpp>
#include <asio/signal_set.hpp>
#include <asio/steady_timer.hpp>
#include <atomic>
#include <ctime>
#include <list>

#include "daemon/log.h"
#include "daemon/pauses.h"

namespace waymark {

namespace {

// Its handler may destroy it, so what runs holds the state, not the Watch.
class Readable : public Loop::Watch {
 public:
  Readable(asio::io_context& io, int fd, std::function<void()> handler)
      : state_(std::make_shared<State>(State{asio::posix::stream_descriptor(io, fd), std::move(handler)})) {
    wait(state_);
  }
  ~Readable() override {
    state_->gone = true;
    state_->descriptor.release();  // cancels the wait and leaves the descriptor open
  }

 private:
  struct State {
    asio::posix::stream_descriptor descriptor;
    std::function<void()> handler;
    bool gone = false;
  };
  static void wait(const std::shared_ptr<State>& state) {
    state->descriptor.async_wait(asio::posix::stream_descriptor::wait_read, [state](const asio::error_code& error) {
      if (error || state->gone) return;
      // Before the handler reads. Arming asks the descriptor whether it is readable, and a perf ring says so only once:
      // what came between reading and arming would lie there until more came.
      wait(state);
      state->handler();
    });
  }
  std::shared_ptr<State> state_;
};

Time read(clockid_t clock) {
  timespec t{};
  clock_gettime(clock, &t);
  return std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec);
}

// It wakes at least as often: a process that was stopped while it waited could not tell since when, so this is how much
// of a pause may escape it.
constexpr Duration kLongestWait = std::chrono::milliseconds(20);

}  // namespace

Time boot_time() { return read(CLOCK_BOOTTIME); }
Duration wall_time() { return read(CLOCK_REALTIME); }

struct Loop::Parts {
  asio::io_context io{1};
  asio::steady_timer first{io};  // opens what waiting needs now: later no file may be free
  std::list<asio::signal_set> signals;
  std::atomic<bool> stopped{false}, ended{false};
  Pauses pauses;
};

Loop::Loop() : parts_(std::make_unique<Parts>()) {}
Loop::~Loop() = default;

void Loop::run(const std::function<Time()>& step) {
  auto guard = asio::make_work_guard(parts_->io);
  while (!parts_->stopped) {
    const Time due = step();
    if (parts_->stopped) break;
    for (std::size_t ran = 0; !ran && !parts_->stopped;) {
      const Time now = boot_time();
      const Duration wait = std::clamp(due - now, Duration(0), kLongestWait);
      parts_->pauses.turn(now, read(CLOCK_THREAD_CPUTIME_ID));
      ran = parts_->io.poll_one();
      if (!ran) {  // only then it waits at all
        parts_->pauses.waits(wait);
        ran = parts_->io.run_one_for(wait);
      }
      // What else is ready, but not for ever: time is to be heard as well.
      const Time begun = boot_time();
      for (int i = 0; i < 64 && !parts_->stopped && boot_time() - begun < Pauses::kAllowed && parts_->io.poll_one();
           ++i)
        ++ran;
      if (boot_time() >= due) break;
    }
  }
  parts_->ended = true;
}

void Loop::close() { parts_->ended = true; }
void Loop::stop() { parts_->stopped = true; }
bool Loop::ended() const { return parts_->ended; }
Duration Loop::longest_pause() const { return parts_->pauses.longest(); }
Duration Loop::lost() const { return parts_->pauses.lost(boot_time()); }
asio::io_context& Loop::io() { return parts_->io; }
void Loop::post(std::function<void()> work) { asio::post(parts_->io, std::move(work)); }

void Loop::on_signal(int number, std::function<void()> handler) {
  asio::signal_set& set = parts_->signals.emplace_back(parts_->io, number);
  // Waits again after each signal.
  const auto wait = std::make_shared<std::function<void(const asio::error_code&, int)>>();
  *wait = [&set, handler, again = std::weak_ptr(wait)](const asio::error_code& error, int) {
    if (error) return;
    handler();
    if (const auto next = again.lock()) set.async_wait([next](const asio::error_code& e, int n) { (*next)(e, n); });
  };
  set.async_wait([wait](const asio::error_code& e, int n) { (*wait)(e, n); });
}

std::unique_ptr<Loop::Watch> Loop::on_readable(int fd, std::function<void()> handler) {
  try {
    return std::make_unique<Readable>(parts_->io, fd, std::move(handler));
  } catch (const std::exception& e) {
    log::error(fmt::format("a descriptor cannot be watched: {}", e.what()));
    return nullptr;
  }
}

}  // namespace waymark
