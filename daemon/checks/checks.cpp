#include "daemon/checks/checks.h"

#include <fmt/format.h>

#include <sys/resource.h>

#include <algorithm>
#include <exception>
#include <set>
#include <unordered_map>

#include "base/address_text.h"
#include "daemon/checks/check.h"
#include "daemon/checks/through.h"
#include "daemon/files.h"
#include "daemon/log.h"

namespace waymark {

namespace {

const std::string kGone = "the tunnel for checks was taken down";

class Impossible : public Check {
 public:
  Impossible(Loop& loop, const std::string& why, Answered answered)
      : answered_(std::make_shared<Answered>(std::move(answered))) {
    loop.post([hears = std::weak_ptr(answered_), why] {
      if (const auto still = hears.lock()) (*still)(CheckOutcome::unknown, why);
    });
  }

 private:
  std::shared_ptr<Answered> answered_;
};

}  // namespace

struct Checks::Parts {
  Loop& loop;
  Answered answered;
  Trust trust = {};
  std::string node = "waymark";
  std::vector<Address> sources = {};
  std::unique_ptr<TunnelledChecks> through = {};
  std::set<std::string> warned = {};
  std::unordered_map<u64, std::unique_ptr<Check>> asked = {};

  Status admit(int socket, const Subject& subject);
};

Checks::Checks(Loop& loop, Answered answered) : parts_(new Parts{loop, std::move(answered)}) {}
Checks::~Checks() = default;

void Checks::configure(const Config& config) {
  const std::vector<Address> sources = config.director ? config.director->address : std::vector<Address>();
  if (sources != parts_->sources || config.name != parts_->node) parts_->through.reset();  // made anew on its next use
  parts_->node = config.name;
  parts_->sources = sources;
  parts_->trust = Trust();
  parts_->warned.clear();
}

std::size_t Checks::most_in_flight(u64 files) {
  return plan_files(u32(std::min<u64>(files, std::numeric_limits<u32>::max()))).checks;
}

std::size_t Checks::most_in_flight() {
  rlimit files{};
  return most_in_flight(getrlimit(RLIMIT_NOFILE, &files) == 0 ? u64(files.rlim_cur) : 1024);
}

void Checks::ask(const Question& question) {
  const auto answered = [parts = parts_.get(), id = question.id](CheckOutcome outcome, const std::string& why) {
    const auto check = parts->asked.extract(id);  // lives until it has told its answer
    parts->answered(id, outcome, why);
  };
  Route route;
  if (question.subject.through()) {
    route.admit = [parts = parts_.get(), subject = question.subject](int s) { return parts->admit(s, subject); };
    route.trouble = [parts = parts_.get()](int s) { return parts->through ? parts->through->trouble(s) : kGone; };
  }
  std::unique_ptr<Check>& check = parts_->asked[question.id];
  try {
    if (question.subject.check.kind() == CheckKind::icmp)
      check = check_echo(parts_->loop, question, answered);
    else
      check = check_stream(parts_->loop, question, parts_->trust, std::move(route), answered);
  } catch (const std::exception& e) {  // epoll or OpenSSL had no room
    check = std::make_unique<Impossible>(parts_->loop, e.what(), answered);
  }
}

// That this machine cannot ask is its operator's to mend, so it is said once besides.
Status Checks::Parts::admit(int socket, const Subject& subject) {
  if (!through) through = std::make_unique<TunnelledChecks>(loop, node, sources);
  const Status done = through->admit(socket, subject);
  if (done) return done;
  const std::string sentence = fmt::format("checks through the tunnel do not work: {}", done.error().sentence);
  if (warned.insert(sentence).second) log::warning(sentence);
  return Error{sentence};
}

}  // namespace waymark
