#include "daemon/dns/server.h"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <system_error>
#include <thread>

#include "daemon/dns/connections.h"
#include "daemon/dns/datagrams.h"
#include "daemon/loop.h"

namespace waymark {

namespace {

using namespace std::chrono_literals;

constexpr int kNice = 10;
constexpr Duration kSecretLife = 24h, kSecretBefore = 1h;  // RFC 9018, 5: no cookie is good for longer than the latter
constexpr Duration kLongestWait = 1s, kAcceptAgain = 250ms, kShowAgain = 20ms;

SipKey random_key() {
  SipKey key{};
  while (getrandom(&key, sizeof key, 0) != ssize_t(sizeof key)) continue;  // at most 256 bytes come whole
  return key;
}

// What the thread is to do, as it was told last.
struct Wanted {
  std::vector<Address> listen;
  u16 port = 0;
  u32 connections = 0;
  dns::Knowledge knowledge;
};

}  // namespace

struct DnsServer::State {
  State(Tell t, Cookies c, u32 most) : tell(std::move(t)), tell_cookies(std::move(c)), room(most) {}
  ~State();
  Status open();
  void run();
  void turn();
  void take_what_is_wanted();
  void open_endpoints(Time now);
  void rest_listeners(bool rest);
  void turn_secrets(Time now);
  void put_view();
  std::span<const u8> answer(std::span<const u8> wire, const Address& from, dns::Transport by);

  const Tell tell;
  const Cookies tell_cookies;
  const u32 room;
  int epoll = -1, wake = -1;

  mutable std::mutex mutex;  // of these
  std::optional<Wanted> wanted;
  std::shared_ptr<const dns::Lost> lost = std::make_shared<dns::Lost>();
  std::shared_ptr<const dns::Ways> ways;  // other ones than those that were wanted; null: they stay
  bool lost_changed = false, ending = false;
  DnsView shown;

  // The thread's own.
  dns::Counts counts;
  dns::CookieSecrets secrets{random_key(), {}};
  Time secret_due{0}, before_due = Time::max();
  dns::Responder responder{secrets, random_key(), counts};
  dns::Knowledge knowledge;
  std::vector<Endpoint> endpoints;
  Datagrams datagrams;
  std::unique_ptr<Connections> connections;
  u32 most_connections = 0;
  u64 untaken = 0;
  Time now{0}, accept_at = Time::max(), show_at{0};
  u32 seconds = 0;
  bool cookies_told = false;
  bool stale = true;  // what is shown
  std::string trouble, starved;
  std::thread thread;  // last: it uses all of these
};

Status DnsServer::State::open() {
  epoll = epoll_create1(EPOLL_CLOEXEC);
  wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  epoll_event event{.events = EPOLLIN, .data = {.fd = wake}};
  if (epoll < 0 || wake < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, wake, &event))
    return Error{fmt::format("[dns] cannot wait for questions: {}", std::strerror(errno))};
  connections = std::make_unique<Connections>(
      epoll, [this](std::span<const u8> wire, const Address& from) { return answer(wire, from, dns::Transport::tcp); });
  secret_due = boot_time() + kSecretLife;
  try {
    thread = std::thread([this] { run(); });
  } catch (const std::system_error& e) {
    return Error{fmt::format("[dns] cannot have a thread: {}", e.code().message())};
  }
  return Done{};
}

DnsServer::State::~State() {
  {
    const std::lock_guard guard(mutex);
    ending = true;
  }
  eventfd_write(wake, 1);
  if (thread.joinable()) thread.join();
  connections.reset();
  for (const int fd : {epoll, wake})
    if (fd >= 0) close(fd);
}

std::span<const u8> DnsServer::State::answer(std::span<const u8> wire, const Address& from, dns::Transport by) {
  return responder.answer({wire, from, by, now, seconds});
}

// Whatever cannot be done for want of memory is left, and tried again with what comes next.
void DnsServer::State::run() {
  setpriority(PRIO_PROCESS, id_t(gettid()), kNice);
  while (true) {
    try {
      {
        const std::lock_guard guard(mutex);
        if (ending) return;
      }
      turn();
      stale |= !std::exchange(trouble, "").empty();
    } catch (const std::exception& e) {
      trouble = fmt::format("questions are lost: {}", e.what());
      stale = true;
      std::this_thread::sleep_for(100ms);
    }
  }
}

void DnsServer::State::take_what_is_wanted() {
  std::optional<Wanted> next;
  {
    const std::lock_guard guard(mutex);
    next = std::exchange(wanted, std::nullopt);
    const auto other = std::exchange(ways, nullptr);
    if (!next && !other && !std::exchange(lost_changed, false)) return;
    if (next) knowledge = next->knowledge;
    if (other) knowledge.ways = other;
    knowledge.lost = lost;
  }
  if (knowledge.zones) responder.know(knowledge);
  if (!next) return;
  std::vector<Endpoint> kept;
  for (const Address& address : next->listen) {
    const auto same = std::ranges::find_if(
        endpoints, [&](const Endpoint& e) { return e.address() == address && e.port() == next->port; });
    kept.push_back(same != endpoints.end() ? std::move(*same) : Endpoint(address, next->port));
  }
  endpoints = std::move(kept);
  most_connections = std::min(next->connections, room);
  connections->limit({most_connections, std::max(1u, most_connections / 4),
                      [zones = knowledge.zones](const Address& from) { return zones->is_resolver(from); }});
}

