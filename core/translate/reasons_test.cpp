#include "core/translate/reasons.h"

#include <gtest/gtest.h>

#include <iterator>
#include <string>

#include "core/translate/passage.h"

namespace waymark {

#define OTHER_REASONS(X, M) TRANSLATION_REASONS(X, M) X(M, drop, own_end, "the other role's own")
WM_REASONS(other, 14, OTHER_REASONS)
WM_TRANSLATION_REASONS(other)

TEST(TranslationReasons, BecomeThoseOfARole) {
  ASSERT_EQ(std::size(other::kReasonTexts), std::size(translate::kReasonTexts) + 1);
  for (u32 i = 0; i < std::size(translate::kReasonTexts); ++i) {
    const Verdict own = translate::own<other::kModule>(translate::kReasonTexts[i].verdict);
    EXPECT_EQ(own.reason, other::kReasonTexts[i].verdict.reason) << translate::kReasonTexts[i].name;
    EXPECT_EQ(own.action, other::kReasonTexts[i].verdict.action);
    EXPECT_EQ("other" + std::string(translate::kReasonTexts[i].name).substr(9), other::kReasonTexts[i].name);
  }
}

TEST(TranslationReasons, LeaveAllOthersAlone) {
  for (const Verdict v : {Verdict(parse::why::land), Verdict(other::why::own_end), kGoOn, translate::kToError,
                          translate::kToHairpin, verdict_of(6, 3, Action::drop)}) {
    EXPECT_EQ(translate::own<other::kModule>(v).reason, v.reason);
    EXPECT_EQ(translate::own<other::kModule>(v).action, v.action);
  }
}

}  // namespace waymark
