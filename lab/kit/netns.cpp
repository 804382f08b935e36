#include "lab/kit/netns.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "lab/kit/loop.h"
#include "lab/kit/process.h"

namespace waymark::lab {
namespace fs = std::filesystem;
namespace {

const std::string kWhere = "/run/netns/";

}  // namespace

Inside::Inside(const std::string& netns) {
  home_ = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
  const int ns = open((kWhere + netns).c_str(), O_RDONLY | O_CLOEXEC);
  entered_ = home_ >= 0 && ns >= 0 && setns(ns, CLONE_NEWNET) == 0;
  if (ns >= 0) close(ns);
}

Inside::~Inside() {
  // Going on in the wrong namespace would configure the machine itself.
  if (entered_ && setns(home_, CLONE_NEWNET) != 0) std::abort();
  if (home_ >= 0) close(home_);
}

std::vector<std::string> namespaces(const std::string& prefix) {
  std::vector<std::string> out;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(kWhere, none))
    if (entry.path().filename().string().starts_with(prefix)) out.push_back(entry.path().filename());
  std::sort(out.begin(), out.end());
  return out;
}

std::vector<int> processes_in(const std::string& netns) {
  struct stat want, have;
  std::vector<int> out;
  if (stat((kWhere + netns).c_str(), &want) != 0) return out;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator("/proc", none)) {
    const int pid = std::atoi(entry.path().filename().c_str());
    if (pid <= 0 || pid == getpid() || stat((entry.path() / "ns/net").c_str(), &have) != 0) continue;
    if (have.st_ino == want.st_ino && have.st_dev == want.st_dev) out.push_back(pid);
  }
  return out;
}

Status ip(const std::string& netns, const std::string& commands) {
  auto p = Process::start({.netns = netns, .argv = {"ip", "-batch", "-"}});
  if (!p) return p.error();
  WM_TRY(p->say(commands));
  p->say_end();
  const auto status = p->wait(std::chrono::seconds(20));
  if (status == 0) return Done{};
  return Error{fmt::format("\"ip -batch\" in namespace {} failed: {}", netns, p->rest())};
}

Status sysctls(const std::string& netns, const std::vector<std::pair<std::string, std::string>>& values) {
  const Inside inside(netns);
  if (!inside.entered()) return Error{fmt::format("namespace {} cannot be entered", netns)};
  for (const auto& [name, value] : values) {
    std::string path = "/proc/sys/" + name;
    std::ofstream file(path);
    if (!(file << value << std::flush))
      return Error{fmt::format("{} cannot be set to {} in namespace {}", path, value, netns)};
  }
  return Done{};
}

void remove(const std::string& netns) {
  const Time end = now() + std::chrono::seconds(5);
  for (auto left = processes_in(netns); !left.empty() && now() < end; left = processes_in(netns)) {
    for (int pid : left) kill(pid, SIGKILL);
    usleep(5000);
  }
  (void)run({.argv = {"ip", "netns", "del", netns}});
}

Result<unsigned long long> driver_count(const std::string& netns, const std::string& interface,
                                        const std::string& queue) {
  auto said = run({.netns = netns, .argv = {"ethtool", "-S", interface}});
  if (!said) return said.error();
  unsigned long long sum = 0;
  bool found = false;
  std::istringstream lines(*said);
  for (std::string line; std::getline(lines, line);) {
    const size_t colon = line.rfind(':');
    const size_t at = line.find("rx_queue_");
    if (colon == std::string::npos || at == std::string::npos) continue;
    const size_t after_number = line.find('_', at + std::string("rx_queue_").size());
    if (after_number > colon || line.substr(after_number + 1, colon - after_number - 1) != queue) continue;
    found = true;
    sum += std::strtoull(line.c_str() + colon + 1, nullptr, 10);
  }
  if (!found) return Error{fmt::format("interface {} of {} has no count {}", interface, netns, queue)};
  return sum;
}

}  // namespace waymark::lab
