// libwaymark_kea.so in the real kea-dhcp6, in a namespace of its own, with a client by hand at the other end of a veth.
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <chrono>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <memory>

#include "provision/database.h"
#include "provision/store.h"
#include "rtnetlink/namespaces_test.h"
#include "tests/kea/client.h"

namespace waymark {
namespace {

using namespace dhcp6;
using namespace std::chrono_literals;
using provision::Store;

constexpr const char* kPlan = "3fff:c00::/40, pop:8 policy:8 id:32 zero:40";  // packaging/examples/pop.toml
const Bytes kAnn = {0, 3, 0, 1, 2, 0, 0, 0, 0, 1}, kBob = {0, 3, 0, 1, 2, 0, 0, 0, 0, 2};
constexpr const char *kAnnsName = "duid:00030001020000000001", *kBobsName = "duid:00030001020000000002";
constexpr const char *kFirst = "3fff:c00:1:100:0:100::", *kSecond = "3fff:c00:1:100:0:200::";

class KeaDhcp6 : public Namespaces {
 protected:
  void SetUp() override {
    WM_NEED(Cap::kea);
    Namespaces::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    ASSERT_STRNE(WM_KEA_HOOK, "") << "kea-dev came after the build was configured: cmake --preset release";
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    std::filesystem::copy_file("/usr/sbin/kea-dhcp6", server());  // AppArmor confines the one, by its path
    in_peer([&] { client_ = std::make_unique<Client>("wm-peer"); });
  }
  void TearDown() override {
    stop();
    if (HasFailure()) std::printf("%s\n%s\n", log().c_str(), output("cat " + folder_ + "/output").c_str());
    client_.reset();
    std::filesystem::remove_all(folder_);
    Namespaces::TearDown();
  }

