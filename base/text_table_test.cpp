#include "base/text_table.h"

#include <gtest/gtest.h>

namespace waymark {

TEST(TextTable, NumbersStandToTheRight) {
  EXPECT_EQ(aligned({{"target", "pins", "share"}, {{"s1", "5", "0.25"}, {"s-two", "1200", "-"}}}),
            "target  pins  share\n"
            "s1         5   0.25\n"
            "s-two   1200      -\n");
}

TEST(TextTable, TextStandsToTheLeftAndLinesEndWithIt) {
  EXPECT_EQ(aligned({{"name", "next hop"}, {{"a", ""}, {"b", "eth1 up"}, {"c", "192.0.2.1"}}}),
            "name  next hop\n"
            "a\n"
            "b     eth1 up\n"
            "c     192.0.2.1\n");
}

TEST(TextTable, CharactersCountNotBytes) {
  EXPECT_EQ(aligned({{"zone", "n"}, {{"München", "1"}, {"Köln", "22"}}}),
            "zone      n\n"
            "München   1\n"
            "Köln     22\n");
}

TEST(TextTable, ShortRowsAndNoRows) {
  EXPECT_EQ(aligned({{"a", "b"}, {{"1"}}}), "a  b\n1\n");
  EXPECT_EQ(aligned({{"a", "b"}, {}}), "a  b\n");
  EXPECT_EQ(aligned({}), "");
}

}  // namespace waymark
