#include "daemon/checks/checks_test.h"

#include <sys/stat.h>

#include <fstream>

#include "daemon/checks/listener_test.h"

namespace waymark {

namespace {

using namespace std::chrono_literals;

const std::string kHere4 = "10.77.0.1", kHere6 = "2001:db8:77::1", kPeer4 = "10.77.0.2", kPeer6 = "2001:db8:77::2";

using ChecksTest = Asking;

TEST_F(ChecksTest, TcpIsWellWhenAConnectionIsAccepted) {
  for (const std::string& address : {kHere4, kHere6}) {
    const Listener listener(address, "");
    EXPECT_EQ(why(subject(address, listener.port(), tcp())), "well") << address;
  }
  EXPECT_EQ(why(subject(kPeer4, 81, tcp())), "connection refused");
  EXPECT_EQ(why(subject(kPeer6, 81, tcp())), "connection refused");
  EXPECT_EQ(why(subject("203.0.113.9", 80, tcp())), "unknown: network is unreachable") << "no route is ours";
}

TEST_F(ChecksTest, SilenceHasAnEnd) {
  here("ip neigh add 10.77.0.9 lladdr 02:00:00:00:00:09 dev wm-here");  // nobody has it
  EXPECT_EQ(why(subject("10.77.0.9", 80, tcp()), 200ms), "no answer in 200 ms");
  EXPECT_EQ(why(subject("10.77.0.9", 0, icmp()), 1s), "no answer in 1 s");
  const Listener silent(kHere4, "", nullptr, true);
  EXPECT_EQ(why(subject(kHere4, silent.port(), http()), 200ms), "no HTTP answer in 200 ms");
  EXPECT_EQ(why(subject(kHere4, silent.port(), https()), 200ms), "no end of the TLS handshake in 200 ms");
}

TEST_F(ChecksTest, HttpGoesByItsStatus) {
  const auto status = [&](const std::string& answer) {
    const Listener listener(kHere4, answer);
    return why(subject(kHere4, listener.port(), http()));
  };
  EXPECT_EQ(status("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), "well");
  EXPECT_EQ(status("HTTP/1.0 204\r\n\r\n"), "well");
  EXPECT_EQ(status("HTTP/1.1 399 \r\n\r\n" + std::string(100'000, 'x')), "well");
  EXPECT_EQ(status("HTTP/1.1 101 Switching\r\n\r\n"), "HTTP status 101");
  EXPECT_EQ(status("HTTP/1.1 404 Not Found\r\n\r\n"), "HTTP status 404");
  EXPECT_EQ(status("HTTP/1.1 503 Service Unavailable\n"), "HTTP status 503");
  // RFC 9110, 15.2: any number of interim answers may come first.
  EXPECT_EQ(status("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"), "well");
  EXPECT_EQ(status("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"), "after HTTP status 103 no final one came");
  EXPECT_EQ(status("SSH-2.0-OpenSSH_9.2\r\n"), "the answer is not HTTP");
  EXPECT_EQ(status("HTTP/1.1 2000 OK\r\n"), "the answer is not HTTP");
  EXPECT_EQ(status("HTTP/1.1 20\r\n"), "the answer is not HTTP");
  EXPECT_EQ(status(std::string(100'000, 'x')), "the answer is not HTTP");
  EXPECT_EQ(status("HTTP/1.1 200 OK"), "the answer is not HTTP") << "cut off";
  EXPECT_EQ(status(""), "the connection was closed without an answer");
}

TEST_F(ChecksTest, HttpAsksForAPathOfAHost) {
  const std::string good = "HTTP/1.1 200 OK\r\n\r\n";
  Listener four(kHere4, good), six(kHere6, good);
  CheckConfig check = http("/health?full=1");
  EXPECT_EQ(why(subject(kHere4, four.port(), check)), "well");
  EXPECT_TRUE(four.request().starts_with("GET /health?full=1 HTTP/1.1\r\n")) << four.request();
  EXPECT_NE(four.request().find("\r\nHost: 10.77.0.1:" + std::to_string(four.port()) + "\r\n"), std::string::npos);
  EXPECT_NE(four.request().find("\r\nUser-Agent: waymark\r\n"), std::string::npos);
  EXPECT_NE(four.request().find("\r\nConnection: close\r\n"), std::string::npos);
  EXPECT_EQ(why(subject(kHere6, six.port(), check)), "well");
  EXPECT_NE(six.request().find("\r\nHost: [2001:db8:77::1]:"), std::string::npos) << six.request();
  check.host = "web.example";
  EXPECT_EQ(why(subject(kHere6, six.port(), check)), "well");
  EXPECT_NE(six.request().find("\r\nHost: web.example\r\n"), std::string::npos) << six.request();
}

TEST_F(ChecksTest, HttpsVerifiesTheName) {
  const std::string path = testing::TempDir() + "wm-checks-" + std::to_string(getpid()) + ".pem";
  const Certificate certificate("DNS:web.example,IP:" + kHere4, path);
  const std::string good = "HTTP/1.1 200 OK\r\n\r\n";
  Listener four(kHere4, good, &certificate), six(kHere6, good, &certificate);
  CheckConfig check = https();
  check.ca = path;
  EXPECT_EQ(why(subject(kHere4, four.port(), check)), "well");
  EXPECT_EQ(four.server_name(), "") << "an address is no server name";
  EXPECT_EQ(why(subject(kHere6, six.port(), check)), "certificate: IP address mismatch");
  check.host = "web.example:8443";
  EXPECT_EQ(why(subject(kHere6, six.port(), check)), "well");
  EXPECT_EQ(six.server_name(), "web.example");
  check.host = "other.example";
  EXPECT_EQ(why(subject(kHere4, four.port(), check)), "certificate: hostname mismatch");
  check.host = "[2001:db8:77::1]";
  EXPECT_EQ(why(subject(kHere4, four.port(), check)), "certificate: IP address mismatch");
  check.host = "", check.ca = "";
  EXPECT_EQ(why(subject(kHere4, four.port(), check)), "certificate: self-signed certificate");
  check.verify = false;
  EXPECT_EQ(why(subject(kHere6, six.port(), check)), "well");
  check.verify = true, check.ca = path + ".none";
  const std::string cannot = "unknown: no trusted certificate can be read";
  EXPECT_EQ(why(subject(kHere4, four.port(), check)),
            cannot + ": " + check.ca + " cannot be opened: No such file or directory");
  ASSERT_EQ(mkfifo(check.ca.c_str(), 0600), 0);
  EXPECT_EQ(why(subject(kHere4, four.port(), check)), cannot + ": " + check.ca + " is a FIFO, not a regular file");
  unlink(check.ca.c_str());
  std::ofstream(check.ca) << "no certificate";
  EXPECT_EQ(why(subject(kHere4, four.port(), check)), cannot + " from " + check.ca);
  unlink(check.ca.c_str());
  unlink(path.c_str());
}

TEST_F(ChecksTest, HttpsWantsTls12AndAnHttpAnswer) {
  const std::string path = testing::TempDir() + "wm-checks-" + std::to_string(getpid()) + ".pem";
  const Certificate certificate("IP:" + kHere4, path);
  CheckConfig check = https();
  check.ca = path;
  {
    const Listener old(kHere4, "HTTP/1.1 200 OK\r\n\r\n", &certificate, false, 0, TLS1_1_VERSION);
    EXPECT_TRUE(why(subject(kHere4, old.port(), check)).starts_with("TLS: "));
    const Listener fit(kHere4, "HTTP/1.1 200 OK\r\n\r\n", &certificate, false, 0, TLS1_2_VERSION);
    EXPECT_EQ(why(subject(kHere4, fit.port(), check)), "well");
  }
  const Listener busy(kHere4, "HTTP/1.1 500 Internal Server Error\r\n\r\n", &certificate);
  EXPECT_EQ(why(subject(kHere4, busy.port(), check)), "HTTP status 500");
  const Listener mute(kHere4, "", &certificate);
  EXPECT_EQ(why(subject(kHere4, mute.port(), check)), "the connection was closed without an answer");
  check.verify = false;
  const Listener plain(kHere4, "HTTP/1.1 400 Bad Request\r\n\r\n" + std::string(2000, '\n'));
  EXPECT_NE(why(subject(kHere4, plain.port(), check), 200ms), "well");
  unlink(path.c_str());
}

TEST_F(ChecksTest, EchoesAreAnswered) {
  for (const char* group : {"0 0", "1 0"}) {  // a ping socket, and without permission a raw one
    here(std::string("sysctl -qw net.ipv4.ping_group_range='") + group + "'");
    EXPECT_EQ(why(subject(kPeer4, 0, icmp())), "well") << group;
    EXPECT_EQ(why(subject(kPeer6, 0, icmp())), "well") << group;
    EXPECT_EQ(why(subject(kHere4, 0, icmp())), "well") << group << ": it hears its own question too";
    EXPECT_EQ(why(subject("203.0.113.9", 0, icmp())), "unknown: network is unreachable") << group;
    peer("sysctl -qw net.ipv4.icmp_echo_ignore_all=1 net.ipv6.icmp.echo_ignore_all=1");
    EXPECT_EQ(why(subject(kPeer4, 0, icmp()), 200ms), "no answer in 200 ms") << group;
    EXPECT_EQ(why(subject(kPeer6, 0, icmp()), 200ms), "no answer in 200 ms") << group;
    peer("sysctl -qw net.ipv4.icmp_echo_ignore_all=0 net.ipv6.icmp.echo_ignore_all=0");
  }
}

TEST_F(ChecksTest, ManyQuestionsAreUnderWayAtOnce) {
  const Listener listener(kHere4, "HTTP/1.1 200 OK\r\n\r\n");
  Loop loop;
  std::map<u64, std::string> answers;
  Checks checks(loop, [&](u64 id, CheckOutcome outcome, const std::string& why) {
    EXPECT_TRUE(answers.emplace(id, outcome == CheckOutcome::well ? "well" : why).second) << "once";
    if (answers.size() == 200) loop.stop();
  });
  for (u64 id = 0; id < 200; ++id)
    checks.ask({id, id % 2 ? subject(kHere4, listener.port(), http()) : subject(kPeer4, 81, tcp()), 10s});
  const Time give_up = now() + 20s;
  loop.run([&] {
    if (now() > give_up) loop.stop();
    return give_up;
  });
  ASSERT_EQ(answers.size(), 200u);
  for (const auto& [id, why] : answers) EXPECT_EQ(why, id % 2 ? "well" : "connection refused");
}

TEST_F(ChecksTest, WhoIsGoneHearsNothing) {
  const Listener silent(kHere4, "", nullptr, true);
  Loop loop;
  bool answered = false;
  auto checks = std::make_unique<Checks>(loop, [&](u64, CheckOutcome, const std::string&) { answered = true; });
  checks->ask({1, subject(kHere4, silent.port(), http()), 50ms});
  checks->ask({2, subject(kPeer4, 81, tcp()), 50ms});
  checks->ask({3, subject(kPeer4, 0, icmp()), 50ms});
  checks.reset();
  // By the time that another is answered, they would have been.
  Checks others(loop, [&](u64, CheckOutcome, const std::string&) { loop.stop(); });
  others.ask({4, subject(kHere4, silent.port(), http()), 100ms});
  loop.run([] { return now() + 1s; });
  EXPECT_FALSE(answered);
}

}  // namespace

}  // namespace waymark
