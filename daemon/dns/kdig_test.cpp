// A daemon with [dns], asked by Knot's kdig from another machine.
#include <gtest/gtest.h>
#include <net/if.h>

#include <cctype>

#include "base/address_text.h"
#include "config/parse.h"
#include "daemon/processes_test.h"
#include "dns/server_address.h"
#include "engine/xdp/holder.h"
#include "tests/dns/texts.h"
#include "tests/kit/need.h"

namespace waymark {
namespace {

const std::string kAnn = "3fff:c00:1:100:0:500::";

class Kdig : public Processes {
 protected:
  void SetUp() override {
    WM_NEED(Cap::kdig);
    Processes::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    peer("ip addr add " + kAnn + "/128 dev wm-peer nodad");
    here("ip -6 route add 3fff:c00::/40 via 2001:db8:77::2");
    write("address = [\"2001:db8::80\", \"192.0.2.80\"]\n");
    ASSERT_TRUE(runs(daemon_ = spawn())) << log();
  }
  void write(const std::string& www) {
    const auto with = [](std::string text, const std::string& from, const std::string& to) {
      return text.replace(text.find(from), from.size(), to);
    };
    const std::string file = with(with(dns::kSite, "ns1", name), "eth0", "wm-here");
    std::ofstream(config_file()) << file << R"([dns]
listen = ["2001:db8:77::53", "2001:db8:77::1"]
resolvers = "2001:db8:77::2"
[[dns.zone]]
name = "svc.example"
ns = "ns.example.net"
[[dns.name]]
name = "www.svc.example"
policy = "web"
server = [{ id = 7 }]
)" << www;
  }
  std::string ask(const std::string& arguments) {
    const std::string out = folder + "/kdig";
    peer("kdig +retry=0 +timeout=2 @2001:db8:77::1 " + arguments + " > " + out + " 2>&1 || true");
    std::ostringstream text;
    text << std::ifstream(out).rdbuf();
    return text.str();
  }
  std::string item(const std::string& wanted) {
    for (const Json& row : get("/v1/dns"))
      if (row["item"] == wanted)
        return row["value"].is_string() ? row["value"].get<std::string>() : row["value"].dump();
    return "";
  }
  bool told(const std::string& what) {  // what happens at once is told together, a moment later
    return soon([&] { return log().find(what) != std::string::npos; });
  }
  std::string expected() {
    const Config config = parse_config(std::string(dns::kSite) + dns::kNames, "f").config.value();
    const u32 path[] = {1, 2};
    return text(*dns::address_of(dns::Zones::compile(config)->servers(), *parse_address(kAnn), 7, path, 2));
  }
  pid_t daemon_ = -1;
};

TEST_F(Kdig, GetsItsOwnAddress) {
  ASSERT_TRUE(soon([&] { return item("listen 2001:db8:77::1") == "port 53"; })) << get("/v1/dns").dump() << log();
  const std::string mine = expected();
  EXPECT_EQ(ask("-b " + kAnn + " www.svc.example AAAA +short"), mine + "\n");
  EXPECT_EQ(ask("-b " + kAnn + " www.svc.example AAAA +short +tcp"), mine + "\n");
  const std::string whole = ask("www.svc.example AAAA +subnet=" + kAnn + "/128 +cookie");
  EXPECT_NE(whole.find(mine), std::string::npos) << whole;
  EXPECT_NE(whole.find("CLIENT-SUBNET: " + kAnn + "/128/128"), std::string::npos) << whole;
  EXPECT_NE(whole.find("COOKIE: "), std::string::npos) << whole;
  EXPECT_EQ(ask("www.svc.example A +short"), "192.0.2.80\n");
  EXPECT_NE(ask("no.svc.example").find("NXDOMAIN"), std::string::npos);
  EXPECT_NE(ask("example.org").find("REFUSED"), std::string::npos);
  EXPECT_NE(ask("svc.example AXFR").find("REFUSED"), std::string::npos);
  EXPECT_TRUE(soon([&] { return item("questions_personal") == "3"; })) << get("/v1/dns").dump();
}

// And by nobody else: also while there is no daemon.
TEST_F(Kdig, IsAnsweredInXdp) {
  peer("ethtool -K wm-peer tx off >/dev/null");  // XDP sees checksums as they are
  in_peer([] {                                   // what XDP sends back into a veth is lost without
    const Status put = put_pass(if_nametoindex("wm-peer"), "wm-peer");
    ASSERT_TRUE(put) << put.error().sentence;
  });
  ASSERT_TRUE(soon([&] { return item("xdp") == "answers clients' questions for 1 name"; })) << get("/v1/dns").dump();
  const std::string mine = expected();
  EXPECT_EQ(ask("-b " + kAnn + " www.svc.example AAAA +short"), mine + "\n");
  EXPECT_EQ(ask("-b " + kAnn + " wWw.sVc.ExAmPlE AAAA +short +dnssec"), mine + "\n");
  const std::string whole = ask("www.svc.example AAAA +subnet=" + kAnn + "/128");
  EXPECT_NE(whole.find(mine), std::string::npos) << whole;
  EXPECT_NE(whole.find("CLIENT-SUBNET: " + kAnn + "/128/128"), std::string::npos) << whole;
  EXPECT_TRUE(soon([&] { return item("xdp_answered") == "3"; })) << get("/v1/dns").dump();
  EXPECT_EQ(item("questions_personal"), "0");
  // A cookie that the daemon gave is good here.
  const std::string given = ask("www.svc.example AAAA +subnet=" + kAnn + "/128 +cookie=0102030405060708");
  const std::size_t at = given.find("COOKIE: 0102030405060708");
  ASSERT_NE(at, std::string::npos) << given;
  std::string cookie = given.substr(at + 8, given.find('\n', at) - at - 8);
  std::erase_if(cookie, [](char c) { return !std::isxdigit(static_cast<unsigned char>(c)); });
  EXPECT_TRUE(soon([&] { return item("questions_personal") == "1"; })) << get("/v1/dns").dump();
  EXPECT_NE(ask("www.svc.example AAAA +subnet=" + kAnn + "/128 +cookie=" + cookie).find(mine), std::string::npos);
  EXPECT_TRUE(soon([&] { return item("xdp_answered") == "4"; })) << get("/v1/dns").dump() << given;
  EXPECT_NE(ask("no.svc.example").find("NXDOMAIN"), std::string::npos);
  EXPECT_TRUE(soon([&] { return item("xdp_passed_name") == "1"; })) << get("/v1/dns").dump();

  kill(daemon_, SIGKILL);
  EXPECT_EQ(end_of(daemon_), -1);
  EXPECT_EQ(ask("-b " + kAnn + " www.svc.example AAAA +short"), mine + "\n") << "by the tables alone";
  EXPECT_NE(ask("www.svc.example AAAA +subnet=" + kAnn + "/128 +cookie=" + cookie).find(mine), std::string::npos);
  EXPECT_NE(ask("-b " + kAnn + " www.svc.example A").find("failed to query"), std::string::npos);

  ASSERT_TRUE(runs(daemon_ = spawn())) << log();
  ASSERT_TRUE(soon([&] { return item("xdp") == "answers clients' questions for 1 name"; })) << get("/v1/dns").dump();
  EXPECT_EQ(ask("-b " + kAnn + " www.svc.example AAAA +short"), mine + "\n");
  EXPECT_EQ(item("questions_personal"), "0");
}

TEST_F(Kdig, AnAddressThatComesLaterIsListenedAt) {
  EXPECT_TRUE(soon([&] { return warned("[dns] does not listen at 2001:db8:77::53: "); })) << log();
  here("ip addr add 2001:db8:77::53/64 dev wm-here nodad");
  EXPECT_TRUE(soon([&] { return item("listen 2001:db8:77::53") == "port 53"; })) << get("/v1/dns").dump() << log();
  EXPECT_TRUE(soon([&] { return !warned("[dns] does not listen"); })) << log();
  EXPECT_TRUE(told("[dns] answers at [2001:db8:77::53]:53")) << log();
}

TEST_F(Kdig, AReloadHasOtherNames) {
  ASSERT_TRUE(soon([&] { return item("listen 2001:db8:77::1") == "port 53"; })) << get("/v1/dns").dump() << log();
  write("address = \"192.0.2.81\"\n[[dns.name]]\nname = \"new.svc.example\"\naddress = \"192.0.2.82\"\n");
  const auto done = post("/v1/reload");
  ASSERT_TRUE(done) << done.error().sentence;
  EXPECT_TRUE(soon([&] { return ask("new.svc.example A +short") == "192.0.2.82\n"; })) << log();
  EXPECT_TRUE(told("+1 name (new.svc.example)")) << log();
  EXPECT_TRUE(told("[dns] answers for 1 zone and 2 names")) << log();
}

TEST_F(Kdig, AReloadMayEndIt) {
  ASSERT_TRUE(soon([&] { return item("listen 2001:db8:77::1") == "port 53"; })) << get("/v1/dns").dump() << log();
  std::string file;
  std::getline(std::ifstream(config_file()), file, '\0');
  std::ofstream(config_file()) << file.substr(0, file.find("[dns]"));
  const auto done = post("/v1/reload");
  ASSERT_TRUE(done) << done.error().sentence;
  EXPECT_TRUE(get("/v1/dns").empty()) << get("/v1/dns").dump();
  EXPECT_TRUE(told("the configuration has no [dns] any more")) << log();
  EXPECT_NE(ask("www.svc.example").find("failed to query"), std::string::npos);
}

}  // namespace
}  // namespace waymark
