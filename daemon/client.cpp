#include "daemon/client.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <thread>
#include <vector>

#include "core/types.h"
#include "daemon/lock.h"

namespace waymark {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using namespace std::chrono_literals;
using Code = boost::system::error_code;
using Sink = std::function<bool(std::string_view)>;

constexpr const char* kRunFolder = "/run/waymark";
constexpr auto kPatience = 90s;    // for an answer; a reload may take a while
constexpr auto kUntilAPlace = 5s;  // while other guests have all places
constexpr std::size_t kMostText = 1u << 30;

Error nothing_answers(const std::string& socket) {
  struct stat seen {};
  if (stat(socket.c_str(), &seen) != 0)
    return {fmt::format("no daemon runs here: {}: {}", socket, std::strerror(errno))};
  if (access(socket.c_str(), W_OK) != 0) return {fmt::format("{}: {}", socket, std::strerror(errno))};
  return {fmt::format("the daemon at {} does not answer; it may have ended without warning", socket)};
}

// The daemon's own sentence out of {"error": "..."}.
Error refusal(int status, const std::string& body) {
  const auto json = nlohmann::json::parse(body, nullptr, false);
  if (json.is_object() && json.contains("error") && json["error"].is_string())
    return {json["error"].get<std::string>()};
  return {fmt::format("the daemon answered with HTTP status {}", status)};
}

class Call {
 public:
  explicit Call(std::string socket) : socket_(std::move(socket)) {}
  // Of status 200 the body goes to `sink`, as it comes; the daemon's own sentence of any other.
  Status ask(const std::string& method, const std::string& path, const std::string& body, const Sink& sink);

 private:
  asio::io_context io_;
  beast::basic_stream<asio::local::stream_protocol> stream_{io_};
  std::string socket_;

  // Runs one step to its end, or its deadline.
  template <class F>
  Code run(F start, std::optional<std::chrono::seconds> limit = kPatience) {
    Code result;
    limit ? stream_.expires_after(*limit) : stream_.expires_never();
    start([&result](Code error, std::size_t = 0) { result = error; });
    io_.restart();
    io_.run();
    return result;
  }
  // The status; 0 where no answer came.
  int ask_once(const std::string& method, const std::string& path, const std::string& body, const Sink& sink,
               std::string& refused, bool& whole);
};

int Call::ask_once(const std::string& method, const std::string& path, const std::string& body, const Sink& sink,
                   std::string& refused, bool& whole) {
  const std::string text =
      fmt::format("{} {} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{}",
                  method, path, body.size(), body);
  // Who is turned away at the door may be told so before all of this is written.
  (void)run([&](auto done) { asio::async_write(stream_, asio::buffer(text), done); });
  beast::flat_buffer buffer;
  http::response_parser<http::buffer_body> parser;
  parser.body_limit(~u64(0));  // this side has its own
  if (run([&](auto done) { http::async_read_header(stream_, buffer, parser, done); })) return 0;
  const int status = int(parser.get().result_int());
  std::array<char, 64 * 1024> piece;
  while (!parser.is_done()) {
    parser.get().body() = {piece.data(), piece.size(), true};
    const Code failed = run([&](auto done) { http::async_read_some(stream_, buffer, parser, done); }, std::nullopt);
    if (failed && failed != http::error::need_buffer) return status;
    const std::string_view got(piece.data(), piece.size() - parser.get().body().size);
    if (status != 200)
      refused.append(got.substr(0, 64 * 1024 - std::min<std::size_t>(refused.size(), 64 * 1024)));
    else if (!got.empty() && !sink(got))
      break;
  }
  whole = true;
  return status;
}

Status Call::ask(const std::string& method, const std::string& path, const std::string& body, const Sink& sink) {
  const auto end = std::chrono::steady_clock::now() + kUntilAPlace;
  do {
    const asio::local::stream_protocol::endpoint daemon(socket_);
    const Code failed = run([&](auto done) { stream_.async_connect(daemon, done); });
    if (failed && failed != asio::error::try_again) break;  // that is: the queue before the door is full
    std::string refused;
    bool whole = false;
    const int status = failed ? 0 : ask_once(method, path, body, sink, refused, whole);
    if (status == 200 && !whole) return Error{fmt::format("the daemon at {} ended its answer early", socket_)};
    if (status == 200) return Done{};
    // Without a place nothing was asked: a status and not a word, or no more than the end of the connection.
    if (status && (status != 503 || !refused.empty())) return refusal(status, refused);
    stream_.close();
    std::this_thread::sleep_for(20ms);
  } while (std::chrono::steady_clock::now() < end);
  return nothing_answers(socket_);
}

Result<std::string> whole_answer(const std::string& socket, const std::string& method, const std::string& path,
                                 const std::string& body) {
  std::string text;
  bool too_long = false;
  WM_TRY(Call(socket).ask(method, path, body, [&](std::string_view piece) {
    text += piece;
    return !(too_long = text.size() > kMostText);
  }));
  if (too_long) return Error{fmt::format("the answer of the daemon at {} does not end", socket)};
  return text;
}

}  // namespace

std::string default_socket(const std::string& node) { return fmt::format("{}/{}.sock", kRunFolder, node); }

Result<std::string> find_socket(const std::optional<std::string>& node) {
  if (node) return default_socket(*node);
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(kRunFolder, error))
    if (entry.path().extension() == ".sock" &&
        Lock::held(entry.path().parent_path() / (entry.path().stem().string() + ".lock")))
      names.push_back(entry.path().stem().string());  // a killed daemon's socket stays, but not its lock
  if (names.empty()) return Error{"no daemon runs here; where its socket is elsewhere, name it by --socket"};
  if (names.size() > 1) {
    std::sort(names.begin(), names.end());
    std::string all;
    for (const std::string& name : names) all += (all.empty() ? "" : ", ") + name;
    return Error{fmt::format("several daemons run here; choose by --node one of: {}", all)};
  }
  return default_socket(names[0]);
}

Result<std::string> api_get(const std::string& socket, const std::string& path) {
  return whole_answer(socket, "GET", path, "");
}

Result<std::string> api_post(const std::string& socket, const std::string& path, const std::string& body) {
  return whole_answer(socket, "POST", path, body);
}

Status api_stream(const std::string& socket, const std::string& path, const Sink& sink) {
  return Call(socket).ask("GET", path, "", sink);
}

std::string escape_query(std::string_view value) {
  std::string out;
  for (const char c : value) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       std::string_view("-._~").find(c) != std::string_view::npos;
    out += plain ? std::string(1, c) : fmt::format("%{:02X}", u8(c));
  }
  return out;
}

}  // namespace waymark
