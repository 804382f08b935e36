// Where all that happens to a node arrives: one line in the log, a place among the last events for whoever follows
// them, a run of the hook. On the loop's thread; the ring is read by others.
#pragma once

#include <memory>
#include <vector>

#include "daemon/coalesce.h"
#include "daemon/event_ring.h"
#include "daemon/hook.h"
#include "daemon/http.h"

namespace waymark {

class Events {
 public:
  explicit Events(Loop& loop);
  ~Events();

  void tell(Event event, Time now);
  void tell(std::vector<Event> moment, Time now);  // what happened at one moment
  void step(Time now);                             // what is due
  Time deadline() const;

  // What still waits is told, and nothing after it.
  void finish();

  // Sends `page` and then each event as a line of JSON, and an empty line now and then, until the client leaves or
  // finish(). One that reads too slowly loses lines and is told how many. False where too many follow.
  static constexpr std::size_t kMostFollowers = 8, kMostUnread = 2u << 20;
  static constexpr Duration kAlive = std::chrono::seconds(15);
  bool follow(std::shared_ptr<BodyQueue> body, const EventRing::Page& page);

  const std::shared_ptr<EventRing>& ring() const { return ring_; }
  Hook& hook() { return hook_; }

 private:
  struct Follower {
    std::shared_ptr<BodyQueue> body;
    u64 missed = 0;
  };
  void publish(std::vector<Event> events);
  void send(Follower& to, const Recorded& event);

  Coalescer coalescer_;
  std::shared_ptr<EventRing> ring_;
  std::vector<std::string> troubles_;  // of the hook, to be told with the next step
  Hook hook_;
  std::vector<Follower> followers_;
  Time alive_due_ = Time::max();
};

}  // namespace waymark
