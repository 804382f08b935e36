#include "daemon/checks/asked.h"

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <utility>

namespace waymark {

struct Asked::Timer {
  asio::steady_timer timer;
};

Asked::Asked(Loop& loop, const Question& question, Check::Answered answered)
    : loop_(loop),
      question_(question),
      answered_(std::move(answered)),
      patience_(question.timeout, boot_time(), loop.lost()),
      timer_(new Timer{asio::steady_timer(loop.io())}) {}

Asked::~Asked() = default;

void Asked::forget() {
  answered_ = nullptr;
  close();
}

void Asked::wait_for_answer() { wait_for(question_.timeout); }

void Asked::wait_for(Duration time) {
  timer_->timer.expires_after(time);
  timer_->timer.async_wait([self = shared_from_this()](const asio::error_code& error) {
    if (!error && !self->over_) self->on_time();
  });
}

void Asked::on_time() {
  pollfd here{socket(), awaited(), 0};
  const bool ready = poll(&here, 1, 0) > 0;
  if (const Duration more = patience_.more(boot_time(), loop_.lost(), ready); more > Duration(0)) return wait_for(more);
  std::string excuse = patience_.excuse(boot_time(), loop_.lost());
  if (excuse.empty()) excuse = trouble();
  if (!excuse.empty()) return end(CheckOutcome::unknown, excuse);
  end(CheckOutcome::unwell, no_answer(missing(), question_.timeout));
}

void Asked::end(CheckOutcome outcome, const std::string& why) {
  if (over_) return;
  close();
  loop_.post([self = shared_from_this(), outcome, why] {
    if (const Check::Answered answered = std::exchange(self->answered_, nullptr)) answered(outcome, why);
  });
}

void Asked::fail(int error, CallStep step) { end(outcome_of(error, step), error_sentence(error)); }

void Asked::close() {
  over_ = true;
  timer_->timer.cancel();
  close_socket();
}

namespace {

class AskedCheck : public Check {
 public:
  explicit AskedCheck(std::shared_ptr<Asked> asked) : asked_(std::move(asked)) {}
  ~AskedCheck() override { asked_->forget(); }

 private:
  const std::shared_ptr<Asked> asked_;
};

}  // namespace

std::unique_ptr<Check> check_of(std::shared_ptr<Asked> asked) { return std::make_unique<AskedCheck>(std::move(asked)); }

}  // namespace waymark
