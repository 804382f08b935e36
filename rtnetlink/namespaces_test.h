// Two network namespaces for a test, "here" and "peer", joined by a veth pair wm-here <-> wm-peer. The test runs in
// "here"; both vanish with the fixture.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <functional>
#include <set>
#include <sstream>
#include <string>
#include <utility>

#include "base/time.h"
#include "tests/kit/need.h"

namespace waymark {

class Namespaces : public testing::Test {
 protected:
  void SetUp() override {
    WM_NEED(Cap::netns);
    home_ = current();
    ASSERT_EQ(unshare(CLONE_NEWNET), 0);
    peer_ = current();
    ASSERT_EQ(unshare(CLONE_NEWNET), 0);
    here_ = current();
    for (const char* setting : {"ipv6.conf.all.accept_dad=0", "ipv6.conf.default.accept_dad=0"}) {
      here(std::string("sysctl -qw net.") + setting);
      peer(std::string("sysctl -qw net.") + setting);
    }
    const std::string there = "/proc/" + std::to_string(getpid()) + "/fd/" + std::to_string(peer_);
    here("ip link add wm-here address 02:00:00:00:00:01 type veth peer name wm-peer address 02:00:00:00:00:02 netns " +
         there);
    here(
        "ip link set lo up; ip link set wm-here up; ip addr add 10.77.0.1/24 dev wm-here; "
        "ip addr add 2001:db8:77::1/64 dev wm-here nodad");
    peer(
        "ip link set wm-peer up; ip addr add 10.77.0.2/24 dev wm-peer; ip addr add 2001:db8:77::2/64 dev wm-peer "
        "nodad");
  }

  void TearDown() override {
    if (home_ < 0) return;
    EXPECT_EQ(setns(home_, CLONE_NEWNET), 0);
    for (int fd : {here_, peer_, home_})
      if (fd >= 0) close(fd);
  }

  static void here(const std::string& commands) { run(commands); }

  void peer(const std::string& commands) {
    ASSERT_EQ(setns(peer_, CLONE_NEWNET), 0);
    run(commands);
    ASSERT_EQ(setns(here_, CLONE_NEWNET), 0);
  }

  // Sockets that are made in it stay there.
  void in_peer(const std::function<void()>& work) {
    ASSERT_EQ(setns(peer_, CLONE_NEWNET), 0);
    work();
    ASSERT_EQ(setns(here_, CLONE_NEWNET), 0);
  }

  // A process that is in "peer" for as long as this lives, and does nothing there.
  struct Inhabitant {
    pid_t pid = -1;
    Inhabitant() = default;
    Inhabitant(Inhabitant&& other) noexcept : pid(std::exchange(other.pid, -1)) {}
    ~Inhabitant() {
      if (pid < 0) return;
      kill(pid, SIGKILL);
      waitpid(pid, nullptr, 0);
    }
  };
  Inhabitant inhabit_peer() {
    Inhabitant someone;
    in_peer([&] {
      someone.pid = fork();
      if (someone.pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (;;) pause();
      }
    });
    return someone;
  }

  static std::string output(const std::string& command) {
    std::string out;
    FILE* pipe = popen(command.c_str(), "r");
    for (int c; pipe && (c = std::fgetc(pipe)) != EOF;) out += char(c);
    if (pipe) pclose(pipe);
    return out;
  }

  static Time now() {
    timespec t{};
    clock_gettime(CLOCK_BOOTTIME, &t);
    return std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec);
  }

 private:
  static int current() { return open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC); }
  static void run(const std::string& commands) {
    ASSERT_EQ(std::system(("set -e; " + commands).c_str()), 0) << commands;
    std::string waited_for;
    for (const Time end = now() + std::chrono::seconds(5); !(waited_for = unrouted()).empty();)
      ASSERT_LT(now(), end) << waited_for << " does not become this machine's, after: " << commands;
  }

  // An IPv6 address that is not this machine's yet. The kernel takes an address into its routes by a work queue, a
  // moment after the command that added it has ended, also where nobody looks for duplicates.
  static std::string unrouted() {
    constexpr unsigned long kLocal = 0x80000000;  // RTF_LOCAL
    std::set<std::string> local;
    std::ifstream routes("/proc/thread-self/net/ipv6_route"), addresses("/proc/thread-self/net/if_inet6");
    for (std::string line, to, length, flags, other; std::getline(routes, line);) {
      std::istringstream in(line);
      in >> to >> length >> other >> other >> other >> other >> other >> other >> flags;
      if (length == "80" && std::stoul(flags, nullptr, 16) & kLocal) local.insert(to);
    }
    for (std::string line; std::getline(addresses, line);)
      if (const std::string address = line.substr(0, line.find(' ')); !local.contains(address)) return address;
    return {};
  }

  int home_ = -1, peer_ = -1, here_ = -1;
};

}  // namespace waymark
