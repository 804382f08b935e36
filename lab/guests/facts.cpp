#include "lab/guests/facts.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "lab/kit/place.h"

namespace waymark::lab {
namespace {

constexpr u32 kTargetsEach = 3;

std::string whole(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

std::optional<Samples> samples(const std::string& metrics, const std::string& name) {
  std::optional<Samples> out;
  for (size_t at = 0, end; at < metrics.size(); at = end + 1) {
    end = std::min(metrics.find('\n', at), metrics.size());
    if (metrics.compare(at, name.size(), name) != 0) continue;
    const char next = at + name.size() < end ? metrics[at + name.size()] : '\n';
    if (next != ' ' && next != '{') continue;
    const size_t value = metrics.rfind(' ', end);  // a label's value may hold spaces, a number none
    if (!out) out = Samples();
    ++out->count;
    out->sum += std::strtoull(metrics.c_str() + value + 1, nullptr, 10);
  }
  return out;
}

std::optional<u64> memory_in(const std::string& status, const std::string& field) {
  const size_t at = status.find("\n" + field + ":");
  if (at == std::string::npos) return {};
  return std::strtoull(status.c_str() + at + field.size() + 2, nullptr, 10) * 1024;
}

std::optional<u64> ticks_in(const std::string& stat) {
  const size_t name_ends = stat.rfind(')');
  if (name_ends == std::string::npos) return {};
  std::istringstream rest(stat.substr(name_ends + 1));
  std::string skipped;
  for (int field = 3; field <= 13; ++field) rest >> skipped;
  u64 user = 0, system = 0;
  if (!(rest >> user >> system)) return {};
  return user + system;
}

Result<Vitals> vitals(pid_t pid) {
  const std::string folder = fmt::format("/proc/{}", pid), stat = whole(folder + "/stat");
  const auto peak = memory_in(whole(folder + "/status"), "VmHWM");
  const auto ticks = ticks_in(stat);
  if (!peak || !ticks) return Error{fmt::format("process {} is gone", pid)};
  Vitals out;
  out.peak = *peak;
  out.cpu = Duration(std::chrono::seconds(1)) * *ticks / sysconf(_SC_CLK_TCK);
  out.state = stat[stat.rfind(')') + 2];
  std::error_code gone;
  out.files = u64(std::distance(std::filesystem::directory_iterator(folder + "/fd", gone), {}));
  return out;
}

void forget_peak(pid_t pid) { std::ofstream(fmt::format("/proc/{}/clear_refs", pid)) << 5; }

std::string many_targets_of(const std::string& server) { return fmt::format("2001:db8:7{}::/64", server.substr(1)); }

std::string many_services(u32 services, u32 every) {
  std::string out;
  for (u32 i = 1; i <= services; ++i) {
    out += fmt::format(
        "\n[[service]]\nname = \"many{0}\"\naddress = [\"2001:db8:90::{0:x}\"]\nports = [\"tcp/80\"]\n"
        "check = {{ tcp = true, every = \"{1}s\", timeout = \"2s\", rise = 1 }}\n",
        i, every);
    for (u32 t = 0; t < kTargetsEach; ++t)
      out += fmt::format("[[service.target]]\nname = \"{0}\"\naddress = \"2001:db8:7{1}::{2:x}\"\ntunnel = \"gue\"\n",
                         kServers[t], t + 1, i);
  }
  return out;
}

}  // namespace waymark::lab
