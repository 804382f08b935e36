// A POP whose revoked ids come from its API and from a file: in force within a second, and whatever becomes of the
// daemon.
#include "daemon/processes_test.h"

namespace waymark {
namespace {

class RevokedTest : public Processes {
 protected:
  void SetUp() override {
    Processes::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    write("1024");
    list("7\n");
    daemon_ = spawn();
    ASSERT_TRUE(runs(daemon_)) << log();
  }
  std::string file() const { return folder + "/revoked"; }
  void list(const std::string& text) {
    std::ofstream(file() + ".new") << text;
    std::filesystem::rename(file() + ".new", file());
  }
  void write(const std::string& room) {
    std::ofstream(config_file()) << "[node]\nname = \"" << name << R"("
[engine]
pins = 0
interfaces = { wm-here = "wan" }
[plan.clients]
prefix = "3fff:c00::/40"
layout = "pop:8 policy:8 id:32 zero:40"
[plan.servers]
prefix = "3fff:a00::/40"
layout = "id:16 path:5x8 policy:4 zero:28"
[path]
id = 1
clients = "clients"
servers = "servers"
zone = "wan"
revocations = )" << room << "\nrevoked = \""
                                 << file() << R"("
[[path.pop]]
id = 1
address = "10.77.0.1"
[[path.pop]]
id = 2
address = "10.77.0.2"
[[path.policy]]
name = "all"
index = 1
to_server = ["tcp/*"]
rate = "100mbit"
)";
  }
  std::string revoked() {
    std::string out;
    for (const Json& row : get("/v1/revoked"))
      out += row["id"].get<std::string>() + " by " + row["by"].get<std::string>() + "; ";
    return out;
  }
  bool ask(const std::string& body) { return bool(api_post(socket(""), "/v1/revoke", body)); }
  std::string warnings() {
    std::string out;
    for (const Json& row : get("/v1/status"))
      if (row["item"] == "warning") out += row["value"].get<std::string>() + "\n";
    return out;
  }
  pid_t daemon_ = -1;
};

TEST_F(RevokedTest, AreInForceAndOutliveTheDaemon) {
  EXPECT_EQ(revoked(), "client 7 by file; ") << "from the beginning on\n" << log();
  EXPECT_TRUE(ask(R"({"id":"17"})"));
  EXPECT_TRUE(ask(R"({"id":"server 3","seconds":3600})"));
  EXPECT_FALSE(ask(R"({"id":"7","undo":true})")) << "the file has it";
  EXPECT_EQ(revoked(), "client 7 by file; client 17 by decision; server 3 by decision; ");
  kill(daemon_, SIGKILL);
  EXPECT_EQ(end_of(daemon_), -1);
  std::filesystem::remove(file());
  daemon_ = spawn();
  ASSERT_TRUE(runs(daemon_)) << log();
  EXPECT_EQ(revoked(), "client 7 by file; client 17 by decision; server 3 by decision; ") << log();
  EXPECT_NE(warnings().find(file()), std::string::npos) << warnings();
  EXPECT_TRUE(ask(R"({"id":"17","undo":true})"));
  EXPECT_EQ(revoked(), "client 7 by file; server 3 by decision; ");
}

TEST_F(RevokedTest, TheFileIsFollowed) {
  list("8\n");
  EXPECT_TRUE(soon([&] { return revoked() == "client 8 by file; "; })) << revoked();
  list("9\nbob\n");
  EXPECT_TRUE(soon([&] { return warnings().find("line 2") != std::string::npos; })) << warnings();
  EXPECT_EQ(revoked(), "client 8 by file; ");
  list("9\n");
  EXPECT_TRUE(soon([&] { return revoked() == "client 9 by file; "; })) << revoked();
  EXPECT_TRUE(soon([&] { return warnings().find("line 2") == std::string::npos; })) << warnings();
  EXPECT_NE(log().find("revokes 1 id: 1 more than before, 1 no more"), std::string::npos) << log();
}

TEST_F(RevokedTest, AnotherRoomIsRefused) {
  write("2048");
  EXPECT_FALSE(api_post(socket(""), "/v1/reload", "{}"));
  EXPECT_EQ(revoked(), "client 7 by file; ");
}

TEST_F(RevokedTest, PoliciesAndDigestsAreShown) {
  const Json rows = get("/v1/path");
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0]["policy"], "all");
  EXPECT_EQ(rows[0]["rate"], "100mbit");
  EXPECT_EQ(rows[1]["towards"], "clients");
  EXPECT_EQ(rows[0]["over_rate"], 0);
  const Result<std::string> metrics = api_get(socket(""), "/metrics");
  ASSERT_TRUE(metrics);
  for (const char* sample : {"waymark_path_revoked 1", "waymark_path_revoked_capacity 1024",
                             "waymark_path_policy_over_rate_total{policy=\"all\",towards=\"servers\"} 0",
                             "waymark_path_digest{part=\"policies\",digest=\""})
    EXPECT_NE(metrics->find(sample), std::string::npos) << sample;
}

}  // namespace
}  // namespace waymark
