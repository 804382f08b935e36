// A POP whose API gives clients their addresses: by the file that `waymark provision` keeps, and at once in force.
#include <sys/stat.h>

#include <atomic>
#include <set>
#include <thread>

#include "daemon/processes_test.h"

namespace waymark {
namespace {

class ProvisioningTest : public Processes {
 protected:
  void SetUp() override {
    Processes::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
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
provision = ")" << store() << R"("
[[path.pop]]
id = 1
address = "10.77.0.1"
[[path.pop]]
id = 2
address = "10.77.0.2"
[[path.server]]
id = 7
pop = 2
address = "10.77.0.7"
[[path.policy]]
name = "all"
index = 1
to_server = ["tcp/*"]
)";
    daemon_ = spawn();
    ASSERT_TRUE(runs(daemon_)) << log();
  }
  std::string store() const { return folder + "/clients.db"; }
  Json rows_of(const Result<std::string>& answer) {
    return answer ? Json::parse(*answer)["rows"] : Json(answer.error().sentence);
  }
  Json add(const std::string& client, u32 on = 1) {
    return rows_of(
        post("/v1/clients", R"({"client":")" + client + R"(","policy":"all","pop":)" + std::to_string(on) + "}"));
  }
  std::string refused(const std::string& path, const std::string& body) {
    const Result<std::string> answer = post(path, body);
    return answer ? "" : answer.error().sentence;
  }
  std::string told() {
    std::string out;
    for (const Json& row : get("/v1/events"))
      if (row["kind"] == "client.changed") out += row["text"].get<std::string>() + "\n";
    return out;
  }
  pid_t daemon_ = -1;
};

TEST_F(ProvisioningTest, AddressesAreGivenMovedAndRevoked) {
  const Json ann = add("ann");
  ASSERT_EQ(ann.size(), 1u) << ann;
  EXPECT_EQ(ann[0]["address"], "3fff:c00:1:100:0:100::");
  EXPECT_EQ(ann[0]["id"], 1);
  EXPECT_EQ(ann[0]["policy"], "all");
  EXPECT_EQ(ann[0]["state"], "valid");
  EXPECT_EQ(add("ann"), ann) << "asked again, the same";
  EXPECT_EQ(told(), "client ann, id 1, is new, and has 3fff:c00:1:100:0:100::\n");
  EXPECT_EQ(add("bob", 2)[0]["address"], "3fff:c00:2:100:0:200::");

  const Json moved = rows_of(post("/v1/clients/move", R"({"client":"ann","pop":2,"keep":60})"));
  ASSERT_EQ(moved.size(), 2u) << moved;
  EXPECT_EQ(moved[0]["address"], "3fff:c00:2:100:0:100::");
  EXPECT_EQ(moved[1]["address"], "3fff:c00:1:100:0:100::");
  EXPECT_EQ(moved[1]["state"], "former");

  const Json server = get("/v1/server-address?client=ann&server=7&policy=all");
  ASSERT_EQ(server.size(), 1u) << server;
  EXPECT_EQ(server[0]["address"], "3fff:a00:0:702::1000:0");
  EXPECT_EQ(server[0]["path"], "2");
  EXPECT_EQ(get("/v1/server-address?client=ann&server=7&policy=all&path=1,2")[0]["address"],
            "3fff:a00:0:701:200:0:1000:0");

  EXPECT_EQ(get("/v1/clients").size(), 3u);
  EXPECT_EQ(get("/v1/clients?client=bob").size(), 1u);
  EXPECT_EQ(get("/v1/clients?count=1").size(), 2u) << "with the address that it keeps for a while";

  EXPECT_EQ(rows_of(post("/v1/clients/revoke", R"({"client":"ann"})"))[0]["state"], "revoked");
  EXPECT_EQ(get("/v1/revoked")[0]["id"], "client 1") << "its packets are refused";
  EXPECT_EQ(get("/v1/clients").size(), 1u);
  EXPECT_EQ(get("/v1/clients?revoked=true")[0]["client"], "ann");
  EXPECT_EQ(add("ann")[0]["id"], 3) << "the name is free, the id is not";
}

TEST_F(ProvisioningTest, WhatCannotBeIsRefusedAndChangesNothing) {
  add("ann");
  const Json before = get("/v1/clients");
  EXPECT_NE(refused("/v1/clients", R"({"client":"a b","pop":1,"policy":"all"})").find("1 to 120 letters"),
            std::string::npos);
  EXPECT_NE(refused("/v1/clients", R"({"client":"eve","pop":9,"policy":"all"})").find("there is no POP 9"),
            std::string::npos);
  EXPECT_NE(refused("/v1/clients", R"({"client":"eve","pop":1,"policy":"any"})").find("there is no policy any"),
            std::string::npos);
  EXPECT_NE(refused("/v1/clients", R"({"client":"ann","pop":2,"policy":"all"})"), "") << "it has another address";
  EXPECT_NE(refused("/v1/clients/move", R"({"client":"eve","pop":2})"), "");
  EXPECT_NE(refused("/v1/clients/revoke", R"({"client":"eve"})"), "");
  EXPECT_FALSE(api_get(socket(""), "/v1/server-address?client=ann&server=8&policy=all"));
  EXPECT_FALSE(api_get(socket(""), "/v1/clients?client=eve"));
  EXPECT_EQ(get("/v1/clients"), before);
  EXPECT_EQ(get("/v1/revoked").size(), 0u);
}

// Of many at once none gets what another has, and a daemon that is killed meanwhile loses nobody who was told.
TEST_F(ProvisioningTest, NoneIsGivenTwiceOrLost) {
  std::atomic<int> next = 0;
  std::mutex mutex;
  std::map<std::string, std::string> told;  // address by client
  std::vector<std::thread> askers;
  std::atomic<bool> ends = false;
  for (int i = 0; i < 4; ++i)
    askers.emplace_back([&] {
      while (!ends) {
        const std::string client = "c" + std::to_string(next++);
        const Result<std::string> answer =
            api_post(socket(""), "/v1/clients", R"({"client":")" + client + R"(","pop":1,"policy":"all"})");
        if (!answer) continue;
        const std::lock_guard guard(mutex);
        told[client] = Json::parse(*answer)["rows"][0]["address"];
      }
    });
  soon([&] {
    const std::lock_guard guard(mutex);
    return told.size() > 100;
  });
  kill(daemon_, SIGKILL);
  EXPECT_EQ(end_of(daemon_), -1);
  ends = true;
  for (std::thread& asker : askers) asker.join();
  daemon_ = spawn();
  ASSERT_TRUE(runs(daemon_)) << log();
  std::map<std::string, std::string> kept;
  std::set<std::string> addresses;
  for (const Json& row : get("/v1/clients?count=100000")) {
    kept[row["client"]] = row["address"];
    addresses.insert(row["address"].get<std::string>());
  }
  EXPECT_GT(told.size(), 100u);
  EXPECT_EQ(addresses.size(), kept.size());
  for (const auto& [client, address] : told) EXPECT_EQ(kept[client], address) << client;
}

TEST_F(ProvisioningTest, WithoutAFileTheApiSaysSo) {
  const std::string text = [&] {
    std::ifstream in(config_file());
    return std::string(std::istreambuf_iterator<char>(in), {});
  }();
  const std::size_t at = text.find("provision = ");
  std::ofstream(config_file()) << text.substr(0, at) << text.substr(text.find('\n', at) + 1);
  ASSERT_TRUE(post("/v1/reload"));
  EXPECT_NE(refused("/v1/clients", R"({"client":"ann","pop":1,"policy":"all"})").find("[path] has no \"provision\""),
            std::string::npos);
}

}  // namespace
}  // namespace waymark
