// The executable as a person runs it, and the page that describes it.
#include "cli/app.h"

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "engine/replay/pcap.h"
#include "tests/kit/packets.h"

namespace waymark::cli {

namespace {

struct Said {
  int status;
  std::string text;  // on both outputs
};

Said waymark(const std::string& arguments) {
  Said said{-1, ""};
  FILE* pipe = popen((WM_BUILD_DIR "/waymark " + arguments + " 2>&1").c_str(), "r");
  if (!pipe) return said;
  for (int c; (c = std::fgetc(pipe)) != EOF;) said.text += char(c);
  const int status = pclose(pipe);
  said.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return said;
}

bool has(const Said& said, const std::string& text) { return said.text.find(text) != std::string::npos; }

const std::string kSite = WM_SOURCE_DIR "/packaging/examples/site.toml";

// The sections of COMMANDS: by command, the options they describe.
std::map<std::string, std::set<std::string>> page() {
  std::ifstream file(WM_SOURCE_DIR "/docs/waymark.1");
  std::map<std::string, std::set<std::string>> commands;
  std::string line, command;
  bool inside = false;
  const std::regex option("Fl Fl ([a-z-]+)"), heading("\\.Ss ([a-z]+( [a-z-]+)*)( .*)?");
  std::smatch name;
  while (std::getline(file, line)) {
    if (line.starts_with(".Sh ")) inside = line == ".Sh COMMANDS";
    if (!inside) continue;
    if (std::regex_match(line, name, heading)) commands[command = name[1]];
    if (command.empty() || !line.starts_with(".It ")) continue;
    for (std::sregex_iterator at(line.begin(), line.end(), option), end; at != end; ++at)
      commands[command].insert((*at)[1]);
  }
  return commands;
}

}  // namespace

TEST(ManPage, DescribesEveryCommandAndOption) {
  std::map<std::string, std::set<std::string>> there;
  for (const std::string& word : vocabulary()) {
    const auto space = word.find(" --");
    if (space == word.npos)
      there[word];
    else
      there[word.substr(0, space)].insert(word.substr(space + 3));
  }
  EXPECT_GE(there.size(), 12u);
  EXPECT_EQ(page(), there);
}

TEST(ManPage, NamesAllThatIsShown) {
  const Said refused = waymark("show everything");
  const auto from = refused.text.find('{'), to = refused.text.find('}');
  ASSERT_TRUE(from < to && to != refused.text.npos) << refused.text;
  std::ifstream file(WM_SOURCE_DIR "/docs/waymark.1");
  const std::string all{std::istreambuf_iterator<char>(file), {}};
  const auto begins = all.find(".Ss show "), ends = all.find("\nWith\n", begins);
  ASSERT_TRUE(begins < ends && ends != all.npos);
  std::istringstream page(all.substr(begins, ends - begins)), shown(refused.text.substr(from + 1, to - from - 1));
  std::set<std::string> named;
  for (std::string word; page >> word;) named.insert(word);
  for (std::string what; std::getline(shown, what, ',');) EXPECT_TRUE(named.contains(what)) << what;
}

TEST(Executable, HelpAndVersion) {
  const Said help = waymark("--help");
  EXPECT_EQ(help.status, 0);
  for (const std::string& word : vocabulary())
    EXPECT_TRUE(word.find(' ') != word.npos || has(help, "  " + word + " ")) << word;
  const Said version = waymark("--version");
  EXPECT_EQ(version.status, 0);
  EXPECT_TRUE(std::regex_search(version.text,
                                std::regex("^waymark [0-9.]+\nprogram [0-9a-f]{16}, [0-9]+ bytes, by .*clang version "
                                           "[0-9].*\nlayout [0-9]+ of the pinned tables\n$")))
      << version.text;
}

TEST(Executable, WrongCommandLinesEndWithTwo) {
  for (const char* arguments :
       {"", "fly", "show", "show everything", "check", "run --fast", "trace tcp", "replay -c x in", "drain",
        "capture --count many", "address", "address encode", "address explain", "address fly"}) {
    const Said said = waymark(arguments);
    EXPECT_EQ(said.status, 2) << arguments << "\n" << said.text;
    EXPECT_EQ(said.text.find("waymark: "), 0u) << said.text;
    EXPECT_TRUE(has(said, "--help` tells more\n")) << said.text;
  }
}

TEST(Executable, FailuresEndWithOneAndASentence) {
  for (const char* arguments :
       {"check /nonexistent.toml", "run -c /nonexistent.toml", "trace -c /nonexistent.toml tcp",
        "show status --socket /nonexistent.sock", "drain s1 --socket /nonexistent.sock",
        "address encode -c /nonexistent.toml p id=1", "address explain -c /nonexistent.toml 2001:db8::1",
        "reload --node nobody-runs-this", "capture --socket /nonexistent.sock", "down --node nobody-runs-this"}) {
    const Said said = waymark(arguments);
    EXPECT_EQ(said.status, 1) << arguments << "\n" << said.text;
    EXPECT_GT(said.text.size(), 20u) << arguments;
  }
  const Said replay = waymark("replay -c " + kSite + " " + kSite + " /dev/null");
  EXPECT_EQ(replay.status, 1);
  EXPECT_TRUE(has(replay, "cannot be read")) << replay.text;
  const Said trace = waymark("trace -c " + kSite + " tcp 1 2");
  EXPECT_EQ(trace.status, 1);
  EXPECT_EQ(trace.text, "waymark: \"1\" is no address and port such as 192.0.2.1:80 or [2001:db8::1]:80\n");
}

TEST(Executable, ChecksExamplesAndNamesProblemsByPlace) {
  const Said good = waymark("check " + kSite);
  EXPECT_EQ(good.status, 0);
  EXPECT_EQ(good.text,
            kSite + ": ok: node paris-1 on eth0 and eth1: directs 1 service to 3 targets, pins for 1000000 flows\n");
  EXPECT_TRUE(has(waymark("check " WM_SOURCE_DIR "/packaging/examples/host.toml"),
                  ": ok: node s1 on eth0: answers for 1 service in tunnels from 1 director\n"));

  const std::string file = testing::TempDir() + "wm-app-test.toml";
  std::ofstream(file) << "[engine]\ninterfaces = { eth0 = \"public\" }\npinz = 1000\n";
  const Said bad = waymark("check " + file);
  EXPECT_EQ(bad.status, 1);
  EXPECT_TRUE(has(bad, file + ":3:1: ")) << bad.text;
  EXPECT_TRUE(has(bad, "\"pins\"")) << bad.text;
  EXPECT_FALSE(has(bad, ": ok: ")) << bad.text;
  std::remove(file.c_str());
}

TEST(Executable, EncodesAndExplainsAddresses) {
  const std::string file = testing::TempDir() + "wm-app-plans.toml", with_file = " -c " + file + " ";
  std::ofstream(file) << "[plan.cloud]\nprefix = \"2001:db8::/32\"\nlayout = \"tenant:32 gateway:32 ipv4:32\"\n";
  const Said check = waymark("check " + file);
  EXPECT_EQ(check.text, file + ": ok: 1 address plan, and no node\n");
  EXPECT_EQ(check.status, 0);
  EXPECT_EQ(waymark("check --here " + file).text, check.text);
  const Said encoded = waymark("address encode" + with_file + "cloud tenant=1 gateway=1 ipv4=10.0.0.2");
  EXPECT_EQ(encoded.text, "2001:db8:0:1:0:1:a00:2\n");
  EXPECT_EQ(encoded.status, 0);
  const Said told = waymark("address explain" + with_file + "2001:db8:0:1:0:1:a00:2");
  EXPECT_EQ(told.status, 0);
  EXPECT_TRUE(has(told, "  ipv4     10.0.0.2  ")) << told.text;
  EXPECT_TRUE(has(waymark("address explain --json" + with_file + "2001:db8:0:1:0:1:a00:2"), "\"tenant\": 1"));
  const Said missing = waymark("address encode" + with_file + "cloud tenant=1");
  EXPECT_EQ(missing.text, "waymark: plan \"cloud\" needs a value for \"gateway\" and \"ipv4\", too\n");
  EXPECT_EQ(missing.status, 1);
  EXPECT_EQ(waymark("address encode" + with_file + "clouds").text,
            "waymark: " + file + " has no plan \"clouds\"; it has cloud\n");
  EXPECT_EQ(waymark("address explain" + with_file + "10.0.0").text,
            "waymark: \"10.0.0\" is not an IPv4 or IPv6 address\n");
  EXPECT_EQ(waymark("address explain --client 10.0.0.1" + with_file + "::1").text,
            "waymark: a tag's client has an IPv6 address, unlike 10.0.0.1\n");
  for (const std::string& command : {"trace" + with_file + "tcp", "replay" + with_file + "in out", "run" + with_file}) {
    const Said refused = waymark(command);
    EXPECT_EQ(refused.status, 1) << command;
    EXPECT_TRUE(has(refused, file + " has address plans alone, and no node to run")) << refused.text;
  }
  std::remove(file.c_str());
}

TEST(Executable, TracesAndReplays) {
  const Said trace = waymark("trace -c " + kSite +
                             " tcp 192.0.2.1:4000 198.51.100.80:80 syn , tcp 192.0.2.1:4000 198.51.100.80:80 ack");
  EXPECT_EQ(trace.status, 0);
  EXPECT_TRUE(has(trace, "packet 2 on eth0: ")) << trace.text;
  EXPECT_TRUE(has(trace, "the pin is proven\n")) << trace.text;

  using namespace packets;
  const std::string in = testing::TempDir() + "wm-app-test.pcap";
  auto writer = PcapWriter::create(in, LinkType::raw);
  const Bytes packet = ip4({.source = "203.0.113.7", .destination = "198.51.100.80"}, tcp(4000, 80, "S"));
  ASSERT_TRUE(writer->write({.bytes = packet}) && writer->close());
  const Said replay = waymark("replay --json -c " + kSite + " " + in + " /dev/null");
  EXPECT_EQ(replay.status, 0);
  EXPECT_TRUE(has(replay, "\"forward.sent\": 1")) << replay.text;
  EXPECT_TRUE(has(waymark("trace -c " + kSite + " " + in), "sent, forward.sent: "));
  const Said piped = waymark("replay -c " + kSite + " - - <" + in +
                             " | " WM_BUILD_DIR "/waymark trace -c " WM_SOURCE_DIR "/packaging/examples/host.toml -");
  EXPECT_EQ(piped.status, 0);
  EXPECT_TRUE(has(piped, "packet 1 on eth0: ")) << piped.text;
  std::remove(in.c_str());
}

}  // namespace waymark::cli
