// Reloads beside the loop: what goes on meanwhile, and what becomes of one that fails, or that somebody overtakes.
#include <arpa/inet.h>
#include <net/if.h>
#include <sys/socket.h>

#include <atomic>
#include <future>

#include "daemon/processes_test.h"
#include "engine/xdp/bpffs.h"
#include "engine/xdp/links.h"

namespace waymark {

namespace {

class ReloadTest : public Processes {
 protected:
  pid_t start() {
    configure({target("s1", "10.77.0.2")});
    const pid_t pid = spawn();
    EXPECT_TRUE(runs(pid)) << log();
    return pid;
  }
  std::future<bool> reload() {
    return std::async(std::launch::async, [this] { return bool(post("/v1/reload")); });
  }
  // Its configuration is being read, or its program loaded.
  static bool in_work(const std::future<bool>& reload) {
    return reload.wait_for(std::chrono::seconds(0)) != std::future_status::ready;
  }
  std::ptrdiff_t lines_with(const std::string& words) const {
    std::istringstream text(log());
    std::ptrdiff_t count = 0;
    for (std::string line; std::getline(text, line);) count += line.find(words) != line.npos;
    return count;
  }
  // Large enough for all that a test does while it is read and loaded.
  void configure_many(u32 services) {
    std::string more;
    for (u32 i = 0; i < services; ++i) {
      const std::string at = "198.18." + std::to_string(i / 250) + "." + std::to_string(i % 250 + 1);
      more += "[[service]]\nname = \"many" + std::to_string(i) + "\"\naddress = \"" + at + "\"\nports = [\"tcp/80\"]\n";
      for (const char* called : {"a", "b", "c"})
        more += "[[service.target]]\nname = \"" + std::string(called) + "\"\naddress = \"10.77.0." +
                std::to_string(10 + called[0] - 'a') + "\"\n";
    }
    configure({target("s1", "10.77.0.2")}, "", "wm-here", more);
  }
  static int socket_to(const char* address, u16 port) {
    const int client = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    inet_pton(AF_INET, address, &to.sin_addr);
    return connect(client, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0 ? client : -1;
  }
  u32 program_on(const char* interface) { return on_interface(if_nametoindex(interface)).program; }
  std::string pins() const { return std::string(kPinRoot) + "/" + name; }
};

TEST_F(ReloadTest, TheDaemonAnswersMeanwhile) {
  start();
  configure_many(1000);
  auto reloaded = reload();
  u32 answers = 0;
  while (in_work(reloaded)) answers += status("services") == 1;
  EXPECT_TRUE(reloaded.get()) << log();
  EXPECT_EQ(status("services"), 1001);
  EXPECT_GE(answers, 3u) << "the loop heard nobody while the file was read and the program loaded";
}

TEST_F(ReloadTest, AWishThatComesWhileOneIsInWorkIsOneMore) {
  const pid_t pid = start();
  configure_many(300);
  auto first = reload();
  configure({target("s1", "10.77.0.2"), target("s2", "10.77.0.3")});
  std::vector<std::future<bool>> more;
  for (int i = 0; i < 4; ++i) more.push_back(reload());
  kill(pid, SIGHUP);
  for (auto& each : more) EXPECT_TRUE(each.get()) << log();
  EXPECT_TRUE(first.get()) << log();
  EXPECT_EQ(get("/v1/targets").size(), 2u) << "what was written last is in force";
  EXPECT_LT(lines_with("info: reloaded "), 6) << "those who waited shared one\n" << log();
  EXPECT_EQ(lines_with("was refused"), 0) << log();
}

TEST_F(ReloadTest, ASignalIsNotLost) {
  const pid_t pid = start();
  configure_many(300);
  auto first = reload();
  configure({target("s1", "10.77.0.2"), target("s2", "10.77.0.3")});
  kill(pid, SIGHUP);
  EXPECT_TRUE(first.get()) << log();
  EXPECT_TRUE(soon([&] { return get("/v1/targets").size() == 2u; })) << log();
}

TEST_F(ReloadTest, OneThatFailsWhenItLandsLeavesAllAsItWas) {
  start();
  ASSERT_TRUE(soon([&] { return get("/v1/adjacencies")[0]["forwarded_by"] == "xdp"; }));
  const Json targets = get("/v1/targets"), tag = status("program_tag");
  const u32 running = program_on("wm-here");
  // The loopback cannot go native; by then wm-here has been moved.
  configure({target("s1", "10.77.0.2"), target("s2", "10.77.0.3")}, "", "wm-here = \"public\", lo");
  std::ostringstream written;
  written << std::ifstream(config_file()).rdbuf();
  std::string text = written.str();
  text.insert(text.find("interfaces = "), "mode = \"native\"\n");
  std::ofstream(config_file()) << text;
  const auto refused = post("/v1/reload");
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().sentence.find("interface lo in native mode"), std::string::npos)
      << refused.error().sentence;
  EXPECT_EQ(get("/v1/targets"), targets);
  EXPECT_EQ(status("program_tag"), tag);
  EXPECT_EQ(program_on("wm-here"), running) << "moved back";
  EXPECT_EQ(program_on("lo"), 0u);
  send_flow();
  EXPECT_TRUE(soon([&] { return get("/v1/targets")[0]["flows"] == 1; })) << "and it serves";

