#include "lab/traffic/flow.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <cerrno>

namespace waymark::lab {

Flow::~Flow() {
  if (fd_ >= 0) close(fd_);
}

void Flow::start(const Endpoint& to, u64 connection) {
  connection_ = connection;
  sequence_ = 0;
  state_ = State::connecting;
  waiting_ = finishing_ = false;
  writing_ = true;
  server_ = {};
  reader_ = {};
  out_.clear();
  sent_ = 0;
  since_ = now();
  auto fd = connected(to, SOCK_STREAM);
  if (!fd) return owner_.over(*this, End::refused);
  fd_ = *fd;
  loop_.add(fd_, this, EPOLLIN | EPOLLOUT);
}

void Flow::ask() {
  append_message(out_, connection_, ++sequence_, Direction::request, {});
  waiting_ = true;
  asked_ = since_ = now();
  flush();
}

void Flow::finish() {
  if (finishing_) return;
  finishing_ = true;
  since_ = now();
  flush();
}

void Flow::end(End how) {
  close(fd_);
  fd_ = -1;
  waiting_ = false;
  owner_.over(*this, how);
}

void Flow::tick(Time at) {
  if (free() || at - since_ <= kSilence) return;
  if (state_ == State::connecting) return end(End::refused);
  if (waiting_ || finishing_) end(End::silent);
}

void Flow::ready(u32) {
  if (free()) return;
  if (state_ == State::connecting) {
    int error = 0;
    socklen_t length = sizeof error;
    getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &length);
    if (error != 0) return end(End::refused);
    sockaddr_storage peer;
    length = sizeof peer;
    if (getpeername(fd_, reinterpret_cast<sockaddr*>(&peer), &length) != 0) return;  // still connecting
    state_ = State::open;
    owner_.established(*this);
  }
  if (receive()) flush();
}

void Flow::flush() {
  while (sent_ < out_.size()) {
    const ssize_t n = send(fd_, out_.data() + sent_, out_.size() - sent_, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) break;  // full, or broken: then the read that epoll announces says how
    sent_ += size_t(n);
  }
  const bool all = sent_ == out_.size();
  if (all) {
    out_.clear();
    sent_ = 0;
    if (finishing_) shutdown(fd_, SHUT_WR);
  }
  if (writing_ == all) {
    writing_ = !all;
    loop_.change(fd_, this, all ? EPOLLIN : EPOLLIN | EPOLLOUT);
  }
}

bool Flow::receive() {
  u8 bytes[16384];
  for (;;) {
    const ssize_t n = recv(fd_, bytes, sizeof bytes, 0);
    if (n < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN) return true;
      return end(End::reset), false;
    }
    if (n == 0) return end(finishing_ && !waiting_ ? End::clean : End::ended), false;
    since_ = now();
    std::span<const u8> rest(bytes, size_t(n));
    while (!rest.empty()) {
      switch (reader_.read(rest)) {
        case MessageReader::Outcome::more:
          break;
        case MessageReader::Outcome::mismatch:
          return end(End::mismatch), false;
        case MessageReader::Outcome::message: {
          const MessageHeader& h = reader_.header();
          const bool ours = waiting_ && h.direction == Direction::reply && h.connection == connection_ &&
                            h.sequence == sequence_ && (server_ == ServerName{} || server_ == h.server);
          if (!ours) return end(End::mismatch), false;
          server_ = h.server;
          waiting_ = false;
          owner_.answered(*this, now() - asked_);
        }
      }
    }
  }
}

}  // namespace waymark::lab
