// What a daemon on a real kernel tells of itself: log, API, followers and hook alike.
#include <fmt/format.h>
#include <sys/stat.h>

#include <set>

#include "daemon/processes_test.h"

namespace waymark {

namespace {

class HappeningsTest : public Processes {
 protected:
  bool told(const std::string& kind, const std::string& text) {
    return soon([&] {
      const Json events = get("/v1/events");
      return std::any_of(events.begin(), events.end(), [&](const Json& e) {
        return e["kind"] == kind && e["text"].get<std::string>().find(text) != std::string::npos;
      });
    });
  }
  std::string post_error(const std::string& path, const std::string& body) {
    const Result<std::string> done = post(path, body);
    return done ? "" : done.error().sentence;
  }
};

TEST_F(HappeningsTest, ReachTheLogTheApiAFollowerAndTheHook) {
  const std::string hook = folder + "/hook.sh", seen = folder + "/seen";
  std::ofstream(hook) << "#!/bin/sh\necho \"$WAYMARK_EVENT_KIND $WAYMARK_EVENT_SUBJECT $WAYMARK_EVENT_NODE\" >>" << seen
                      << "\n";
  chmod(hook.c_str(), 0755);
  chmod(folder.c_str(), 0755);
  const auto write = [&](const std::vector<std::string>& targets) {
    configure(targets);
    std::ostringstream text;
    text << std::ifstream(config_file()).rdbuf();
    const std::string head = "[node]\n", engine = "[engine]\n";
    std::string file = text.str().insert(head.size(), "on_event = \"" + hook + "\"\n");
    file.insert(file.find(engine) + engine.size(), "mtu = { wm-here = 9000 }\n");
    std::ofstream(config_file()) << file;
  };
  write({target("s1", "10.77.0.2"), target("s2", "10.77.0.3")});
  ASSERT_TRUE(runs(spawn())) << log();
  EXPECT_TRUE(told("daemon.started", "runs; its API is at"));
  ASSERT_TRUE(post("/v1/drain", R"({"target":"web/s2"})")) << log();
  EXPECT_TRUE(told("target.drained", "web/s2 is drained by an operator here"));
  EXPECT_NE(log().find("web/s2 is drained by an operator here"), std::string::npos);
  write({target("s1", "10.77.0.2"), target("s2", "10.77.0.3"), target("s3", "10.77.0.2")});
  ASSERT_TRUE(post("/v1/reload")) << log();
  EXPECT_TRUE(told("reload.done", "+1 target (web/s3)")) << get("/v1/events");
  EXPECT_TRUE(soon([&] {
    std::ostringstream text;
    text << std::ifstream(seen).rdbuf();
    return text.str().find("target.drained web/s2 " + name + "\n") != std::string::npos;
  })) << log();

  std::string followed;
  bool weighed = false;
  const Status done = api_stream(socket(), "/v1/events?follow=true&count=1", [&](std::string_view bytes) {
    followed += bytes;
    if (!std::exchange(weighed, true)) {
      EXPECT_TRUE(post("/v1/weight", R"({"target":"web/s1","weight":7})"));
    }
    return followed.find("weight of web/s1 is 7 instead of 10, by an operator here") == followed.npos;
  });
  EXPECT_TRUE(done) << log();
  const Json last = get("/v1/events?count=1");
  ASSERT_EQ(last.size(), 1u);
  const std::string number = std::to_string(last[0]["number"].get<u64>());
  EXPECT_TRUE(get("/v1/events?after=" + number).empty());
  EXPECT_TRUE(soon([&] { return status("pid").is_number(); }));
  std::set<std::string> warnings;
  for (const Json& row : get("/v1/status"))
    if (row["item"] == "warning") warnings.insert(row["value"].get<std::string>());
  const std::string low = "\"mtu\" in [engine] gives 9000 to wm-here, whose own MTU is 1500: that is in force";
  EXPECT_NE(log().find(low), std::string::npos) << log();
  EXPECT_TRUE(warnings.contains(low + "; to raise it: ip link set wm-here mtu 9000"));
  EXPECT_TRUE(warnings.contains("web/s2 is drained, until `waymark drain --undo web/s2`"));
  EXPECT_TRUE(warnings.contains("web/s1 has weight 7 instead of 10, until `waymark weight --undo web/s1`"));
  EXPECT_TRUE(warnings.contains("service web has no health check: its targets count as healthy"));
}

TEST_F(HappeningsTest, TheLastTargetIsDrainedOnlyByForce) {
  configure({target("s1", "10.77.0.2"), target("s2", "10.77.0.3")});
  ASSERT_TRUE(runs(spawn())) << log();
  ASSERT_TRUE(post("/v1/drain", R"({"target":"web/s1"})"));
  EXPECT_NE(post_error("/v1/drain", R"({"target":"web/s2"})").find("no target of service web would take"),
            std::string::npos);
  EXPECT_NE(post_error("/v1/weight", R"({"target":"s2","weight":0})").find("no target of service web"),
            std::string::npos);
  EXPECT_EQ(get("/v1/targets")[1]["state"], "unchecked") << "nothing was changed";
  EXPECT_EQ(post_error("/v1/weight", R"({"target":"s2","weight":0,"force":true})"), "");
  EXPECT_EQ(get("/v1/targets")[1]["state"], "weight 0");
  EXPECT_EQ(post_error("/v1/drain", R"({"target":"web/s2"})"), "") << "there is none to lose";
}

TEST_F(HappeningsTest, ATargetWhoseNextHopIsSilentIsUnreachable) {
  configure({target("s1", "10.77.0.2"), target("s2", "10.77.0.99")});
  ASSERT_TRUE(runs(spawn())) << log();
  EXPECT_TRUE(soon([&] { return get("/v1/targets")[1]["state"] == "unreachable"; })) << get("/v1/targets");
  EXPECT_EQ(get("/v1/targets")[0]["state"], "unchecked");
  EXPECT_TRUE(told("next_hop.lost", "(web/s2)"));
}

}  // namespace

}  // namespace waymark
