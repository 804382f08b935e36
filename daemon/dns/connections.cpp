#include "daemon/dns/connections.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "daemon/sockaddr.h"
#include "dns/limiter.h"
#include "dns/message.h"

namespace waymark {

namespace {

using namespace std::chrono_literals;

constexpr int kAtOnce = 16;
constexpr Duration kIdle = 10s, kSafe = 1s;  // who asked within this is not displaced
constexpr std::size_t kReadAtOnce = 16 * 1024, kUnread = 64 * 1024, kMostQuestion = 4 * 1024;

// With a reset, so that it leaves no state behind on this side.
void cast_off(int socket) {
  const linger at_once{1, 0};
  setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close(socket);
}

// A question stands behind its length.
std::size_t length_at(const std::vector<u8>& in, std::size_t at) { return std::size_t(in[at]) << 8 | in[at + 1]; }
bool has_whole(const std::vector<u8>& in, std::size_t at = 0) {
  return in.size() - at >= 2 && in.size() - at - 2 >= length_at(in, at);
}

}  // namespace

Connections::~Connections() {
  for (const auto& [fd, one] : all_) close(fd);
}

void Connections::limit(Limits limits) {
  limits_ = std::move(limits);
  while (all_.size() > limits_.all) displace(all_.begin());
}

void Connections::end(Place place) {
  close(place->first);
  all_.erase(place);
}

void Connections::displace(Place place) {
  ++refused_;
  cast_off(place->first);
  all_.erase(place);
}

bool Connections::make_room(Time now) {
  if (all_.size() < limits_.all) return true;
  const auto quiet = std::min_element(all_.begin(), all_.end(),
                                      [](const auto& a, const auto& b) { return a.second.asked < b.second.asked; });
  if (quiet == all_.end() || now - quiet->second.asked < kSafe) return false;
  displace(quiet);
  return true;
}

bool Connections::accept(int listener, Time now) {
  for (int i = 0; i < kAtOnce; ++i) {
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    const int fd = accept4(listener, reinterpret_cast<sockaddr*>(&from), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return errno != EMFILE && errno != ENFILE && errno != ENOBUFS && errno != ENOMEM;
    const Address address = sender_of(from), prefix = dns::source_prefix(address);
    const auto like = std::ranges::count_if(all_, [&](const auto& one) { return one.second.prefix == prefix; });
    const bool crowded = u32(like) >= limits_.of_prefix && !(limits_.is_resolver && limits_.is_resolver(address));
    if (crowded || !make_room(now)) {
      ++refused_;
      cast_off(fd);
      continue;
    }
    epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
    if (epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event)) {
      ++refused_;
      cast_off(fd);
      continue;
    }
    all_.emplace(fd, One{address, prefix, now, {}, {}});
  }
  return true;
}

bool Connections::on_event(int fd, u32 events, Time now) {
  const auto place = all_.find(fd);
  if (place == all_.end()) return false;
  if ((events & (EPOLLERR | EPOLLHUP) && !(events & EPOLLIN)) || (events & EPOLLIN && !read(place))) {
    end(place);
    return true;
  }
  One& one = place->second;
  bool good = true;
  do {
    const bool sane = answer_whole(place, now);
    good = write(place) && sane;
  } while (good && one.out.empty() && has_whole(one.in));
  if (!good || (one.ended && one.out.empty()))
    end(place);
  else
    watch(place);
  return true;
}

// False: it failed.
bool Connections::read(Place place) {
  One& one = place->second;
  if (!one.reads || one.ended) return true;
  const std::size_t had = one.in.size();
  one.in.resize(had + kReadAtOnce);
  const ssize_t got = recv(place->first, one.in.data() + had, kReadAtOnce, 0);
  const int error = errno;
  one.in.resize(had + std::size_t(std::max<ssize_t>(got, 0)));
  one.ended = got == 0;
  return got >= 0 || error == EAGAIN || error == EINTR;
}

// False: it sends what nobody asks, or lies of its length.
bool Connections::answer_whole(Place place, Time now) {
  One& one = place->second;
  std::size_t at = 0;
  while (has_whole(one.in, at) && one.out.size() < kUnread) {
    const std::size_t length = length_at(one.in, at);
    const auto reply = answer_({one.in.data() + at + 2, length}, one.from);
    at += 2 + length;
    one.asked = now;
    if (reply.empty()) continue;
    one.out.push_back(u8(reply.size() >> 8));
    one.out.push_back(u8(reply.size()));
    one.out.insert(one.out.end(), reply.begin(), reply.end());
  }
  one.in.erase(one.in.begin(), one.in.begin() + long(at));
  return one.in.size() < 2 || length_at(one.in, 0) <= kMostQuestion;
}

bool Connections::write(Place place) {
  One& one = place->second;
  if (one.out.empty()) return true;
  const ssize_t went = send(place->first, one.out.data(), one.out.size(), MSG_NOSIGNAL);
  if (went < 0) return errno == EAGAIN || errno == EINTR;
  one.out.erase(one.out.begin(), one.out.begin() + went);
  return true;
}

// Who does not take its answers is not asked for more questions.
void Connections::watch(Place place) {
  One& one = place->second;
  one.reads = one.out.size() < kUnread && !one.ended;
  epoll_event event{.events = (one.reads ? u32(EPOLLIN) : 0u) | (one.out.empty() ? 0u : u32(EPOLLOUT)),
                    .data = {.fd = place->first}};
  epoll_ctl(epoll_, EPOLL_CTL_MOD, place->first, &event);
}

void Connections::expire(Time now) {
  for (auto place = all_.begin(); place != all_.end();) {
    const auto next = std::next(place);
    if (now - place->second.asked >= kIdle) end(place);
    place = next;
  }
}

Time Connections::deadline() const {
  Time first = Time::max();
  for (const auto& [fd, one] : all_) first = std::min(first, one.asked + kIdle);
  return first;
}

}  // namespace waymark
