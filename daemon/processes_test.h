// Daemons as processes of a test, in a namespace of its own (rtnetlink/namespaces_test.h), under names that nobody else
// has.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <sstream>

#include "daemon/client.h"
#include "daemon/run.h"
#include "engine/xdp/engine.h"
#include "engine/xdp/program.h"
#include "rtnetlink/namespaces_test.h"

namespace waymark {

class Processes : public Namespaces {
 protected:
  using Json = nlohmann::json;

  void SetUp() override {
    WM_NEED(Cap::bpf);
    Namespaces::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    std::filesystem::create_directory(folder);
    // Clients in "peer" reach the services through "here".
    peer("ip route add 198.51.100.0/24 via 10.77.0.1");
  }

  void TearDown() override {
    for (const pid_t pid : children_) {
      kill(pid, SIGKILL);
      waitpid(pid, nullptr, 0);
    }
    for (const char* suffix : {"", "-2"}) {
      (void)XdpEngine::remove(name + suffix);
      for (const char* end : {".lock", ".next.lock", ".sock"})
        std::filesystem::remove("/run/waymark/" + name + suffix + end);
    }
    std::filesystem::remove_all(folder);
    Namespaces::TearDown();
  }

  // A director on `interface` with one service and these targets, each [[service.target]] keys in a line.
  void configure(const std::vector<std::string>& targets, const std::string& suffix = "",
                 const std::string& interface = "wm-here", const std::string& more = "") {
    const std::string written = config_file(suffix) + ".new";  // whoever reads it meanwhile reads one or the other
    std::ofstream file(written);
    file << "[node]\nname = \"" << name << suffix << "\"\n[engine]\npins = 1000\ninterfaces = { "
         << interface << " = \"public\" }\n[director]\naddress = \"10.77.0.1\"\n"
         << "[[service]]\nname = \"web\"\naddress = \"198.51.100.80\"\nports = [\"tcp/80\", \"udp/53\"]\n";
    for (const std::string& target : targets) file << "[[service.target]]\n" << target << "\n";
    file << more;
    file.close();
    std::filesystem::rename(written, config_file(suffix));
  }
  static std::string target(const std::string& called, const std::string& address) {
    return "name = \"" + called + "\"\naddress = \"" + address + "\"";
  }

  pid_t spawn(RunOptions options, const std::string& suffix = "", unsigned long long capabilities = ~0ull) {
    options.config = config_file(suffix);
    options.version = "test";
    std::fflush(nullptr);
    const pid_t child = fork();
    if (child == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      const int log = open(log_file().c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
      dup2(log, 2);
      keep_only(capabilities);
      _exit(run_daemon(options));
    }
    children_.push_back(child);
    return child;
  }
  pid_t spawn() { return spawn(RunOptions{.program = program()}); }

  // Its exit status; -1 where a signal ended it, -2 where it does not end.
  int end_of(
      pid_t pid, const std::function<void()>& meanwhile = [] {}) {
    int status = 0;
    const bool ended = soon([&] {
      meanwhile();
      return waitpid(pid, &status, WNOHANG) == pid;
    });
    if (!ended) return -2;
    std::erase(children_, pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  static bool soon(const std::function<bool()>& holds) {
    const Time end = now() + std::chrono::seconds(30);
    while (!holds()) {
      if (now() > end) return false;
      const timespec pause{0, 5'000'000};
      nanosleep(&pause, nullptr);
    }
    return true;
  }

  Json get(const std::string& path, const std::string& suffix = "") {
    const Result<std::string> text = api_get(socket(suffix), path);
    return text ? Json::parse(*text)["rows"] : Json();
  }
  u64 counted(const std::string& reason) {  // packets that ended so
    for (const Json& row : get("/v1/counters"))
      if (row["reason"] == reason) return row["packets"];
    return 0;
  }
  Result<std::string> post(const std::string& path, const std::string& body = "{}") {
    return api_post(socket(), path, body);
  }
  Json status(const std::string& item, const std::string& suffix = "") {
    const Json rows = get("/v1/status", suffix);
    for (const Json& row : rows)
      if (row["item"] == item) return row["value"];
    return {};
  }
  bool warned(const std::string& part) {
    const Json rows = get("/v1/status");
    return std::any_of(rows.begin(), rows.end(), [&](const Json& row) {
      return row["item"] == "warning" && row["value"].get<std::string>().find(part) != std::string::npos;
    });
  }
  bool runs(pid_t pid, const std::string& suffix = "") {
    return soon([&] { return status("pid", suffix) == pid && status("state", suffix) == "running"; });
  }
  // One flow of two datagrams: the second proves it.
  void send_flow() { peer("bash -c 'exec 3>/dev/udp/198.51.100.80/53; echo a >&3; echo b >&3'"); }

  std::string log() const {
    std::ostringstream text;
    text << std::ifstream(log_file()).rdbuf();
    return text.str();
  }
  std::string config_file(const std::string& suffix = "") const { return folder + "/node" + suffix + ".toml"; }
  std::string log_file() const { return folder + "/log"; }
  std::string socket(const std::string& suffix = "") const { return default_socket(name + suffix); }

  const std::string name = "wm-test-" + std::to_string(getpid());
  const std::string folder = testing::TempDir() + "/" + name;

 private:
  static void keep_only(unsigned long long capabilities) {
    if (!~capabilities) return;
    __user_cap_header_struct head{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct data[2] = {};
    for (int i = 0; i < 2; ++i) data[i].effective = data[i].permitted = static_cast<__u32>(capabilities >> (32 * i));
    if (syscall(SYS_capset, &head, data) != 0) _exit(99);
  }

  std::vector<pid_t> children_;
};

}  // namespace waymark