  std::string parameters(const std::string& more = R"(, "new-clients-up-to-id": 3)", int pop = 1) const {
    return R"({"config": ")" WM_SOURCE_DIR R"(/packaging/examples/pop.toml", "store": ")" + folder_ +
           R"(/provision.db", "subnets": [{"id": 1, "policy": "client", "pop": )" + std::to_string(pop) + more + "}]}";
  }

  void configure(const std::string& parameters, const std::string& subnet) const {
    std::ofstream(folder_ + "/kea.conf") << R"({"Dhcp6": {
      "multi-threading": {"enable-multi-threading": )"
                                         << (threads_ ? "true" : "false")
                                         << R"(, "thread-pool-size": 4},
      "interfaces-config": {"interfaces": ["wm-here"]},
      "lease-database": {"type": "memfile", "name": ")" +
                                                folder_ + R"(/leases.csv"},
      "server-id": {"type": "EN", "enterprise-id": 9, "identifier": "77", "persist": false},
      "preferred-lifetime": 3000, "valid-lifetime": 4000, "renew-timer": 1000, "rebind-timer": 2000,
      "hooks-libraries": [{"library": ")" WM_KEA_HOOK R"(", "parameters": )" +
                                                parameters + R"(}],
      "subnet6": [{"id": 1, "subnet": ")" + subnet +
                                                R"(", "interface": "wm-here",
        "pools": [{"pool": ")" + subnet + R"("}]}],
      "loggers": [{"name": "kea-dhcp6", "severity": "INFO", "output_options": [{"output": ")" +
                                                folder_ + R"(/log"}]}]}})";
  }
  // A server that answers has said so in its log; one that refuses its configuration ends.
  void start(const std::string& parameters, const std::string& subnet = "3fff:c00:1::/48") {
    configure(parameters, subnet);
    std::filesystem::remove(folder_ + "/log");
    server_ = fork();
    if (server_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      setenv("KEA_PIDFILE_DIR", folder_.c_str(), 1);
      setenv("KEA_LOCKFILE_DIR", folder_.c_str(), 1);
      const int out = open((folder_ + "/output").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
      dup2(out, 1);
      dup2(out, 2);
      execl(server().c_str(), "kea-dhcp6", "-c", (folder_ + "/kea.conf").c_str(), nullptr);
      _exit(127);
    }
    for (const Time end = now() + 20s; now() < end; usleep(20'000)) {
      if (log().find("DHCP6_STARTED") != std::string::npos) return;
      if (waitpid(server_, nullptr, WNOHANG) == server_) {
        server_ = -1;
        return;
      }
    }
  }
  void stop() {
    if (server_ < 0) return;
    kill(server_, SIGTERM);
    waitpid(server_, nullptr, 0);
    server_ = -1;
  }
  bool runs() const { return server_ > 0; }
  std::string server() const { return folder_ + "/kea-dhcp6"; }
  std::string log() const {
    std::ifstream file(folder_ + "/log");
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
  }
  ::testing::AssertionResult logged(const std::string& what) const {
    if (log().find(what) != std::string::npos) return testing::AssertionSuccess();
    return testing::AssertionFailure() << "not logged: " << what;
  }
  // A lease in Kea's file, of before it starts; `state`: 0 as usual, 2 expired and reclaimed.
  void had_lease(const std::string& address, const std::string& duid, std::uint32_t iaid, int state) const {
    std::ofstream(folder_ + "/leases.csv")
        << "address,duid,valid_lifetime,expire,subnet_id,pref_lifetime,lease_type,iaid,prefix_len,fqdn_fwd,fqdn_rev,"
           "hostname,hwaddr,state,user_context\n"
        << address << "," << duid << ",4000," << clock() + (state ? -60 : 4000) << ",1,3000,0," << iaid << ",128,0,0,,,"
        << state << ",\n";
  }
  Store store() const { return std::move(*Store::open(folder_ + "/provision.db", kPlan)); }
  static provision::Seconds clock() { return std::time(nullptr); }

  const std::string folder_ = testing::TempDir() + "waymark-kea-dhcp6-" + std::to_string(getpid());
  std::unique_ptr<Client> client_;
  pid_t server_ = -1;
  bool threads_ = false;
};

TEST_F(KeaDhcp6, OneDuidHasOneAddressForEver) {
  start(parameters());
  ASSERT_TRUE(runs());
  EXPECT_EQ(client_->lease(kAnn), kFirst);
  EXPECT_EQ(client_->lease(kBob), kSecond);
  EXPECT_EQ(client_->lease(kAnn), kFirst);
  EXPECT_EQ(store().find(kBobsName, clock())->id, 2u);
  EXPECT_TRUE(logged(std::string("client ") + kAnnsName + " is new, and has " + kFirst));

  const auto offer = client_->ask(kSolicit, kAnn, {{1, {}}});
  ASSERT_TRUE(offer);
  const auto renewed = client_->ask(kRenew, kAnn, {{1, {kFirst}}}, offer->server);
  ASSERT_TRUE(renewed);
  EXPECT_EQ(renewed->usable(), kFirst);
  EXPECT_EQ(renewed->addresses.at(1).at(kFirst).valid, 4000u);

  stop();
  std::filesystem::remove(folder_ + "/leases.csv");  // what Kea knew is lost
  start(parameters());
  EXPECT_EQ(client_->lease(kBob), kSecond);
  EXPECT_EQ(client_->ask(kRebind, kAnn, {{1, {kFirst}}})->usable(), kFirst);
  stop();
  start(parameters());
  EXPECT_EQ(client_->ask(kRenew, kBob, {{1, {kSecond}}}, offer->server)->usable(), kSecond);
}

TEST_F(KeaDhcp6, ThreadsOfKeaGetInNobodysWay) {
  threads_ = true;
  start(parameters());
  ASSERT_TRUE(runs());
  EXPECT_TRUE(logged("enabled: yes, number of threads: 4"));
  for (int again = 0; again < 3; ++again) {
    EXPECT_EQ(client_->lease(kAnn), kFirst);
    EXPECT_EQ(client_->lease(kBob), kSecond);
  }
}

TEST_F(KeaDhcp6, ASecondIdentityOfAClientGetsNone) {
  start(parameters());
  const auto offer = client_->ask(kSolicit, kAnn, {{1, {}}, {2, {}}});
  ASSERT_TRUE(offer);
  EXPECT_EQ(offer->usable(1), kFirst);
  EXPECT_EQ(offer->usable(2), "") << "offered once, though no lease is there yet";
  const auto reply = client_->ask(kRequest, kAnn, {{1, {kFirst}}, {2, {}}}, offer->server);
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->usable(1), kFirst);
  EXPECT_EQ(reply->usable(2), "");
  EXPECT_EQ(client_->lease(kAnn, 3), "");
  EXPECT_TRUE(logged("is leased to another IA_NA of this client"));
  ASSERT_TRUE(client_->ask(kRelease, kAnn, {{1, {kFirst}}}, offer->server));
  EXPECT_EQ(client_->lease(kAnn, 3), kFirst) << "once the first is released";
}

