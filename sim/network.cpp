#include "sim/network.h"

#include <fmt/format.h>

namespace waymark::sim {

namespace {

using namespace std::chrono_literals;

constexpr Duration kJitter = 20us;
constexpr Duration kOvertaken = 30ms;  // the longest that a reordered frame, or a second copy, is behind

}  // namespace

u32 Network::make() {
  if (free_.empty()) {
    frames_.emplace_back();
    return u32(frames_.size()) - 1;
  }
  const u32 number = free_.back();
  free_.pop_back();
  Frame& f = frames_[number];
  f.connection = f.maker = kNobody;
  f.life = f.passed_on = 0;
  return number;
}

void Network::send(u32 from, u32 to, u32 number) {
  Link& l = link(from, to);
  ++l.sent;
  if (l.cuts || random_.chance(l.loss)) {
    ++l.lost;
    return let_go(number);
  }
  if (random_.chance(l.duplicate)) {
    const u32 copy = make();
    frames_[copy] = frames_[number];
    ++l.repeated;
    carry(from, to, copy);
  }
  carry(from, to, number);
}

void Network::carry(u32 from, u32 to, u32 number) {
  Link& l = link(from, to);
  Duration delay = l.delay + l.slow + random_.between(0us, kJitter);
  if (l.reorder > 0 || l.duplicate > 0)
    if (random_.chance(std::max(l.reorder, l.duplicate))) delay += random_.between(0us, kOvertaken);
  ++in_flight_;
  const u64 way = u64(from) << 48 | u64(to) << 32 | number;
  events_.after(delay, [this, way] {
    const u32 sender = u32(way >> 48), receiver = u32(way >> 32) & 0xffff;
    --in_flight_;
    ++link(sender, receiver).delivered;
    deliver_(sender, receiver, u32(way));
  });
}

std::string Network::audit() const {
  u64 sent = 0, delivered = 0, lost = 0;
  for (const Link& l : links_) sent += l.sent + l.repeated, delivered += l.delivered, lost += l.lost;
  if (sent == delivered + lost + in_flight_) return {};
  return fmt::format("links took {} frames, but delivered {}, lost {} and hold {}", sent, delivered, lost, in_flight_);
}

}  // namespace waymark::sim
