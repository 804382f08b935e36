// The daemon on a real kernel, seen from outside: start, kill, reload, stop, down.
#include <sys/stat.h>

#include "daemon/guest_test.h"
#include "daemon/processes_test.h"

namespace waymark {

namespace {

class DaemonTest : public Processes {};

TEST_F(DaemonTest, AnswersAndStopLeavesForwarding) {
  configure({target("s1", "10.77.0.2")}, "", "wm-here", "[api]\nmetrics = \"127.0.0.1:9477\"\n");
  const pid_t pid = spawn();
  ASSERT_TRUE(runs(pid)) << log();
  struct stat seen {};
  ASSERT_EQ(stat(socket().c_str(), &seen), 0);
  EXPECT_EQ(seen.st_mode & 07777, 0660u);
  EXPECT_TRUE(soon([&] {
    const Json rows = get("/v1/adjacencies");
    return rows.size() == 1 && rows[0]["forwarded_by"] == "xdp" && rows[0]["interface"] == "wm-here";
  })) << get("/v1/adjacencies");

  const Heard text = fetch("127.0.0.1:9477", "/metrics");
  EXPECT_EQ(text.status, 200);
  EXPECT_NE(text.body.find("waymark_build_info{version=\"test\",node=\"" + name + "\""), std::string::npos);
  EXPECT_EQ(text.body.find("\nwaymark_loop_longest_pause_microseconds 0\n"), std::string::npos) << "it is measured";
  EXPECT_EQ(fetch("127.0.0.1:9477", "/v1/status").status, 404) << "the network is told numbers and no more";

  ASSERT_TRUE(post("/v1/stop")) << log();
  EXPECT_EQ(end_of(pid), 0) << log();
  EXPECT_FALSE(std::filesystem::exists(socket()));
  EXPECT_NE(output("ip -d link show wm-here").find("prog/xdp"), std::string::npos);
  EXPECT_TRUE(XdpEngine::exists(name));
  EXPECT_TRUE(take_down(name));
  EXPECT_FALSE(XdpEngine::exists(name));
  EXPECT_EQ(output("ip -d link show wm-here").find("prog/xdp"), std::string::npos);
  EXPECT_FALSE(take_down(name)) << "there is nothing left";
}

TEST_F(DaemonTest, RefusesWhatItDoesNotUnderstand) {
  configure({target("s1", "10.77.0.2")});
  ASSERT_TRUE(runs(spawn())) << log();
  const auto refused = [&](int status, const std::string& method, const std::string& path,
                           const std::string& body = "") {
    const Heard reply = fetch(socket(), path, method, body);
    EXPECT_EQ(reply.status, status) << path << " " << reply.body;
    const Json json = Json::parse(reply.body, nullptr, false);
    ASSERT_TRUE(json.is_object()) << reply.body;
    EXPECT_GT(json.value("error", "").size(), 15u) << reply.body;
  };
  refused(404, "GET", "/v1/elsewhere");
  refused(405, "POST", "/v1/status", "{}");
  refused(405, "GET", "/v1/drain");
  refused(405, "DELETE", "/v1/status");
  refused(400, "GET", "/v1/status?x=1");
  refused(404, "GET", "/v1/pins?service=wbe");
  refused(400, "GET", "/v1/pins?flow=tcp");
  refused(400, "POST", "/v1/drain", "{\"target\":");
  refused(404, "POST", "/v1/drain", "{\"target\":\"nobody\"}");
  refused(413, "POST", "/v1/drain", std::string(65'537, ' '));
  refused(409, "POST", "/v1/leave", "{}");
  refused(409, "POST", "/v1/handover", "{}");
}

TEST_F(DaemonTest, KilledAndStartedAgainItFindsPinsAndDrains) {
  configure({target("s1", "10.77.0.2"), target("s2", "10.77.0.3")});
  const pid_t first = spawn();
  ASSERT_TRUE(runs(first)) << log();
  ASSERT_TRUE(post("/v1/drain", R"({"target":"web/s2"})"));
  send_flow();
  kill(first, SIGKILL);
  EXPECT_EQ(end_of(first), -1);
  send_flow();  // while nobody is at home

  const pid_t second = spawn();
  ASSERT_TRUE(runs(second)) << log();
  EXPECT_TRUE(soon([&] { return get("/v1/pins?service=web")[0]["pins"] == 2; })) << get("/v1/targets");
  const Json targets = get("/v1/targets");
  EXPECT_EQ(targets[0]["flows"], 2) << targets;
  EXPECT_EQ(targets[1]["state"], "drained");
  EXPECT_EQ(targets[1]["flows"], 0);
  ASSERT_TRUE(post("/v1/drain", R"({"target":"s2","undo":true})"));
  EXPECT_EQ(get("/v1/targets")[1]["state"], "unchecked");
}

TEST_F(DaemonTest, AReloadIsAllOrNothing) {
  configure({target("s1", "10.77.0.2")});
  ASSERT_TRUE(runs(spawn())) << log();
  ASSERT_TRUE(soon([&] { return get("/v1/adjacencies")[0]["forwarded_by"] == "xdp"; })) << get("/v1/adjacencies");
  const Json targets = get("/v1/targets");
  const auto refused = [&](const char* sentence) {
    const Result<std::string> done = post("/v1/reload");
    ASSERT_FALSE(done);
    EXPECT_NE(done.error().sentence.find(sentence), std::string::npos) << done.error().sentence;
    EXPECT_EQ(get("/v1/targets"), targets);
    EXPECT_EQ(status("state"), "running");
  };
  configure({target("s1", "10.77.0.2") + "\nwieght = 3"});
  refused("\"weight\"");
  configure({target("s2", "10.77.0.2")}, "", "wm-none");
  refused("interface wm-none does not exist");
  configure({target("s2", "10.77.0.2")}, "", "wm-here", "[api]\nsocket = \"/run/waymark/other.sock\"\n");
  refused("socket cannot change");
  std::filesystem::remove(config_file());
  refused(config_file().c_str());

  configure({target("s1", "10.77.0.2"), target("s2", "10.77.0.3")});
  ASSERT_TRUE(post("/v1/reload")) << log();
  EXPECT_EQ(get("/v1/targets").size(), 2u);
}

// Flows have addresses in it, and no table says which it was.
TEST_F(DaemonTest, AnEdgesPrefixChangesNeitherByAReloadNorByAStart) {
  const auto edge = [&](const std::string& prefix) {
    std::ofstream(config_file()) << "[node]\nname = \"" << name << "\"\n[engine]\npins = 0\nmode = \"generic\"\n"
                                 << "interfaces = { wm-here = \"z\" }\n[edge]\nzone = \"z\"\nflows = 1000\nprefix = \""
                                 << prefix << "\"\naddress = \"3fff:f:2::1\"\n[[edge.service]]\nname = \"web\"\n"
                                 << "anycast = \"3fff:a::80\"\nports = [\"tcp/80\"]\nservers = \"3fff:51::/48\"\n";
  };
  edge("3fff:f:1::/64");
  const pid_t first = spawn();
  ASSERT_TRUE(runs(first)) << log();
  edge("3fff:f:3::/64");
  const Result<std::string> reloaded = post("/v1/reload");
  ASSERT_FALSE(reloaded);
  const std::string sentence = "are not those of the flows that there are: `waymark down` and a new start change them";
  EXPECT_NE(reloaded.error().sentence.find(sentence), std::string::npos) << reloaded.error().sentence;
  kill(first, SIGKILL);
  EXPECT_EQ(end_of(first), -1);
  EXPECT_EQ(end_of(spawn()), 1);
  EXPECT_NE(log().find(sentence), std::string::npos) << log();
  edge("3fff:f:1::/64");
  ASSERT_TRUE(runs(spawn())) << log();
}

// The unit's rights and no others (packaging/waymark@.service).
TEST_F(DaemonTest, RunsWithTheLeastCapabilities) {
  configure({target("s1", "10.77.0.2")});
  RunOptions options{.program = program()};
  const pid_t bare = spawn(options, "", 0);
  EXPECT_EQ(end_of(bare), 1);
  EXPECT_NE(log().find("CAP_BPF"), std::string::npos) << log();
  EXPECT_EQ(std::count(std::istreambuf_iterator<char>(std::ifstream(log_file()).rdbuf()), {}, '\n'), 1) << log();
  const pid_t pid = spawn(options, "", 1ull << CAP_NET_ADMIN | 1ull << CAP_BPF | 1ull << CAP_PERFMON);
  ASSERT_TRUE(runs(pid)) << log();
  EXPECT_TRUE(api_stream(socket(), "/v1/capture?seconds=1", [](std::string_view) { return false; })) << log();
  ASSERT_TRUE(post("/v1/reload")) << log();
  ASSERT_TRUE(post("/v1/down")) << log();
  EXPECT_EQ(end_of(pid), 0);
}

// Rules that come and go while it runs, and a reload that lets tunnels begin elsewhere.
TEST_F(DaemonTest, NextHopsAreThoseOfTheTunnelsSource) {
  here("ip addr add 10.77.0.3/32 dev lo");
  configure({target("s1", "10.77.0.2")});
  ASSERT_TRUE(runs(spawn())) << log();
  const auto by = [&](const char* who) {
    return soon([&] { return get("/v1/adjacencies")[0]["forwarded_by"] == who; });
  };
  EXPECT_TRUE(by("xdp")) << get("/v1/adjacencies");
  here("ip rule add from 10.77.0.1 to 10.77.0.2 prohibit");
  EXPECT_TRUE(by("kernel")) << get("/v1/adjacencies");
  EXPECT_TRUE(warned("web/s1 is unreachable: the route to 10.77.0.2 says prohibited")) << get("/v1/status");
  std::string file;
  std::getline(std::ifstream(config_file()), file, '\0');
  const std::string from = "[director]\naddress = \"10.77.0.1\"", instead = "[director]\naddress = \"10.77.0.3\"";
  file.replace(file.find(from), from.size(), instead);
  std::ofstream(config_file()) << file;
  ASSERT_TRUE(post("/v1/reload")) << log();
  EXPECT_TRUE(by("xdp")) << get("/v1/adjacencies");
  here("ip rule add from 10.77.0.3 to 10.77.0.2 prohibit");
  EXPECT_TRUE(by("kernel")) << get("/v1/adjacencies");
  here("ip rule del from 10.77.0.3 to 10.77.0.2 prohibit");
  EXPECT_TRUE(by("xdp")) << get("/v1/adjacencies");
}

TEST_F(DaemonTest, DownLeavesNothing) {
  configure({target("s1", "10.77.0.2")});
  const pid_t pid = spawn();
  ASSERT_TRUE(runs(pid)) << log();
  ASSERT_TRUE(post("/v1/down")) << log();
  EXPECT_EQ(end_of(pid), 0);
  EXPECT_FALSE(XdpEngine::exists(name));
  EXPECT_EQ(output("ip -d link show wm-here").find("prog/xdp"), std::string::npos);
}

TEST_F(DaemonTest, TwoInstancesDoNotDisturbEachOther) {
  here("ip link add wm-two type veth peer name wm-twin; ip link set wm-two up; ip link set wm-twin up");
  configure({target("s1", "10.77.0.2")});
  configure({target("s1", "10.77.0.2")}, "-2", "wm-two");
  const pid_t one = spawn(), two = spawn(RunOptions{.program = program()}, "-2");
  ASSERT_TRUE(runs(one)) << log();
  ASSERT_TRUE(runs(two, "-2")) << log();
  ASSERT_TRUE(post("/v1/down"));
  EXPECT_EQ(end_of(one), 0);
  EXPECT_TRUE(runs(two, "-2"));
  EXPECT_NE(output("ip -d link show wm-two").find("prog/xdp"), std::string::npos);
  EXPECT_TRUE(XdpEngine::exists(name + "-2"));
}

TEST_F(DaemonTest, CapturesAndSwapsBack) {
  configure({target("s1", "10.77.0.2")});
  ASSERT_TRUE(runs(spawn())) << log();
  std::string captured;
  bool sent = false;
  const Status done = api_stream(socket(), "/v1/capture?count=2&service=web", [&](std::string_view bytes) {
    captured += bytes;
    if (!std::exchange(sent, true)) send_flow();  // the first bytes are there: it runs
    return true;
  });
  ASSERT_TRUE(done) << done.error().sentence;
  EXPECT_NE(captured.find("forward.sent: "), std::string::npos) << "the reason is the comment";
  EXPECT_TRUE(soon([&] { return log().find("the capture ended") != std::string::npos; })) << log();
  EXPECT_FALSE(api_stream(socket(), "/v1/capture?service=none", [](std::string_view) { return true; }));
}

}  // namespace

}  // namespace waymark
