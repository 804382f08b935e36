// A director with [agents] and a host that registers with it, as processes on two machines.
#include <csignal>

#include "base/address_text.h"
#include "daemon/processes_test.h"
#include "daemon/sockaddr.h"

namespace waymark {
namespace {

using namespace std::chrono_literals;

class AgentsDaemons : public Processes {
 protected:
  void SetUp() override {
    Processes::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    write_key("key", 'k');
    // Packets that the director tunnels are not what is tested here: the service's address is at both.
    configure_director();
    configure_host("key");
    ASSERT_TRUE(runs(director_ = spawn())) << log();
  }
  void TearDown() override {
    Processes::TearDown();
    for (const char* suffix : {"", "-2"}) std::filesystem::remove("/run/waymark/" + name + suffix + ".bindings");
  }

  void write_key(const std::string& file, char of) {
    std::ofstream(path(file)) << std::string(24, of);
    ASSERT_EQ(chmod(path(file).c_str(), 0600), 0);
  }
  std::string path(const std::string& file) const { return folder + "/" + file; }
  void configure_director(const std::string& lifetime = "16s") {
    configure({}, "", "wm-here",
              "[service.registered]\n[agents]\nlisten = \"10.77.0.1\"\nlifetime = \"" + lifetime +
                  "\"\n[[agents.peer]]\nname = \"" + name + "-2\"\nspi = 256\nkey = \"" + path("key") +
                  "\"\n[[authorise]]\npeer = \"*\"\nservice = \"web\"\ncare_of = \"10.77.0.0/24\"\n");
  }
  void configure_host(const std::string& key) {
    const std::string written = config_file("-2") + ".new";
    std::ofstream(written) << "[node]\nname = \"" << name << "-2\"\n[engine]\npins = 1000\n"
                           << "interfaces = { wm-peer = \"servers\" }\n[host]\naddress = \"10.77.0.2\"\n"
                           << "directors = \"10.77.0.1\"\n[[host.director]]\nname = \"" << name
                           << "\"\naddress = \"10.77.0.1\"\nspi = 256\nkey = \"" << path(key)
                           << "\"\n[[host.service]]\nname = \"web\"\naddress = \"198.51.100.80\"\n"
                           << "ports = [\"tcp/80\", \"udp/53\"]\n[host.service.register]\nsessions = 100\n";
    std::filesystem::rename(written, config_file("-2"));
  }
  void start_host() {
    in_peer([&] { host_ = spawn(RunOptions{.program = program()}, "-2"); });
    ASSERT_TRUE(runs(host_, "-2")) << log();
  }
  Result<std::string> tell_host(const std::string& what, const std::string& body) {
    return api_post(socket("-2"), what, body);
  }

