// Tenants' overlays over time, under floods and within their limits, in the user-space build.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "core/overlay/reasons.h"
#include "tests/gateway/link_cases.h"
#include "tests/translator/site.h"

namespace waymark::gateway_cases {
namespace {

using namespace std::chrono_literals;
using translator_cases::Became;
using translator_cases::TranslatorSite;

void forget_neighbours(TranslatorSite& s) {
  std::ranges::fill(s.scene().engine().live().neighbours, NeighbourBucket{});
}

std::vector<Bytes> seen(const Became& b) {
  std::vector<Bytes> out;
  for (const Bytes& packet : b.out) out.push_back(foreseen(packet));
  return out;
}

TEST(Overlay, Cases) {
  std::set<std::string> names;
  TranslatorSite s(site());
  for (const OverlayCase& c : overlay_cases()) {
    SCOPED_TRACE(c.name + ": " + c.why);
    EXPECT_TRUE(names.insert(c.name).second) << "two cases of one name";
    forget_neighbours(s);
    s.scene().advance(1s);
    size_t n = 0;
    for (const OverlayStep& step : c.steps) {
      const Became b = s.receive(step.in);
      EXPECT_EQ(b.reason, step.reason) << "packet " << n;
      if (!step.out.empty()) {
        ASSERT_EQ(b.out.size(), step.out.size()) << "packet " << n;
        for (size_t i = 0; i < b.out.size(); ++i)
          EXPECT_EQ(packets::difference(foreseen(step.out[i]), foreseen(b.out[i])), "") << "packet " << n;
      }
      ++n;
    }
  }
}

TEST(Overlay, CasesNameEveryReason) {
  std::set<std::string> named = {"overlay.limited", "overlay.unknown",  // EachHasLimitsOfItsOwn
                                 "overlay.asked_by_kernel"};            // WithoutANextHopTheKernelAsks
  for (const OverlayCase& c : overlay_cases())
    for (const OverlayStep& step : c.steps) named.insert(step.reason);
  for (const LinkCase& c : link_cases())
    for (const LinkStep& step : c.steps) named.insert(step.reason);
  for (const ReasonText& r : overlay::kReasonTexts) EXPECT_TRUE(named.contains(r.name)) << r.name << " has no case";
}

class Overlays {
 public:
  explicit Overlays(const std::string& keys = "") : site_(site(keys)) {}
  std::string receive(const Bytes& in) { return site_.receive(in).reason; }
  std::string speaks(int host, const std::string& mac = kMacA, const std::string& far = kRedOverlay) {
    return receive(from_overlay(
        frame(four(udp(4000, 53), {}, "10.4.0." + std::to_string(host)), {.destination = kOwnMac, .source = mac}),
        far));
  }
  // Whether a host is known to the tenant whose plan's bits are these.
  bool knows(int host, const std::string& tenant = "100") { return reason_for(host, tenant) == "gateway.to_ip4"; }
  std::string reason_for(int host, const std::string& tenant = "100") {
    char low[8];
    std::snprintf(low, sizeof low, "%x", host);
    return receive(six(udp(53, 4000), {}, kServer6, "3fff:c00:400:" + tenant + "::a04:" + low));
  }
  u64 noted(Note note) { return site_.scene().engine().counters().notes[u32(note)]; }
  Scene& scene() { return site_.scene(); }
  TranslatorSite& at() { return site_; }