TEST_F(KeaDhcp6, WhoIsUnknownOrRevokedGetsNone) {
  ASSERT_TRUE(store().add(kBobsName, {1, 1, {}}, 9, clock()));
  start(parameters(""));
  EXPECT_EQ(client_->lease(kAnn), "");
  EXPECT_TRUE(logged("there is no client duid:00030001020000000001, and subnet 1 makes none"));
  EXPECT_EQ(client_->lease(kBob), kFirst);
  const Bytes server = client_->ask(kSolicit, kBob, {{1, {}}})->server;

  ASSERT_TRUE(store().revoke(kBobsName, clock()));
  const auto renewed = client_->ask(kRenew, kBob, {{1, {kFirst}}}, server);
  ASSERT_TRUE(renewed);
  EXPECT_EQ(renewed->usable(), "");
  EXPECT_EQ(client_->lease(kBob), "");
  EXPECT_TRUE(logged("client duid:00030001020000000002 is revoked"));
  EXPECT_TRUE(logged("ends: no provisioned client has this DUID"));
}

TEST_F(KeaDhcp6, AnAddressThatAnotherLeaseHoldsIsNotGiven) {
  ASSERT_TRUE(store().add(kAnnsName, {1, 1, {}}, 9, clock()));
  had_lease(kFirst, "00:03:00:01:02:00:00:00:00:02", 1, 0);  // as a server without the hook gave it
  start(parameters());
  EXPECT_EQ(client_->lease(kAnn), "");
  EXPECT_TRUE(logged(std::string(kFirst) + " is leased to another client, 00:03:00:01:02:00:00:00:00:02"));
  const auto renewed = client_->ask(kRebind, kBob, {{1, {kFirst}}});
  ASSERT_TRUE(renewed);
  EXPECT_EQ(renewed->usable(), kSecond) << "who has it by mistake loses it";
  EXPECT_EQ(renewed->addresses.at(1).at(kFirst).valid, 0u);
  EXPECT_EQ(client_->lease(kAnn), kFirst);
}

TEST_F(KeaDhcp6, ALeaseWhoseTimeIsOverStandsInNobodysWay) {
  ASSERT_TRUE(store().add(kAnnsName, {1, 1, {}}, 9, clock()));
  had_lease(kFirst, "00:03:00:01:02:00:00:00:00:01", 9, 2);
  start(parameters());
  EXPECT_EQ(client_->lease(kAnn), kFirst);
}

TEST_F(KeaDhcp6, ADeclinedAddressIsNotGivenAgainAtOnce) {
  start(parameters());
  ASSERT_EQ(client_->lease(kAnn), kFirst);
  const Bytes server = client_->ask(kSolicit, kAnn, {{1, {}}})->server;
  ASSERT_TRUE(client_->ask(kDecline, kAnn, {{1, {kFirst}}}, server));
  EXPECT_EQ(client_->lease(kAnn), "");
  EXPECT_TRUE(logged("was declined"));
}

TEST_F(KeaDhcp6, NewClientsAreBounded) {
  start(parameters());
  for (std::uint8_t i = 1; i <= 3; ++i) EXPECT_NE(client_->lease({0, 3, 0, 1, 2, 0, 0, 0, 1, i}), "") << int(i);
  EXPECT_EQ(client_->lease({0, 3, 0, 1, 2, 0, 0, 0, 1, 4}), "");
  EXPECT_EQ(store().all(true, clock())->size(), 3u);
}

TEST_F(KeaDhcp6, WhoIsMovedGetsTheOtherAddressAtRenewalAndKeepsTheFormerForAWhile) {
  start(parameters());
  ASSERT_EQ(client_->lease(kAnn), kFirst);
  const Bytes server = client_->ask(kSolicit, kAnn, {{1, {}}})->server;
  constexpr const char* kMoved = "3fff:c00:1:200:0:100::";
  ASSERT_TRUE(store().move(kAnnsName, {1, 2, {}}, clock(), clock() + 500));
  for (int again = 0; again < 2; ++again) {
    const auto renewed = client_->ask(kRenew, kAnn, {{1, {kFirst, kMoved}}}, server);
    ASSERT_TRUE(renewed);
    const auto& has = renewed->addresses.at(1);
    ASSERT_TRUE(has.contains(kFirst) && has.contains(kMoved));
    EXPECT_EQ(has.at(kMoved).preferred, 3000u);
    EXPECT_EQ(has.at(kMoved).valid, 4000u);
    EXPECT_EQ(has.at(kFirst).preferred, 0u);
    EXPECT_LE(has.at(kFirst).valid, 500u);
    EXPECT_GT(has.at(kFirst).valid, 400u);
  }
  ASSERT_TRUE(store().move(kAnnsName, {1, 1, {}}, clock(), clock()));  // and is kept no longer
  const auto back = client_->ask(kRenew, kAnn, {{1, {kMoved}}}, server);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->usable(), kFirst);
  EXPECT_EQ(back->addresses.at(1).at(kMoved).valid, 0u);

  ASSERT_TRUE(store().move(kAnnsName, {2, 1, {}}, clock(), clock() + 500));  // to a POP whose subnet this is not
  const auto former = client_->ask(kRenew, kAnn, {{1, {kFirst}}}, server);
  ASSERT_TRUE(former);
  ASSERT_EQ(former->usable(), kFirst);
  EXPECT_EQ(former->addresses.at(1).at(kFirst).preferred, 0u);
  EXPECT_LE(former->addresses.at(1).at(kFirst).valid, 500u);
  EXPECT_EQ(client_->lease(kAnn), kFirst);
}

