// Whose failure it is: what this machine could not ask or hear is never a target's.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>

#include "daemon/checks/check.h"
#include "daemon/checks/checks_test.h"
#include "daemon/checks/listener_test.h"
#include "daemon/files.h"

namespace waymark {

namespace {

using namespace std::chrono_literals;
using enum CheckOutcome;

const std::string kHere4 = "10.77.0.1", kPeer4 = "10.77.0.2";

TEST(Outcomes, OnlyWhatCameFromTheNetworkIsTheOtherEnds) {
  for (int error = 1; error < 134; ++error)
    EXPECT_EQ(outcome_of(error, CallStep::making), unknown) << error_sentence(error) << ": no packet was sent";
  for (const int error : {ECONNREFUSED, ECONNRESET}) EXPECT_EQ(outcome_of(error, CallStep::asking), unwell);
  for (const int error : {ECONNREFUSED, ECONNRESET, EPIPE, ECONNABORTED, ETIMEDOUT, EHOSTUNREACH, ENETUNREACH, EACCES,
                          EHOSTDOWN, ENONET, ENOPROTOOPT, EPROTO, EOPNOTSUPP})
    EXPECT_EQ(outcome_of(error, CallStep::waiting), unwell) << error_sentence(error);
  for (const int error : {EMFILE, ENFILE, ENOBUFS, ENOMEM, EADDRNOTAVAIL, EADDRINUSE, EACCES, EPERM, ENETUNREACH,
                          EHOSTUNREACH, EAGAIN, EAFNOSUPPORT, ENODEV, ENXIO, ENETDOWN, EINVAL, EMSGSIZE, ENOSPC, EBADF})
    EXPECT_EQ(outcome_of(error, CallStep::asking), unknown) << error_sentence(error);
  for (const int error : {EMFILE, ENFILE, ENOBUFS, ENOMEM, EADDRNOTAVAIL, EPERM, ENETDOWN, EINVAL, ENOSPC, EBADF, EIO})
    EXPECT_EQ(outcome_of(error, CallStep::waiting), unknown) << error_sentence(error);
}

TEST(PatienceTest, TimeThatTheLoopLostIsNotWaited) {
  Patience calm(1s, 10s, 5s);
  EXPECT_EQ(calm.more(11s, 5s, false), 0s);
  EXPECT_EQ(calm.excuse(11s, 5s), "");
  Patience late(1s, 10s, 5s);
  EXPECT_EQ(late.more(70s, 65s, false), 1s) << "it slept all the while";
  EXPECT_EQ(late.more(71s, 65s, false), 0s);
  EXPECT_EQ(late.excuse(71s, 65s), "") << "and then it listened for a second: nobody said anything";
  Patience half(1s, 10s, 0s);
  EXPECT_EQ(half.more(11s, 500ms, false), 500ms);
  EXPECT_EQ(half.more(11s + 500ms, 500ms, false), 0s);
  Patience barely(1s, 10s, 0s);
  EXPECT_EQ(barely.more(11s, 20ms, false), 0s) << "a small part is none";
}

TEST(PatienceTest, ALoopThatIsAlwaysLateKnowsNothing) {
  Patience patience(1s, 0s, 0s);
  Time now = 0s;
  Duration wait = 1s;
  u32 times = 0;
  for (; wait > 0s; ++times) {
    now += wait;
    wait = patience.more(now, now * 9 / 10, false);
  }
  EXPECT_EQ(times, 1 + Patience::kExtensions) << "it ends";
  EXPECT_EQ(patience.excuse(now, now * 9 / 10).substr(0, 26), "the daemon was held up for");
}

TEST(PatienceTest, AnAnswerThatLiesThereIsWaitedForButNotForEver) {
  Patience patience(1s, 0s, 0s);
  Time now = 1s;
  for (u32 i = 0; i < Patience::kExtensions; ++i) {
    EXPECT_EQ(patience.more(now, 0s, true), 10ms);
    now += 10ms;
  }
  EXPECT_EQ(patience.more(now, 0s, true), 0s);
  EXPECT_EQ(patience.excuse(now, 0s), "") << "who drips for longer than the timeout has not answered";
}

TEST(InFlight, FollowsTheLimitOfFiles) {
  EXPECT_EQ(Checks::most_in_flight(1024), plan_files(1024).checks);
  EXPECT_GE(Checks::most_in_flight(1024), 256u);
  EXPECT_EQ(Checks::most_in_flight(64), 16u);
  EXPECT_EQ(Checks::most_in_flight(65536), 4096u);
  EXPECT_EQ(Checks::most_in_flight(RLIM_INFINITY), 4096u);
  EXPECT_GE(Checks::most_in_flight(), 16u);
}

class OutcomeTest : public Asking {
 protected:
  static std::string certificate_file() {
    return testing::TempDir() + "wm-outcome-" + std::to_string(getpid()) + ".pem";
  }
};

// All files that the process may have are open.
class NoFiles {
 public:
  NoFiles() {
    getrlimit(RLIMIT_NOFILE, &before_);
    rlimit few = before_;
    const int lowest = open("/dev/null", O_RDONLY | O_CLOEXEC);
    close(lowest);
    few.rlim_cur = rlim_t(lowest);
    EXPECT_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
    EXPECT_LT(open("/dev/null", O_RDONLY | O_CLOEXEC), 0) << "or nothing is tried here";
  }
  ~NoFiles() { setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

TEST_F(OutcomeTest, WithoutFilesNothingIsKnown) {
  const Listener listener(kHere4, "HTTP/1.1 200 OK\r\n\r\n");
  CheckConfig with_ca = https();
  with_ca.ca = certificate_file();
  const Certificate certificate("IP:" + kHere4, with_ca.ca);
  Loop loop;
  std::map<u64, std::pair<CheckOutcome, std::string>> answers;
  Checks checks(loop, [&](u64 id, CheckOutcome o, const std::string& why) { answers[id] = {o, why}; });
  {
    const NoFiles none;
    checks.ask({1, subject(kHere4, listener.port(), tcp()), 5s});
    checks.ask({2, subject(kHere4, listener.port(), http()), 5s});
    checks.ask({3, subject(kHere4, listener.port(), with_ca), 5s});
    checks.ask({4, subject(kHere4, 0, icmp()), 5s});
    CheckConfig through = tcp();
    through.through = true;
    checks.ask({5, subject(kHere4, listener.port(), through), 5s});
    loop.run([&] {
      if (answers.size() == 5) loop.stop();
      return boot_time() + 10s;
    });
  }
  ASSERT_EQ(answers.size(), 5u);
  for (const auto& [id, answer] : answers) {
    EXPECT_EQ(answer.first, unknown) << id;
    EXPECT_NE(answer.second.find("too many open files"), std::string::npos) << id << ": " << answer.second;
  }
  const Listener again(kHere4, "HTTP/1.1 200 OK\r\n\r\n");  // the first has no files for its clients either
  EXPECT_EQ(why(subject(kHere4, again.port(), http())), "well");
  unlink(with_ca.ca.c_str());
}

TEST_F(OutcomeTest, WithoutARouteNothingIsKnown) {
  for (const auto& [kind, sentence] : std::map<std::string, std::string>{
           {"unreachable", "no route to host"}, {"prohibit", "permission denied"}, {"blackhole", "invalid argument"}}) {
    here("ip route add " + kind + " 203.0.113.9");
    EXPECT_EQ(why(subject("203.0.113.9", 80, tcp())), "unknown: " + sentence) << kind;
    EXPECT_EQ(why(subject("203.0.113.9", 0, icmp())), "unknown: " + sentence) << kind;
    here("ip route del " + kind + " 203.0.113.9");
  }
}

TEST_F(OutcomeTest, WithoutAPortNothingIsKnown) {
  here("sysctl -qw net.ipv4.ip_local_port_range='50000 50000'");
  const Listener held(kHere4, "", nullptr, true);  // the only one
  EXPECT_EQ(held.port(), 50000);
  EXPECT_EQ(why(subject(kPeer4, 81, tcp())), "unknown: cannot assign requested address");
}

TEST_F(OutcomeTest, WhatTheNetworkSaysIsAnAnswer) {
  here("ip route add 203.0.113.0/24 via " + kPeer4);
  peer(
      "sysctl -qw net.ipv4.ip_forward=1 net.ipv4.icmp_ratelimit=0; ip route add prohibit 203.0.113.9; "
      "ip route add unreachable 203.0.113.10");
  EXPECT_EQ(why(subject("203.0.113.9", 80, tcp())), "no route to host");
  EXPECT_EQ(why(subject("203.0.113.10", 80, tcp())), "no route to host");
  EXPECT_EQ(why(subject("203.0.113.11", 80, tcp())), "network is unreachable") << "the peer has no route: it says so";
  EXPECT_EQ(why(subject("10.77.0.9", 80, tcp())), "no route to host") << "nobody answers ARP there";
  EXPECT_EQ(why(subject(kHere4, 81, tcp())), "connection refused") << "over loopback, within connect()";
}

// Certificates that this machine has not, or cannot read, say nothing of a server's.
TEST_F(OutcomeTest, WithoutTrustedCertificatesNothingIsKnown) {
  const Certificate certificate("IP:" + kHere4, certificate_file());
  const Listener listener(kHere4, "HTTP/1.1 200 OK\r\n\r\n", &certificate);
  setenv("SSL_CERT_FILE", "/nonexistent", 1);
  setenv("SSL_CERT_DIR", "/nonexistent", 1);
  EXPECT_EQ(why(subject(kHere4, listener.port(), https())), "unknown: this machine has no trusted certificates");
  setenv("SSL_CERT_FILE", certificate_file().c_str(), 1);
  EXPECT_EQ(why(subject(kHere4, listener.port(), https())), "well");
  unsetenv("SSL_CERT_FILE");
  unsetenv("SSL_CERT_DIR");
  unlink(certificate_file().c_str());
}

TEST_F(OutcomeTest, WhatCannotBeAdmittedIsNotAsked) {
  const Listener listener(kHere4, "");
  Loop loop;
  Trust trust;
  std::string said;
  Route route;
  route.admit = [](int) { return Status(Error{"no TUN device"}); };
  const auto check = check_stream(loop, {1, subject(kHere4, listener.port(), tcp()), 5s}, trust, route,
                                  [&](CheckOutcome o, const std::string& why) {
                                    EXPECT_EQ(o, unknown);
                                    said = why;
                                    loop.stop();
                                  });
  loop.run([] { return boot_time() + 10s; });
  EXPECT_EQ(said, "no TUN device");
}

void hold_up(Duration time) {
  const Time until = boot_time() + time;
  while (boot_time() < until) continue;
}

// One question on a loop that is held up by `time` once it is asked, and `times` more.
std::pair<CheckOutcome, Duration> asked_on_a_late_loop(const Question& question, Duration time, u32 times = 0) {
  Loop loop;
  CheckOutcome outcome = unknown;
  Time ended{};
  Checks checks(loop, [&](u64, CheckOutcome o, const std::string&) {
    outcome = o, ended = boot_time();
    loop.stop();
  });
  const Time asked = boot_time();
  std::function<void()> again = [&] {
    hold_up(time);
    if (times--) loop.post(again);
  };
  checks.ask(question);
  loop.post(again);
  loop.run([] { return boot_time() + 100ms; });
  return {outcome, ended - asked};
}

TEST_F(OutcomeTest, AnAnswerThatLiesInItsSocketIsHeardAfterTheLoopWasHeldUp) {
  const Listener web(kHere4, "HTTP/1.1 200 OK\r\n\r\n");
  for (const auto& check : {tcp(), http()})
    EXPECT_EQ(asked_on_a_late_loop({1, subject(kHere4, web.port(), check), 200ms}, 700ms).first, well);
  EXPECT_EQ(asked_on_a_late_loop({1, subject(kPeer4, 0, icmp()), 200ms}, 700ms).first, well);
  EXPECT_EQ(asked_on_a_late_loop({1, subject(kPeer4, 81, tcp()), 200ms}, 700ms).first, unwell) << "refused";
}

TEST_F(OutcomeTest, ASilenceIsWaitedForAfterTheLoopWasHeldUp) {
  here("ip neigh add 10.77.0.9 lladdr 02:00:00:00:00:09 dev wm-here");  // nobody has it
  for (const auto& [check, port] : {std::pair(tcp(), u16(80)), std::pair(icmp(), u16(0))}) {
    const auto [outcome, took] = asked_on_a_late_loop({1, subject("10.77.0.9", port, check), 200ms}, 250ms);
    EXPECT_EQ(outcome, unwell);
    EXPECT_GE(took, 250ms + 100ms) << "the time before says nothing";
    EXPECT_EQ(asked_on_a_late_loop({1, subject("10.77.0.9", port, check), 200ms}, 250ms, 40).first, unknown)
        << "it never listened";
  }
}

// A process that is stopped, as by a debugger or a hypervisor, hears nothing either.
TEST_F(OutcomeTest, ASilenceOfAStoppedProcessIsNone) {
  here("ip neigh add 10.77.0.9 lladdr 02:00:00:00:00:09 dev wm-here");
  int pipe_ends[2];
  ASSERT_EQ(pipe2(pipe_ends, O_CLOEXEC), 0);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    Loop loop;
    Checks checks(loop, [&](u64, CheckOutcome o, const std::string&) {
      const char said = o == unwell ? 'n' : o == well ? 'y' : '?';
      _exit(write(pipe_ends[1], &said, 1) == 1 ? 0 : 1);
    });
    checks.ask({1, subject("10.77.0.9", 80, tcp()), 300ms});
    loop.post([&] { loop.post([&] { (void)!write(pipe_ends[1], "a", 1); }); });
    loop.run([] { return boot_time() + 10s; });
    _exit(2);
  }
  char said = 0;
  ASSERT_EQ(read(pipe_ends[0], &said, 1), 1);
  ASSERT_EQ(said, 'a');
  kill(child, SIGSTOP);
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, WUNTRACED), child);
  ASSERT_TRUE(WIFSTOPPED(status));
  pollfd quiet{pipe_ends[0], POLLIN, 0};
  EXPECT_EQ(poll(&quiet, 1, 900), 0) << "it stands";
  const Time continued = boot_time();
  kill(child, SIGCONT);
  ASSERT_EQ(read(pipe_ends[0], &said, 1), 1);
  const Duration after = boot_time() - continued;
  EXPECT_TRUE(said == '?' || after >= 200ms) << "a verdict of the time in which it stood";
  EXPECT_NE(said, 'y');
  ASSERT_EQ(waitpid(child, &status, 0), child);
  close(pipe_ends[0]);
  close(pipe_ends[1]);
}

TEST(LoopTest, CountsWhatItsTurnsCostOthers) {
  Loop loop;
  loop.post([&] { loop.post([&] { hold_up(300ms); }); });
  u32 steps = 0;
  loop.run([&] {
    if (++steps > 5) loop.stop();
    return boot_time() + 100ms;
  });
  EXPECT_GE(loop.longest_pause(), 280ms);
  EXPECT_GE(loop.lost(), 270ms);
}

}  // namespace

}  // namespace waymark
