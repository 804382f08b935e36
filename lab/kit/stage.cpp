#include "lab/kit/stage.h"

#include <fmt/format.h>
#include <sys/mount.h>
#include <sys/vfs.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "lab/kit/netns.h"
#include "lab/kit/place.h"

namespace waymark::lab {
namespace fs = std::filesystem;
namespace {

const char* const kBpffs = "/sys/fs/bpf";
constexpr long kBpffsMagic = long(0xcafe4a11);
const char* const kRunFolder = "/run/waymark";
const std::string kMountedByUs = kLabDirectory + "/bpffs-mounted", kFolderByUs = kLabDirectory + "/run-folder-made";

// What a lab's namespaces and instances are called, and what takes them away; a control's prefix begins with its lab's.
struct LabNames {
  const char* lab;
  const std::string* prefix;
};
constexpr LabNames kNames[] = {{"site", &kSitePrefix},
                               {"group", &kGroupPrefix},
                               {"guests", &kGuestsPrefix},
                               {"path_mtu", &kPathMtuPrefix},
                               {"translator", &kTranslatorPrefix},
                               {"tenants", &kTenantsPrefix},
                               {"edge", &kEdgePrefix},
                               {"paths", &kPathsPrefix}};

bool of_a_lab(const std::string& name) {
  return std::any_of(std::begin(kNames), std::end(kNames), [&](auto& is) { return name.starts_with(*is.prefix); });
}

bool names_a_lab(const std::string& text) {
  return std::any_of(std::begin(kNames), std::end(kNames),
                     [&](auto& is) { return text.find(*is.prefix) != std::string::npos; });
}

std::vector<std::string> namespaces_of_labs() {
  std::vector<std::string> out;
  for (const auto& is : kNames)
    for (auto& netns : namespaces(*is.prefix)) out.push_back(netns);
  return out;
}

bool bpffs_mounted() {
  struct statfs info;
  return statfs(kBpffs, &info) == 0 && info.f_type == kBpffsMagic;
}

void list(const fs::path& where, bool deep, std::vector<std::string>& out) {
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(where, none)) {
    out.push_back(entry.path());
    if (deep && entry.is_directory(none)) list(entry.path(), deep, out);
  }
}

// Pins and lock files, by instance.
std::vector<std::string> files_of_instances() {
  std::vector<std::string> out;
  list(std::string(kBpffs) + "/waymark", false, out);
  list(kRunFolder, false, out);
  return out;
}

}  // namespace

Status no_leftovers() {
  const auto spaces = namespaces_of_labs();
  std::error_code none;
  if (spaces.empty() && !fs::exists(kLabDirectory, none)) return Done{};
  const auto whose = std::find_if(std::begin(kNames), std::end(kNames),
                                  [&](auto& is) { return !spaces.empty() && spaces.front().starts_with(*is.prefix); });
  const char* lab = whose == std::end(kNames) ? kNames[0].lab : whose->lab;
  return Error{fmt::format("lab {} is up, or was left behind ({}): `waymark lab down {}` removes it", lab,
                           spaces.empty() ? kLabDirectory : spaces.front(), lab)};
}

void clear_labs() {
  for (const auto& netns : namespaces_of_labs()) remove(netns);
  // The instances are called like their namespaces; what a killed daemon pinned is still there, and their lock files.
  std::error_code none;
  for (const auto& file : files_of_instances())
    if (of_a_lab(fs::path(file).filename())) fs::remove_all(file, none);
  fs::remove(std::string(kBpffs) + "/waymark", none);               // as the engine does: while it is empty
  if (fs::exists(kFolderByUs, none)) fs::remove(kRunFolder, none);  // unless others came to use it
  if (fs::exists(kMountedByUs, none)) umount(kBpffs);
  fs::remove_all(kLabDirectory, none);
}

void forget_instance(const std::string& name) {
  std::error_code none;
  for (const auto& file : files_of_instances()) {
    const std::string is = fs::path(file).filename();
    if (is == name || is.starts_with(name + ".")) fs::remove_all(file, none);
  }
}

std::string logs_of_daemons() {
  std::string out;
  std::error_code none;
  for (const auto& entry : fs::recursive_directory_iterator(kLabDirectory, none)) {
    if (entry.path().extension() != ".log" || entry.file_size(none) == 0) continue;
    std::ifstream in(entry.path());
    const std::string all{std::istreambuf_iterator<char>(in), {}};
    out += fmt::format("== {}\n{}\n", entry.path().string(), all.size() > 4000 ? all.substr(all.size() - 4000) : all);
  }
  return out;
}

Status prepare_machine() {
  std::error_code failed;
  fs::create_directories(kLabDirectory, failed);
  if (fs::create_directory(kRunFolder, failed)) WM_TRY(write_file(kFolderByUs, ""));
  if (bpffs_mounted()) return Done{};
  WM_TRY(write_file(kMountedByUs, ""));
  if (mount("bpf", kBpffs, "bpf", 0, nullptr) != 0) return Error{"/sys/fs/bpf cannot be mounted"};
  return Done{};
}

Footprint Footprint::now() {
  Footprint out;
  std::ifstream mounts("/proc/self/mounts");
  for (std::string line; std::getline(mounts, line);) {
    // Other people's namespaces come and go; and the mount that holds them all comes with a machine's first, and stays.
    const bool of_netns = line.find(" /run/netns") != std::string::npos;
    if (!of_netns || names_a_lab(line)) out.things.push_back("mount " + line);
  }
  std::vector<std::string> files;
  list(std::string(kBpffs) + "/waymark", true, files);
  list(kRunFolder, true, files);
  for (const auto& file : files)
    if (names_a_lab(file)) out.things.push_back(file);  // others have their own
  for (const auto& netns : namespaces_of_labs()) out.things.push_back("namespace " + netns);
  if (fs::exists(kLabDirectory)) out.things.push_back(kLabDirectory);
  std::sort(out.things.begin(), out.things.end());
  return out;
}

std::vector<std::string> added(const Footprint& before, const Footprint& after) {
  std::vector<std::string> out;
  std::set_difference(after.things.begin(), after.things.end(), before.things.begin(), before.things.end(),
                      std::back_inserter(out));
  return out;
}

}  // namespace waymark::lab
