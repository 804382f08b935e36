// Tenants' own links in the user-space build.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "config/parse.h"
#include "core/overlay/reasons.h"
#include "tests/gateway/judge.h"
#include "tests/gateway/link_cases.h"
#include "tests/kit/mutate.h"
#include "tests/kit/packet_reader.h"
#include "tests/translator/site.h"

namespace waymark::gateway_cases {
namespace {

using namespace std::chrono_literals;
using translator_cases::TranslatorSite;

constexpr u32 kLinks = 1, kCloud = 2;  // interfaces

TEST(GatewayLink, Cases) {
  std::set<std::string> names;
  TranslatorSite s(link_site());
  for (const LinkCase& c : link_cases()) {
    SCOPED_TRACE(c.name + ": " + c.why);
    EXPECT_TRUE(names.insert(c.name).second) << "two cases of one name";
    std::ranges::fill(s.scene().engine().live().neighbours, NeighbourBucket{});
    s.scene().advance(1s);
    size_t n = 0;
    for (const LinkStep& step : c.steps) {
      const Outcome o = s.scene().receive(step.in, step.by_link ? kLinks : kCloud);
      EXPECT_EQ(reason_text(o.verdict.reason)->name, step.reason) << "packet " << n;
      if (!step.out.empty()) {
        ASSERT_EQ(o.action, Action::forward) << "packet " << n;
        const bool by_link = o.out_interface == kLinks;
        const Bytes expected = by_link ? left_so(step.out, true) : foreseen(step.out);
        EXPECT_EQ(packets::difference(expected, left_so(o.frame, by_link)), "") << "packet " << n;
      }
      ++n;
    }
  }
}

// What is cut has tags and labels on each piece.
TEST(GatewayLink, PiecesHaveTagsAndLabels) {
  TranslatorSite s(link_site());
  for (const auto& [to, tag, behind] :
       {std::tuple("3fff:c00:100:100::a03:9", Bytes{0x88, 0xa8, 0, 200, 0x81, 0, 0, 7, 8, 0}, 1500u),
        std::tuple("3fff:c00:400:100::a08:5", Bytes{0x88, 0x47, 0, 0x0c, 0x81, 64}, 1496u)}) {
    SCOPED_TRACE(to);
    const Bytes large = six(fragment6(0, false, raw(99, Bytes(1'500)), 7), {}, kServer6, to);
    const Outcome o = s.scene().receive(frame(large, {.destination = "02:57:00:00:00:02"}), kCloud);
    EXPECT_STREQ(reason_text(o.verdict.reason)->name, "gateway.fragmented");
    ASSERT_EQ(o.frames.size(), 2u);
    EXPECT_EQ(o.out_interface, kLinks);
    size_t content = 0;
    for (const Bytes& piece : o.frames) {
      EXPECT_EQ(part(piece, 12, 12 + tag.size()), tag);
      const Bytes packet = part(piece, 12 + tag.size(), piece.size());
      EXPECT_EQ(reader::malformed(packet), "");
      EXPECT_LE(packet.size(), behind);
      content += packet.size() - 20;
    }
    EXPECT_EQ(content, 1'500u);
  }
}

// Whatever is sent: nothing of one tenant's leaves as another's, by a link or for the cloud.
TEST(GatewayLink, TenantsAreNeverMixedUp) {
  TranslatorSite s(link_site());
  std::vector<Bytes> corpus;
  for (const LinkCase& c : link_cases())
    for (const LinkStep& step : c.steps) corpus.push_back(step.in);
  Mutator mutate(corpus, 17);
  unsigned out = 0, in = 0;
  for (int i = 0; i < 60'000; ++i) {
    const Bytes frame = mutate.next();
    const bool by_link = mutate.below(2);
    const Outcome o = s.scene().receive(frame, by_link ? kLinks : kCloud);
    if (i % 100 == 0) s.scene().advance(10ms);
    if (o.action != Action::forward) continue;
    for (const Bytes& left : translator_cases::left(o)) {
      const bool to_link = o.out_interface == kLinks;
      const std::string wrong = mixed_up_at_links(frame, by_link, left, to_link);
      ASSERT_EQ(wrong, "") << packets::hexdump(frame) << "became\n" << packets::hexdump(left);
      in += to_link;
      out += by_link && !to_link;
    }
  }
  EXPECT_EQ(wrongly_known(s.scene().engine().live(), kLinkMac), "");
  EXPECT_GT(out, 1'000u);
  EXPECT_GT(in, 500u);
}

// Another node takes the id: what hosts still send here goes on, but nothing is said that leads them back.
TEST(GatewayLink, WhoLeavesIsSilent) {
  const Parsed parsed = parse_config(link_site(), "site.toml");
  ASSERT_TRUE(parsed.config);
  Config config = *parsed.config;
  config.gateway->held = {1, 4};
  config.gateway->leaving = {4};
  auto scene = Scene::make(config);
  ASSERT_TRUE(scene);
  const auto reason = [&](const Bytes& frame, u32 in) {
    return std::string(reason_text((*scene)->receive(frame, in).verdict.reason)->name);
  };
  EXPECT_EQ(reason(arp_frame({}), kLinks), "overlay.not_held");
  const Link to_us = {.destination = "02:57:00:00:00:01", .source = kMacA};
  EXPECT_EQ(reason(frame(four(udp(4000, 53), {}, "10.4.0.5"), to_us), kLinks), "gateway.to_ip6");
  const auto for_host = [](const std::string& host) {
    return frame(six(udp(53, 4000), {}, kServer6, "3fff:c00:400:100::a04:" + host),
                 {.destination = "02:57:00:00:00:02"});
  };
  EXPECT_EQ(reason(for_host("5"), kCloud), "gateway.to_ip4") << "who was heard is known";
  EXPECT_EQ(reason(for_host("6"), kCloud), "overlay.not_held") << "and nobody is asked for";
}

// A machine without the interface, or a spare, takes nothing from links and sends nothing there.
TEST(GatewayLink, ASpareIsSilent) {
  std::string spare = link_site();
  spare.replace(spare.find("holds = [1, 4]"), 14, "holds = [2]");
  TranslatorSite s(spare);
  for (const LinkCase& c : link_cases())
    for (const LinkStep& step : c.steps) {
      const Outcome o = s.scene().receive(step.in, step.by_link ? kLinks : kCloud);
      if (!step.by_link || step.reason == "overlay.link_control") continue;
      if (c.name == "ethernet/not_held") continue;
      EXPECT_EQ(o.action, Action::drop) << c.name << " " << reason_text(o.verdict.reason)->name;
    }
}

}  // namespace
}  // namespace waymark::gateway_cases
