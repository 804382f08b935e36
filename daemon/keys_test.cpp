// A POP whose keys of tags change by reloads: what is shown of them, and what the log says.
#include "daemon/processes_test.h"

namespace waymark {
namespace {

class KeysTest : public Processes {
 protected:
  void SetUp() override {
    Processes::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    write(kOne);
    daemon_ = spawn();
    ASSERT_TRUE(runs(daemon_)) << log();
  }
  // The lines of both plans' keys.
  void write(const std::string& keys) {
    std::ofstream(config_file()) << "[node]\nname = \"" << name << R"("
[engine]
pins = 0
interfaces = { wm-here = "wan" }
[path]
id = 1
clients = "clients"
servers = "servers"
zone = "wan"
provision = ")" << folder << R"(/clients.db"
[[path.pop]]
id = 1
address = "10.77.0.1"
[[path.policy]]
name = "all"
index = 1
to_server = ["tcp/*"]
[plan.clients]
prefix = "3fff:c00::/40"
layout = "pop:8 policy:8 id:32 epoch:2 tag:38"
keys = { 3 = "202122232425262728292a2b2c2d2e2f" }
[plan.servers]
prefix = "3fff:a00::/40"
layout = "id:16 path:5x8 policy:4 epoch:2 tag:26"
)" << keys;
  }
  // "servers 1 yes, clients 3 yes": plan, epoch, whether new addresses are made by it.
  std::string keys() {
    std::string out;
    for (const Json& row : get("/v1/keys"))
      out += (out.empty() ? "" : ", ") + row["plan"].get<std::string>() + " " +
             std::to_string(row["epoch"].get<u64>()) + " " + row["new_addresses"].get<std::string>();
    return out;
  }
  const std::string kOne = "keys = { 1 = \"000102030405060708090a0b0c0d0e0f\" }\n";
  const std::string kTwo =
      "keys = { 1 = \"000102030405060708090a0b0c0d0e0f\", 2 = \"101112131415161718191a1b1c1d1e1f\" }\n";
  pid_t daemon_ = -1;
};

TEST_F(KeysTest, AreShownAsReloadsChangeThem) {
  EXPECT_EQ(keys(), "servers 1 yes, clients 3 yes") << log();
  const Json before = get("/v1/keys");
  EXPECT_EQ(before[0]["packets"], 0);
  EXPECT_EQ(before[0]["seen_seconds"], "-");
  EXPECT_EQ(before[0]["unknown_to"], "-");
  EXPECT_EQ(before[0]["clients"], "-") << "servers have no clients' file";
  EXPECT_EQ(before[1]["clients"], 0);
  write(kTwo + "use = 1\n");
  ASSERT_TRUE(post("/v1/reload"));
  EXPECT_EQ(keys(), "servers 1 yes, servers 2 no, clients 3 yes");
  EXPECT_EQ(get("/v1/keys")[0]["digest"], before[0]["digest"]);
  write(kTwo + "use = 2\n");
  ASSERT_TRUE(post("/v1/reload"));
  EXPECT_EQ(keys(), "servers 1 no, servers 2 yes, clients 3 yes");
  const Result<std::string> metrics = api_get(socket(""), "/metrics");
  ASSERT_TRUE(metrics);
  for (const char* sample : {"waymark_path_key_packets_total{plan=\"servers\",epoch=\"1\"} 0",
                             "waymark_path_key_makes_addresses{plan=\"servers\",epoch=\"2\"} 1",
                             "waymark_path_key_makes_addresses{plan=\"servers\",epoch=\"1\"} 0",
                             "waymark_path_key_unknown_to{plan=\"clients\",epoch=\"3\"} 0"})
    EXPECT_NE(metrics->find(sample), std::string::npos) << sample;
  write(kOne);
  ASSERT_TRUE(post("/v1/reload"));
  EXPECT_EQ(keys(), "servers 1 yes, clients 3 yes");
  const std::string said = log();
  for (const char* line : {"+1 key (servers 2)", "new addresses by key servers 1 -> 2", "-1 key (servers 2)"})
    EXPECT_NE(said.find(line), std::string::npos) << line << said;
  for (const char* secret : {"000102", "202122"}) EXPECT_EQ(said.find(secret), std::string::npos);
}

TEST_F(KeysTest, ClientsAreCountedByTheEpochsOfTheirAddresses) {
  ASSERT_TRUE(post("/v1/clients", R"({"client": "ann", "pop": 1, "policy": "all"})")) << log();
  ASSERT_TRUE(post("/v1/clients", R"({"client": "bob", "pop": 1, "policy": "all"})"));
  EXPECT_EQ(get("/v1/keys")[1]["clients"], 2);
  ASSERT_TRUE(post("/v1/clients/revoke", R"({"client": "ann"})"));
  EXPECT_EQ(get("/v1/keys")[1]["clients"], 1);
}

}  // namespace
}  // namespace waymark
