// TCP, HTTP and HTTPS: one connection, and at most a request and the status of its answer.
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <asio/ip/tcp.hpp>
#include <asio/ssl.hpp>
#include <asio/write.hpp>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <optional>

#include "base/address_text.h"
#include "base/file.h"
#include "daemon/checks/asked.h"
#include "daemon/checks/http_status.h"

namespace waymark {

struct Trust::Context {
  asio::ssl::context context{asio::ssl::context::tls_client};
};
struct Trust::Parts {
  std::map<std::string, std::shared_ptr<Context>> by_file;
};
Trust::Trust() : parts_(std::make_unique<Parts>()) {}
Trust::~Trust() = default;
Trust::Trust(Trust&&) noexcept = default;
Trust& Trust::operator=(Trust&&) noexcept = default;

namespace {

std::string setting(const char* variable, const char* otherwise) {
  const char* value = std::getenv(variable);
  return value ? value : otherwise;
}

// Where OpenSSL looks for them. Without any, every certificate of every server would seem to be wrong.
bool system_certificates() {
  const std::string file = setting(X509_get_default_cert_file_env(), X509_get_default_cert_file());
  const std::string folder = setting(X509_get_default_cert_dir_env(), X509_get_default_cert_dir());
  std::error_code none;
  return access(file.c_str(), R_OK) == 0 ||
         std::filesystem::directory_iterator(folder, none) != std::filesystem::directory_iterator();
}

}  // namespace

constexpr std::size_t kMostTrusted = 4 << 20;  // bytes of a file of certificates; Debian's whole bundle has 220 kB

Result<std::shared_ptr<Trust::Context>> Trust::of(const std::string& file) {
  if (const auto at = parts_->by_file.find(file); at != parts_->by_file.end()) return at->second;
  auto made = std::make_shared<Context>();
  SSL_CTX* context = made->context.native_handle();
  ERR_clear_error();
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  if (file.empty()) {
    if (!system_certificates()) return Error{"this machine has no trusted certificates"};
    SSL_CTX_set_default_verify_paths(context);
  } else {
    const Result<std::string> bytes = read_file(file, {.most_bytes = kMostTrusted});
    if (!bytes) return Error{fmt::format("no trusted certificate can be read: {}", bytes.error().sentence)};
    asio::error_code error;
    made->context.add_certificate_authority(asio::buffer(*bytes), error);
    if (error || sk_X509_OBJECT_num(X509_STORE_get0_objects(SSL_CTX_get_cert_store(context))) == 0)
      return Error{fmt::format("no trusted certificate can be read from {}", file)};
  }
  parts_->by_file[file] = made;
  return made;
}

namespace {

using asio::ip::tcp;

constexpr std::size_t kMostRead = 512;  // at once: nearly all answers are known by then

tcp::endpoint endpoint_of(const Address& address, u16 port) {
  if (is_ip4(address)) return {asio::ip::address_v4(number(ip4_of(address))), port};
  asio::ip::address_v6::bytes_type bytes;
  store_address(bytes.data(), address);
  return {asio::ip::address_v6(bytes), port};
}

// The Host header's value, and without port and brackets the name that a certificate must carry.
std::string host_of(const Subject& subject, u16 usual_port) {
  if (!subject.check.host.empty()) return subject.check.host;
  const std::string host = is_ip4(subject.address) ? text(subject.address) : fmt::format("[{}]", text(subject.address));
  return subject.port == usual_port ? host : fmt::format("{}:{}", host, subject.port);
}
std::string name_of(const Subject& subject) {
  std::string host = subject.check.host;
  if (host.empty()) return text(subject.address);
  if (host[0] == '[') return host.substr(1, host.find(']') - 1);
  return std::count(host.begin(), host.end(), ':') == 1 ? host.substr(0, host.find(':')) : host;
}

class Talk : public Asked {
 public:
  Talk(Loop& loop, const Question& question, Check::Answered answered)
      : Asked(loop, question, std::move(answered)), socket_(loop.io()) {}

