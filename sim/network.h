// Links between machines, each way its own: they delay, lose, repeat and reorder frames, and may be cut.
#pragma once

#include <deque>
#include <functional>
#include <vector>

#include "sim/events.h"
#include "sim/frame.h"
#include "sim/random.h"

namespace waymark::sim {

struct Link {
  Duration delay = std::chrono::microseconds(200);
  Duration slow{0};                             // faults: so much later,
  double loss = 0, duplicate = 0, reorder = 0;  // shares of frames,
  u32 cuts = 0;                                 // how many faults cut it
  u64 sent = 0, repeated = 0, delivered = 0, lost = 0;
};

class Network {
 public:
  // `deliver` gets what arrives, and must send it on or let it go.
  using Deliver = std::function<void(u32 from, u32 to, u32 frame)>;
  Network(Events& events, u64 seed, u32 machines, Deliver deliver)
      : events_(events),
        random_(seed),
        machines_(machines),
        links_(machines * machines),
        deliver_(std::move(deliver)) {}

  u32 make();  // a frame's number
  Frame& frame(u32 number) { return frames_[number]; }
  void let_go(u32 number) { free_.push_back(number); }

  void send(u32 from, u32 to, u32 number);
  Link& link(u32 from, u32 to) { return links_[from * machines_ + to]; }
  bool cut(u32 a, u32 b) { return link(a, b).cuts || link(b, a).cuts; }

  // A sentence where the counters do not add up; else "".
  std::string audit() const;

 private:
  void carry(u32 from, u32 to, u32 number);

  Events& events_;
  Random random_;
  u32 machines_;
  std::vector<Link> links_;
  Deliver deliver_;
  std::deque<Frame> frames_;
  std::vector<u32> free_;
  u64 in_flight_ = 0;
};

}  // namespace waymark::sim