TEST_F(KeaDhcp6, AStoreThatIsLockedDelaysKeaLittleAndLosesNothing) {
  start(parameters());
  ASSERT_EQ(client_->lease(kAnn), kFirst);
  const Bytes server = client_->ask(kSolicit, kAnn, {{1, {}}})->server;
  {
    auto other = provision::Database::open(folder_ + "/provision.db", 1s);
    ASSERT_TRUE(other && other->run("BEGIN EXCLUSIVE"));
    const Time before = now();
    EXPECT_FALSE(client_->ask(kRenew, kAnn, {{1, {kFirst}}}, server, 1)) << "no answer is better than a wrong one";
    EXPECT_EQ(client_->lease(kBob), "");
    EXPECT_LT(now() - before, 5s);
    EXPECT_TRUE(logged("is written by another process, for more than 200ms"));
  }
  EXPECT_EQ(client_->ask(kRenew, kAnn, {{1, {kFirst}}}, server)->usable(), kFirst);
  EXPECT_EQ(client_->lease(kBob), kSecond);
}

TEST_F(KeaDhcp6, WhatItCannotDoIsRefusedAtTheStart) {
  const auto refuses = [&](const std::string& what, const std::string& parameters, const std::string& subnet) {
    start(parameters, subnet);
    EXPECT_FALSE(runs()) << what;
    EXPECT_TRUE(logged("the configuration is refused: " + what));
    stop();
  };
  const std::string subnet = "3fff:c00:1::/48";
  refuses("\"subnets\"[0] has no \"create\"", parameters(R"(, "create": true)"), subnet);
  refuses("\"parameters\" lacks \"config\"", R"({"subnets": []})", subnet);
  refuses("/etc/none.toml", R"({"config": "/etc/none.toml", "subnets": [{"id": 1, "pop": 1, "policy": "client"}]})",
          subnet);
  refuses("subnet 1, 3fff:c00:1::/48, has no pool, written as a prefix, that holds all addresses of POP 2",
          parameters("", 2), subnet);
  refuses("subnet 1, 3fff:c00:1:8000::/49, has no pool", parameters(), "3fff:c00:1:8000::/49");
}

TEST_F(KeaDhcp6, ABadReloadGivesNobodyAnothersAddress) {
  start(parameters());
  ASSERT_EQ(client_->lease(kAnn), kFirst);
  const auto reload = [&](const std::string& parameters, const std::string& subnet, const char* until) {
    configure(parameters, subnet);
    const auto seen = [&] { return log().rfind(until); };
    const auto before = seen();
    kill(server_, SIGHUP);
    for (const Time end = now() + 10s; seen() == before; usleep(10'000)) ASSERT_LT(now(), end) << until;
  };
  const std::string subnet = "3fff:c00:1::/48";
  for (const auto& [bad, where] : {std::pair(parameters(R"(, "create": true)"), subnet),
                                   std::pair(parameters(), std::string("3fff:c00:1:8000::/49"))}) {
    reload(bad, where, "WAYMARK_REFUSED");
    const auto offer = client_->ask(kSolicit, kBob, {{1, {}}}, {}, 1);
    const std::string bob = offer ? offer->usable() : "";
    EXPECT_TRUE(bob.empty() || bob == kSecond) << bob;
    const auto renewed = client_->ask(kRebind, kAnn, {{1, {kFirst}}}, {}, 1);
    EXPECT_TRUE(!renewed || renewed->usable() == kFirst) << "and nobody loses one";
    reload(parameters(), subnet, "WAYMARK_LOADED");
    EXPECT_EQ(client_->lease(kBob), kSecond);
    EXPECT_EQ(client_->lease(kAnn), kFirst);
  }
}

}  // namespace
}  // namespace waymark
