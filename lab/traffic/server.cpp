#include <sys/epoll.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <list>
#include <memory>

#include "lab/kit/endpoint.h"
#include "lab/kit/loop.h"
#include "lab/options.h"
#include "lab/traffic/message.h"
#include "lab/traffic/stats.h"
#include "lab/traffic/traffic.h"

namespace waymark::lab {
namespace {

class Server {
 public:
  explicit Server(const std::string& name) : name_(server_name(name)) { report_.name = name; }

  Status serve(const std::vector<Endpoint>& at) {
    for (const Endpoint& e : at) {
      auto listener = bound(e, SOCK_STREAM);
      if (!listener) return listener.error();
      listeners_.emplace_back(*this, *listener);
      loop_.add(*listener, &listeners_.back(), EPOLLIN);
      auto datagrams = bound(e, SOCK_DGRAM);
      if (!datagrams) return datagrams.error();
      datagrams_.emplace_back(*this, *datagrams);
      loop_.add(*datagrams, &datagrams_.back(), EPOLLIN);
    }
    return Done{};
  }

  void run(Duration limit) {
    loop_.run(
        std::chrono::milliseconds(200), limit, [this](Time) { over_.clear(); },
        [this](const std::string&) { report(); });
    report();
  }

 private:
  struct Connection : Source {
    Connection(Server& s, int f) : server(s), fd(f) {}
    void ready(u32 events) override;
    void flush();
    void end(u64 ServerReport::*how);
    Server& server;
    int fd;
    bool writing = false, ending = false;  // ending: the client has said goodbye
    MessageReader reader;
    std::vector<u8> out;
    std::list<Connection>::iterator self;
  };

  struct Listener : Source {
    Listener(Server& s, int f) : server(s), fd(f) {}
    void ready(u32 events) override;
    Server& server;
    int fd;
  };

  struct Datagrams : Source {
    Datagrams(Server& s, int f) : server(s), fd(f) {}
    void ready(u32 events) override;
    Server& server;
    int fd;
  };

  void report() {
    report_.open = open_.size();
    std::printf("%s\n", to_json(report_).c_str());
    std::fflush(stdout);
  }

  Loop loop_;
  ServerName name_;
  ServerReport report_;
  std::list<Listener> listeners_;
  std::list<Datagrams> datagrams_;
  std::list<Connection> open_;
  std::list<Connection> over_;  // kept for one turn of the loop, which may still hold an event for them
};

void Server::Listener::ready(u32) {
  for (;;) {
    const int peer = accept4(fd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (peer < 0) return;
    ++server.report_.opened;
    Connection& c = server.open_.emplace_back(server, peer);
    c.self = std::prev(server.open_.end());
    server.loop_.add(peer, &c, EPOLLIN);
  }
}

void Server::Connection::end(u64 ServerReport::*how) {
  ++(server.report_.*how);
  close(fd);
  fd = -1;
  server.over_.splice(server.over_.end(), server.open_, self);
}

void Server::Connection::ready(u32) {
  u8 bytes[16384];
  while (fd >= 0 && !ending) {
    const ssize_t n = recv(fd, bytes, sizeof bytes, 0);
    if (n < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN) break;
      return end(&ServerReport::reset);
    }
    if (n == 0) {
      if (!reader.at_boundary()) return end(&ServerReport::cut);
      ending = true;
      break;
    }
    std::span<const u8> rest(bytes, size_t(n));
    while (!rest.empty()) {
      const auto outcome = reader.read(rest);
      if (outcome == MessageReader::Outcome::mismatch) return end(&ServerReport::mismatch);
      if (outcome == MessageReader::Outcome::more) break;
      const MessageHeader& h = reader.header();
      if (h.direction != Direction::request) return end(&ServerReport::mismatch);
      append_message(out, h.connection, h.sequence, Direction::reply, server.name_);
      ++server.report_.messages;
    }
  }
  flush();
}

void Server::Connection::flush() {
  if (fd < 0) return;
  size_t sent = 0;
  while (sent < out.size()) {
    const ssize_t n = send(fd, out.data() + sent, out.size() - sent, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) break;
    if (n < 0) return end(&ServerReport::reset);
    sent += size_t(n);
  }
  out.erase(out.begin(), out.begin() + ssize_t(sent));
  if (out.empty() && ending) return end(&ServerReport::clean);
  if (writing == out.empty()) {
    writing = !out.empty();
    server.loop_.change(fd, this, writing ? EPOLLIN | EPOLLOUT : EPOLLIN);
  }
}

void Server::Datagrams::ready(u32) {
  Probe probe;
  for (int budget = 64; budget > 0; --budget) {
    sockaddr_storage from;
    socklen_t length = sizeof from;
    const ssize_t n = recvfrom(fd, &probe, sizeof probe, 0, reinterpret_cast<sockaddr*>(&from), &length);
    if (n < 0) return;
    if (n != sizeof probe) continue;
    probe.server = server.name_;
    if (sendto(fd, &probe, sizeof probe, 0, reinterpret_cast<sockaddr*>(&from), length) == n) ++server.report_.probes;
  }
}

}  // namespace

int traffic_server(int argc, char** argv) {
  constexpr Option kKnown[] = {{"--name"}, {"--at"}, {"--port", 65'535}, {"--for", 86'400}};
  const auto read = options(argc, argv, kKnown);
  if (!read) {
    std::fprintf(stderr, "%s\n", read.error().sentence.c_str());
    return 2;
  }
  const Options& given = *read;
  allow_many_files();
  Server server(word(given, "--name"));
  auto at = endpoints(word(given, "--at"), u16(number(given, "--port", 7000)));
  Status ok = at ? server.serve(*at) : Status(at.error());
  if (!ok) {
    std::fprintf(stderr, "%s\n", ok.error().sentence.c_str());
    return 2;
  }
  server.run(std::chrono::seconds(number(given, "--for", 300)));
  return 0;
}

}  // namespace waymark::lab
