// Places that the tree reports, found again in the text.
#include "config/splice.h"

#include <gtest/gtest.h>

namespace waymark::config {
namespace {

Table members(const std::string& text) {
  Problems problems("f");
  const Node root = parse_tree(text, problems);
  EXPECT_FALSE(problems.any_error());
  return *root.as<Table>();
}

// Columns count characters: those of two to four bytes, too, and a byte order mark is none.
TEST(Splice, FindsPlacesBehindOtherAlphabets) {
  const std::string before =
                        "\xef\xbb\xbf"
                        "a = { \"\xc3\xa4\" = \"\xe4\xb8\xad\xf0\x9f\x98\x80\", use = ",
                    text = before + "17 }";
  const Table table = members(text);
  const Table& inner = *table[0].value.as<Table>();
  EXPECT_EQ(Splicer(text).replace(inner[1].value, "2"), before + "2 }");
  EXPECT_EQ(Splicer(text).append(inner[1], true, "b = 3"), before + "17, b = 3 }");
  EXPECT_EQ(Splicer(text).remove(inner, 0, true),
            "\xef\xbb\xbf"
            "a = { use = 17 }");
  EXPECT_TRUE(Splicer(text).opens_inline(table[0].value));
  EXPECT_FALSE(Splicer(text).opens_inline(inner[1].value));
}

TEST(Splice, ValuesEndBehindTheirLastCharacter) {
  for (const std::string value :
       {"\"a\\\"b\"", "'c'", "\"\"\"\nd\n\"\"\"", "17", "0x1f", "true", "[1, [2,\n3]]", "1.5"}) {
    const std::string text = "a = " + value + " # end\nb = 1\n";
    const Table table = members(text);
    EXPECT_EQ(Splicer(text).replace(table[0].value, "x"), "a = x # end\nb = 1\n") << value;
    EXPECT_EQ(Splicer(text).append(table[0], false, "c = 2"), "a = " + value + " # end\nc = 2\nb = 1\n") << value;
  }
}

TEST(Splice, PlacesBeyondTheTextAreNone) {
  const Member beyond = {"a", {3, 1}, {{3, 1}, true, {3, 5}}};
  EXPECT_FALSE(Splicer("a = 1\n").replace(beyond.value, "2"));
  EXPECT_FALSE(Splicer("a = 1\n").append(beyond, false, "b = 2"));
  EXPECT_FALSE(Splicer("a = 1\n").remove({beyond}, 0, false));
  EXPECT_FALSE(Splicer("a = 1\n").opens_inline(beyond.value));
}

}  // namespace
}  // namespace waymark::config
