// The examples and the reference page are true; and no mutation of an example is more than a problem.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "config/text_test.h"

namespace waymark {
namespace {

std::string file(const std::filesystem::path& path) {
  std::ostringstream out;
  out << std::ifstream(path).rdbuf();
  return out.str();
}

std::vector<std::filesystem::path> examples() {
  std::vector<std::filesystem::path> out;
  for (const auto& entry : std::filesystem::directory_iterator(WM_SOURCE_DIR "/packaging/examples"))
    if (entry.path().extension() == ".toml") out.push_back(entry.path());
  return out;
}

TEST(Examples, AllAreGood) {
  EXPECT_GE(examples().size(), 3u);
  for (const auto& path : examples()) {
    EXPECT_EQ(problems_of(file(path)), "") << path;
    EXPECT_TRUE(parse_config(file(path), "f").config) << path;
  }
}

TEST(Examples, TheHostIsTheSitesTarget) {
  const Config site = parse_config(file(WM_SOURCE_DIR "/packaging/examples/site.toml"), "f").config.value();
  const Config host = parse_config(file(WM_SOURCE_DIR "/packaging/examples/host.toml"), "f").config.value();
  EXPECT_EQ(site.name, "paris-1");
  EXPECT_EQ(site.service.at(0).target.at(0).address, host.host->address.at(0));
  EXPECT_EQ(site.director->address.at(0), host.host->directors.at(0));
  EXPECT_EQ(site.service[0].address, host.host->service.at(0).address);
}

// To write the page anew: build/config_reference > docs/configuration.md
TEST(Reference, ThePageIsTheSchemas) {
  EXPECT_EQ(file(WM_SOURCE_DIR "/docs/configuration.md"), configuration_reference());
}

// What holds for any text at all.
void expect_sane(const std::string& text) {
  const Parsed parsed = parse_config(text, "f");
  bool error = false;
  for (const Problem& p : parsed.problems) {
    error |= !p.warning;
    ASSERT_GE(p.line, 1u) << text;
    ASSERT_GE(p.column, 1u) << text;
    ASSERT_FALSE(p.sentence.empty()) << text;
    ASSERT_EQ(p.sentence.find('\n'), std::string::npos) << text;
  }
  ASSERT_EQ(parsed.config.has_value(), !error) << text;
}

TEST(Mutations, NoneIsMoreThanAProblem) {
  std::mt19937 random(1);
  const auto below = [&](std::size_t n) { return std::size_t(random() % n); };
  const std::string_view bytes = "[]{}.,=\"'\\#\n\t 019-_:/*az\x80\xff";
  for (const auto& path : examples()) {
    const std::string original = file(path);
    for (std::size_t i = 0; i < original.size(); ++i) {
      std::string text = original;
      text[i] = char(random());
      expect_sane(text);
      expect_sane(original.substr(0, i));
    }
    for (int round = 0; round < 10000; ++round) {
      std::string text = original;
      for (std::size_t n = 1 + below(8); n > 0 && !text.empty(); --n) {
        const std::size_t at = below(text.size());
        switch (below(4)) {
          case 0:
            text[at] = bytes[below(bytes.size())];
            break;
          case 1:
            text.insert(at, 1, bytes[below(bytes.size())]);
            break;
          case 2:
            text.erase(at, 1 + below(20));
            break;
          case 3:
            text.insert(at, text.substr(below(text.size()), below(60)));
            break;
        }
      }
      expect_sane(text);
    }
  }
}

}  // namespace
}  // namespace waymark