  configure({target("s1", "10.77.0.2"), target("s2", "10.77.0.3")});
  EXPECT_TRUE(post("/v1/reload")) << log();
  EXPECT_EQ(get("/v1/targets").size(), 2u);
}

TEST_F(ReloadTest, DownDoesNotWaitForItAndLeavesNothing) {
  const pid_t pid = start();
  configure_many(1000);
  auto reloaded = reload();
  EXPECT_TRUE(soon([&] { return status("services") == 1; }));
  ASSERT_TRUE(post("/v1/down")) << log();
  (void)reloaded.get();
  EXPECT_EQ(end_of(pid), 0) << log();
  EXPECT_FALSE(XdpEngine::exists(name));
  EXPECT_EQ(program_on("wm-here"), 0u);
}

TEST_F(ReloadTest, ASignalToEndAbandonsIt) {
  const pid_t pid = start();
  const u32 running = program_on("wm-here");
  configure_many(1000);
  auto reloaded = reload();
  EXPECT_TRUE(soon([&] { return status("services") == 1; }));
  kill(pid, SIGTERM);
  (void)reloaded.get();
  EXPECT_EQ(end_of(pid), 0) << log();
  EXPECT_EQ(program_on("wm-here"), running) << "what served before goes on";
  for (const std::string& file : list(pins())) EXPECT_NE(file, "program_next");
}

TEST_F(ReloadTest, AReplacementOvertakesIt) {
  const pid_t first = start();
  configure_many(1000);
  auto reloaded = reload();
  EXPECT_TRUE(soon([&] { return status("services") == 1; }));
  configure({target("s1", "10.77.0.2"), target("s2", "10.77.0.3")});
  const pid_t second = spawn(RunOptions{.replace = true, .program = program_again()});
  EXPECT_EQ(end_of(first), 0) << log();
  (void)reloaded.get();
  ASSERT_TRUE(runs(second)) << log();
  EXPECT_EQ(get("/v1/targets").size(), 2u);
  EXPECT_EQ(status("interface wm-here"), "native XDP") << "the old one put nothing of its own over the new one's";
}

TEST_F(ReloadTest, ACaptureEndsWithItAndTheNextOneBegins) {
  start();
  std::atomic<bool> begun{false};
  auto captured = std::async(std::launch::async, [&] {
    return bool(api_stream(socket(), "/v1/capture?seconds=60", [&](std::string_view) {
      begun = true;
      return true;
    }));
  });
  ASSERT_TRUE(soon([&] { return begun.load(); })) << log();
  EXPECT_FALSE(api_stream(socket(), "/v1/capture?seconds=60", [](std::string_view) { return true; }))
      << "one at a time";
  configure({target("s1", "10.77.0.2"), target("s2", "10.77.0.3")});
  ASSERT_TRUE(post("/v1/reload")) << log();
  EXPECT_TRUE(captured.get());
  EXPECT_TRUE(soon([&] { return lines_with("; loaded in ") >= 3; })) << log();
  EXPECT_EQ(lines_with("; loaded in "), 3) << "start, capture, reload: its end needed no load of its own\n" << log();
  EXPECT_TRUE(api_stream(socket(), "/v1/capture?seconds=1", [](std::string_view) { return false; })) << log();
}

// One flow, in the kernel, from before to after all names are others and its port is another service's.
TEST_F(ReloadTest, AFlowKeepsItsServerWhateverTheNamesAre) {
  start();
  configure({target("s1", "10.77.0.2"), target("s2", "10.77.0.3")});
  ASSERT_TRUE(post("/v1/reload")) << log();
  int client = -1;
  in_peer([&] { client = socket_to("198.51.100.80", 53); });
  ASSERT_GE(client, 0);
  const auto send_one = [&] { ASSERT_EQ(send(client, "a", 1, 0), 1); };
  const auto packets_of = [&](const std::string& called) {
    u64 packets = 0;
    for (const Json& row : get("/v1/targets"))
      if (row["target"] == called) packets = row["packets"].get<u64>();
    return packets;
  };
  send_one(), send_one();
  ASSERT_TRUE(soon([&] { return packets_of("web/s1") + packets_of("web/s2") == 2; }));
  const bool first = packets_of("web/s1") > 0;
  // New flows would all go to the other server.
  std::string more =
      "[[service]]\nname = \"dns\"\naddress = \"198.51.100.80\"\nports = [\"udp/53\"]\nzone = \"outside\"\n";
  for (const bool one : {true, false})
    more += "[[service.target]]\n" + target(one ? "a" : "b", one ? "10.77.0.2" : "10.77.0.3") +
            (one == first ? "\nweight = 0\n" : "\n");
  configure({target("t1", "10.77.0.2"), target("t2", "10.77.0.3")}, "", "wm-here", more);
  std::ostringstream written;
  written << std::ifstream(config_file()).rdbuf();
  std::string text = written.str();
  const auto replace = [&](const std::string& old, const std::string& by) {
    text.replace(text.find(old), old.size(), by);
  };
  replace("wm-here = \"public\"", "wm-here = \"outside\"");
  replace("name = \"web\"", "name = \"shop\"\nzone = \"outside\"");
  replace("\"tcp/80\", \"udp/53\"", "\"tcp/80\"");
  std::ofstream(config_file()) << text;
  ASSERT_TRUE(post("/v1/reload")) << log();
  send_one();
  EXPECT_TRUE(soon([&] { return packets_of(first ? "dns/a" : "dns/b") == 1; })) << get("/v1/targets").dump(1);
  EXPECT_EQ(packets_of(first ? "dns/b" : "dns/a"), 0u);
  u64 inherited = 0;
  for (const Json& row : get("/v1/counters"))
    if (row["reason"] == "pin_inherited") inherited = row["packets"].get<u64>();
  EXPECT_EQ(inherited, 1u) << "its pin went over with its first packet";
  close(client);
}

}  // namespace

}  // namespace waymark
