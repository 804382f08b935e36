#include "rtnetlink/rules.h"

#include "rtnetlink/namespaces_test.h"

namespace waymark {

using RulesTest = Namespaces;

TEST_F(RulesTest, TellsWhatEachChoosesBy) {
  Result<std::vector<RuleFact>> all = rules();
  ASSERT_TRUE(all) << all.error().sentence;
  EXPECT_TRUE(all->empty()) << "the three that every machine has";
  here(
      "ip rule add pref 20 iif wm-here ipproto udp dport 6080 lookup 300; ip rule add pref 10 from 10.77.0.0/24 lookup "
      "100; ip rule add pref 30 not from 10.77.0.1 lookup 100; ip rule add pref 40 fwmark 7 to 192.0.2.0/24 prohibit; "
      "ip -6 rule add pref 11 from 2001:db8::/32 tos 0x10 sport 100-200 lookup 100");
  all = rules();
  ASSERT_TRUE(all) << all.error().sentence;
  std::string told;
  for (const RuleFact& r : *all)
    told += (r.ip6 ? "6 " : "4 ") + std::to_string(r.priority) + " " + (r.from ? text(*r.from) : "any") +
            (r.to_all ? " all " : " some ") + std::to_string(r.table) + " " + r.per_packet + " | " +
            beside_destination(r) + "\n";
  EXPECT_EQ(told,
            "4 10 10.77.0.0/24 all 100  | from 10.77.0.0/24\n"
            "4 20 any all 300 iif wm-here ipproto 17 dport 6080 | iif wm-here ipproto 17 dport 6080\n"
            "4 30 any some 100  | all but a source\n"
            "4 40 any some 0  | \n"
            "6 11 2001:db8::/32 all 100 tos 0x10 sport 100-200 | from 2001:db8::/32 tos 0x10 sport 100-200\n");
}

}  // namespace waymark
