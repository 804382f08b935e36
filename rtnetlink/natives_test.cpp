// Routes and addresses of a real kernel, as a translator takes them.
#include "rtnetlink/natives.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/address_text.h"
#include "rtnetlink/namespaces_test.h"

namespace waymark {

namespace {

struct NativesTest : public Namespaces {
  static std::vector<std::string> found(std::optional<u32> announced = {}) {
    const auto all = natives(announced);
    EXPECT_TRUE(all) << all.error().sentence;
    std::vector<std::string> out;
    for (const Prefix& n : *all) out.push_back(text(n.address) + "/" + std::to_string(n.length));
    return out;
  }
  static bool has(const std::vector<std::string>& all, const std::string& prefix) {
    return std::find(all.begin(), all.end(), prefix) != all.end();
  }
};

}  // namespace

TEST_F(NativesTest, AreRoutesAndAddresses) {
  const auto plain = found();
  for (const char* there : {"10.77.0.0/24", "10.77.0.1/32", "127.0.0.0/8", "2001:db8:77::/64", "2001:db8:77::1/128"})
    EXPECT_TRUE(has(plain, there)) << there;
  here(
      "ip route add default via 10.77.0.2; ip -6 route add default via 2001:db8:77::2; "
      "ip route add 198.51.100.0/24 via 10.77.0.2 metric 10; ip route add 198.51.100.0/24 via 10.77.0.2 metric 20; "
      "ip -6 route add 2001:db8:64::/96 via 2001:db8:77::2; ip route add local 192.0.2.0/28 dev lo; "
      "ip route add 203.0.113.7/32 via 10.77.0.2 proto 200");
  std::vector<std::string> now_there = found(), added;
  std::sort(now_there.begin(), now_there.end());
  std::vector<std::string> before_it = plain;
  std::sort(before_it.begin(), before_it.end());
  std::set_difference(now_there.begin(), now_there.end(), before_it.begin(), before_it.end(),
                      std::back_inserter(added));
  EXPECT_EQ(added, std::vector<std::string>({"192.0.2.0/28", "198.51.100.0/24", "2001:db8:64::/96", "203.0.113.7/32"}))
      << "each once, and no default route";
  EXPECT_FALSE(has(found(200), "203.0.113.7/32")) << "what this node announces itself";
  EXPECT_TRUE(has(found(201), "203.0.113.7/32"));
}

TEST_F(NativesTest, AreNotWhatLeadsNowhere) {
  const auto plain = found();
  here(
      "ip route add blackhole 198.51.100.0/24; ip route add unreachable 198.51.101.0/24; ip route add prohibit "
      "198.51.102.0/24; ip route add throw 198.51.103.0/24; ip -6 route add unreachable 2001:db8:64::/96; "
      "ip -6 route add blackhole 2001:db8:65::/96; ip route add 198.51.104.0/24 via 10.77.0.2 table 80");
  EXPECT_EQ(found(), plain);
}

TEST_F(NativesTest, AreThousandsToo) {
  std::string lines;
  for (int i = 0; i < 3000; ++i)
    lines += "route add 198.18." + std::to_string(i / 250) + "." + std::to_string(i % 250) + " via 10.77.0.2\n";
  const auto before_it = found().size();
  here("ip -batch - <<'END'\n" + lines + "END");
  EXPECT_EQ(found().size(), before_it + 3000);
}

TEST_F(NativesTest, ANamespaceWithoutAnyTableHasNone) {
  ASSERT_EQ(unshare(CLONE_NEWNET), 0);
  EXPECT_EQ(found(), std::vector<std::string>());
}

}  // namespace waymark
