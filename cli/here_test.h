// `check --here` in a namespace of its own: the findings of a configuration there, and what becomes of them once their
// commands were carried out.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <optional>
#include <string>

#include "cli/here.h"
#include "config/parse.h"
#include "rtnetlink/namespaces_test.h"

namespace waymark::cli {

class HereTest : public Namespaces {
 protected:
  void SetUp() override {
    Namespaces::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    const char* path = std::getenv("PATH");
    setenv("PATH", (std::string(WM_BUILD_DIR ":") + (path ? path : "/usr/bin")).c_str(), 1);  // commands as printed
    someone_.emplace(inhabit_peer());
  }
  void TearDown() override {
    someone_.reset();
    Namespaces::TearDown();
  }
  // Carries out what stands behind the last colon of the finding that has `part` in it, as it stands there.
  static std::string mend(const std::string& all, const std::string& part) {
    const auto at = all.find(part);
    if (at == all.npos) return "no finding says: " + part + "\n" + all;
    const std::string line = all.substr(at, all.find('\n', at) - at);
    const std::string command = line.substr(line.rfind(": ") + 2);
    here(command + " >/dev/null");
    return command;
  }
  void mend_peer() { here(enter() + "ethtool -K wm-peer tx off >/dev/null; " + enter() + "waymark xdp pass wm-peer"); }
  std::string enter() const { return "nsenter -t " + std::to_string(someone_->pid) + " -n "; }

  static std::string findings(const std::string& toml) {
    Parsed parsed = parse_config(toml, "test.toml");
    if (!parsed.config) return render(parsed.problems.at(0));
    std::string all;
    for (const Finding& finding : look_here(*parsed.config))
      all += (finding.warning ? "warning: " : "") + finding.sentence + "\n";
    return all;
  }
  static void expect(const std::string& all, const std::string& sentence) {
    EXPECT_NE(all.find(sentence), std::string::npos) << sentence << "\nis not in:\n" << all;
  }
  static void expect_none(const std::string& all, const std::string& sentence) {
    EXPECT_EQ(all.find(sentence), std::string::npos) << sentence << "\nis in:\n" << all;
  }

 private:
  std::optional<Inhabitant> someone_;  // so that a command finds the veth's other end
};

inline constexpr const char* kDirector = R"(
[engine]
interfaces = { wm-here = "public" }
[director]
address = ["10.77.0.1", "2001:db8:77::1"]
[[service]]
name = "web"
address = "198.51.100.80"
ports = "tcp/80"
target = [{ name = "s1", address = "10.77.0.2" }, { name = "s2", address = "10.77.0.3" }, { name = "s3", address = "2001:db8:77::2", tunnel = "gue" },
          { name = "s4", address = "2001:db8:99::1" }]
)";

// Its target answers at once.
inline constexpr const char* kPlain = R"(
[engine]
interfaces = { wm-here = "public" }
[director]
address = "10.77.0.1"
[[service]]
name = "web"
address = "198.51.100.80"
ports = "tcp/80"
target = [{ name = "s1", address = "10.77.0.2" }]
)";

inline constexpr const char* kTranslator = R"(
[engine]
interfaces = { wm-here = "public" }
[translator]
address = ["198.51.100.1", "2001:db8:66::1"]
prefix = [{ prefix = "2001:db8:64::/96", ip4 = "198.51.100.0/24" }]
map = [{ ip4 = "192.0.2.16/28", ip6 = "2001:db8:77::10/124" }]
)";

inline constexpr const char* kHost = R"(
[engine]
interfaces = { wm-here = "servers" }
[host]
address = "10.77.0.1"
directors = "10.77.0.2"
[[host.service]]
name = "web"
address = ["198.51.100.80", "2001:db8:80::1"]
ports = "tcp/80"
)";

}  // namespace waymark::cli
