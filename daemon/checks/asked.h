// What checks that wait for an answer have in common: how long they wait, how they end, and how they are forgotten. For
// check_*.cpp alone.
#pragma once

#include <poll.h>

#include <memory>
#include <string>

#include "daemon/checks/check.h"

namespace waymark {

// Handlers of the loop hold a shared_ptr to it, so that it may be forgotten while they are on their way: each looks
// first whether it is over.
class Asked : public std::enable_shared_from_this<Asked> {
 public:
  Asked(const Asked&) = delete;
  virtual ~Asked();
  void forget();  // without an answer

 protected:
  Asked(Loop& loop, const Question& question, Check::Answered answered);

  void wait_for_answer();  // until the timeout, and on where Patience says so
  // The answer is told from the loop, never from within a call of the caller's.
  void end(CheckOutcome outcome, const std::string& why);
  void fail(int error, CallStep step);
  bool over() const { return over_; }
  const Question& question() const { return question_; }

 private:
  virtual int socket() = 0;  // -1: none is open
  virtual void close_socket() = 0;
  virtual short awaited() const { return POLLIN; }             // on that socket
  virtual const char* missing() const { return "no answer"; }  // once time is up
  virtual std::string trouble() { return ""; }                 // Route::trouble

  void wait_for(Duration time);
  void on_time();
  void close();

  struct Timer;  // Asio's, which headers have not
  Loop& loop_;
  const Question question_;
  Check::Answered answered_;
  Patience patience_;
  const std::unique_ptr<Timer> timer_;
  bool over_ = false;
};

// The Check that forgets `asked` when it goes.
std::unique_ptr<Check> check_of(std::shared_ptr<Asked> asked);

}  // namespace waymark
