// Beast reads the request and keeps the time: its stream's deadline holds for a whole request or answer, in however
// many pieces that comes or goes. What is written is our own text.
#include "daemon/guest.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <optional>

namespace waymark {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using Code = boost::system::error_code;

// After the answer: what the guest still sends is read and forgotten for so long, as closing a socket with unread bytes
// resets it, and the answer with it.
constexpr std::chrono::milliseconds kLeaveTime{500};
constexpr std::size_t kMostForgotten = 256 * 1024;

int status_of(const Code& error) {
  if (error == http::error::header_limit || error == http::error::buffer_overflow) return 431;
  if (error == http::error::body_limit) return 413;
  if (error == http::error::bad_version) return 505;
  return 400;
}

std::string sentence_of(int status, const HttpLimits& limits) {
  if (status == 431) return fmt::format("the request line and headers exceed {} bytes", limits.head);
  if (status == 413) return fmt::format("the body exceeds {} bytes", limits.body);
  if (status == 505) return "this server speaks HTTP/1.1 and HTTP/1.0";
  return "this is not a valid HTTP request";
}

class Connection : public Guest, public std::enable_shared_from_this<Connection> {
 public:
  Connection(Guests& guests, int fd, int family, std::string address)
      : Guest(guests, std::move(address)), stream_(*guests.io), timer_(*guests.io), buffer_(guests.limits.head + 512) {
    Code failed;
    stream_.socket().assign(asio::generic::stream_protocol(family, 0), fd, failed);
    if (failed) ::close(fd);
    parser_.header_limit(guests.limits.head);
    parser_.body_limit(guests.limits.body);
  }
  ~Connection() override { end(); }

  void begin() override {
    stream_.expires_after(guests_.limits.head_time);
    http::async_read_header(stream_, buffer_, parser_,
                            [self = shared_from_this()](Code error, std::size_t) { self->on_head(error); });
  }

  void cut() override {
    // What the kernel holds for a guest that does not read would stay for minutes.
    if (phase() == Phase::reply || phase() == Phase::stream) {
      Code ignored;
      stream_.socket().set_option(asio::socket_base::linger(true, 0), ignored);
    }
    end();
  }

 private:
  void on_head(Code error) {
    if (!has_place()) return;
    if (error) return on_bad_request(error);
    const auto& head = parser_.get();
    const std::string_view target(head.target().data(), head.target().size());
    const std::string_view method(head.method_string().data(), head.method_string().size());
    const std::string_view path = target.substr(0, target.find('?'));
    head_only_ = method == "HEAD";
    old_ = head.version() < 11;
    request_.method = head_only_ ? "GET" : std::string(method);
    request_.path = path;
    const int status = waymark::status_of(request_.method, path, guests_.serves);
    if (status == 404) return answer(refusal(404, "there is no such path; docs/api.md lists them"));
    if (status == 405) allowed_ = waymark::status_of("GET", path, guests_.serves) == 200 ? "GET, HEAD" : "POST";
    if (status == 405) return answer(refusal(405, fmt::format("{} does not take {}", path, method.substr(0, 20))));
    if (request_.method == "GET") {  // its body, should it have one, means nothing
      if (path.size() < target.size()) request_.query = query_of(target.substr(path.size() + 1));
      return ask();
    }
    stream_.expires_after(guests_.limits.body_time);
    if (beast::iequals(head[http::field::expect], "100-continue") && !old_) {
      text_ = std::make_shared<const std::string>("HTTP/1.1 100 Continue\r\n\r\n");
      return asio::async_write(stream_, asio::buffer(*text_), [self = shared_from_this()](Code failed, std::size_t) {
        failed ? self->end() : self->read_body();
      });
    }
    read_body();
  }

  void read_body() {
    http::async_read(stream_, buffer_, parser_, [self = shared_from_this()](Code error, std::size_t) {
      if (!self->has_place()) return;
      if (error) return self->on_bad_request(error);
      self->request_.body = std::move(self->parser_.get().body());
      self->ask();
    });
  }

  void on_bad_request(Code error) {
    if (error == beast::error::timeout) {
      guests_.refuse(Refused::slow);
      return end();
    }
    const bool spoke = error.category() == make_error_code(http::error::end_of_stream).category() &&
                       error != http::error::end_of_stream && error != http::error::partial_message;
    if (!spoke) {  // it left, with or without half a request
      if (error == http::error::partial_message) guests_.refuse(Refused::malformed);
      return end();
    }
    guests_.refuse(Refused::malformed);
    const int status = status_of(error);
    answer(refusal(status, sentence_of(status, guests_.limits)));
  }

  void ask() {
    enter(Phase::answer);
    stream_.expires_never();
    // Holds this guest, as no read or write is under way.
    timer_.expires_after(guests_.limits.answer_time);
    timer_.async_wait([self = shared_from_this()](Code error) {
      if (error || self->phase() != Phase::answer) return;
      self->answer(too_busy("the daemon did not answer in time"));
    });
    const Respond respond([io = guests_.io, to = weak_from_this()](HttpReply reply) {
      asio::post(*io, [to, reply = std::move(reply)]() mutable {
        const auto self = to.lock();
        if (self && self->has_place() && self->phase() == Phase::answer) return self->answer(std::move(reply));
        if (reply.stream) reply.stream->leave();
      });
    });
    guests_.handler(std::move(request_), respond);
  }

  void answer(HttpReply reply) {
    timer_.cancel();
    if (reply.stream) return begin_stream(std::move(reply));
    text_ = reply.shared ? std::move(reply.shared) : std::make_shared<const std::string>(std::move(reply.body));
    kept_ = guests_.keep(*text_);
    if (!kept_) return busy("too many answers wait to be read; try again in a moment");
    if (reply.busy) guests_.refuse(Refused::busy);
    send(reply.status, reply.type, reply.busy);
  }

