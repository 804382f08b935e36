// A server for tests, at a socket or an address, and what many guests at once do to it.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "daemon/guest_test.h"
#include "daemon/server.h"

#ifdef __SANITIZE_ADDRESS__
extern "C" std::size_t __sanitizer_get_current_allocated_bytes();  // sanitizer/allocator_interface.h
#endif

namespace waymark {

using namespace std::chrono_literals;
using Guestbook = std::vector<Visitor>;

// What this process uses. A sanitizer keeps what was freed for a while, so it counts what is not.
inline std::size_t resident_bytes() {
#ifdef __SANITIZE_ADDRESS__
  return __sanitizer_get_current_allocated_bytes();
#else
  std::ifstream statm("/proc/self/statm");
  std::size_t size = 0, resident = 0;
  statm >> size >> resident;
  return resident * std::size_t(sysconf(_SC_PAGESIZE));
#endif
}

inline std::size_t open_files() {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) count += entry.is_symlink();
  return count;
}

inline bool soon(const std::function<bool()>& holds) {
  const auto end = std::chrono::steady_clock::now() + 15s;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) return false;
    const timespec pause{0, 5'000'000};
    nanosleep(&pause, nullptr);
  }
  return true;
}

struct Place {
  const char* name;
  bool local;
};

inline Visitor& says(Guestbook& kept, const std::string& where, std::string_view bytes) {
  kept.emplace_back(where);
  kept.back().say(bytes);
  return kept.back();
}

class ServerTest : public testing::TestWithParam<Place> {
 protected:
  void SetUp() override { serve(limits()); }
  static HttpLimits limits() { return {.guests = 32, .guests_per_address = 32, .streams = 2, .replies = 32u << 20}; }

  void serve(const HttpLimits& bounds) {
    static std::atomic<int> number{0};
    const std::string port = std::to_string(20'000 + (getpid() * 7 + number++) % 10'000);
    where = GetParam().local ? testing::TempDir() + "/wm-http-" + port : "127.0.0.1:" + port;
    Result<Listening> at = GetParam().local ? Listening::on_socket(where) : Listening::on_address(where, "a test");
    ASSERT_TRUE(at) << at.error().sentence;
    server = HttpServer::make("test", std::move(*at), Serves::api, bounds,
                              [this](HttpRequest request, Respond respond) { answer(std::move(request), respond); });
    ASSERT_TRUE(server->open());
  }
  virtual void answer(HttpRequest request, const Respond& respond) {
    if (request.path == "/metrics") return respond({200, "", "text/plain", page});
    if (request.path == "/v1/status") return held.push_back(respond);
    respond({200, request.method + " " + request.path + " " + request.body + "\n"});
  }
  // A good guest comes again where it found no place, as the command line does.
  bool good_guest_is_served() {
    return soon([&] {
      const Heard reply = fetch(where, "/v1/drain", "POST", "{}");
      return reply.status == 200 && reply.body == "POST /v1/drain {}\n";
    });
  }
  u64 refused(Refused why) const { return server->counts().refused[std::size_t(why)]; }

  std::string where;
  const std::shared_ptr<const std::string> page = std::make_shared<const std::string>(4u << 20, 'm');
  std::vector<Respond> held;  // on the server's thread; questions that nobody answers
  std::unique_ptr<HttpServer> server;
};

inline const auto name_of_place = [](const auto& info) { return std::string(info.param.name); };
inline const auto places = testing::Values(Place{"Socket", true}, Place{"Address", false});

}  // namespace waymark