  void start(Trust& trust, Route route) {
    route_ = std::move(route);
    wait_for_answer();
    const tcp::endpoint to = endpoint_of(subject().address, subject().port);
    asio::error_code error;
    socket_.open(to.protocol(), error);
    if (error) return fail(error.value(), CallStep::making);
    // A reset instead of an orderly end: no port of this machine waits behind each check.
    socket_.set_option(asio::socket_base::linger(true, 0), error);
    if (const Status done = route_.admit(socket_.native_handle()); !done)
      return end(CheckOutcome::unknown, done.error().sentence);
    if (const Status done = prepare_tls(trust); !done) return end(CheckOutcome::unknown, done.error().sentence);
    // Not Asio's: what connect() itself refuses is this machine's, and what comes later is not.
    socket_.native_non_blocking(true, error);
    if (error) return fail(error.value(), CallStep::making);
    if (::connect(socket_.native_handle(), to.data(), socklen_t(to.size())) == 0) return on_connected();
    if (errno != EINPROGRESS) return fail(errno, CallStep::asking);
    socket_.async_wait(tcp::socket::wait_write, [self = self()](const asio::error_code& e) {
      if (self->failed(e)) return;
      int came = 0;
      socklen_t size = sizeof came;
      if (getsockopt(self->socket_.native_handle(), SOL_SOCKET, SO_ERROR, &came, &size) < 0) came = errno;
      if (came) return self->fail(came, CallStep::waiting);
      self->on_connected();
    });
  }

 private:
  const Subject& subject() const { return question().subject; }
  std::shared_ptr<Talk> self() { return std::static_pointer_cast<Talk>(shared_from_this()); }

  int socket() override { return socket_.native_handle(); }
  void close_socket() override {
    asio::error_code ignored;
    socket_.close(ignored);
  }
  short awaited() const override { return connected_ ? POLLIN : POLLOUT; }
  const char* missing() const override { return waits_for_; }
  std::string trouble() override { return route_.trouble(socket_.native_handle()); }

  void on_connected() {
    connected_ = true;
    if (subject().check.kind() == CheckKind::tcp) return end(CheckOutcome::well, "");
    waits_for_ = "no HTTP answer";
    tls_ ? shake_hands() : send(socket_);
  }

  Status prepare_tls(Trust& trust) {
    if (subject().check.kind() != CheckKind::https) return Done{};
    const CheckConfig& check = subject().check;
    const Result<std::shared_ptr<Trust::Context>> context = trust.of(check.verify ? check.ca : "");
    if (!context) return context.error();
    trust_ = *context;
    tls_.emplace(socket_, trust_->context);
    SSL* ssl = tls_->native_handle();
    const std::string name = name_of(subject());
    const bool is_name = !parse_address(name);
    if (is_name) SSL_set_tlsext_host_name(ssl, name.c_str());  // SNI has names alone (RFC 6066, 3)
    SSL_set_verify(ssl, check.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
    if (!check.verify) return Done{};
    const int set =
        is_name ? SSL_set1_host(ssl, name.c_str()) : X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name.c_str());
    if (set != 1) return Error{fmt::format("certificates cannot be checked for the name {}", name)};
    return Done{};
  }

  void shake_hands() {
    waits_for_ = "no end of the TLS handshake";
    tls_->async_handshake(asio::ssl::stream_base::client, [self = self()](const asio::error_code& error) {
      if (self->over()) return;
      const long verdict = SSL_get_verify_result(self->tls_->native_handle());
      if (error && ours(verdict))
        return self->end(CheckOutcome::unknown, fmt::format("TLS: {}", X509_verify_cert_error_string(verdict)));
      if (error && verdict != X509_V_OK && self->subject().check.verify)
        return self->end(CheckOutcome::unwell, fmt::format("certificate: {}", X509_verify_cert_error_string(verdict)));
      if (error) return self->end(outcome_of(error), fmt::format("TLS: {}", self->words(error)));
      self->waits_for_ = "no HTTP answer";
      self->send(*self->tls_);
    });
  }