  void busy(const char* sentence) {
    guests_.refuse(Refused::busy);
    text_ = std::make_shared<const std::string>(too_busy(sentence).body);
    send(503, "application/json", true);
  }

  void send(int status, const std::string& type, bool again) {
    enter(Phase::reply);
    head_ = fmt::format("{}{}Content-Length: {}\r\n\r\n", head_of(status, type), again ? "Retry-After: 1\r\n" : "",
                        text_->size());
    stream_.expires_after(guests_.limits.reply_time + std::chrono::seconds(text_->size() / guests_.limits.slowest));
    const std::array<asio::const_buffer, 2> both{asio::buffer(head_),
                                                 head_only_ ? asio::const_buffer() : asio::buffer(*text_)};
    asio::async_write(stream_, both, [self = shared_from_this()](Code error, std::size_t) { self->on_sent(error); });
  }

  void on_sent(Code error) {
    if (!has_place()) return;
    forget_text();
    if (error == beast::error::timeout) {
      guests_.refuse(Refused::stalled);
      return cut();
    }
    if (error) return end();
    ++guests_.served;
    leave();
  }

  std::string head_of(int status, const std::string& type) const {
    const auto words = http::obsolete_reason(http::status(status));
    return fmt::format("HTTP/1.1 {} {}\r\nContent-Type: {}\r\n{}Connection: close\r\n", status,
                       std::string_view(words.data(), words.size()), type,
                       status == 405 ? "Allow: " + allowed_ + "\r\n" : "");
  }

  // --- a body that comes by and by

  void begin_stream(HttpReply reply) {
    body_ = std::move(reply.stream);
    if (guests_.streams >= guests_.limits.streams) {
      std::exchange(body_, nullptr)->leave();
      return busy("too many captures or followers are connected already");
    }
    ++guests_.streams;
    enter(Phase::stream);
    body_->attach([io = guests_.io, to = weak_from_this()] {
      asio::post(*io, [to] {
        if (const auto self = to.lock()) self->pump();
      });
    });
    stream_.expires_never();
    notice_leaving();
    write_piece(head_of(reply.status, reply.type) + (old_ ? "\r\n" : "Transfer-Encoding: chunked\r\n\r\n"));
  }

  // Reads only to learn that the guest is gone.
  void notice_leaving() {
    stream_.async_read_some(asio::buffer(forgotten_), [self = shared_from_this()](Code error, std::size_t n) {
      if (!self->has_place() || self->phase() != Phase::stream) return;
      self->forgotten_bytes_ += n;
      if (error || self->forgotten_bytes_ > kMostForgotten) return self->end();
      self->notice_leaving();
    });
  }

  void pump() {
    if (!has_place() || phase() != Phase::stream || writing_) return;
    if (head_only_) return end();
    BodyQueue::Taken taken = body_->take();
    if (!taken.bytes.empty())
      return write_piece(old_ ? taken.bytes : fmt::format("{:x}\r\n{}\r\n", taken.bytes.size(), taken.bytes));
    if (!taken.ended) return;
    ended_ = true;
    write_piece(old_ ? "" : "0\r\n\r\n");
  }

  void write_piece(std::string piece) {
    writing_ = true;
    head_ = std::move(piece);
    stream_.expires_after(guests_.limits.reply_time + std::chrono::seconds(head_.size() / guests_.limits.slowest));
    asio::async_write(stream_, asio::buffer(head_), [self = shared_from_this()](Code error, std::size_t) {
      self->writing_ = false;
      if (!self->has_place()) return;
      if (error == beast::error::timeout) self->guests_.refuse(Refused::stalled);
      if (error) return self->cut();
      if (!self->ended_) return self->pump();
      ++self->guests_.served;
      self->end();
    });
  }

  // --- the end

  void leave() {
    enter(Phase::leaving);
    Code ignored;
    stream_.socket().shutdown(asio::socket_base::shutdown_send, ignored);
    if (ignored) return end();
    stream_.expires_after(kLeaveTime);
    forget_rest();
  }

  void forget_rest() {
    stream_.async_read_some(asio::buffer(forgotten_), [self = shared_from_this()](Code error, std::size_t n) {
      self->forgotten_bytes_ += n;
      if (error || self->forgotten_bytes_ > kMostForgotten) return self->end();
      self->forget_rest();
    });
  }

  void forget_text() {
    if (std::exchange(kept_, false)) guests_.forget(*text_);
  }

  void end() {
    if (!has_place()) return;
    leave_place();
    forget_text();
    if (phase() == Phase::stream) --guests_.streams;
    if (const auto body = std::exchange(body_, nullptr)) body->leave();
    timer_.cancel();
    stream_.close();
  }

  beast::basic_stream<asio::generic::stream_protocol> stream_;
  asio::steady_timer timer_;
  beast::flat_buffer buffer_;
  http::request_parser<http::string_body> parser_;
  HttpRequest request_;
  bool head_only_ = false, old_ = false, kept_ = false, writing_ = false, ended_ = false;
  std::string head_, allowed_;
  std::shared_ptr<const std::string> text_;
  std::shared_ptr<BodyQueue> body_;
  std::array<char, 2048> forgotten_;
  std::size_t forgotten_bytes_ = 0;
};

}  // namespace

std::shared_ptr<Guest> make_guest(Guests& guests, int fd, int family, std::string address) {
  return std::make_shared<Connection>(guests, fd, family, std::move(address));
}

}  // namespace waymark
