#include "lab/labs.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

namespace waymark::lab {
namespace {

std::string text_of(const std::string& file) {
  std::ostringstream out;
  out << std::ifstream(file).rdbuf();
  return out.str();
}

TEST(Labs, TheListOfTestsIsTheTables) {
  EXPECT_EQ(text_of(WM_SOURCE_DIR "/tests/labs.list"), list_of_tests())
      << "build/waymark lab list --tests >tests/labs.list";
}

TEST(Labs, EachIsNamedWhereItCanBeUsed) {
  std::set<std::string> seen;
  for (const Lab& lab : labs()) {
    EXPECT_TRUE(seen.insert(lab.name).second) << lab.name << " is there twice";
    EXPECT_EQ(lab_called(lab.name), &lab);
    EXPECT_NE(list_of_labs().find(std::string(lab.name) + " "), std::string::npos) << lab.name;
    EXPECT_NE(usage().find(lab.name), std::string::npos) << lab.name;
    EXPECT_GT(lab.seconds, 0u);
    ASSERT_TRUE(lab.run);
  }
  EXPECT_EQ(lab_called("sites"), nullptr);
  EXPECT_NE(usage().find("  --kills N (default 100): kills\n"), std::string::npos) << usage();
  EXPECT_NE(usage().find("  --probes N a second (default 1000): site, group, kills, guests\n"), std::string::npos)
      << usage();
  EXPECT_NE(usage().find("the events of site, group, translator, tenants, edge or paths, "), std::string::npos)
      << usage();
}

TEST(Labs, TakeTheirOwnOptionsAlone) {
  const auto read = [](const char* lab, bool plays, std::vector<std::string> words) {
    words.insert(words.begin(), lab);
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    const auto given = options_of(*lab_called(lab), plays, int(argv.size()), argv.data());
    return given ? std::string() : given.error().sentence;
  };
  EXPECT_EQ(read("kills", true, {"--kills", "5", "--json", "-", "--probes", "10"}), "");
  EXPECT_EQ(read("site", true, {"--kills", "5"}),
            "there is no option \"--kills\"; there are --json, --connections, --probes, --fresh");
  EXPECT_EQ(read("translator", true, {"--probes", "5"}), "there is no option \"--probes\"; there are --json");
  EXPECT_EQ(read("site", false, {"--json", "-"}), "there is no option \"--json\"; there are none here");
}

TEST(Labs, SayWhichProgramsAreMissing) {
  const auto folder = std::filesystem::path(testing::TempDir()) / "labs-programs";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder / "other" / "curl");  // a directory is no program
  for (const char* program : {"nginx", "ethtool"}) std::ofstream(folder / program) << "#!/bin/sh\n";
  const std::string path = (folder / "other").string() + "::" + folder.string();
  EXPECT_EQ(missing_programs(*lab_called("site"), path), (std::vector<std::string>{"curl"}));
  EXPECT_EQ(missing_programs(*lab_called("group"), path), (std::vector<std::string>{"curl", "bird", "birdc"}));
  EXPECT_EQ(missing_programs(*lab_called("site"), "").size(), 3u);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace waymark::lab
