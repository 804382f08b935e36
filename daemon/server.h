// HTTP in threads of its own, on a unix socket or a TCP address; it knows paths and sizes, and hands requests on.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "daemon/command.h"

namespace waymark {

struct HttpRequest {
  std::string method, path;  // the path without its query
  QueryText query;
  std::string body;  // at most kMostBody
};

// A body that comes by and by. Its end, and its client's leaving, destroy it; on a server's thread.
class BodyStream {
 public:
  virtual ~BodyStream() = default;
  // Waits for more, 200 ms at most: empty for nothing yet, none for the end.
  virtual std::optional<std::string> next() = 0;
};

struct HttpReply {
  int status = 200;
  std::string body;
  std::string type = "application/json";
  std::shared_ptr<BodyStream> stream = nullptr;  // instead of `body`
};

HttpReply refusal(int status, const std::string& sentence);

class HttpServer {
 public:
  static constexpr u32 kMostBody = 64 * 1024;

  // Called on the server's threads, for paths that api_paths() has for this method, and for no others.
  using Handler = std::function<HttpReply(const HttpRequest&)>;

  // Replaces a socket that nobody listens to any more; its mode is 0660.
  static Result<std::unique_ptr<HttpServer>> on_socket(const std::string& path, Handler handler);
  // "127.0.0.1:9100", "[::1]:9100". Answers /metrics and /health alone.
  static Result<std::unique_ptr<HttpServer>> on_address(const std::string& address, Handler handler);

  // Ends when all requests in hand are answered; the handler must not wait for this thread.
  ~HttpServer();

 private:
  struct State;
  explicit HttpServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Of a request for one of these paths by any method: what api_paths() says, as HTTP status 200, 404 or 405.
int status_of(std::string_view method, std::string_view path, bool metrics_only);

}  // namespace waymark
