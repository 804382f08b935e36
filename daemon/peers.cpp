#include "daemon/peers.h"

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <array>
#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>
#include <asio/write.hpp>
#include <map>

#include "daemon/acceptor.h"
#include "daemon/log.h"

namespace waymark {

namespace {

using namespace std::chrono_literals;
using asio::ip::tcp;

constexpr std::size_t kReadAtOnce = 64 << 10;  // then the others' turn
constexpr Duration kDialPatience = 2s;
constexpr Duration kClosePatience = 2s;  // for who is sent the last of it
constexpr int kUnheardMs = 5000;         // TCP gives up what nobody acknowledges for so long

// "[2001:db8::1]:6090", "192.0.2.1:6090": checked by the configuration's reader.
std::optional<tcp::endpoint> endpoint_of(const std::string& text) {
  const std::optional<Address> address = group::address_of(text);
  if (!address) return std::nullopt;
  asio::ip::address_v6::bytes_type bytes;
  store_address(bytes.data(), *address);
  const asio::ip::address_v6 six(bytes);
  const u16 port = u16(std::strtoul(text.c_str() + text.rfind(':') + 1, nullptr, 10));
  if (is_ip4(*address)) return tcp::endpoint(asio::ip::make_address_v4(asio::ip::v4_mapped, six), port);
  return tcp::endpoint(six, port);
}

// What the network, or silence, says of a member. All else says something of this machine alone.
group::Unreached unreached(const asio::error_code& error) {
  for (const int told : {ECONNREFUSED, ECONNRESET, ECONNABORTED, ETIMEDOUT, EHOSTUNREACH, ENETUNREACH, EHOSTDOWN})
    if (error.value() == told) return group::Unreached::absent;
  return group::Unreached::unable;
}

group::Ended ended(const asio::error_code& error) {
  return error == asio::error::eof || error == asio::error::connection_reset || error == asio::error::broken_pipe
             ? group::Ended::by_peer
             : group::Ended::lost;
}

}  // namespace

struct Peers::Parts : std::enable_shared_from_this<Parts> {
  struct Connection {
    explicit Connection(tcp::socket s) : socket(std::move(s)) {}
    tcp::socket socket;
    std::vector<u8> writing, waiting;           // what the kernel has been given; what comes after
    std::optional<asio::steady_timer> closing;  // once all has been written, or after a while
  };
  using Held = std::shared_ptr<Connection>;

  Parts(Loop& l, Control& c, const GroupConfig& g) : loop(l), control(c), config(g) {}

  void listen() {
    acceptor.emplace(loop, "[group] listen", config.listen, [self = weak_from_this()](int fd, const Address& from) {
      const auto parts = self.lock();
      return parts && parts->accept(fd, from);
    });
  }

  // Nothing is made of a connection for which Control has no place.
  bool accept(int fd, const Address& from) {
    const group::Link link = ++last_link;
    if (!control.accepted(link, from, boot_time())) return false;
    asio::error_code error;
    tcp::socket socket(loop.io());
    socket.assign(endpoint_of(config.listen)->protocol(), fd, error);
    if (error) control.closed(link, group::Ended::lost, error.message(), boot_time());
    if (!error) begin(link, std::move(socket));
    return !error;
  }

  void begin(group::Link link, tcp::socket socket) {
    asio::error_code ignored;
    socket.non_blocking(true, ignored);
    socket.set_option(tcp::no_delay(true), ignored);
    setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_USER_TIMEOUT, &kUnheardMs, sizeof kUnheardMs);
    const Held held = connections[link] = std::make_shared<Connection>(std::move(socket));
    read(link, held);
    changed();
  }

