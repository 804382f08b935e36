// The program of on_event is somebody else's: it may hang, fork, print, fail or be missing, and the daemon goes on.
#include "daemon/hook.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

namespace waymark {

namespace {

using namespace std::chrono_literals;

class HookTest : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(folder);
    chmod(folder.c_str(), 0755);
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  std::string script(const std::string& body, mode_t mode = 0755, const std::string& name = "hook.sh") const {
    const std::string path = folder + "/" + name;
    std::ofstream(path) << "#!/bin/sh\n" << body << "\n";
    chmod(path.c_str(), mode);
    return path;
  }
  static Recorded event(u64 number = 7, const std::string& text = "web/s1 is down: no answer") {
    return {number, WallTime(1'795'847'125'042ms), {Severity::warning, "target.down", "web/s1", text}};
  }
  std::string written(const std::string& name = "out") const {
    std::ostringstream text;
    text << std::ifstream(folder + "/" + name).rdbuf();
    return text.str();
  }

  // Runs the loop until `holds`, or for 15 s.
  static bool soon(Loop& on, Hook& hook, const std::function<bool()>& holds) {
    const Time end = boot_time() + 15s;
    on.run([&] {
      hook.step(boot_time());
      if (holds() || boot_time() > end) on.stop();
      return std::min(hook.deadline(), boot_time() + 5ms);
    });
    return holds();
  }
  // One event for a script with this body; what was told.
  std::vector<std::string> run(const std::string& path, Duration deadline = 20s) {
    Loop fresh;
    std::vector<std::string> told;
    Hook hook(
        fresh, [&](std::string sentence) { told.push_back(std::move(sentence)); }, deadline);
    hook.configure(path, "paris-1");
    const u64 refused = hook.counts().failed;  // when it was configured; the event asks once more
    hook.add(event(), boot_time());
    EXPECT_TRUE(soon(fresh, hook, [&] { return hook.counts().ran + hook.counts().failed > refused; }));
    return told;
  }

  const std::string folder = testing::TempDir() + "wm-hook-" + std::to_string(getpid());
  Loop loop;
};

using Told = std::vector<std::string>;

}  // namespace

TEST_F(HookTest, GetsTheEventInItsEnvironmentAndOnStandardInput) {
  const std::string out = folder + "/out";
  const std::string path = script(fmt::format("env | grep WAYMARK | sort >{0}; cat >>{0}; pwd >>{0}", out));
  EXPECT_EQ(run(path), Told{});
  const std::string text = written();
  EXPECT_TRUE(
      text.starts_with("WAYMARK_EVENT_KIND=target.down\n"
                       "WAYMARK_EVENT_NODE=paris-1\n"
                       "WAYMARK_EVENT_SEVERITY=warning\n"
                       "WAYMARK_EVENT_SUBJECT=web/s1\n"
                       "WAYMARK_EVENT_TEXT=web/s1 is down: no answer\n"
                       "WAYMARK_EVENT_TIME=2026-11-28T06:25:25.042Z\n"))
      << text;
  const auto json = nlohmann::json::parse(text.substr(text.find('{'), text.find('}') - text.find('{') + 1));
  EXPECT_EQ(json["number"], 7);
  EXPECT_EQ(json["text"], "web/s1 is down: no answer");
  EXPECT_TRUE(text.ends_with("\n/\n")) << text;
}

TEST_F(HookTest, HasNoOtherDescriptorAndNoShellBetween) {
  int pipe_ends[2];
  ASSERT_EQ(pipe(pipe_ends), 0);
  ASSERT_EQ(dup2(pipe_ends[0], 50), 50);  // survives an exec
  EXPECT_EQ(run(script("[ -e /proc/self/fd/50 ] && exit 9; exit 0", 0755, "a b;exit 8 #.sh")), Told{});
  for (const int fd : {50, pipe_ends[0], pipe_ends[1]}) close(fd);
}

TEST_F(HookTest, WhatHangsIsKilledWithAllOfItsGroup) {
  const std::string path =
      script(fmt::format("sleep 1000 & echo $! >{}/child; trap '' TERM INT HUP; wait; wait", folder));
  ASSERT_EQ(run(path, 300ms), Told{fmt::format("on_event: {} did not end within 0.3 s and was killed", path)});
  const pid_t child = pid_t(std::atoi(written("child").c_str()));
  ASSERT_GT(child, 1);
  const Time end = boot_time() + 15s;
  const auto gone = [&] {  // or a zombie until init takes it
    std::string state, word;
    std::ifstream stat(fmt::format("/proc/{}/stat", child));
    stat >> word >> word >> state;
    return !stat || state == "Z";
  };
  while (!gone() && boot_time() < end) usleep(5000);
  EXPECT_TRUE(gone());
}

TEST_F(HookTest, WhatItLeavesBehindEndsWithIt) {
  EXPECT_EQ(run(script(fmt::format("sleep 1000 & echo $! >{}/child", folder))), Told{});
  const pid_t child = pid_t(std::atoi(written("child").c_str()));
  ASSERT_GT(child, 1);
  const Time end = boot_time() + 15s;
  while (kill(child, 0) == 0 && boot_time() < end) {
    std::ifstream stat(fmt::format("/proc/{}/stat", child));
    std::string word, state;
    if (!(stat >> word >> word >> state) || state == "Z") break;
    usleep(5000);
  }
  EXPECT_LT(boot_time(), end);
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1) << "no child of ours is left, dead or alive";
}

TEST_F(HookTest, WhatPrintsMegabytesOrReadsNothingGoesOn) {
  EXPECT_EQ(run(script("head -c 20000000 /dev/zero; head -c 20000000 /dev/zero >&2")), Told{});
}

