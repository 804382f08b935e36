// The traffic tools against each other on the loopback of a namespace: that they agree when all is well, and that they
// notice when it is not. A lab whose clients cannot see breakage proves nothing.
#include "lab/traffic/traffic.h"

#include <gtest/gtest.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <functional>
#include <string>

#include "lab/kit/loop.h"
#include "lab/traffic/stats.h"
#include "lab/traffic/tool_test.h"
#include "tests/kit/need.h"

namespace waymark::lab {
namespace {

class Traffic : public testing::Test {
 protected:
  void SetUp() override {
    WM_NEED(Cap::netns);
    ASSERT_EQ(unshare(CLONE_NEWNET), 0) << std::strerror(errno);  // gtest runs nothing else that needs the old one
    const int s = socket(AF_INET, SOCK_DGRAM, 0);
    ASSERT_GE(s, 0) << std::strerror(errno);
    ifreq lo{};
    lo.ifr_name[0] = 'l', lo.ifr_name[1] = 'o';
    lo.ifr_flags = IFF_UP;
    ASSERT_EQ(ioctl(s, SIOCSIFFLAGS, &lo), 0) << std::strerror(errno);
    close(s);
    signal(SIGPIPE, SIG_IGN);
    server = std::make_unique<Tool>(
        traffic_server, std::vector<std::string>{"server", "--name", "s1", "--at", "::1,127.0.0.1", "--for", "60"});
    const auto listens = server_report(server->ask("report"));
    ASSERT_TRUE(listens) << listens.error().sentence;
    client = std::make_unique<Tool>(
        traffic_client, std::vector<std::string>{"client", "--to", "::1,127.0.0.1", "--id", "1", "--for", "60"});
    client->ask("open 200");
    ASSERT_TRUE(comes([](const ClientReport& r) { return r.live == 200; }));
  }

  ClientReport ask(const std::string& command) {
    auto r = client_report(client->ask(command));
    EXPECT_TRUE(r) << r.error().sentence;
    return r ? *r : ClientReport{};
  }

  testing::AssertionResult comes(const std::function<bool(const ClientReport&)>& holds) {
    ClientReport last;
    for (const Time end = now() + std::chrono::seconds(20); now() < end;) {
      last = ask("report");
      if (holds(last)) return testing::AssertionSuccess();
    }
    return testing::AssertionFailure() << to_json(last);
  }

  std::unique_ptr<Tool> server, client;
};

TEST_F(Traffic, ClientAndServerAgreeWhenAllIsWell) {
  ask("fresh 50");
  ask("probe 500");
  ASSERT_TRUE(comes([](const ClientReport& r) { return r.answered > 600 && r.probes_answered > 200; }));
  const ClientReport marked = ask("mark next");
  EXPECT_EQ(marked.windows.back().spanning, 200u);
  ask("close");
  ASSERT_TRUE(comes([](const ClientReport& r) { return r.live == 0 && r.under_way == 0; }));
  const ClientReport c = ask("report");
  const auto s = server_report(server->ask("report"));
  ASSERT_TRUE(s) << s.error().sentence;
  EXPECT_EQ(c.opened, s->opened);
  EXPECT_EQ(c.closed, s->clean);
  EXPECT_EQ(c.opened, c.closed);
  EXPECT_EQ(c.answered, s->messages);
  EXPECT_EQ(c.probes_answered, s->probes);
  EXPECT_EQ(s->reset + s->cut + s->mismatch + s->open, 0u);
  for (const Window& w : c.windows) {
    EXPECT_EQ(w.broken.total(), 0u);
    EXPECT_EQ(w.probes_lost, 0u);
    EXPECT_EQ(w.fresh_failed, 0u);
  }
}

TEST_F(Traffic, EveryConnectionOfAKilledServerIsBrokenAndProbesAreLost) {
  ask("probe 500");
  ask("mark killed");
  kill(server->pid, SIGKILL);
  EXPECT_TRUE(comes([](const ClientReport& r) {
    const Window& w = r.windows.back();
    return r.live == 0 && w.broken.reset + w.broken.ended == 200 && w.probes_lost > 0;
  }));
}

TEST_F(Traffic, FiveSecondsOfSilenceAreABrokenConnectionInTheWindowWhereItFellSilent) {
  ask("mark stopped");
  kill(server->pid, SIGSTOP);
  ask("mark later");  // at once: every connection falls silent within the second after it
  EXPECT_TRUE(comes([](const ClientReport& r) { return r.live == 0; }));
  const ClientReport r = ask("report");
  ASSERT_GE(r.windows.size(), 3u);
  EXPECT_EQ(r.windows[1].broken.silent + r.windows[2].broken.silent, 200u);
  EXPECT_GE(r.windows[2].longest_stall_ms, 4990);
  kill(server->pid, SIGCONT);
}

TEST_F(Traffic, ABrokenConnectionStaysDownUntilAskedFor) {
  kill(server->pid, SIGKILL);
  ASSERT_TRUE(comes([](const ClientReport& r) { return r.live == 0; }));
  const u64 opened = ask("report").opened;
  server = std::make_unique<Tool>(
      traffic_server, std::vector<std::string>{"server", "--name", "s2", "--at", "::1,127.0.0.1", "--for", "60"});
  ASSERT_TRUE(server_report(server->ask("report")));
  EXPECT_EQ(ask("report").opened, opened);
  ask("open 200");
  EXPECT_TRUE(comes([](const ClientReport& r) { return r.live == 200; }));
}

}  // namespace
}  // namespace waymark::lab