void DnsServer::State::open_endpoints(Time at) {
  for (Endpoint& e : endpoints) {
    if (at < e.retry_at() || e.udp() >= 0) continue;
    const bool changed = e.try_open(at);
    for (const int fd : {e.udp(), e.tcp()}) {
      epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
      if (fd >= 0) epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
    }
    stale |= changed;
    if (!changed) continue;
    const EndpointView view = e.view();
    if (view.listens)
      tell(Severity::info, "dns.listens", fmt::format("[dns] answers at {}", e.text()));
    else
      tell(Severity::warning, "dns.cannot_listen",
           fmt::format("[dns] cannot listen at {}: {}; tried again", e.text(), view.why));
  }
}

// Where no file is free for a connection: its socket stays readable, and to try at once would be to spin.
void DnsServer::State::rest_listeners(bool rest) {
  accept_at = rest ? now + kAcceptAgain : Time::max();
  starved = rest ? "TCP connections are not taken, as no file or memory is free" : "";
  for (const Endpoint& e : endpoints) {
    epoll_event event{.events = rest ? 0u : u32(EPOLLIN), .data = {.fd = e.tcp()}};
    if (e.tcp() >= 0) epoll_ctl(epoll, EPOLL_CTL_MOD, e.tcp(), &event);
  }
}

void DnsServer::State::turn_secrets(Time at) {
  if (at >= before_due) {
    secrets.before.reset();
    before_due = Time::max();
  } else if (at >= secret_due) {
    secrets = {random_key(), secrets.now};
    secret_due = at + kSecretLife;
    before_due = at + kSecretBefore;
    cookies_told = false;
  } else if (cookies_told) {
    return;
  }
  responder.set_secrets(secrets);
  if (cookies_told) return;
  tell_cookies(secrets.now);
  cookies_told = true;
}

// Not with each turn: a question is answered in less time.
void DnsServer::State::put_view() {
  if (!stale || now < show_at) return;
  stale = false;
  show_at = now + kShowAgain;
  const std::lock_guard guard(mutex);
  shown.listen.clear();
  for (const Endpoint& e : endpoints) shown.listen.push_back(e.view());
  shown.connections = connections->count();
  shown.most_connections = most_connections;
  shown.refused = connections->refused();
  shown.untaken = untaken;
  shown.trouble = trouble.empty() ? starved : trouble;
}

void DnsServer::State::turn() {
  take_what_is_wanted();
  now = boot_time();
  seconds = u32(std::chrono::duration_cast<std::chrono::seconds>(wall_time()).count());
  turn_secrets(now);
  open_endpoints(now);
  if (now >= accept_at) rest_listeners(false);
  if (now >= connections->deadline()) {
    connections->expire(now);
    stale = true;
  }
  put_view();

  Time due = std::min(
      {stale ? show_at : Time::max(), now + kLongestWait, connections->deadline(), secret_due, before_due, accept_at});
  for (const Endpoint& e : endpoints) due = std::min(due, e.retry_at());
  const auto wait = std::chrono::ceil<std::chrono::milliseconds>(std::max(due - now, Duration(0)));
  epoll_event events[64];
  const int count = epoll_wait(epoll, events, std::size(events), int(wait.count()));
  now = boot_time();
  stale |= count > 0;
  for (int i = 0; i < count; ++i) {
    const int fd = events[i].data.fd;
    if (fd == wake) {
      eventfd_t value;
      eventfd_read(wake, &value);
      continue;
    }
    if (connections->on_event(fd, events[i].events, now)) continue;
    for (const Endpoint& e : endpoints) {
      if (fd == e.udp())
        untaken += datagrams.serve(fd, [this](std::span<const u8> wire, const Address& from) {
          return answer(wire, from, dns::Transport::udp);
        });
      if (fd == e.tcp() && !connections->accept(fd, now)) rest_listeners(true);
    }
  }
}

DnsServer::DnsServer(std::unique_ptr<State> state) : state_(std::move(state)) {}
DnsServer::~DnsServer() = default;

Result<std::unique_ptr<DnsServer>> DnsServer::start(Tell tell, Cookies cookies, u32 most_connections) {
  auto state = std::make_unique<State>(std::move(tell), std::move(cookies), most_connections);
  WM_TRY(state->open());
  return std::unique_ptr<DnsServer>(new DnsServer(std::move(state)));
}

void DnsServer::follow(const DnsConfig& config, std::shared_ptr<const dns::Zones> zones,
                       std::shared_ptr<const dns::Ways> ways) {
  {
    const std::lock_guard guard(state_->mutex);
    state_->wanted = Wanted{config.listen, config.port, config.connections, {std::move(zones), std::move(ways), {}}};
    state_->ways.reset();
  }
  eventfd_write(state_->wake, 1);
}

void DnsServer::go(std::shared_ptr<const dns::Ways> ways) {
  {
    const std::lock_guard guard(state_->mutex);
    state_->ways = std::move(ways);
  }
  eventfd_write(state_->wake, 1);
}

void DnsServer::lose(dns::Lost lost) {
  {
    const std::lock_guard guard(state_->mutex);
    if (*state_->lost == lost) return;
    state_->lost = std::make_shared<dns::Lost>(std::move(lost));
    state_->lost_changed = true;
  }
  eventfd_write(state_->wake, 1);
}

DnsView DnsServer::view() const {
  const auto copy = [](const auto& from, auto& to) {
    for (std::size_t i = 0; i < to.size(); ++i) to[i] = from[i].load(std::memory_order_relaxed);
  };
  const std::lock_guard guard(state_->mutex);
  DnsView out = state_->shown;
  out.lost = *state_->lost;
  copy(state_->counts.outcomes, out.outcomes);
  copy(state_->counts.limited, out.limited);
  copy(state_->counts.cookies, out.cookies);
  return out;
}

}  // namespace waymark
