// Text that is not TOML, or not a table we know: where it is said to be wrong.
#include <gtest/gtest.h>

#include "config/text_test.h"
#include "config/tree.h"

namespace waymark {
namespace {

TEST(Syntax, ErrorsOfTomlHavePlaces) {
  const std::string said = problems_of(kSite + "weight = = 3\n");
  EXPECT_EQ(said.substr(0, 8), "f:12:10:") << said;
  EXPECT_NE(said.find("this is not TOML: "), said.npos) << said;
  EXPECT_EQ(problems_of(kSite + "name = \"s2\"\n").substr(0, 6), "f:12:8") << "a key comes twice";
}

TEST(Syntax, BadUtf8IsRefused) { EXPECT_EQ(problems_of("a = \"\xff\"\n").substr(0, 6), "f:1:5:"); }

TEST(Syntax, ColumnsCountCharacters) { EXPECT_EQ(problems_of(kSite + "weight = \"ü\"; x\n").substr(0, 8), "f:12:13:"); }

TEST(Syntax, MarksAreTheirs) {
  config::Problems problems("f");
  const config::Node root =
      config::parse_tree("a.b = 1\n[c]\n  d = [1, \"x\"]\n[[e.f]]\n[[e.f]]\ng = {h = 1.5}\n", problems);
  ASSERT_FALSE(problems.any_error());
  const auto& top = *root.as<config::Table>();
  ASSERT_EQ(top.size(), 3u);
  EXPECT_EQ(top[1].key, "c");
  EXPECT_EQ(top[1].at.line, 2u);
  const auto& d = top[1].value.as<config::Table>()->at(0);
  EXPECT_EQ(d.at.line, 3u);
  EXPECT_EQ(d.at.column, 3u);
  EXPECT_EQ(d.value.as<config::List>()->at(1).at.column, 11u);
  const auto& f = top[2].value.as<config::Table>()->at(0).value;
  const auto& second = f.as<config::List>()->at(1);
  EXPECT_EQ(second.at.line, 5u);
  EXPECT_EQ(second.at.column, 1u);
  const auto& h = second.as<config::Table>()->at(0).value.as<config::Table>()->at(0).value;
  EXPECT_EQ(h.at.column, 10u);
  EXPECT_EQ(describe(h), "the fraction 1.5");
}

TEST(Syntax, TooLargeAFileIsNotRead) {
  EXPECT_EQ(problems_of(std::string(config::kMaxBytes + 1, '#')),
            "f:1:1: the file is larger than 16 MiB, the most that is read");
}

std::string times(int n, const std::string& text) {
  std::string out;
  for (int i = 0; i < n; ++i) out += text;
  return out;
}

TEST(Depth, BracketsAreBounded) {
  EXPECT_EQ(problems_of("a = " + times(17, "[") + times(17, "]")), "f:1:21: this is nested more than 16 levels deep");
  EXPECT_EQ(problems_of("\na = " + times(17, "{a=")), "f:2:53: this is nested more than 16 levels deep");
  EXPECT_NE(problems_of("a = " + times(16, "[") + times(16, "]")).find("unknown key \"a\""), std::string::npos);
}

TEST(Depth, DottedKeysAreBounded) {
  const std::string deep = times(16, "a.") + "a";
  EXPECT_EQ(problems_of("[" + deep + "]"), "f:1:33: this is nested more than 16 levels deep");
  EXPECT_EQ(problems_of(deep + " = 1"), "f:1:32: this is nested more than 16 levels deep");
  EXPECT_EQ(problems_of("ü = 1\nx = { " + times(200'000, " \"a\" .") + "a = 1 }").substr(0, 8), "f:2:102:");
  EXPECT_NE(problems_of(times(15, "a.") + "a = 1").find("unknown key \"a\""), std::string::npos);
}

TEST(Depth, StringsAndCommentsAreNotKeys) {
  const std::string dots = times(100, "."), brackets = times(100, "[");
  for (const std::string& text :
       {"# " + dots + brackets, "x = \"" + dots + "\\\"" + brackets + "\"", "x = '" + dots + brackets + "\\'",
        "x = \"\"\"" + dots + "\"\"\n\\\"\"\"" + brackets + "\"\"\"\"\"", "x = '''" + dots + "''\n" + brackets + "'''",
        "x = [\"\", '', \"" + dots +
            "\", 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5]"}) {
    config::Mark unused;
    EXPECT_FALSE(config::find_too_deep(text, unused)) << text;
  }
}

TEST(Quoting, TerminalsAreSafe) {
  EXPECT_EQ(config::quoted("a\x1b[2Jb\n"), "\"a\\x1b[2Jb\\x0a\"");
  EXPECT_EQ(config::quoted("\xc2\x9b"
                           "2J"),
            "\"\\u009b2J\"");
  EXPECT_EQ(config::quoted(times(100, "x")), "\"" + times(80, "x") + "...\"");
  EXPECT_EQ(config::quoted(times(79, "x") + "üü"), "\"" + times(79, "x") + "ü...\"");
}

TEST(Render, WarningsSaySo) {
  EXPECT_EQ(render({"f.toml", 3, 7, "it is wrong", false}), "f.toml:3:7: it is wrong");
  EXPECT_EQ(render({"f.toml", 3, 7, "it is odd", true}), "f.toml:3:7: warning: it is odd");
}

TEST(Many, OnlySoManyAreShown) {
  std::string toml = kSite;
  for (int i = 0; i < 1000; ++i) toml += "key_" + std::to_string(i) + " = 1\n";
  const auto problems = parse_config(toml, "f").problems;
  ASSERT_EQ(problems.size(), 201u);
  EXPECT_EQ(problems[0].line, 12u);
  EXPECT_EQ(problems[200].sentence, "there are more problems than the 200 shown");
  EXPECT_FALSE(problems[200].warning);
}

TEST(File, ReadsOrSaysWhy) {
  const auto text = read_config_file(WM_SOURCE_DIR "/packaging/examples/small.toml");
  ASSERT_TRUE(text);
  EXPECT_NE(text->find("[director]"), std::string::npos);
  const auto none = read_config_file("/nonexistent/x.toml");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().sentence, "/nonexistent/x.toml cannot be opened: No such file or directory");
  const auto folder = read_config_file("/");
  ASSERT_FALSE(folder);
  EXPECT_EQ(folder.error().sentence, "/ is a directory, not a regular file");
}

}  // namespace
}  // namespace waymark
