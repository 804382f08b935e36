// One question to Checks, and its answer, in the namespaces "here" and "peer".
#pragma once

#include <optional>
#include <string>

#include "base/address_text.h"
#include "daemon/checks/checks.h"
#include "rtnetlink/namespaces_test.h"

namespace waymark {

class Asking : public Namespaces {
 protected:
  struct Answer {
    CheckOutcome outcome = CheckOutcome::unknown;
    std::string why = "nothing was answered";
    u32 times = 0;
  };

  static Subject subject(const std::string& address, u16 port, const CheckConfig& check) {
    return {.service = "web", .target = "s1", .address = *parse_address(address), .port = port, .check = check};
  }
  static CheckConfig tcp() {
    CheckConfig check;
    check.tcp = true;
    return check;
  }
  static CheckConfig http(const std::string& path = "/") {
    CheckConfig check;
    check.http = path;
    return check;
  }
  static CheckConfig https() {
    CheckConfig check;
    check.https = "/";
    return check;
  }
  static CheckConfig icmp() {
    CheckConfig check;
    check.icmp = true;
    return check;
  }

  // `then` is run while the Checks are there.
  static Answer ask(
      const Subject& subject, Duration timeout = std::chrono::seconds(5), const Config& config = {},
      const std::function<void()>& then = [] {}) {
    Loop loop;
    Answer answer;
    Checks checks(loop, [&](u64 id, CheckOutcome outcome, const std::string& why) {
      EXPECT_EQ(id, 17u);
      answer.outcome = outcome, answer.why = why, ++answer.times;
      then();
      loop.stop();
    });
    checks.configure(config);
    checks.ask({17, subject, timeout});
    EXPECT_EQ(answer.times, 0u) << "it answered within the call";
    const Time give_up = now() + timeout + std::chrono::seconds(10);
    loop.run([&] {
      if (now() > give_up) loop.stop();
      return give_up;
    });
    EXPECT_EQ(answer.times, 1u);
    return answer;
  }
  static std::string why(const Subject& subject, Duration timeout = std::chrono::seconds(5)) {
    const Answer answer = ask(subject, timeout);
    return (answer.outcome == CheckOutcome::unknown ? "unknown: " : "") +
           (answer.outcome == CheckOutcome::well ? "well" : answer.why);
  }
};

}  // namespace waymark
