// What happens next: actions in the order of their times, and of their making where times are equal.
#pragma once

#include <algorithm>
#include <functional>
#include <vector>

#include "base/time.h"
#include "core/types.h"

namespace waymark::sim {

class Events {
 public:
  using Action = std::function<void()>;

  Time now() const { return now_; }
  u64 done() const { return done_; }

  void at(Time when, Action action) {
    heap_.push_back({std::max(when, now_), made_++, std::move(action)});
    std::push_heap(heap_.begin(), heap_.end(), later);
  }
  void after(Duration pause, Action action) { at(now_ + pause, std::move(action)); }

  // False where nothing is left to do.
  bool step() {
    if (heap_.empty()) return false;
    std::pop_heap(heap_.begin(), heap_.end(), later);
    Event event = std::move(heap_.back());
    heap_.pop_back();
    now_ = event.when;
    ++done_;
    event.action();
    return true;
  }

 private:
  struct Event {
    Time when;
    u64 number;
    Action action;
  };
  static bool later(const Event& a, const Event& b) { return a.when != b.when ? a.when > b.when : a.number > b.number; }

  std::vector<Event> heap_;
  Time now_{0};
  u64 made_ = 0, done_ = 0;
};

}  // namespace waymark::sim
