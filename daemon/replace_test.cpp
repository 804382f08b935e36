// One process takes another's place, or fails to, and the other goes on.
#include <sys/socket.h>
#include <sys/un.h>

#include "daemon/guest_test.h"
#include "daemon/lock.h"
#include "daemon/processes_test.h"

namespace waymark {

namespace {

class ReplaceTest : public Processes {
 protected:
  pid_t start() {
    configure({target("s1", "10.77.0.2"), target("s2", "10.77.0.3")});
    const pid_t pid = spawn();
    EXPECT_TRUE(runs(pid)) << log();
    return pid;
  }
  // Alive, in charge, and not only saying so.
  void goes_on(pid_t pid) {
    ASSERT_TRUE(runs(pid)) << log();
    ASSERT_TRUE(post("/v1/drain", R"({"target":"web/s1"})"));
    const Json before = get("/v1/targets");
    send_flow();
    // What packets did is told a moment later, where taking a snapshot is slow.
    EXPECT_TRUE(soon([&] { return get("/v1/targets")[1]["flows"].get<int>() == before[1]["flows"].get<int>() + 1; }))
        << log();
    EXPECT_EQ(get("/v1/targets")[0]["flows"], before[0]["flows"]);
    ASSERT_TRUE(post("/v1/drain", R"({"target":"web/s1","undo":true})"));
  }
};

TEST_F(ReplaceTest, ANewBuildTakesOverAndTheOldOneComesBack) {
  const pid_t first = start();
  send_flow();
  const Json tag = status("program_tag");
  const pid_t second = spawn(RunOptions{.replace = true, .program = program_again()});
  EXPECT_EQ(end_of(first), 0) << log();
  ASSERT_TRUE(runs(second)) << log();
  EXPECT_NE(status("program_tag"), tag);
  EXPECT_TRUE(soon([&] {
    const Json pins = get("/v1/pins?service=web");
    return pins.size() == 2 && pins[0]["pins"].get<int>() + pins[1]["pins"].get<int>() == 1;
  }));
  const pid_t third = spawn(RunOptions{.replace = true, .program = program()});
  EXPECT_EQ(end_of(second), 0) << log();
  ASSERT_TRUE(runs(third)) << log();
  EXPECT_EQ(status("program_tag"), tag);
  goes_on(third);
}

// Guests who hold on to what they have, of each kind, on the socket and on both addresses.
class GuestsTest : public ReplaceTest {
 protected:
  static constexpr const char* kMetrics = "127.0.0.1:9478";
  static constexpr const char* kHealth = "127.0.0.1:9479";
  pid_t start_with_addresses() {
    configure({target("s1", "10.77.0.2"), target("s2", "10.77.0.3")}, "", "wm-here",
              std::string("[api]\nmetrics = \"") + kMetrics + "\"\nhealth = \"" + kHealth + "\"\n");
    const pid_t pid = spawn();
    EXPECT_TRUE(runs(pid)) << log();
    return pid;
  }
  // `many` of each kind at each place; who drips, drips when drip() is called.
  void come(int many) {
    for (const std::string& where : {socket(), std::string(kMetrics), std::string(kHealth)})
      for (int i = 0; i < many; ++i) {
        guests.emplace_back(where).say("");
        guests.emplace_back(where).say("GET /hea");
        guests.emplace_back(where).say("POST /v1/drain HTTP/1.1\r\nContent-Length: 1000\r\n\r\n{");
        guests.emplace_back(where).say("GET /metrics HTTP/1.1\r\n\r\n");
        guests.emplace_back(where).say("GET /v1/capture HTTP/1.1\r\n\r\n");
      }
  }
  void drip() {
    for (Visitor& guest : guests) guest.say(" ");
  }
  std::vector<Visitor> guests;
};

TEST_F(GuestsTest, ADaemonEndsAtOnceWhateverItsGuestsDo) {
  const pid_t pid = start_with_addresses();
  come(16);
  EXPECT_FALSE(status("pid").is_null()) << "who came before has been let in";
  EXPECT_TRUE(soon([&] { return fetch(kMetrics, "/health").status == 404; })) << "a place is left for directors";
  ASSERT_EQ(kill(pid, SIGTERM), 0);
  const Time begin = now();
  EXPECT_EQ(end_of(pid, [&] { drip(); }), 0) << log();
  EXPECT_LT(now() - begin, std::chrono::seconds(10)) << "a guest was waited for";
}

TEST_F(GuestsTest, AReplacementFindsItsWayThroughThem) {
  const pid_t first = start_with_addresses();
  come(8);
  const pid_t second = spawn(RunOptions{.replace = true, .program = program()});
  bool unreachable = false;
  ASSERT_EQ(end_of(first,
                   [&] {
                     drip();
                     // At every moment one of the two listens.
                     if (!Visitor(kHealth).connected() || !Visitor(socket()).connected()) unreachable = true;
                   }),
            0)
      << log();
  EXPECT_FALSE(unreachable) << "nobody listened";
  ASSERT_TRUE(runs(second)) << log();
  goes_on(second);
  EXPECT_EQ(fetch(kMetrics, "/metrics").status, 200);
  EXPECT_EQ(fetch(kHealth, "/metrics").status, 404) << "for /health alone";
  guests.clear();
}

TEST_F(GuestsTest, ANewcomerThatCannotListenLeavesTheOldOneInPlace) {
  const pid_t first = start_with_addresses();
  const int taken = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  SocketAddress at(*parse_address("127.0.0.1"), 9480);
  ASSERT_EQ(bind(taken, at.get(), at.size()), 0);
  ASSERT_EQ(listen(taken, 1), 0);
  configure({target("s1", "10.77.0.2"), target("s2", "10.77.0.3")}, "", "wm-here",
            "[api]\nmetrics = \"127.0.0.1:9480\"\n");
  EXPECT_EQ(end_of(spawn(RunOptions{.replace = true, .program = program()})), 1) << log();
  EXPECT_NE(log().find("127.0.0.1:9480"), std::string::npos) << log();
  goes_on(first);
  EXPECT_EQ(fetch(kMetrics, "/metrics").status, 200);
  close(taken);
}

TEST_F(ReplaceTest, WithoutItASecondDaemonIsRefused) {
  const pid_t first = start();
  EXPECT_EQ(end_of(spawn()), 1);
  EXPECT_NE(log().find("runs already, as process " + std::to_string(first)), std::string::npos) << log();
  goes_on(first);
}

TEST_F(ReplaceTest, ABrokenConfigurationChangesNothing) {
  const pid_t first = start();
  std::ofstream(config_file(), std::ios::app) << "\n[nonsense]\n";
  EXPECT_EQ(end_of(spawn(RunOptions{.replace = true, .program = program()})), 1);
  configure({target("s1", "10.77.0.2")}, "", "wm-none");
  EXPECT_EQ(end_of(spawn(RunOptions{.replace = true, .program = program()})), 1);
  EXPECT_NE(log().find("interface wm-none does not exist"), std::string::npos) << log();
  goes_on(first);
}

TEST_F(ReplaceTest, ABrokenProgramChangesNothing) {
  const pid_t first = start();
  const Json tag = status("program_tag");
  std::vector<u8> broken(program().begin(), program().end());
  broken.resize(broken.size() / 2);
  EXPECT_EQ(end_of(spawn(RunOptions{.replace = true, .program = broken})), 1);
  goes_on(first);
  EXPECT_EQ(status("program_tag"), tag);
}

TEST_F(ReplaceTest, ANewcomerThatDiesIsForgotten) {
  const pid_t first = start();
  {
    const Result<Lock> lease = Lock::take("/run/waymark/" + name + ".next.lock");
    ASSERT_TRUE(lease);
    ASSERT_TRUE(post("/v1/handover"));
    EXPECT_EQ(status("state"), "standing by for its replacement");
    EXPECT_FALSE(post("/v1/drain", R"({"target":"web/s1"})"));
    EXPECT_FALSE(post("/v1/handover"));
  }
  goes_on(first);
}

TEST_F(ReplaceTest, WithoutPinnedLinksItWorksAsWell) {
  configure({target("s1", "10.77.0.2"), target("s2", "10.77.0.3")});
  std::ifstream in(config_file());
  std::string text((std::istreambuf_iterator<char>(in)), {});
  text.replace(text.find("pins = 1000"), 0, "persist = false\n");
  std::ofstream(config_file()) << text;
  const pid_t first = spawn();
  ASSERT_TRUE(runs(first)) << log();
  std::vector<u8> broken(program().begin(), program().begin() + 100);
  EXPECT_EQ(end_of(spawn(RunOptions{.replace = true, .program = broken})), 1);
  goes_on(first);
  const pid_t second = spawn(RunOptions{.replace = true, .program = program()});
  EXPECT_EQ(end_of(first), 0) << log();
  goes_on(second);
  kill(second, SIGTERM);
  EXPECT_EQ(end_of(second), 0);
  EXPECT_EQ(output("ip -d link show wm-here").find("prog/xdp"), std::string::npos)
      << "forwarding ended with the daemon";
}

TEST_F(ReplaceTest, TellsSystemdWhatHappens) {
  const std::string path = folder + "/notify";
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(setenv("NOTIFY_SOCKET", path.c_str(), 1), 0);
  ASSERT_EQ(setenv("WATCHDOG_USEC", "100000", 1), 0);
  configure({target("s1", "10.77.0.2")});
  const pid_t pid = spawn();
  unsetenv("NOTIFY_SOCKET");
  unsetenv("WATCHDOG_USEC");
  std::string told;
  const auto hears = [&](const std::string& word) {
    return soon([&] {
      char buffer[4096];
      const ssize_t n = recv(fd, buffer, sizeof buffer, MSG_DONTWAIT);
      if (n > 0) told.append(buffer, std::size_t(n)) += "\n";
      return told.find(word) != std::string::npos;
    });
  };
  EXPECT_TRUE(hears("READY=1"));
  EXPECT_TRUE(hears("WATCHDOG=1"));
  kill(pid, SIGHUP);
  EXPECT_TRUE(hears("RELOADING=1"));
  told.clear();
  EXPECT_TRUE(hears("READY=1"));
  kill(pid, SIGTERM);
  EXPECT_TRUE(hears("STOPPING=1")) << told;
  EXPECT_EQ(end_of(pid), 0);
  close(fd);
}

}  // namespace

}  // namespace waymark
