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

// Called with the socket before it connects: binds and marks it.
using Admit = std::function<Status(int socket)>;

// TCP, HTTP, HTTPS; `trust` for the latter.
std::unique_ptr<Check> check_stream(Loop& loop, const Question& question, Trust& trust, const Admit& admit,
                                    Check::Answered answered);
std::unique_ptr<Check> check_echo(Loop& loop, const Question& question, Check::Answered answered);

std::string no_answer(const char* of_what, Duration in);  // "no answer in 1 s"
std::string error_sentence(int error);                    // an errno: "connection refused"

}  // namespace waymark