  Json only(const std::string& what, const std::string& suffix = "") {
    const Json rows = get("/v1/" + what, suffix);
    return rows.size() == 1 ? rows[0] : Json::object();
  }
  bool is_bound() {
    return soon([&] { return only("bindings").value("state", "") == "bound"; });
  }
  bool has_weight(u32 weight) {
    return soon([&] { return only("bindings").value("weight", 9'999u) == weight; });
  }
  bool warned_at_host(const std::string& part) {
    const Json rows = get("/v1/status", "-2");
    return std::any_of(rows.begin(), rows.end(), [&](const Json& row) {
      return row["item"] == "warning" && row["value"].get<std::string>().find(part) != std::string::npos;
    });
  }
  // In a process of its own: daemons would inherit a socket of this one.
  static Inhabitant hold_port() {
    int ready[2];
    EXPECT_EQ(pipe(ready), 0);
    Inhabitant holder;
    holder.pid = fork();
    if (holder.pid == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      const SocketAddress at(*parse_address("10.77.0.1"), 5436);
      const int fd = ::socket(AF_INET, SOCK_DGRAM, 0);
      if (bind(fd, at.get(), at.size()) != 0 || write(ready[1], "+", 1) != 1) _exit(1);
      for (;;) pause();
    }
    close(ready[1]);
    char told = 0;
    EXPECT_EQ(read(ready[0], &told, 1), 1);
    close(ready[0]);
    return holder;
  }
  std::string kept() const { return "/run/waymark/" + name + ".bindings"; }
  // A second may pass until what registered is in it.
  bool is_kept() {
    return soon([&] {
      std::ostringstream text;
      text << std::ifstream(kept()).rdbuf();
      return text.str().find("\"10.77.0.2\"") != std::string::npos;
    });
  }

  pid_t director_ = -1, host_ = -1;
};

TEST_F(AgentsDaemons, AServerRegistersWithinTwoSeconds) {
  EXPECT_EQ(get("/v1/bindings").size(), 0u);
  EXPECT_EQ(only("agents")["agent"], name + "-2");
  start_host();
  const Time begin = now();
  ASSERT_TRUE(is_bound()) << log();
  EXPECT_LT(now() - begin, 2s);
  Json row = only("bindings");
  EXPECT_GT(row["left"], 5);
  EXPECT_LE(row["left"], 16);
  row.erase("left");
  EXPECT_EQ(row, Json({{"service", "web"},
                       {"target", name + "-2"},
                       {"agent", name + "-2"},
                       {"care_of", "10.77.0.2"},
                       {"state", "bound"},
                       {"weight", 1'000},
                       {"lifetime", 16},
                       {"sessions", "0/100"},
                       {"capacity", "-"},
                       {"priority", 0},
                       {"refused", ""}}));
  EXPECT_EQ(only("agents")["bindings"], 1);
  EXPECT_EQ(only("agents")["accepted"], 1);
  EXPECT_EQ(only("agents")["refused"], 0);
  EXPECT_TRUE(soon([&] { return only("targets").value("target", "") == "web/" + name + "-2"; }))
      << get("/v1/targets").dump();
  ASSERT_TRUE(soon([&] { return only("registrations", "-2").value("state", "") == "bound"; }));
  row = only("registrations", "-2");
  EXPECT_EQ(row["director"], name);
  EXPECT_EQ(row["service"], "web");
  EXPECT_EQ(row["lifetime"], 16);
  EXPECT_EQ(row["acknowledged"], 1);
  EXPECT_EQ(row["why"], "");
  // A new flow is tunnelled to it: no target was there to send it to.
  EXPECT_TRUE(soon([&] {
    send_flow();
    return only("targets").value("flows", 0) > 0;
  })) << get("/v1/targets").dump();
}

TEST_F(AgentsDaemons, LoadAndDrainAtTheServerReachTheDirector) {
  start_host();
  ASSERT_TRUE(has_weight(1'000)) << log();
  ASSERT_TRUE(tell_host("/v1/load", R"({"service":"web","sessions":75})"));
  EXPECT_TRUE(has_weight(250)) << get("/v1/bindings").dump();
  EXPECT_EQ(only("bindings")["sessions"], "75/100");
  EXPECT_TRUE(soon([&] { return only("targets")["weight"] == 250; })) << get("/v1/targets").dump();
  const Result<std::string> other = tell_host("/v1/load", R"({"service":"wbe","sessions":1})");
  ASSERT_FALSE(other);
  EXPECT_NE(other.error().sentence.find("no [[host.service]] with \"register\" is called \"wbe\""), std::string::npos)
      << other.error().sentence;

  ASSERT_TRUE(tell_host("/v1/drain", R"({"target":"web"})"));
  EXPECT_TRUE(soon([&] { return only("bindings")["state"] == "draining"; })) << get("/v1/bindings").dump();
  EXPECT_TRUE(has_weight(0));
  EXPECT_TRUE(soon([&] { return only("registrations", "-2")["state"] == "idle"; }));
  ASSERT_TRUE(tell_host("/v1/drain", R"({"target":"web","undo":true})"));
  EXPECT_TRUE(is_bound());
  EXPECT_TRUE(has_weight(250)) << "its load is what it was";
}

TEST_F(AgentsDaemons, AKilledDirectorKnowsItsServersAtOnce) {
  start_host();
  ASSERT_TRUE(is_bound()) << log();
  ASSERT_TRUE(is_kept());
  EXPECT_EQ(std::filesystem::status(kept()).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  kill(host_, SIGKILL);  // so that nobody tells it anew
  EXPECT_EQ(end_of(host_), -1);
  kill(director_, SIGKILL);
  EXPECT_EQ(end_of(director_), -1);
  ASSERT_TRUE(runs(director_ = spawn())) << log();
  EXPECT_EQ(only("bindings")["state"], "bound") << log();
  EXPECT_EQ(only("bindings")["weight"], 1'000);
  EXPECT_EQ(only("agents")["accepted"], 0);
  EXPECT_EQ(only("targets")["state"], "unchecked") << "in the first pools, and the service has no check";
}

TEST_F(AgentsDaemons, AFileThatCannotBeReadIsToldOf) {
  start_host();
  ASSERT_TRUE(is_kept()) << log();
  kill(director_, SIGKILL);
  EXPECT_EQ(end_of(director_), -1);
  std::ofstream(kept()) << "{";
  ASSERT_TRUE(runs(director_ = spawn())) << log();
  EXPECT_TRUE(soon([&] { return log().find(kept() + ": it is no JSON; servers register anew") != std::string::npos; }))
      << log();
  EXPECT_TRUE(is_bound()) << "by half of its lifetime";
}

TEST_F(AgentsDaemons, ADaemonThatIsReplacedKeepsThem) {
  start_host();
  ASSERT_TRUE(is_bound()) << log();
  const pid_t second = spawn(RunOptions{.replace = true, .program = program()});
  EXPECT_EQ(end_of(director_), 0) << log();
  ASSERT_TRUE(runs(second)) << log();
  EXPECT_EQ(only("bindings")["state"], "bound") << log();
  ASSERT_TRUE(tell_host("/v1/load", R"({"service":"web","sessions":75})"));
  EXPECT_TRUE(has_weight(250)) << "it listens there";
}

TEST_F(AgentsDaemons, AWrongKeyIsRefusedAndCounted) {
  write_key("other", 'o');
  configure_host("other");
  start_host();
  EXPECT_TRUE(soon([&] { return only("agents").value("refused", 0) > 0; })) << log();
  EXPECT_EQ(get("/v1/bindings").size(), 0u);
  EXPECT_EQ(only("agents")["accepted"], 0);
  EXPECT_NE(only("agents")["last_refusal"], "");
  const std::string metrics = *api_get(socket(), "/metrics");
  EXPECT_EQ(metrics.find("waymark_binding_refused_total{reason=\"wrong_mac\"} 0\n"), std::string::npos) << metrics;
  EXPECT_NE(metrics.find("waymark_binding_refused_total{reason=\"wrong_mac\"} "), std::string::npos) << metrics;
  EXPECT_NE(metrics.find("waymark_bindings 0\n"), std::string::npos) << metrics;
  EXPECT_TRUE(soon([&] { return warned_at_host("web is not registered with " + name + ": "); }))
      << get("/v1/registrations", "-2").dump();
  EXPECT_NE(api_get(socket("-2"), "/metrics")->find("waymark_registration_bound{"), std::string::npos);
  // The key it should have, and a reload.
  configure_host("key");
  ASSERT_TRUE(tell_host("/v1/reload", "{}"));
  EXPECT_TRUE(is_bound()) << log();
  EXPECT_TRUE(soon([&] { return !warned_at_host("web is not registered"); }));
}

TEST_F(AgentsDaemons, AKeyThatIsNoneRefusesTheReloadAndTheStart) {
  start_host();
  ASSERT_TRUE(is_bound()) << log();
  std::filesystem::remove(path("key"));
  const Result<std::string> reloaded = post("/v1/reload");
  ASSERT_FALSE(reloaded);
  EXPECT_NE(reloaded.error().sentence.find("key of agents peer"), std::string::npos) << reloaded.error().sentence;
  EXPECT_EQ(only("bindings")["state"], "bound");
  kill(director_, SIGKILL);
  EXPECT_EQ(end_of(director_), -1);
  EXPECT_EQ(end_of(spawn()), 1);
  EXPECT_NE(log().find("key of agents peer"), std::string::npos) << log();
}

// Somebody else has the port for a while.
TEST_F(AgentsDaemons, ASocketInUseIsAWarningAndTriedAgain) {
  kill(director_, SIGTERM);
  EXPECT_EQ(end_of(director_), 0);
  const Inhabitant holder = hold_port();
  ASSERT_TRUE(runs(director_ = spawn())) << log();
  EXPECT_TRUE(soon([&] { return warned("[agents] does not listen at 10.77.0.1 port 5436: Address already in use"); }));
  start_host();
  kill(holder.pid, SIGKILL);
  EXPECT_TRUE(is_bound()) << log();
  EXPECT_TRUE(soon([&] { return !warned("[agents] does not listen"); }));
}

}  // namespace
}  // namespace waymark
