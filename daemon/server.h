// An HTTP server in a thread of its own, on a unix socket or a TCP address, that bounds what each guest and all guests
// together can take: places, time, bytes and files. DESIGN.md, "What an attacker can do", has the reasons.
//
// One request a connection. A guest that arrives while all places are taken displaces the one that has been sending its
// request for longest, else the one that has been reading its answer for longest; where neither has taken long yet, the
// newcomer is refused. So guests that do nothing never keep out those that do.
#pragma once

#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "daemon/http.h"
#include "daemon/listening.h"

namespace waymark {

struct HttpLimits {
  u32 guests = 64;                        // connections at once
  u32 guests_per_address = 64;            // of TCP; all of an IPv6 /64 are one
  u32 streams = 8;                        // of the guests: those whose body comes by and by
  u32 head = 8 * 1024, body = 64 * 1024;  // bytes of a request
  std::size_t replies = 64u << 20;        // bytes of answers that are not read yet, all guests together
  u64 slowest = 1'000'000;                // bytes a second at which an answer must be read, after `reply_time`
  Duration head_time = std::chrono::seconds(2), body_time = std::chrono::seconds(5);  // whole, however it comes
  Duration answer_time = std::chrono::seconds(60), reply_time = std::chrono::seconds(10);
};

// Why a guest was not served to its end.
enum class Refused : u8 { places, address, files, displaced, slow, malformed, busy, stalled, failed };
constexpr std::size_t kRefusals = std::size_t(Refused::failed) + 1;
const char* name_of(Refused why);

struct HttpCounts {
  std::string server;  // "api", "metrics", "health"
  u32 guests = 0, most_guests = 0;
  u64 served = 0;  // answered, whatever the status, and the answer was read
  std::array<u64, kRefusals> refused{};
  std::string warning;  // guests were refused within the last minute; else empty
};

class HttpServer {
 public:
  // Called on the server's thread, for paths that api_paths() has for this method and that this server serves. Must not
  // wait for anything.
  using Handler = std::function<void(HttpRequest, Respond)>;

  static std::unique_ptr<HttpServer> make(std::string name, Listening at, Serves serves, const HttpLimits& limits,
                                          Handler handler);
  Status open();  // from now on guests are served

  // Waits for no guest: answers that were given are sent within kGrace or not at all. end() begins it, for who has more
  // than one server to end.
  static constexpr Duration kGrace = std::chrono::milliseconds(300);
  void end();
  ~HttpServer();

  HttpCounts counts() const;
  Listening& listening();

 private:
  struct State;
  explicit HttpServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace waymark
