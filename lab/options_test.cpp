#include "lab/options.h"

#include <gtest/gtest.h>

#include <vector>

namespace waymark::lab {
namespace {

constexpr Option kKnown[] = {{"--json"}, {"--probes", 100}};

Result<Options> read(std::vector<std::string> words, std::span<const Option> known = kKnown) {
  words.insert(words.begin(), "site");
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  return options(int(argv.size()), argv.data(), known);
}
std::string wrong(const std::vector<std::string>& words, std::span<const Option> known = kKnown) {
  const Result<Options> read_ones = read(words, known);
  return read_ones ? "" : read_ones.error().sentence;
}

TEST(Options, AreReadWithTheirDefaults) {
  const Result<Options> given = read({"--probes", "0", "--json", "-"});
  ASSERT_TRUE(given);
  EXPECT_EQ(number(*given, "--probes", 7), 0u);
  EXPECT_EQ(word(*given, "--json"), "-");
  EXPECT_EQ(number({}, "--probes", 7), 7u);
  EXPECT_EQ(word({}, "--json"), "");
  EXPECT_TRUE(read({}));
}

TEST(Options, WhatIsUnknownIsRefused) {
  EXPECT_EQ(wrong({"--probe", "5"}), "there is no option \"--probe\"; there are --json, --probes");
  EXPECT_EQ(wrong({"5"}), "there is no option \"5\"; there are --json, --probes");
  EXPECT_EQ(wrong({"--json", "-", "--kills"}), "there is no option \"--kills\"; there are --json, --probes");
  EXPECT_EQ(wrong({"--json", "-"}, {}), "there is no option \"--json\"; there are none here");
  EXPECT_EQ(wrong({"--json"}), "--json needs a value");
  EXPECT_EQ(wrong({"--json", "a", "--json", "b"}), "--json is given twice");
  for (const char* bad : {"101", "-1", "x", "", "1s", "0x10"})
    EXPECT_EQ(wrong({"--probes", bad}),
              "--probes must be a whole number from 0 to 100, not \"" + std::string(bad) + "\"");
}

}  // namespace
}  // namespace waymark::lab