TEST_F(HookTest, WhatFailsIsToldOnceUntilItSucceeds) {
  const std::string path = script(fmt::format("[ -e {}/well ] || exit 3", folder));
  Told told;
  Hook hook(loop, [&](std::string sentence) { told.push_back(std::move(sentence)); });
  hook.configure(path, "paris-1");
  for (int i = 0; i < 3; ++i) hook.add(event(), boot_time());
  bool again = false;
  EXPECT_TRUE(soon(loop, hook, [&] {
    if (hook.counts().failed == 3 && !again) {
      again = true;
      EXPECT_EQ(told, Told{fmt::format("on_event: {} failed with status 3", path)});
      EXPECT_EQ(hook.counts().trouble, told[0]);
      std::ofstream(folder + "/well") << "x";
      hook.add(event(), boot_time());
    }
    return hook.counts().ran == 4;
  }));
  EXPECT_EQ(hook.counts().trouble, "");
  EXPECT_EQ(told.size(), 1u);
}

TEST_F(HookTest, WhatCannotRunIsASentence) {
  EXPECT_EQ(run(folder + "/none"), Told{fmt::format("on_event: {}/none: No such file or directory", folder)});
  EXPECT_EQ(run(folder), Told{fmt::format("on_event: {} is not a regular file", folder)});
  EXPECT_EQ(run("hook.sh"), Told{"on_event: \"hook.sh\" is not an absolute path"});
  EXPECT_EQ(run(script("exit 0", 0644)),
            Told{fmt::format("on_event: {}/hook.sh is not executable: Permission denied", folder)});
  const std::string killed = script("kill -9 $$");
  EXPECT_EQ(run(killed), Told{fmt::format("on_event: {} was ended by signal 9", killed)});
  std::ofstream(folder + "/text") << "no program";
  chmod((folder + "/text").c_str(), 0755);
  EXPECT_EQ(run(folder + "/text"), Told{fmt::format("on_event: {}/text cannot be run: Exec format error", folder)});
}

TEST_F(HookTest, WhatOthersMayWriteIsNotRun) {
  for (const mode_t mode : {0775u, 0757u, 0777u}) {
    const std::string path = script(fmt::format("touch {}/ran", folder), mode);
    EXPECT_EQ(run(path),
              Told{fmt::format("on_event: {0} is writable by others than its owner: `chmod go-w {0}`", path)});
  }
  const std::string path = script(fmt::format("touch {}/ran", folder));
  chmod(folder.c_str(), 0777);
  EXPECT_EQ(run(path),
            Told{fmt::format("on_event: {0} is writable by others than its owner: `chmod go-w {0}`", folder)});
  chmod(folder.c_str(), 0755);
  // A link is followed to what would be run.
  const std::string link = folder + "/link";
  ASSERT_EQ(symlink(path.c_str(), link.c_str()), 0);
  chmod(path.c_str(), 0777);
  EXPECT_EQ(run(link).size(), 1u);
  chmod(path.c_str(), 0755);
  if (geteuid() == 0) {
    ASSERT_EQ(chown(path.c_str(), 4711, 0), 0);
    EXPECT_EQ(run(path).size(), 1u);
    ASSERT_EQ(chown(path.c_str(), 0, 0), 0);
  }
  EXPECT_FALSE(std::filesystem::exists(folder + "/ran"));
  EXPECT_EQ(run(link), Told{});
  EXPECT_TRUE(std::filesystem::exists(folder + "/ran"));
}

TEST_F(HookTest, RunsOneAtATimeAndInOrder) {
  const std::string path =
      script(fmt::format("mkdir {0}/lock || exit 1; echo $WAYMARK_EVENT_TEXT >>{0}/out; rmdir {0}/lock", folder));
  Told told;
  Hook hook(loop, [&](std::string sentence) { told.push_back(std::move(sentence)); });
  hook.configure(path, "paris-1");
  std::string expected;
  for (u64 i = 1; i <= 20; ++i) {
    hook.add(event(i, std::to_string(i)), boot_time());
    expected += std::to_string(i) + "\n";
  }
  EXPECT_TRUE(soon(loop, hook, [&] { return hook.counts().ran == 20; }));
  EXPECT_EQ(told, Told{});
  EXPECT_EQ(written(), expected);
}

TEST_F(HookTest, AQueueThatIsFullLosesEventsAndSaysSo) {
  Told told;
  Hook hook(
      loop, [&](std::string sentence) { told.push_back(std::move(sentence)); }, 300ms);
  const std::string path = script("sleep 1000");
  hook.configure(path, "paris-1");
  const Time before = boot_time();
  for (u64 i = 1; i <= Hook::kQueue + 51; ++i) hook.add(event(i), before);
  EXPECT_EQ(hook.counts().lost, 50u);
  ASSERT_TRUE(soon(loop, hook, [&] { return hook.counts().ran == 1 && told.size() == 2; }));
  EXPECT_EQ(told[1], fmt::format("on_event: 50 events were not told, as {} does not keep up", path));
}

TEST_F(HookTest, EndsWithTheDaemonAndLeavesNoZombie) {
  {
    Hook hook(loop, [](std::string) {});
    hook.configure(script("sleep 1000"), "paris-1");
    hook.add(event(), boot_time());
    EXPECT_LT(hook.deadline(), Time::max()) << "it runs";
  }
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

TEST_F(HookTest, WithoutAProgramNothingRuns) {
  Hook hook(loop, [](std::string) {});
  hook.configure("", "paris-1");
  hook.add(event(), boot_time());
  EXPECT_EQ(hook.deadline(), Time::max());
}

}  // namespace waymark
