// Connections between the members of the group: TCP as they see it.
#include "sim/world.h"

namespace waymark::sim {

namespace {

using namespace std::chrono_literals;

constexpr Duration kRepeat = 200ms;  // TCP tries again while nothing gets through
constexpr Duration kKnockEvery = 1s;
constexpr u32 kKnocks = 2;
constexpr std::size_t kSendBuffer = 256 << 10;  // what a socket takes beyond what its peer has read

}  // namespace

void World::dial(Machine& m, u32 member) {
  if (events_.now() < m.no_files_until) {
    const bool absent = options_.plant == Plant::unable_is_absent;
    m.control->failed(member, absent ? group::Unreached::absent : group::Unreached::unable, "Too many open files",
                      local(m));
    return;
  }
  const std::string& wanted = m.file.group->member[member].name;
  for (u32 d = 0; d < plan_.directors; ++d)
    if (director(d).name == wanted) knock(m, director(d), member, m.daemon, kKnocks);
}

// A SYN each second; then the daemon gives up.
void World::knock(Machine& m, Machine& other, u32 member, u32 daemon, u32 times) {
  events_.after(2 * network_.link(m.place, other.place).delay, [this, &m, &other, member, daemon, times] {
    if (!m.control || m.daemon != daemon) return;
    const bool answered = other.up && !network_.cut(m.place, other.place);
    if (!answered && times) {
      events_.after(kKnockEvery,
                    [this, &m, &other, member, daemon, times] { knock(m, other, member, daemon, times - 1); });
      return;
    }
    hear(m, [this, &m, &other, member, answered] {
      const bool taken_for_absent = m.stranger != other.stranger && options_.plant == Plant::refused_is_absent;
      if (answered && other.control && !taken_for_absent)
        meet(m, other, member);
      else
        m.control->failed(member, group::Unreached::absent, answered ? "connection refused" : "no answer", local(m));
      carry_out(m);
      arm(m, 0s);
    });
  });
}

// The kernels have made a connection.
void World::meet(Machine& m, Machine& other, u32 member) {
  pipes_.push_back({{m.place, other.place}, {m.daemon, other.daemon}});
  const group::Link link = group::Link(2 * pipes_.size());
  pipe_of(link).taken = false;
  m.control->opened(link, member, local(m));
  take(link);
}

// The daemon that was dialled takes it, once it runs and has files.
void World::take(group::Link link) {
  const Pipe& pipe = pipe_of(link);
  Machine &from = *machine_at(pipe.machine[0]), &m = *machine_at(pipe.machine[1]);
  const auto gone = [this, link, &m] { return !m.control || m.daemon != pipe_of(link).daemon[1]; };
  if (gone()) return;
  if (events_.now() < m.no_files_until) return events_.at(m.no_files_until, [this, link] { take(link); });
  hear(m, [this, link, &m, &from, gone] {
    if (gone()) return;
    pipe_of(link).taken = true;
    const bool full = options_.plant == Plant::shared_places && events_.now() < pressed_until_;
    if (full || !m.control->accepted(link, plan_.group_address(from.number), local(m))) {
      pipe_of(link).open[1] = false;
      return end_pipe(link, 0, "it closed the connection");
    }
    carry_out(m);
    arm(m, 0s);
  });
}

void World::send(Machine& m, group::Link link, std::vector<u8> bytes) {
  Pipe& pipe = pipe_of(link);
  const u32 side = pipe.machine[0] == m.place ? 0 : 1;
  if (!pipe.open[side]) return;
  pipe.waiting[side].insert(pipe.waiting[side].end(), bytes.begin(), bytes.end());
  const std::size_t waiting = pipe.waiting[side].size();
  m.control->queued(link, waiting > kSendBuffer ? waiting - kSendBuffer : 0);
  schedule(link, side);
}

void World::close(Machine& m, group::Link link) {
  Pipe& pipe = pipe_of(link);
  const u32 side = pipe.machine[0] == m.place ? 0 : 1;
  if (!pipe.open[side]) return;
  pipe.open[side] = false;
  pipe.closing[side] = true;
  schedule(link, side);
}

void World::schedule(group::Link link, u32 side) {
  Pipe& pipe = pipe_of(link);
  if (pipe.busy[side]) return;
  pipe.busy[side] = true;
  const Link& way = network_.link(pipe.machine[side], pipe.machine[1 - side]);
  const Time arrival = std::max(events_.now() + way.delay + way.slow, pipe.last[side]);
  pipe.last[side] = arrival;
  events_.at(arrival, [this, link, side] { carry(link, side); });
}

void World::carry(group::Link link, u32 side) {
  Pipe& pipe = pipe_of(link);
  pipe.busy[side] = false;
  Machine &from = *machine_at(pipe.machine[side]), &to = *machine_at(pipe.machine[1 - side]);
  const bool sender_lives = from.up && from.daemon == pipe.daemon[side];
  if (!from.up && pipe.open[side]) pipe.open[side] = false;  // it says no more, and nobody hears that
  if (network_.cut(from.place, to.place) || !to.up || !from.up) {
    if (!sender_lives && !pipe.closing[side]) return;
    pipe.busy[side] = true;
    events_.after(kRepeat, [this, link, side] { carry(link, side); });
    return;
  }
  const bool there = to.control && to.daemon == pipe.daemon[1 - side] && pipe.open[1 - side];
  if (there && (held(to) || (side == 0 && !pipe.taken))) {  // in its kernel's buffers
    pipe.busy[side] = true;
    const Time later = std::max(held(to) ? to.held_until : events_.now(),
                                side == 0 && !pipe.taken ? events_.now() + kRepeat : events_.now());
    events_.at(later, [this, link, side] { carry(link, side); });
    return;
  }
  if (!there) {
    pipe.waiting[side].clear();
    return end_pipe(link, side, "connection reset by peer");
  }
  const std::vector<u8> bytes = std::move(pipe.waiting[side]);
  pipe.waiting[side].clear();
  if (!bytes.empty()) {
    note(u64(link) << 32 | bytes.size());
    to.control->received(link, bytes, local(to));
    if (from.control && from.daemon == pipe_of(link).daemon[side]) from.control->queued(link, 0);
    carry_out(to);
    arm(to, 0s);
  }
  if (pipe_of(link).closing[side]) end_pipe(link, 1 - side, "closed by the other end");
}

// This side hears of the end, if it has not ended it itself.
void World::end_pipe(group::Link link, u32 side, const char* why) {
  Pipe& pipe = pipe_of(link);
  Machine& m = *machine_at(pipe.machine[side]);
  if (!pipe.open[side]) return;
  pipe.open[side] = false;
  if (!m.control || m.daemon != pipe.daemon[side]) return;
  hear(m, [this, link, why, &m] {
    m.control->closed(link, group::Ended::by_peer, why, local(m));
    carry_out(m);
    arm(m, 0s);
  });
}

}  // namespace waymark::sim