  void read(group::Link link, const Held& held) {
    held->socket.async_wait(tcp::socket::wait_read, [self = weak_from_this(), link,
                                                     held](const asio::error_code& waited) {
      const auto parts = self.lock();
      if (!parts || !parts->connections.contains(link)) return;
      asio::error_code error = waited;
      const std::size_t n = error ? 0 : held->socket.read_some(asio::buffer(parts->in), error);
      if (error && error != asio::error::would_block)
        return parts->end(link, ended(error), error == asio::error::eof ? "it closed the connection" : error.message());
      if (n) {
        parts->control.received(link, {parts->in.data(), n}, boot_time());
        parts->changed();
      }
      if (parts->connections.contains(link)) parts->read(link, held);
    });
  }

  void end(group::Link link, group::Ended by, const std::string& why) {
    close(link);
    control.closed(link, by, why, boot_time());
    changed();
  }

  void close(group::Link link) {
    const auto found = connections.find(link);
    if (found == connections.end()) return;
    asio::error_code ignored;
    found->second->socket.close(ignored);
    if (found->second->closing) found->second->closing->cancel();
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
                        if (error) return parts->end(link, ended(error), error.message());
                        parts->write(link, held);
                        parts->changed();
                      });
  }

  void dial(u32 member) {
    if (member >= config.member.size()) return;
    const auto unable = [&](const std::string& why) {
      control.failed(member, group::Unreached::unable, why, boot_time());
    };
    const std::optional<tcp::endpoint> to = endpoint_of(config.member[member].address),
                                       from = endpoint_of(config.listen);
    if (!to) return unable("its address is none");
    const auto socket = std::make_shared<tcp::socket>(loop.io());
    asio::error_code error;
    socket->open(to->protocol(), error);
    if (error) return unable(error.message());
    // From the address that it knows us by, where that is of the same family.
    if (from && from->protocol() == to->protocol()) socket->bind({from->address(), 0}, error);
    if (error) return unable(from->address().to_string() + ": " + error.message());
    const auto patience = std::make_shared<asio::steady_timer>(loop.io());
    patience->expires_after(kDialPatience);  // Asio hears sockets first: an answer that waited for a held loop counts
    patience->async_wait([socket](const asio::error_code& e) {
      asio::error_code ignored;
      if (!e) socket->close(ignored);
    });
    socket->async_connect(*to, [self = weak_from_this(), socket, patience, member](const asio::error_code& e) {
      patience->cancel();
      const auto parts = self.lock();
      if (!parts) return;
      if (!e) return parts->dialled(member, std::move(*socket));
      if (e == asio::error::operation_aborted)
        parts->control.failed(member, group::Unreached::absent, "it does not answer", boot_time());
      else
        parts->control.failed(member, unreached(e), e.message(), boot_time());
      parts->changed();
    });
  }

  void dialled(u32 member, tcp::socket socket) {
    const group::Link link = ++last_link;
    control.opened(link, member, boot_time());
    begin(link, std::move(socket));
  }

  // What is written here may fail at once and change Control again, so until there is no more.
  void flush() {
    for (int rounds = 0; rounds < 16; ++rounds) {
      group::GroupOutput out = control.take();
      if (out.connect.empty() && out.send.empty() && out.close.empty()) return;
      for (auto& [link, bytes] : out.send) send(link, std::move(bytes));
      for (const group::Link link : out.close) {
        const auto found = connections.find(link);
        if (found == connections.end()) continue;
        const Held held = found->second;
        held->closing.emplace(loop.io(), kClosePatience);
        held->closing->async_wait([self = weak_from_this(), link](const asio::error_code& error) {
          if (const auto parts = self.lock(); parts && !error) parts->close(link);
        });
        write(link, held);
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
  std::optional<Acceptor> acceptor;
  std::array<u8, kReadAtOnce> in;  // one for all: what is read goes to Control at once
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
  parts_->acceptor.reset();
}

void Peers::configure(const GroupConfig& config) { parts_->config = config; }
void Peers::on_change(std::function<void()> changed) { parts_->on_change = std::move(changed); }
void Peers::flush() { parts_->flush(); }

}  // namespace waymark
