#include "daemon/server.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <cstring>
#include <optional>
#include <thread>

#include "daemon/guest.h"
#include "daemon/log.h"
#include "daemon/loop.h"

namespace waymark {

namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

constexpr Duration kSayAgain = 60s;    // between lines about refused guests, and for so long `status` warns
constexpr auto kWithoutFiles = 100ms;  // accepts nobody for so long where files are used up
constexpr int kAcceptedAtOnce = 64;
constexpr std::string_view kNoPlace =
    "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";

// Which guest that is, as far as places are shared out by it.
std::string origin_of(const sockaddr_storage& from) {
  if (from.ss_family == AF_INET)
    return std::string(reinterpret_cast<const char*>(&reinterpret_cast<const sockaddr_in&>(from).sin_addr), 4);
  if (from.ss_family != AF_INET6) return "";
  const auto* bytes = reinterpret_cast<const char*>(&reinterpret_cast<const sockaddr_in6&>(from).sin6_addr);
  const bool mapped = IN6_IS_ADDR_V4MAPPED(&reinterpret_cast<const sockaddr_in6&>(from).sin6_addr);
  return mapped ? std::string(bytes + 12, 4) : std::string(bytes, 8);
}

// Of guests that an operator should know of: those that found no place, or lost it to others.
constexpr Refused kTold[] = {Refused::places, Refused::address, Refused::files, Refused::displaced, Refused::busy};

}  // namespace

const char* name_of(Refused why) {
  constexpr const char* kNames[] = {"places",    "address", "files",   "displaced", "slow",
                                    "malformed", "busy",    "stalled", "failed"};
  return kNames[std::size_t(why)];
}

struct HttpServer::State {
  const std::string name;
  Listening at;
  const std::shared_ptr<asio::io_context> io = std::make_shared<asio::io_context>(1);
  Guests guests;
  asio::executor_work_guard<asio::io_context::executor_type> work{io->get_executor()};
  asio::posix::stream_descriptor door{*io};
  asio::steady_timer pause{*io}, grace{*io};
  int spare = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  std::atomic<Time::rep> last_told{0};
  Time said{-kSayAgain};
  u64 told = 0;
  bool ending = false;  // end() was called
  std::thread thread;

  State(std::string called, Listening listening, Serves serves, const HttpLimits& limits, Handler handler)
      : name(std::move(called)), at(std::move(listening)), guests{serves, limits, std::move(handler), io} {}

  // One guest's failure is never another's, nor the daemon's.
  void run() {
    while (true) {
      try {
        io->run();
        return;
      } catch (const std::exception& error) {
        guests.refuse(Refused::failed);
        log::error(fmt::format("[api] {}: a request failed: {}", name, error.what()));
      }
    }
  }

  void wait() {
    door.async_wait(asio::posix::stream_descriptor::wait_read, [this](const boost::system::error_code& error) {
      if (error) return;
      if (accept()) return wait();
      pause.expires_after(kWithoutFiles);
      pause.async_wait([this](const boost::system::error_code& ended) {
        if (!ended) wait();
      });
    });
  }

