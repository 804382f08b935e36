#include "daemon/checks.h"

#include <fmt/format.h>

#include <cstring>
#include <optional>
#include <set>

#include "base/address_text.h"
#include "daemon/check.h"
#include "daemon/log.h"
#include "daemon/through.h"

namespace waymark {

struct Checks::Parts {
  Loop& loop;
  Answered answered;
  Trust trust = {};
  std::string node = "waymark";
  std::vector<Address> sources = {};
  std::unique_ptr<Through> through = {};
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

void Checks::ask(const Question& question) {
  const auto answered = [parts = parts_.get(), id = question.id](CheckOutcome outcome, const std::string& why) {
    const auto check = parts->asked.extract(id);  // lives until it has told its answer
    parts->answered(id, outcome, why);
  };
  const auto admit = [parts = parts_.get(), subject = question.subject](int socket) {
    return subject.through() ? parts->admit(socket, subject) : Status(Done{});
  };
  std::unique_ptr<Check>& check = parts_->asked[question.id];
  if (question.subject.check.kind() == CheckKind::icmp)
    check = check_echo(parts_->loop, question, answered);
  else
    check = check_stream(parts_->loop, question, parts_->trust, admit, answered);
}

// That this machine cannot ask is its operator's to mend, so it is said once besides.
Status Checks::Parts::admit(int socket, const Subject& subject) {
  if (!through) through = std::make_unique<Through>(loop, node, sources);
  const Status done = through->admit(socket, subject);
  if (done) return done;
  const std::string sentence = fmt::format("checks through the tunnel do not work: {}", done.error().sentence);
  if (warned.insert(sentence).second) log::warning(sentence);
  return Error{sentence};
}

std::string no_answer(const char* of_what, Duration in) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(in).count();
  return ms % 1000 ? fmt::format("{} in {} ms", of_what, ms) : fmt::format("{} in {} s", of_what, ms / 1000);
}

std::string error_sentence(int error) {
  std::string words = std::strerror(error);
  if (!words.empty() && words[0] >= 'A' && words[0] <= 'Z') words[0] = char(words[0] - 'A' + 'a');
  return words;
}

}  // namespace waymark
