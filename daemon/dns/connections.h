// Questions by TCP (RFC 7766): many on one connection, answered in their order, and all connections bounded in number,
// time and bytes. One that arrives while all places are taken displaces the one that has asked nothing for longest;
// where all have just asked, it is refused.
#pragma once

#include <functional>
#include <map>
#include <span>
#include <vector>

#include "base/time.h"
#include "core/address.h"

namespace waymark {

class Connections {
 public:
  using Answer = std::function<std::span<const u8>(std::span<const u8> message, const Address& from)>;
  struct Limits {
    u32 all = 128, of_prefix = 32;
    std::function<bool(const Address&)> is_resolver;  // whom `of_prefix` does not bind
  };

  Connections(int epoll, Answer answer) : epoll_(epoll), answer_(std::move(answer)) {}
  ~Connections();

  void limit(Limits limits);
  // False: this machine lacks the files or the memory for one, which stays in the kernel's queue.
  bool accept(int listener, Time now);
  // False: the descriptor is none of these.
  bool on_event(int fd, u32 events, Time now);
  void expire(Time now);
  Time deadline() const;  // Time::max(): there is nobody

  u32 count() const { return u32(all_.size()); }
  u64 refused() const { return refused_; }  // and displaced

 private:
  struct One {
    Address from, prefix;
    Time asked;  // when it last sent a whole question, or came
    std::vector<u8> in, out;
    bool reads = true;   // it is asked what it sends, as its answers are taken
    bool ended = false;  // it sends no more
  };
  using Place = std::map<int, One>::iterator;

  bool make_room(Time now);
  void end(Place place);
  void displace(Place place);
  bool read(Place place);
  bool answer_whole(Place place, Time now);
  bool write(Place place);
  void watch(Place place);

  int epoll_;
  Answer answer_;
  Limits limits_;
  std::map<int, One> all_;
  u64 refused_ = 0;
};

}  // namespace waymark
