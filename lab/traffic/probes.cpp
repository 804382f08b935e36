#include "lab/traffic/probes.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <cerrno>

namespace waymark::lab {
namespace {

constexpr u32 kLongestBurst = 64;

}  // namespace

Probes::Socket::~Socket() { close(fd); }

Status Probes::open(const std::vector<Endpoint>& to, u32 sockets_each) {
  for (u32 i = 0; i < sockets_each; ++i) {
    for (const Endpoint& e : to) {
      auto fd = connected(e, SOCK_DGRAM);
      if (!fd) return fd.error();
      sockets_.push_back(std::make_unique<Socket>(*this, e, *fd));
      loop_.add(*fd, sockets_.back().get(), EPOLLIN);
    }
  }
  return Done{};
}

void Probes::rate(u32 per_second) {
  interval_ = per_second == 0 ? Duration::zero() : Duration(std::chrono::seconds(1)) / per_second;
  next_ = now();
}

void Probes::tick(Time at) {
  // What a late tick must make up for goes out in bursts that queues on the way hold.
  for (u32 burst = 0; burst < kLongestBurst && interval_ > Duration::zero() && next_ <= at; ++burst, next_ += interval_)
    send_one(at);
  for (; !sent_.empty() && (sent_.front().answered || at - sent_.front().at > kProbePatience); sent_.pop_front())
    if (!sent_.front().answered) owner_.probe_lost(sent_.front().window);
}

void Probes::send_one(Time at) {
  Probe probe{};
  probe.number = number_++;
  probe.socket = probe.number % sockets_.size();
  sent_.push_back({at, owner_.probe_sent(), false});
  // An ICMP error of an earlier probe makes one send fail; the second one goes out.
  Socket& socket = *sockets_[probe.socket];
  if (send(socket.fd, &probe, sizeof probe, 0) >= 0) return;
  if (errno == ECONNREFUSED) socket.renew();
  send(socket.fd, &probe, sizeof probe, 0);
}

// As a client does that is told that nobody serves it there: from another port.
void Probes::Socket::renew() {
  probes.owner_.probe_refused();
  auto another = connected(to, SOCK_DGRAM);
  if (!another) return;
  close(fd);
  fd = *another;
  server = {};
  probes.loop_.add(fd, this, EPOLLIN);
}

void Probes::Socket::ready(u32) {
  Probe probe;
  for (int budget = 64; budget > 0; --budget) {
    const ssize_t n = recv(fd, &probe, sizeof probe, 0);
    if (n < 0 && errno == ECONNREFUSED) return renew();
    if (n < 0) return;
    if (n == sizeof probe) probes.answer(probe, *this);
  }
}

void Probes::answer(const Probe& probe, Socket& from) {
  const u64 first = number_ - sent_.size();
  if (probe.number < first || probe.number >= number_) return;  // too late: it is counted as lost
  Sent& sent = sent_[size_t(probe.number - first)];
  if (sent.answered) return;
  sent.answered = true;
  const bool moved = from.server != ServerName{} && from.server != probe.server;
  from.server = probe.server;
  owner_.probe_answered(moved);
}

}  // namespace waymark::lab
