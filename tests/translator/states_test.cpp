// Ends that take routes, room or limits as they seldom are, in user space.
#include "tests/translator/states.h"

#include <gtest/gtest.h>

#include "tests/translator/judge.h"
#include "tests/translator/site.h"

namespace waymark::translator_cases {
namespace {

TEST(Translator, StatedCases) {
  for (const StatedCase& c : stated_cases()) {
    SCOPED_TRACE(c.packet.name + ": " + c.packet.why);
    TranslatorSite site(c.packet.site);
    UserspaceEngine& engine = site.scene().engine();
    slow_down(engine);
    site.set_ways(c.ways);
    set_answered_enough(engine.live(), engine.image().settings, site.scene().ticks(), c.answered_enough);
    const Bytes frame = site.frame(c.packet.in);
    const Outcome o = engine.run(frame, site.index_for(c.packet.in), site.scene().ticks(), nullptr, c.head_room);
    EXPECT_EQ(reason_text(o.verdict.reason)->name, c.packet.reason);
    ASSERT_EQ(o.action == Action::drop, c.packet.out.empty());
    if (c.packet.out.empty()) continue;
    EXPECT_EQ(judge::unlike(c.packet.out[0], {o.frame.begin() + 14, o.frame.end()}), "");
    if (o.action == Action::pass) {  // still to this node
      EXPECT_EQ(Bytes(o.frame.begin(), o.frame.begin() + 12), Bytes(frame.begin(), frame.begin() + 12));
    }
  }
}

}  // namespace
}  // namespace waymark::translator_cases