  template <class Stream>
  void send(Stream& stream) {
    const CheckConfig& check = subject().check;
    const bool secure = check.kind() == CheckKind::https;
    request_ =
        fmt::format("GET {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: waymark\r\nAccept: */*\r\nConnection: close\r\n\r\n",
                    secure ? check.https : check.http, host_of(subject(), secure ? 443 : 80));
    asio::async_write(stream, asio::buffer(request_),
                      [self = self(), &stream](const asio::error_code& error, std::size_t) {
                        if (!self->failed(error)) self->read(stream);
                      });
  }

  template <class Stream>
  void read(Stream& stream) {
    stream.async_read_some(asio::buffer(buffer_),
                           [self = self(), &stream](const asio::error_code& error, std::size_t n) {
                             if (self->over() || self->judge({self->buffer_.data(), n}, error)) return;
                             self->read(stream);
                           });
  }

  // True when there is an answer.
  bool judge(std::string_view bytes, const asio::error_code& error) {
    const HttpStatus::Read read = status_.add(bytes);
    if (read == HttpStatus::Read::more && !error) return false;
    if (read == HttpStatus::Read::more && outcome_of(error) == CheckOutcome::unknown)
      return end(CheckOutcome::unknown, words(error)), true;
    const bool known = read == HttpStatus::Read::known;
    const bool well = known && (status_.code()[0] == '2' || status_.code()[0] == '3');
    end(well ? CheckOutcome::well : CheckOutcome::unwell, well ? "" : complaint(read));
    return true;
  }

  std::string complaint(HttpStatus::Read read) const {
    if (read == HttpStatus::Read::known) return fmt::format("HTTP status {}", status_.code());
    if (read == HttpStatus::Read::endless) return "too many interim HTTP answers (status 1xx)";
    if (!status_.began()) return "the connection was closed without an answer";
    if (!status_.code().empty()) return fmt::format("after HTTP status {} no final one came", status_.code());
    return "the answer is not HTTP";
  }

  std::string words(const asio::error_code& error) const {
    if (error.category() == asio::system_category()) return error_sentence(error.value());
    if (error == asio::error::eof || error == asio::ssl::error::stream_truncated)
      return "the connection was closed without an answer";
    return error.message();
  }

  // Of a connection. What OpenSSL says is about the other end's bytes, unless memory is short here.
  static CheckOutcome outcome_of(const asio::error_code& error) {
    if (error.category() == asio::system_category()) return waymark::outcome_of(error.value(), CallStep::waiting);
    const bool memory = error.category() == asio::error::get_ssl_category() &&
                        ERR_GET_REASON(unsigned(error.value())) == ERR_R_MALLOC_FAILURE;
    return memory ? CheckOutcome::unknown : CheckOutcome::unwell;
  }
  static bool ours(long verdict) {  // of a certificate
    return verdict == X509_V_ERR_OUT_OF_MEM || verdict == X509_V_ERR_STORE_LOOKUP ||
           verdict == X509_V_ERR_INVALID_CALL || verdict == X509_V_ERR_UNSPECIFIED;
  }

  bool failed(const asio::error_code& error) {
    if (over()) return true;
    if (error) end(outcome_of(error), words(error));
    return bool(error);
  }

  Route route_;
  tcp::socket socket_;
  std::shared_ptr<Trust::Context> trust_;  // outlives the stream
  std::optional<asio::ssl::stream<tcp::socket&>> tls_;
  const char* waits_for_ = "no answer";
  std::string request_;
  std::array<char, kMostRead> buffer_;
  HttpStatus status_;
  bool connected_ = false;
};

}  // namespace

std::unique_ptr<Check> check_stream(Loop& loop, const Question& question, Trust& trust, Route route,
                                    Check::Answered answered) {
  auto talk = std::make_shared<Talk>(loop, question, std::move(answered));
  auto check = check_of(talk);  // before what may throw: it is forgotten then
  talk->start(trust, std::move(route));
  return check;
}

}  // namespace waymark
