#include "engine/xdp/bpffs.h"

#include <linux/magic.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>

#include "core/records.h"

namespace waymark {

namespace fs = std::filesystem;

namespace {

constexpr const char* kMountPoint = "/sys/fs/bpf";

bool is_bpffs(const fs::path& path) {
  struct statfs facts {};
  return statfs(path.c_str(), &facts) == 0 && facts.f_type == BPF_FS_MAGIC;
}

fs::path existing_part(fs::path path) {
  std::error_code ignored;
  while (!fs::exists(path, ignored) && path.has_relative_path()) path = path.parent_path();
  return path;
}

}  // namespace

std::optional<PinnedTable> pinned_table(const std::string& file) {
  const auto at = file.rfind("_v");
  if (at == file.npos || at == 0) return {};
  PinnedTable pinned{file.substr(0, at), 0};
  const char *first = file.data() + at + 2, *last = file.data() + file.size();
  const auto [end, error] = std::from_chars(first, last, pinned.layout);
  if (error != std::errc() || end != last) return {};
  return pinned;
}

std::string pinned_name(const std::string& table) { return table + "_v" + std::to_string(kLayoutVersion); }

Status mount_where_missing(const std::string& directory) {
  if (!is_bpffs(existing_part(directory))) {
    if (!directory.starts_with(std::string(kMountPoint) + "/"))
      return Error{directory + " is not in a BPF file system; mount one there: mount -t bpf bpf DIRECTORY"};
    if (mount("bpf", kMountPoint, "bpf", 0, "mode=0700"))
      return Error{std::string("no BPF file system is mounted at ") + kMountPoint + ", and mounting it failed (" +
                   strerror(errno) + "); as root: mount -t bpf bpf " + kMountPoint};
  }
  return Done{};
}

Status make_directory(const std::string& directory) {
  WM_TRY(mount_where_missing(directory));
  std::error_code error;
  fs::create_directories(directory, error);
  if (error) return Error{"cannot make the directory " + directory + ": " + error.message()};
  return Done{};
}

std::vector<std::string> list(const std::string& directory) {
  std::vector<std::string> names;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(directory, ignored)) names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

Status check_contents(const std::string& directory) {
  for (const std::string& name : list(directory)) {
    if (name == "links" || name == "program" || name == "program_next") continue;
    const auto pinned = pinned_table(name);
    if (!pinned) return Error{directory + "/" + name + " is not Waymark's: remove it, or choose another instance name"};
    if (pinned->layout != kLayoutVersion)
      return Error{"the pinned tables in " + directory + " are of layout " + std::to_string(pinned->layout) +
                   ", and this build knows layout " + std::to_string(kLayoutVersion) +
                   " only: run it with the build that made them, or give up its pins with `waymark down`"};
  }
  return Done{};
}

}  // namespace waymark
