#include "config/difference.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace waymark {

namespace {

Address address(u8 last) {
  Address a{};
  reinterpret_cast<u8*>(&a)[15] = last;
  return a;
}

ServiceConfig service(const std::string& name, int targets) {
  ServiceConfig s;
  s.name = name;
  for (int i = 1; i <= targets; ++i) s.target.push_back({fmt::format("s{}", i), address(u8(i))});
  return s;
}

Config config() {
  Config c;
  c.service = {service("web", 2), service("mail", 1)};
  return c;
}

}  // namespace

TEST(Difference, NamesWhatChanged) {
  Config after = config();
  after.service.pop_back();
  after.service[0].target[0].weight = 20;
  after.service[0].target[1].address = address(9);
  after.service[0].target.push_back({"s3", address(3)});
  after.service[0].check.emplace().tcp = true;
  after.service[0].fail_static = 50;
  after.service.push_back(service("dns", 1));
  after.on_event = "/hook";
  EXPECT_EQ(difference(config(), after),
            "+1 service (dns), -1 service (mail), +1 target (web/s3), weight of web/s1 10 -> 20, another address or "
            "tunnel of web/s2, settings of service web, health check of web, changed on_event");
}

TEST(Difference, AKeyAndAMacArePartOfATunnel) {
  Config before = config();
  before.service[0].target[0].tunnel = Tunnel::vxlan;
  before.service[0].target[0].key = 7;
  before.service[0].target[0].mac = Mac{{2, 0, 0, 0, 0, 1}};
  const std::string moved = "another address or tunnel of web/s1";
  Config after = before;
  after.service[0].target[0].port = 4789;
  EXPECT_EQ(difference(before, after), difference(before, before)) << "the usual port, given";
  after.service[0].target[0].key = 8;
  EXPECT_EQ(difference(before, after), moved);
  after = before;
  after.service[0].target[0].mac->byte[5] = 2;
  EXPECT_EQ(difference(before, after), moved);
}

TEST(Difference, IsBoundedHoweverMuchChanged) {
  Config before, after;
  before.service = {service("web", 30)};
  after.service = {service("web", 9000)};
  for (int i = 0; i < 5000; ++i) after.service.push_back(service(fmt::format("t{}", i), 3));
  EXPECT_EQ(difference(before, after),
            "+5000 services (t0, t1, t2 and 4997 more), +8970 targets (web/s31, web/s32, "
            "web/s33 and 8967 more)");
}

TEST(Difference, OfMembersAndHostsAndNothing) {
  EXPECT_EQ(difference(config(), config()), "no difference in services, targets, members or interfaces");
  Config before = config(), after = config();
  before.group.emplace().member = {{"d2", "x"}};
  after.group.emplace().member = {{"d3", "x"}};
  after.host.emplace().service = {{.name = "web", .address = {}, .ports = {}}};
  EXPECT_EQ(difference(before, after), "+1 host service (web), +1 member (d3), -1 member (d2), changed [host]");
}

}  // namespace waymark
