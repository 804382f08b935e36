// A guest of tests: says any bytes, in any pieces, and hears what comes back.
#pragma once

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include "base/address_text.h"
#include "daemon/sockaddr.h"

namespace waymark {

class Visitor {
 public:
  // "/run/x.sock" or "127.0.0.1:9100".
  explicit Visitor(const std::string& where) {
    const auto colon = where.rfind(':');
    if (where.front() == '/') {
      sockaddr_un address{};
      address.sun_family = AF_UNIX;
      where.copy(address.sun_path, sizeof address.sun_path - 1);
      fd_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
      connected_ = connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    } else {
      SocketAddress address(*parse_address(where.substr(0, colon)), u16(std::stoi(where.substr(colon + 1))));
      fd_ = socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
      connected_ = connect(fd_, address.get(), address.size()) == 0;
    }
  }
  Visitor(Visitor&& other) noexcept : fd_(std::exchange(other.fd_, -1)), connected_(other.connected_) {}
  Visitor& operator=(Visitor&& other) noexcept {
    std::swap(fd_, other.fd_);
    connected_ = other.connected_;
    return *this;
  }
  ~Visitor() {
    if (fd_ >= 0) close(fd_);
  }

  bool connected() const { return connected_; }
  int fd() const { return fd_; }
  bool say(std::string_view bytes) {  // as much as goes without waiting
    return send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT) == ssize_t(bytes.size());
  }
  void half_close() { shutdown(fd_, SHUT_WR); }
  void reset() {
    const linger now{1, 0};
    setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close(std::exchange(fd_, -1));
  }
  // All that comes until the other side ends; "" with `ended()` false where it does not within the limit.
  std::string hear(std::chrono::seconds limit = std::chrono::seconds(10)) {
    const auto end = std::chrono::steady_clock::now() + limit;
    std::string all;
    char bytes[65536];
    while (std::chrono::steady_clock::now() < end) {
      pollfd readable{fd_, POLLIN, 0};
      if (poll(&readable, 1, 100) <= 0) continue;
      const ssize_t n = recv(fd_, bytes, sizeof bytes, 0);
      if (n <= 0) {
        ended_ = true;
        return all;
      }
      all.append(bytes, std::size_t(n));
    }
    return all;
  }
  bool ended() const { return ended_; }
  // Whether the other side has ended it, without waiting.
  bool is_cut() {
    char byte;
    const ssize_t n = recv(fd_, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return n == 0 || (n < 0 && errno != EAGAIN);
  }

 private:
  int fd_ = -1;
  bool connected_ = false, ended_ = false;
};

struct Heard {
  int status = 0;  // 0: no answer
  std::string head, body;
};

inline Heard heard(const std::string& bytes) {
  Heard out;
  const auto end = bytes.find("\r\n\r\n");
  if (end == bytes.npos || bytes.compare(0, 9, "HTTP/1.1 ") != 0) return out;
  out.status = std::atoi(bytes.c_str() + 9);
  out.head = bytes.substr(0, end);
  out.body = bytes.substr(end + 4);
  return out;
}

inline Heard fetch(const std::string& where, const std::string& path, const std::string& method = "GET",
                   const std::string& body = "") {
  Visitor visitor(where);
  visitor.say(method + " " + path + " HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) +
              "\r\n\r\n" + body);
  return heard(visitor.hear());
}

}  // namespace waymark