  // False where there are no files for guests just now.
  bool accept() {
    for (int i = 0; i < kAcceptedAtOnce; ++i) {
      sockaddr_storage from{};
      socklen_t size = sizeof from;
      const int fd = accept4(at.fd(), reinterpret_cast<sockaddr*>(&from), &size, SOCK_CLOEXEC | SOCK_NONBLOCK);
      if (fd >= 0) {
        admit(fd, from);
      } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        turn_away_without_files();
        return false;
      } else if (errno != ECONNABORTED && errno != EINTR && errno != EPROTO) {
        return true;
      }
    }
    return true;
  }

  void admit(int fd, const sockaddr_storage& from) {
    const std::string origin = origin_of(from);
    const auto found = guests.by_address.find(origin);
    std::optional<Refused> why;
    if (found != guests.by_address.end() && found->second >= guests.limits.guests_per_address &&
        !guests.displace(&origin))
      why = Refused::address;
    if (!why && guests.present.size() >= guests.limits.guests && !guests.displace(nullptr)) why = Refused::places;
    if (why) {
      send(fd, kNoPlace.data(), kNoPlace.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      close(fd);
      guests.refuse(*why);
    } else {
      const int yes = 1;
      if (!at.local()) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
      welcome(fd, from.ss_family, origin);
    }
    tell();
  }

  void welcome(int fd, int family, const std::string& origin) {
    try {
      make_guest(guests, fd, family, origin)->begin();
    } catch (const std::exception&) {  // the next one is to be heard all the same
      guests.refuse(Refused::failed);
    }
  }

  // The spare one serves to close a connection that would else lie in the queue, unanswered, and wake us for ever.
  void turn_away_without_files() {
    close(spare);
    if (const int fd = accept4(at.fd(), nullptr, nullptr, SOCK_CLOEXEC); fd >= 0) close(fd);
    spare = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    guests.refuse(Refused::files);
    tell();
  }

  u64 to_tell() const {
    u64 sum = 0;
    for (const Refused why : kTold) sum += guests.refused[std::size_t(why)];
    return sum;
  }

  // A line a minute at most, however many they are.
  void tell() {
    const u64 sum = to_tell();
    if (sum == told) return;
    const Time now = boot_time();
    last_told = now.count();
    if (now - said < kSayAgain) return;
    said = now;
    log::warning(fmt::format("[api] {}: refused {} guests: {}", name, sum - told, reasons()));
    told = sum;
  }

  std::string reasons() const {
    std::string out;
    for (const Refused why : kTold)
      if (const u64 count = guests.refused[std::size_t(why)])
        out += fmt::format("{}{} {}", out.empty() ? "" : ", ", name_of(why), count);
    return out + " since the start";
  }

  void end() {
    boost::system::error_code ignored;
    door.cancel(ignored);
    pause.cancel();
    const std::list<Guest*> all = guests.present;
    for (Guest* guest : all)
      if (guest->phase() == Guest::Phase::request || guest->phase() == Guest::Phase::answer) guest->cut();
    work.reset();
    if (guests.present.empty()) return;
    guests.emptied = [this] { grace.cancel(); };
    grace.expires_after(kGrace);
    grace.async_wait([this](const boost::system::error_code&) {
      const std::list<Guest*> rest = guests.present;
      for (Guest* guest : rest) guest->cut();
    });
  }
};

std::unique_ptr<HttpServer> HttpServer::make(std::string name, Listening at, Serves serves, const HttpLimits& limits,
                                             Handler handler) {
  auto state = std::make_unique<State>(std::move(name), std::move(at), serves, limits, std::move(handler));
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(state)));
}

HttpServer::HttpServer(std::unique_ptr<State> state) : state_(std::move(state)) {}

Status HttpServer::open() {
  WM_TRY(state_->at.open());
  state_->door.assign(state_->at.fd());
  state_->wait();
  state_->thread = std::thread([state = state_.get()] { state->run(); });
  return Done{};
}

void HttpServer::end() {
  if (!std::exchange(state_->ending, true)) asio::post(*state_->io, [state = state_.get()] { state->end(); });
}

HttpServer::~HttpServer() {
  if (state_->thread.joinable()) {
    end();
    state_->thread.join();
    state_->door.release();
  }
  close(state_->spare);
}

HttpCounts HttpServer::counts() const {
  HttpCounts out;
  out.server = state_->name;
  out.guests = state_->guests.count;
  out.most_guests = state_->guests.limits.guests;
  out.served = state_->guests.served;
  for (std::size_t i = 0; i < kRefusals; ++i) out.refused[i] = state_->guests.refused[i];
  const Time last{state_->last_told.load()};
  if (last.count() && boot_time() - last < kSayAgain)
    out.warning = fmt::format("[api] {} refuses guests: {}", state_->name, state_->reasons());
  return out;
}

Listening& HttpServer::listening() { return state_->at; }

}  // namespace waymark
