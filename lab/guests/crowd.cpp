#include "lab/guests/crowd.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <optional>
#include <vector>

#include "lab/kit/endpoint.h"
#include "lab/kit/loop.h"
#include "lab/kit/netns.h"

namespace waymark::lab {
namespace {

using std::chrono::milliseconds;

constexpr Duration kDrip = milliseconds(300);       // less than any time-out of a single read
constexpr Duration kCatchUp = milliseconds(100);    // a late thread makes up for no more than this
constexpr Duration kPatience = milliseconds(2000);  // for a connection to be established
constexpr int kLittleRoom = 4096;                   // a deaf one's receive buffer, bytes

struct sockaddr_un unix_address(const std::string& path) {
  sockaddr_un out{};
  out.sun_family = AF_UNIX;
  std::strncpy(out.sun_path, path.c_str(), sizeof out.sun_path - 1);
  return out;
}

Result<Endpoint> place_of(const std::string& to) {
  Endpoint out;
  if (to.starts_with('/')) {
    const sockaddr_un at = unix_address(to);
    std::memcpy(&out.storage, &at, sizeof at);
    out.length = sizeof at;
    return out;
  }
  const size_t colon = to.rfind(':');
  std::string host = to.substr(0, colon);
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  return endpoint(host, u16(std::atoi(to.c_str() + colon + 1)));
}

}  // namespace

int status_in(const std::string& answer) {
  if (!answer.starts_with("HTTP/1.") || answer.size() < 12 || answer[8] != ' ') return 0;
  return std::atoi(answer.c_str() + 9);
}

std::string plain_get(const std::string& path) {
  return fmt::format("GET {} HTTP/1.1\r\nHost: d\r\nConnection: close\r\n\r\n", path);
}

std::string many_ranges(const std::string& path, u32 ranges) {
  std::string out = fmt::format("GET {} HTTP/1.1\r\nHost: d\r\nConnection: close\r\nRange: bytes=0-", path);
  for (u32 i = 1; i < ranges; ++i) out += ",0-";
  return out + "\r\n\r\n";
}

struct Crowd::Held {
  struct Guest {
    int fd = -1;
    bool established = false;
    Time due{};        // its next byte; while it is not established, the end of its patience
    std::string head;  // of the answer
  };

  CrowdPlan plan;
  Endpoint to;
  int epoll = epoll_create1(EPOLL_CLOEXEC);
  std::vector<Guest> guests;
  std::vector<size_t> free;
  Time next{};
  mutable std::mutex mutex;  // of count
  CrowdCount count;

  ~Held() {
    for (const Guest& g : guests)
      if (g.fd >= 0) close(g.fd);
    close(epoll);
  }

  template <class Change>
  void counted(const Change& change) {
    const std::lock_guard lock(mutex);
    change(count);
    count.here = guests.size() - free.size();
  }

  void watch(size_t index, int how, u32 events) {
    epoll_event e{.events = events, .data = {.u64 = index}};
    epoll_ctl(epoll, how, guests[index].fd, &e);
  }

  bool arrive() {
    const int fd = socket(to.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return false;  // the lab's own files are at their end: no more come
    if (plan.manner == Manner::deaf) setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &kLittleRoom, sizeof kLittleRoom);
    if (connect(fd, to.raw(), to.length) != 0 && errno != EINPROGRESS) {
      close(fd);
      counted([](CrowdCount& c) { ++c.unheard; });
      return false;
    }
    const size_t index = free.back();
    free.pop_back();
    guests[index] = {fd, false, now() + kPatience, {}};
    watch(index, EPOLL_CTL_ADD, EPOLLOUT);
    return true;
  }

  void leave(size_t index, u64 CrowdCount::*because) {
    close(guests[index].fd);
    guests[index] = {};
    free.push_back(index);
    counted([&](CrowdCount& c) { ++(c.*because); });
  }

  void established(size_t index) {
    Guest& g = guests[index];
    int error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(g.fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error) return leave(index, &CrowdCount::unheard);
    g.established = true;
    g.due = now() + kDrip;
    counted([](CrowdCount& c) { ++c.connected; });
    const std::string opening = plan.manner == Manner::dripping ? "GET /metrics HTTP/1.1\r\nHost: d\r\nX-Slow: "
                                : plan.manner == Manner::silent ? ""
                                                                : plan.request;
    if (!opening.empty()) send(g.fd, opening.data(), opening.size(), MSG_NOSIGNAL);
    watch(index, EPOLL_CTL_MOD, plan.manner == Manner::deaf ? u32(EPOLLHUP) : u32(EPOLLIN));
  }

  void listen(size_t index) {
    Guest& g = guests[index];
    std::array<char, 65536> bytes;
    for (int budget = 16; budget > 0; --budget) {
      const ssize_t n = recv(g.fd, bytes.data(), bytes.size(), 0);
      if (n < 0 && errno == EAGAIN) return;
      if (n <= 0) {
        const int status = status_in(g.head);
        return leave(index, g.head.empty()                   ? &CrowdCount::turned_away
                            : status >= 200 && status <= 299 ? &CrowdCount::answered
                                                             : &CrowdCount::denied);
      }
      if (g.head.size() < 12) g.head.append(bytes.data(), std::min(size_t(n), size_t(12)));
      counted([n](CrowdCount& c) { c.bytes += u64(n); });
    }
  }

  void ready(size_t index) {
    if (guests[index].fd < 0) return;
    if (!guests[index].established) return established(index);
    if (plan.manner == Manner::deaf) return leave(index, &CrowdCount::turned_away);
    listen(index);
  }

  void tick(Time at) {
    next = std::max(next, at - kCatchUp);
    for (; !free.empty() && next <= at; next += Duration(std::chrono::seconds(1)) / plan.per_second)
      if (!arrive()) next = std::max(next, at);
    for (size_t i = 0; i < guests.size(); ++i) {
      Guest& g = guests[i];
      if (g.fd < 0 || g.due > at) continue;
      if (!g.established) {
        leave(i, &CrowdCount::unheard);
      } else if (plan.manner == Manner::dripping) {
        g.due = at + kDrip;
        send(g.fd, "x", 1, MSG_NOSIGNAL);  // that it has been ended is heard by reading
      }
    }
  }

  void live(const std::atomic<bool>& stop) {
    std::optional<Inside> inside;
    if (!plan.netns.empty()) inside.emplace(plan.netns);
    if (inside && !inside->entered()) return;
    for (next = now(); !stop;) {
      tick(now());
      std::array<epoll_event, 256> events;
      const int n = epoll_wait(epoll, events.data(), int(events.size()), 5);
      for (int i = 0; i < n; ++i) ready(size_t(events[size_t(i)].data.u64));
    }
  }
};

Crowd::Crowd() : held_(new Held) {}

Result<std::unique_ptr<Crowd>> Crowd::gather(const CrowdPlan& plan) {
  auto to = place_of(plan.to);
  if (!to) return to.error();
  std::unique_ptr<Crowd> crowd(new Crowd);
  crowd->held_->plan = plan;
  crowd->held_->to = *to;
  crowd->held_->guests.resize(plan.at_once);
  for (size_t i = 0; i < plan.at_once; ++i) crowd->held_->free.push_back(i);
  crowd->thread_ = std::thread([raw = crowd.get()] { raw->held_->live(raw->stop_); });
  return crowd;
}

Crowd::~Crowd() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
}

CrowdCount Crowd::count() const {
  const std::lock_guard lock(held_->mutex);
  return held_->count;
}

}  // namespace waymark::lab
