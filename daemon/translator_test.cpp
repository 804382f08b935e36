// A translator's configuration and the machine's routes change under traffic.
#include "daemon/translating_test.h"

namespace waymark {

namespace {

class TranslatorTest : public Translating {
 protected:
  void SetUp() override {
    Translating::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    client_ = socket_in_peer(AF_INET, "10.77.0.2", 5000);
    server_ = socket_in_peer(AF_INET6, "2001:db8:77::2", 6000);
  }
  void TearDown() override {
    for (const int fd : {client_, server_})
      if (fd >= 0) close(fd);
    Translating::TearDown();
  }
  u64 count(const std::string& reason) {
    for (const Json& row : get("/v1/counters"))
      if (row["reason"] == reason) return row["packets"];
    return 0;
  }
  int client_ = -1, server_ = -1;
};

TEST_F(TranslatorTest, MapsChangeAllAtOnceOrNotAtAll) {
  send_to(client_, "198.51.100.6", "first");
  EXPECT_EQ(received(server_), "first") << log();
  translate("ip4 = \"198.51.100.0/24\", ip6 = \"2001:db8:77::2/128\"");  // no room for 8 bits
  EXPECT_FALSE(post("/v1/reload"));
  send_to(client_, "198.51.100.6", "second");
  EXPECT_EQ(received(server_), "second") << log();
  translate("ip4 = \"198.51.100.7/32\", ip6 = \"2001:db8:77::2/128\"");
  ASSERT_TRUE(post("/v1/reload")) << log();
  send_to(client_, "198.51.100.6", "to nobody now");
  send_to(client_, "198.51.100.7", "third");
  EXPECT_EQ(received(server_), "third") << log();
}

TEST_F(TranslatorTest, TrafficGoesOnThroughReloads) {
  for (int i = 0; i < 100; ++i) {
    const std::string data = "datagram " + std::to_string(i);
    send_to(client_, "198.51.100.6", data);
    if (i % 40 == 20) {
      ASSERT_TRUE(post("/v1/reload")) << log();
    }
    ASSERT_EQ(received(server_), data) << log();
  }
  EXPECT_GE(count("translator.to_ip6"), 50u) << "by XDP itself, once its way is known";
}

// Its own routes lead nowhere, and yet packets that the kernel forwards once translated get through, both ways.
TEST_F(TranslatorTest, AnnouncesWhatItTranslates) {
  std::ofstream(config_file(), std::ios::app) << "[announce]\n";
  ASSERT_TRUE(post("/v1/reload")) << log();
  const auto routes = [] { return output("ip route show proto 200; ip -6 route show proto 200"); };
  EXPECT_TRUE(soon([&] {
    return routes().find("unreachable 198.51.100.6 ") != std::string::npos &&
           routes().find("unreachable 2001:db8:64::/96 ") != std::string::npos;
  })) << routes()
      << log();
  EXPECT_EQ(routes().find("2001:db8:77::2"), std::string::npos) << "where the host is";
  for (const Json& row : get("/v1/announce")) EXPECT_EQ(row["why"], "the node is in step");
  peer("ip -6 route replace 2001:db8:64::/96 via 2001:db8:77::1");
  for (int i = 0; i < 3; ++i) {
    send_to(client_, "198.51.100.6", "there");
    EXPECT_EQ(received(server_), "there") << log();
    const Name back = name_of(AF_INET6, "2001:db8:64::a4d:2", 5000);
    EXPECT_EQ(sendto(server_, "back", 4, 0, reinterpret_cast<const sockaddr*>(&back.bytes), back.length), 4);
    EXPECT_EQ(received(client_), "back") << log();
  }
  translate();
  ASSERT_TRUE(post("/v1/reload")) << log();
  EXPECT_TRUE(soon([&] { return routes().empty(); })) << routes();
}

// RFC 7915, 4.6 and 5.6.
TEST_F(TranslatorTest, AMoreSpecificRouteOfTheMachineWinsWhileItIsThere) {
  translate("ip4 = \"198.51.100.0/28\", ip6 = \"2001:db8:77::/124\"");
  ASSERT_TRUE(post("/v1/reload")) << log();
  send_to(client_, "198.51.100.2", "translated");
  EXPECT_EQ(received(server_), "translated") << log();

  here("ip addr add 198.51.100.2/32 dev lo");
  const int native = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const Name own = name_of(AF_INET, "198.51.100.2", 6000);
  ASSERT_EQ(bind(native, reinterpret_cast<const sockaddr*>(&own.bytes), own.length), 0) << strerror(errno);
  EXPECT_TRUE(soon([&] {
    send_to(client_, "198.51.100.2", "as it is");
    return received(native, nullptr, 20) == "as it is";
  })) << log();

  here("ip addr del 198.51.100.2/32 dev lo");
  EXPECT_TRUE(soon([&] {
    send_to(client_, "198.51.100.2", "again");
    std::string got;
    do got = received(server_, nullptr, 20);
    while (!got.empty() && got != "again");
    return got == "again";
  })) << log();
  close(native);
}

// A way is kept by destination, and rules choose by source: so while there are any, none is kept.
TEST_F(TranslatorTest, RulesBySourceAreFollowed) {
  const auto translated = [&] {
    send_to(client_, "198.51.100.6", "packet");
    return received(server_, nullptr, 100) == "packet";
  };
  const u64 before = count("translator.to_ip6");
  EXPECT_TRUE(soon([&] { return translated() && count("translator.to_ip6") >= before + 5; })) << log();
  here("ip -6 rule add from 2001:db8:64::/96 prohibit");
  EXPECT_TRUE(soon([&] { return !translated(); })) << log();
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(translated());
  EXPECT_NE(log().find("rules choose routes by more than destinations"), std::string::npos) << log();
  here("ip -6 rule add pref 9 from 2001:db8:64::/96 lookup main");
  EXPECT_TRUE(soon(translated)) << log();
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(translated());
  const u64 by_then = count("translator.to_ip6");
  EXPECT_TRUE(translated());
  EXPECT_EQ(count("translator.to_ip6"), by_then) << "by the kernel alone";
  here("ip -6 rule del pref 9; ip -6 rule del from 2001:db8:64::/96 prohibit");
  EXPECT_TRUE(soon([&] { return translated() && count("translator.to_ip6") > by_then; })) << log();
}

}  // namespace

}  // namespace waymark
