// Asks targets how they are: carries out the questions of health/ on the daemon's loop. Nothing blocks but the looks
// into a file of certificates and the few words with the kernel on first use of a tunnel.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "daemon/loop.h"
#include "health/health.h"

namespace waymark {

class Checks {
 public:
  // `why` is a sentence without its full stop where it is not well: "no answer in 1 s", "HTTP status 503".
  using Answered = std::function<void(u64 id, CheckOutcome outcome, const std::string& why)>;

  Checks(Loop& loop, Answered answered);
  ~Checks();  // who was asked is not heard any more

  // The node's name, the director's addresses; files of certificates are read anew.
  void configure(const Config& config);

  // How many questions may be in flight where the process may have so many files open (daemon/files.h): here, or of
  // `files`.
  static std::size_t most_in_flight();
  static std::size_t most_in_flight(u64 files);

  // Answered once, on the loop, later than this call and soon after the question's timeout: a few times that where the
  // loop is held up.
  void ask(const Question& question);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace waymark
