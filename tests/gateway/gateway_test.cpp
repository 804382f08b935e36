// The gateway against packets written from the RFCs, in the user-space build.
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <set>

#include "roles/gateway/reasons.h"
#include "tests/gateway/firewall_cases.h"
#include "tests/gateway/judge.h"
#include "tests/gateway/overlay_cases.h"
#include "tests/kit/mutate.h"
#include "tests/translator/site.h"

namespace waymark::gateway_cases {
namespace {

using translator_cases::Became;
using translator_cases::site_of;
using translator_cases::TranslatorSite;

TEST(Gateway, Cases) {
  std::set<std::string> names;
  for (const GatewayCase& c : all_gateway_cases()) {
    SCOPED_TRACE(c.name + ": " + c.why);
    EXPECT_TRUE(names.insert(c.name).second) << "two cases of one name";
    const Became b = site_of(c.site).receive(c.in);
    EXPECT_EQ(b.reason, c.reason);
    ASSERT_EQ(b.out.size(), c.out.size());
    for (size_t i = 0; i < b.out.size(); ++i) EXPECT_EQ(packets::difference(c.out[i], foreseen(b.out[i])), "");
  }
}

TEST(Gateway, Firewall) {
  std::set<std::string> names;
  for (const FirewallCase& c : firewall_cases()) {
    SCOPED_TRACE(c.name + ": " + c.why);
    EXPECT_TRUE(names.insert(c.name).second) << "two cases of one name";
    TranslatorSite site(c.site);
    size_t n = 0;
    for (const FirewallStep& s : c.steps) {
      SCOPED_TRACE("packet " + std::to_string(n++));
      const Became b = site.receive(packet_of(s));
      EXPECT_EQ(b.reason, reason_of(s));
      if (s.leaves.empty()) continue;
      ASSERT_EQ(b.out.size(), 1u);
      EXPECT_EQ(packets::difference(foreseen(s.leaves), foreseen(b.out[0])), "");
    }
  }
}

// A reason that only gateways have is brought about by a case, or by a test that is named here.
TEST(Gateway, CasesNameEveryReasonOfItsOwn) {
  std::set<std::string> seen = {"gateway.onward_by_kernel",
                                "gateway.across_by_kernel"};  // Gateway.WithoutANextHopTheKernelRoutes
  for (const GatewayCase& c : all_gateway_cases()) seen.insert(c.reason);
  bool own = false;
  for (const ReasonText& r : gateway::kReasonTexts) {
    own = own || std::string(r.name) == "gateway.onward";  // the first behind those of all that translate
    EXPECT_TRUE(!own || seen.contains(r.name)) << r.name << " has no case";
  }
  EXPECT_TRUE(own);
}

// The kernel's own forwarding sends what has no next hop yet: whole, and in its tunnel.
TEST(Gateway, WithoutANextHopTheKernelRoutes) {
  TranslatorSite s(site());
  s.set_ways(WayKind::kernel);
  std::set<std::string> reasons;
  for (const GatewayCase& c : all_gateway_cases()) {
    if (c.site != site() || c.out.size() != 1) continue;
    const Outcome o = s.scene().receive(s.frame(c.in), s.index_for(c.in));
    reasons.insert(reason_text(o.verdict.reason)->name);
    if (o.verdict.action != Action::pass || c.reason == "gateway.onward") continue;
    SCOPED_TRACE(c.name);
    Bytes packet = foreseen({o.frame.begin() + 14, o.frame.end()});
    // To IPv6 the kernel spends the hop; in a tunnel it is spent.
    if (c.reason == "gateway.to_ip6" && packet[6] != 41) packet[7] = uint8_t(packet[7] - 1);
    EXPECT_EQ(packets::difference(c.out[0], packet), "");
  }
  for (const char* name :
       {"gateway.to_ip6_by_kernel", "gateway.to_ip4_by_kernel", "gateway.onward_by_kernel", "gateway.across_by_kernel"})
    EXPECT_TRUE(reasons.contains(name)) << name;
}

// Whatever is sent: nothing of one tenant's becomes another's, and what leaves is well made.
TEST(Gateway, TenantsAreNeverMixedUp) {
  TranslatorSite s(site());
  std::vector<Bytes> corpus;
  for (const GatewayCase& c : all_gateway_cases())
    if (c.site == site()) corpus.push_back(s.frame(c.in));
  for (const OverlayCase& c : overlay_cases())
    for (const OverlayStep& step : c.steps) corpus.push_back(s.frame(step.in));
  Mutator mutate(corpus, 13);
  unsigned left = 0;
  for (int i = 0; i < 90'000; ++i) {
    const Bytes frame = mutate.next();
    const Outcome o = s.scene().receive(frame, mutate.below(2) ? 1 : 2);
    if (i % 100 == 0) s.scene().advance(std::chrono::milliseconds(10));
    if (o.action != Action::forward) continue;
    const std::vector<Bytes> out = translator_cases::left(o);
    ASSERT_EQ(mixed_up(frame, out), "") << packets::hexdump(frame) << "became\n" << packets::hexdump(out.at(0));
    ++left;
  }
  EXPECT_EQ(wrongly_known(s.scene().engine().live(), kOverlayMac), "");
  EXPECT_GT(left, 3'000u);
  const auto& notes = s.scene().engine().counters().notes;
  EXPECT_GT(notes[u32(Note::neighbour_learnt)] + notes[u32(Note::neighbour_moved)], 300u);
}

}  // namespace
}  // namespace waymark::gateway_cases
