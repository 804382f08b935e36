// One question on its way, by each kind of check.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "daemon/loop.h"
#include "health/health.h"

namespace waymark {

class Check {
 public:
  using Answered = std::function<void(CheckOutcome outcome, std::string why)>;  // once, from the loop
  virtual ~Check() = default;                                                   // there is no answer any more
};

// Which certificates are believed, by the file they are in. Read once.
class Trust {
 public:
  Trust();
  ~Trust();
  Trust(Trust&&) noexcept;
  Trust& operator=(Trust&&) noexcept;
  struct Context;
  Result<std::shared_ptr<Context>> of(const std::string& file);  // empty: the system's

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

struct Route {
  // Called with the socket before it connects: binds and marks it. What it fails with is this machine's.
  std::function<Status(int socket)> admit = [](int) { return Status(Done{}); };
  // After a silence: why packets of the socket may never have left this machine; empty if they did.
  std::function<std::string(int socket)> trouble = [](int) { return std::string(); };
};

// TCP, HTTP, HTTPS; `trust` for the latter. Both throw where the system refuses what they need.
std::unique_ptr<Check> check_stream(Loop& loop, const Question& question, Trust& trust, Route route,
                                    Check::Answered answered);
std::unique_ptr<Check> check_echo(Loop& loop, const Question& question, Check::Answered answered);

// Whether an errno is the other end's or the network's (`unwell`), or this machine's (`unknown`): by the call that
// failed.
enum class CallStep : u8 {
  making,  // of the socket
  asking,  // connect() or send() itself
  waiting  // what came later: SO_ERROR, recv()
};
CheckOutcome outcome_of(int error, CallStep step);

// Whether a silence was waited for: time in which the loop heard nothing does not count. `lost` is Loop::lost().
class Patience {
 public:
  static constexpr u32 kExtensions = 3;
  Patience(Duration timeout, Time now, Duration lost) : timeout_(timeout), asked_(now), lost_(lost) {}

  // When time is up: how long to wait on; zero where it is over. `ready`: the socket is, so an answer may lie there.
  Duration more(Time now, Duration lost, bool ready);
  // When it is over: why the silence says nothing; empty where it does.
  std::string excuse(Time now, Duration lost) const;

 private:
  Duration missing(Time now, Duration lost) const;
  Duration timeout_;
  Time asked_;
  Duration lost_;
  u32 extended_ = 0;
};

std::string no_answer(const char* of_what, Duration in);  // "no answer in 1 s"
std::string error_sentence(int error);                    // an errno: "connection refused"

}  // namespace waymark
