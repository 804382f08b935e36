#include "daemon/peers.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <array>
#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>
#include <asio/write.hpp>
#include <deque>
#include <map>

#include "daemon/log.h"

namespace waymark {

namespace {

using namespace std::chrono_literals;
using asio::ip::tcp;

constexpr std::size_t kReadAtOnce = 64 << 10;  // then the others' turn
constexpr Duration kDialPatience = 2s, kListenAgain = 1s;
constexpr int kUnheardMs = 5000;  // TCP gives up what nobody acknowledges for so long

// "[2001:db8::1]:6090", "192.0.2.1:6090": checked by the configuration's reader.
Result<tcp::endpoint> endpoint_of(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  std::string host = text.substr(0, colon);
  if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
  asio::error_code error;
  const auto address = asio::ip::make_address(host, error);
  if (error || colon == text.npos) return Error{fmt::format("{} is no address and port", text)};
  return tcp::endpoint(address, u16(std::strtoul(text.c_str() + colon + 1, nullptr, 10)));
}

}  // namespace

struct Peers::Parts : std::enable_shared_from_this<Parts> {
  struct Connection {
    explicit Connection(tcp::socket s) : socket(std::move(s)) {}
    tcp::socket socket;
    std::array<u8, kReadAtOnce> in;
    std::vector<u8> writing, waiting;  // what the kernel has been given; what comes after
    bool closing = false;              // once all has been written
  };
  using Held = std::shared_ptr<Connection>;

  Parts(Loop& l, Control& c, const GroupConfig& g)
      : loop(l), control(c), config(g), acceptor(l.io()), listen_again(l.io()) {}

  void listen() {
    const Result<tcp::endpoint> at = endpoint_of(config.listen);
    asio::error_code error;
    if (at) {
      acceptor.open(at->protocol(), error);
      if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
      if (!error) acceptor.bind(*at, error);
      if (!error) acceptor.listen(16, error);
    }
    if (!at || error) {
      const std::string why = at ? error.message() : at.error().sentence;
      if (why != listen_failed) log::warning(fmt::format("[group] listen {}: {}; tried again", config.listen, why));
      listen_failed = why;
      acceptor.close(error);
      listen_again.expires_after(kListenAgain);
      listen_again.async_wait([self = weak_from_this()](const asio::error_code& e) {
        if (const auto parts = self.lock(); parts && !e) parts->listen();
      });
      return;
    }
    accept();
  }

  void accept() {
    acceptor.async_accept([self = weak_from_this()](const asio::error_code& error, tcp::socket socket) {
      const auto parts = self.lock();
      if (!parts || error == asio::error::operation_aborted) return;
      if (!error) parts->begin(std::move(socket), {});
      parts->accept();
    });
  }

  void begin(tcp::socket socket, std::optional<u32> dialled) {
    asio::error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_USER_TIMEOUT, &kUnheardMs, sizeof kUnheardMs);
    const group::Link link = ++last_link;
    const Held held = connections[link] = std::make_shared<Connection>(std::move(socket));
    control.opened(link, dialled, boot_time());
    read(link, held);
    changed();
  }

  void read(group::Link link, const Held& held) {
    held->socket.async_read_some(
        asio::buffer(held->in), [self = weak_from_this(), link, held](const asio::error_code& error, std::size_t n) {
          const auto parts = self.lock();
          if (!parts || !parts->connections.contains(link)) return;
          if (error) return parts->end(link, error == asio::error::eof ? "it closed the connection" : error.message());
          parts->control.received(link, {held->in.data(), n}, boot_time());
          parts->changed();
          if (parts->connections.contains(link)) parts->read(link, held);
        });
  }

  void end(group::Link link, const std::string& why) {
    close(link);
    control.closed(link, why, boot_time());
    changed();
  }

  void close(group::Link link) {
    const auto found = connections.find(link);
    if (found == connections.end()) return;
    asio::error_code ignored;
    found->second->socket.close(ignored);
    connections.erase(found);
  }

