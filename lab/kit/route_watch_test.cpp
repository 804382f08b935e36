#include "lab/kit/route_watch.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include <cstring>

namespace waymark::lab {
namespace {

std::vector<u8> message(u16 type, u8 family, u8 length, const std::string& address, u8 table = RT_TABLE_MAIN) {
  u8 bytes[16] = {};
  inet_pton(family, address.c_str(), bytes);
  const size_t size = family == AF_INET6 ? 16 : 4;
  const rtmsg route = {.rtm_family = family,
                       .rtm_dst_len = length,
                       .rtm_src_len = 0,
                       .rtm_tos = 0,
                       .rtm_table = table,
                       .rtm_protocol = 200,
                       .rtm_scope = 0,
                       .rtm_type = RTN_UNREACHABLE,
                       .rtm_flags = 0};
  const u32 metric = 20;
  const rtattr priority = {sizeof(rtattr) + sizeof metric, RTA_PRIORITY};
  const rtattr destination = {u16(sizeof(rtattr) + size), RTA_DST};
  nlmsghdr head = {};
  head.nlmsg_type = type;
  std::vector<u8> out(sizeof head);
  const auto append = [&](const void* what, size_t n) {
    const auto* b = static_cast<const u8*>(what);
    out.insert(out.end(), b, b + n);
  };
  append(&route, sizeof route);
  append(&priority, sizeof priority);
  append(&metric, sizeof metric);
  append(&destination, sizeof destination);
  append(bytes, size);
  head.nlmsg_len = u32(out.size());
  std::memcpy(out.data(), &head, sizeof head);
  return out;
}

TEST(RouteChange, ToldByTheKernel) {
  const auto gone = route_change(message(RTM_DELROUTE, AF_INET6, 128, "2001:db8:80::1"));
  ASSERT_TRUE(gone);
  EXPECT_EQ(gone->address, "2001:db8:80::1");
  EXPECT_TRUE(gone->gone);
  const auto come = route_change(message(RTM_NEWROUTE, AF_INET, 32, "198.51.100.80"));
  ASSERT_TRUE(come);
  EXPECT_EQ(come->address, "198.51.100.80");
  EXPECT_FALSE(come->gone);
}

TEST(RouteChange, OtherMessagesPrefixesAndTablesAreNone) {
  EXPECT_FALSE(route_change(message(RTM_NEWLINK, AF_INET, 32, "198.51.100.80")));
  EXPECT_FALSE(route_change(message(RTM_NEWROUTE, AF_INET, 24, "198.51.100.0")));
  EXPECT_FALSE(route_change(message(RTM_NEWROUTE, AF_INET6, 128, "2001:db8:80::1", RT_TABLE_LOCAL)));
}

TEST(RouteChange, NoPartOfAMessageIsOne) {
  const auto whole = message(RTM_NEWROUTE, AF_INET, 32, "198.51.100.80");
  for (size_t bytes = 0; bytes < whole.size(); ++bytes)
    EXPECT_FALSE(route_change(std::span(whole).first(bytes))) << bytes;
  auto looping = whole;
  looping[sizeof(nlmsghdr) + sizeof(rtmsg)] = 0;  // an attribute without length
  EXPECT_FALSE(route_change(looping));
}

}  // namespace
}  // namespace waymark::lab
