// HTTP as data: a request, its answer, and how an answer is given: at once or later, from any thread, whole or as it
// comes.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "daemon/command.h"

namespace waymark {

struct HttpRequest {
  std::string method, path;  // the path without its query; a HEAD is a GET here
  QueryText query;           // unescaped; of a GET
  std::string body;          // of a POST
};

// A body that is fed from any thread and read by one client. What the client has not read yet is bounded.
class BodyQueue {
 public:
  // `gone` is called once, on a server's thread, when the client has all of it or has left.
  explicit BodyQueue(std::size_t most_bytes, std::function<void()> gone = {});

  // False, and nothing is kept, where the client is gone or would have more than `most_bytes` to read.
  bool push(std::string_view bytes);
  void end();  // what was pushed is still sent
  bool gone() const;

  // The server's side. `wake` is called from any thread when there is something to take; none: no more calls.
  struct Taken {
    std::string bytes;
    bool ended;  // and no more will come
  };
  Taken take();
  void attach(std::function<void()> wake);
  void leave();

 private:
  const std::size_t most_;
  std::function<void()> on_gone_;
  mutable std::mutex mutex_;
  std::function<void()> wake_;
  std::string bytes_;
  bool ended_ = false, gone_ = false;
};

struct HttpReply {
  int status = 200;
  std::string body;
  std::string type = "application/json";
  std::shared_ptr<const std::string> shared = nullptr;  // instead of `body`: one text for many guests
  std::shared_ptr<BodyQueue> stream = nullptr;          // instead of `body`
  bool busy = false;                                    // nothing was done: the guest may ask again in a moment
};

HttpReply refusal(int status, const std::string& sentence);
HttpReply too_busy(const std::string& sentence);  // 503

// The way back to one guest. The first call counts; without any the guest is told 503 when the last copy goes.
class Respond {
 public:
  explicit Respond(std::function<void(HttpReply)> deliver);  // called once, from any thread
  void operator()(HttpReply reply) const;

 private:
  struct Once;
  std::shared_ptr<Once> once_;
};

// "a%20b+c" is "a b c". What is no escape stays as it is.
std::string unescape(std::string_view text);
// "service=web&count=7"
QueryText query_of(std::string_view text);

// Of a request for one of these paths by any method: what api_paths() says, as HTTP status 200, 404 or 405.
enum class Serves : u8 { api, metrics, health };  // everything; /metrics and /health; /health alone
int status_of(std::string_view method, std::string_view path, Serves serves);

}  // namespace waymark