  void send(group::Link link, std::vector<u8> bytes) {
    const auto found = connections.find(link);
    if (found == connections.end()) return;
    auto& waiting = found->second->waiting;
    waiting.insert(waiting.end(), bytes.begin(), bytes.end());
    write(link, found->second);
  }

  void write(group::Link link, const Held& held) {
    control.queued(link, held->writing.size() + held->waiting.size());
    if (!held->writing.empty()) return;
    if (held->waiting.empty()) {
      if (held->closing) close(link);
      return;
    }
    held->writing.swap(held->waiting);
    asio::async_write(held->socket, asio::buffer(held->writing),
                      [self = weak_from_this(), link, held](const asio::error_code& error, std::size_t) {
                        held->writing.clear();
                        const auto parts = self.lock();
                        if (!parts || !parts->connections.contains(link)) return;
                        if (error) return parts->end(link, error.message());
                        parts->write(link, held);
                        parts->changed();
                      });
  }

  void dial(u32 member) {
    if (member >= config.member.size()) return;
    const Result<tcp::endpoint> to = endpoint_of(config.member[member].address), from = endpoint_of(config.listen);
    if (!to) return control.failed(member, to.error().sentence, boot_time());
    const auto socket = std::make_shared<tcp::socket>(loop.io());
    asio::error_code error;
    socket->open(to->protocol(), error);
    // From the address that it knows us by, where that is of the same family.
    if (!error && from && from->protocol() == to->protocol()) socket->bind({from->address(), 0}, error);
    if (error) return control.failed(member, error.message(), boot_time());
    const auto patience = std::make_shared<asio::steady_timer>(loop.io());
    patience->expires_after(kDialPatience);
    patience->async_wait([socket](const asio::error_code& e) {
      asio::error_code ignored;
      if (!e) socket->close(ignored);
    });
    socket->async_connect(*to, [self = weak_from_this(), socket, patience, member](const asio::error_code& e) {
      patience->cancel();
      const auto parts = self.lock();
      if (!parts) return;
      if (!e) return parts->begin(std::move(*socket), member);
      parts->control.failed(member, e == asio::error::operation_aborted ? "it does not answer" : e.message(),
                            boot_time());
      parts->changed();
    });
  }

  // What is written here may fail at once and change Control again, so until there is no more.
  void flush() {
    for (int rounds = 0; rounds < 16; ++rounds) {
      group::GroupOutput out = control.take();
      if (out.connect.empty() && out.send.empty() && out.close.empty() && out.log.empty()) return;
      for (const std::string& line : out.log) log::info(line);
      for (auto& [link, bytes] : out.send) send(link, std::move(bytes));
      for (const group::Link link : out.close) {
        const auto found = connections.find(link);
        if (found == connections.end()) continue;
        found->second->closing = true;
        write(link, Held(found->second));
      }
      for (const u32 member : out.connect) dial(member);
    }
  }

  void changed() {
    flush();
    if (on_change) on_change();
  }

  Loop& loop;
  Control& control;
  GroupConfig config;
  tcp::acceptor acceptor;
  asio::steady_timer listen_again;
  std::string listen_failed;
  std::map<group::Link, Held> connections;
  group::Link last_link = 0;
  std::function<void()> on_change;
};

Peers::Peers(Loop& loop, Control& control, const GroupConfig& config)
    : parts_(std::make_shared<Parts>(loop, control, config)) {
  parts_->listen();
}

// Handlers that are still to come find nobody.
Peers::~Peers() {
  asio::error_code ignored;
  for (auto& [link, held] : parts_->connections) held->socket.close(ignored);
  parts_->acceptor.close(ignored);
  parts_->listen_again.cancel();
}

void Peers::configure(const GroupConfig& config) { parts_->config = config; }
void Peers::on_change(std::function<void()> changed) { parts_->on_change = std::move(changed); }
void Peers::flush() { parts_->flush(); }

}  // namespace waymark
