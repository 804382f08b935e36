#include "lab/kit/loop.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <ctime>

namespace waymark::lab {
namespace {

volatile std::sig_atomic_t told_to_stop = 0;

// Stdin as a source: whole lines go to the command function.
struct Commands : Source {
  Commands(Loop& l, const std::function<void(const std::string&)>& c) : loop(l), command(c) {}
  void ready(u32) override {
    char bytes[4096];
    const ssize_t n = read(STDIN_FILENO, bytes, sizeof bytes);
    if (n <= 0) return loop.stop();
    text.append(bytes, size_t(n));
    for (size_t end; (end = text.find('\n')) != std::string::npos; text.erase(0, end + 1)) command(text.substr(0, end));
  }
  Loop& loop;
  const std::function<void(const std::string&)>& command;
  std::string text;
};

}  // namespace

Time now() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec);
}

Loop::Loop() : epoll_(epoll_create1(EPOLL_CLOEXEC)) {}
Loop::~Loop() { close(epoll_); }

void Loop::add(int fd, Source* source, u32 events) {
  epoll_event e{.events = events, .data = {.ptr = source}};
  epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &e);
}

void Loop::change(int fd, Source* source, u32 events) {
  epoll_event e{.events = events, .data = {.ptr = source}};
  epoll_ctl(epoll_, EPOLL_CTL_MOD, fd, &e);
}

void Loop::run(Duration period, Duration limit, const std::function<void(Time)>& tick,
               const std::function<void(const std::string&)>& command) {
  std::signal(SIGPIPE, SIG_IGN);
  for (int s : {SIGTERM, SIGINT}) {
    struct sigaction act {};
    act.sa_handler = [](int) { told_to_stop = 1; };
    sigaction(s, &act, nullptr);  // without SA_RESTART: epoll_wait returns
  }
  Commands commands{*this, command};
  if (command) add(STDIN_FILENO, &commands, EPOLLIN);
  const Time end = now() + limit;
  Time next = now();
  while (!stopped_ && !told_to_stop) {
    const Time before = now();
    if (before >= end) return;
    if (before >= next) {
      tick(before);
      next = std::max(next + period, before);
    }
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(std::max(next - now(), Duration::zero()));
    std::array<epoll_event, 256> ready;
    const int n = epoll_wait(epoll_, ready.data(), int(ready.size()), int(wait.count()));
    for (int i = 0; i < n && !stopped_; ++i)
      static_cast<Source*>(ready[size_t(i)].data.ptr)->ready(ready[size_t(i)].events);
  }
}

}  // namespace waymark::lab