 private:
  TranslatorSite site_;
};

TEST(Overlay, EachHasLimitsOfItsOwn) {
  Overlays o("overlay_answers = 2");
  const Bytes ask = from_overlay(arp_frame({})), other = from_overlay(arp_frame({}), kBlueOverlay);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(o.receive(ask), "overlay.arp_answered");
  EXPECT_EQ(o.receive(ask), "overlay.limited");
  EXPECT_EQ(o.receive(other), "overlay.arp_answered") << "another tenant's flood took none of these";
  for (int i = 0; i < 2; ++i) EXPECT_EQ(o.reason_for(9), "overlay.asked");
  EXPECT_EQ(o.reason_for(9), "overlay.unknown");
  EXPECT_EQ(o.reason_for(9, "200"), "overlay.asked");
  const Bytes ping =
      from_overlay(frame(ip4({"10.4.0.5", "10.4.0.1"}, icmp4(8, 0)), {.destination = kOwnMac, .source = kMacA}));
  for (int i = 0; i < 2; ++i) EXPECT_EQ(o.receive(ping), "overlay.pinged");
  EXPECT_EQ(o.receive(ping), "overlay.limited");
  o.scene().advance(1s);
  EXPECT_EQ(o.receive(ask), "overlay.arp_answered");
  EXPECT_EQ(o.reason_for(9), "overlay.asked");
  EXPECT_EQ(o.receive(ping), "overlay.pinged");
}

TEST(Overlay, WithZeroNothingIsSaid) {
  Overlays o("overlay_answers = 0");
  EXPECT_EQ(o.receive(from_overlay(arp_frame({}))), "overlay.limited");
  EXPECT_EQ(o.reason_for(9), "overlay.unknown");
  EXPECT_TRUE(o.knows(5)) << "but who asked was heard";
}

TEST(Overlay, WhoIsSilentIsForgotten) {
  Overlays o("neighbour_idle = \"10s\"");
  EXPECT_EQ(o.speaks(5), "gateway.to_ip6");
  o.scene().advance(9s);
  EXPECT_TRUE(o.knows(5));
  EXPECT_EQ(o.speaks(5), "gateway.to_ip6") << "and is heard again";
  o.scene().advance(9s);
  EXPECT_TRUE(o.knows(5));
  o.scene().advance(2s);
  EXPECT_EQ(o.reason_for(5), "overlay.asked");
  EXPECT_EQ(o.noted(Note::neighbour_moved), 0u);
  EXPECT_EQ(o.speaks(5, kMacB), "gateway.to_ip6");
  EXPECT_EQ(o.noted(Note::neighbour_moved), 0u) << "it was not known any more";
  EXPECT_EQ(o.speaks(5, kMacA), "gateway.to_ip6");
  EXPECT_EQ(o.noted(Note::neighbour_moved), 1u);
}

// Before anybody looks after the table.
TEST(Overlay, WhoIsSilentIsForgottenAtOnce) {
  Overlays o("neighbour_idle = \"10s\"");
  o.speaks(5);
  for (NeighbourBucket& b : o.scene().engine().live().neighbours)
    for (Neighbour& n : b.way) n.heard -= 10 * 250;
  EXPECT_TRUE(o.knows(5));
  for (NeighbourBucket& b : o.scene().engine().live().neighbours)
    for (Neighbour& n : b.way) --n.heard;
  EXPECT_EQ(o.reason_for(5), "overlay.asked");
}

// Two processors may write one record at once.
TEST(Overlay, HalfARecordIsNone) {
  Overlays o;
  o.speaks(5);
  EXPECT_TRUE(o.knows(5));
  for (NeighbourBucket& b : o.scene().engine().live().neighbours)
    for (Neighbour& n : b.way)
      if (n.seal) n.mac.byte[5] ^= 1;
  EXPECT_EQ(o.reason_for(5), "overlay.asked");
  o.speaks(5);
  EXPECT_TRUE(o.knows(5));
}

// Without any more than what the configuration asks for, whoever they are.
TEST(Overlay, HoldsWhatIsConfigured) {
  Overlays o;
  for (int host = 10; host < 18; ++host) o.speaks(host);
  for (int host = 10; host < 18; ++host) EXPECT_TRUE(o.knows(host)) << host;
  EXPECT_EQ(o.noted(Note::neighbour_learnt), 8u);
  EXPECT_EQ(o.noted(Note::neighbour_evicted), 0u);
}

// A tenant's flood takes his own neighbours' places, the oldest first, and nobody else's.
TEST(Overlay, AFloodEvictsItsOwn) {
  Overlays o;
  for (int host = 2; host < 8; ++host) o.speaks(host, kMacB, kBlueOverlay);
  const std::vector<NeighbourBucket> before(o.scene().engine().live().neighbours.begin(),
                                            o.scene().engine().live().neighbours.end());
  for (int i = 0; i < 5'000; ++i) {
    o.speaks(2 + i % 252, i % 3 ? kMacA : kMacB);
    if (i % 50 == 0) o.scene().advance(1s);
    if (i % 50 == 0) o.speaks(3, kMacB, kBlueOverlay);
  }
  EXPECT_GT(o.noted(Note::neighbour_evicted), 1'000u);
  for (int host = 2; host < 8; ++host) EXPECT_TRUE(o.knows(host, "200")) << host;
  u32 owned = 0;
  std::set<u64> owners;
  for (const NeighbourBucket& b : o.scene().engine().live().neighbours)
    for (const Neighbour& n : b.way)
      if (n.seal) ++owned, owners.insert(n.owner);
  EXPECT_EQ(owners.size(), 2u);
  EXPECT_LE(owned, 2 * 2 * kNeighbourWays) << "two buckets each";
}

TEST(Overlay, WithoutANextHopTheKernelAsks) {
  TranslatorSite s(site());
  s.set_ways(WayKind::kernel);
  const Outcome o =
      s.scene().receive(s.frame(six(udp(53, 4000), {}, kServer6, "3fff:c00:400:200::a04:9")), s.index(true));
  EXPECT_STREQ(reason_text(o.verdict.reason)->name, "overlay.asked_by_kernel");
  EXPECT_EQ(
      packets::difference(
          to_overlay(arp_frame({.sender = kOwnMac, .sender_ip = "10.4.0.1", .target_ip = "10.4.0.9"}), kBlueOverlay),
          foreseen({o.frame.begin() + 14, o.frame.end()})),
      "");
}

// What would leave in pieces is a question all the same, and in pieces once the host is known.
TEST(Overlay, PiecesNeedANeighbourToo) {
  TranslatorSite s(site());
  const Bytes large = six(fragment6(0, false, raw(99, Bytes(1'440)), 7), {}, kServer6, "3fff:c00:400:200::a04:9");
  const Became asked = s.receive(large);
  EXPECT_EQ(asked.reason, "gateway.fragmented");
  ASSERT_EQ(asked.out.size(), 1u);
  EXPECT_EQ(seen(asked)[0],
            to_overlay(arp_frame({.sender = kOwnMac, .sender_ip = "10.4.0.1", .target_ip = "10.4.0.9"}), kBlueOverlay));
  s.receive(from_overlay(arp_frame({.sender_ip = "10.4.0.9"}), kBlueOverlay));
  const Became cut = s.receive(large);
  ASSERT_EQ(cut.out.size(), 2u);
  for (const Bytes& piece : cut.out) EXPECT_EQ(part(piece, 36, 42), part(arp_frame({}), 6, 12)) << "to whom it is for";
}

// Members of an overlay are asked in turn.
TEST(Overlay, AskedIsInEachTunnel) {
  Overlays o;
  std::set<std::string> asked;
  for (int i = 0; i < 40 && asked.size() < 2; ++i) {
    o.scene().advance(1s);
    const Became b = o.at().receive(six(udp(53, 4000), {}, kServer6, "3fff:c00:400:100::a04:9"));
    ASSERT_EQ(b.reason, "overlay.asked");
    asked.insert(b.out.at(0).at(0) >> 4 == 6 ? "ip6" : "ip4");
  }
  EXPECT_EQ(asked.size(), 2u);
}

}  // namespace
}  // namespace waymark::gateway_cases
