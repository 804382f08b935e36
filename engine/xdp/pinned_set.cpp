#include "engine/xdp/pinned_set.h"

#include <bpf/bpf.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "core/tables.h"
#include "engine/xdp/bpffs.h"
#include "engine/xdp/kernel_facts.h"

namespace waymark {

namespace {

constexpr u32 kMostTables = 48;

struct Seal {
  struct Entry {
    char table[20];
    u32 id;  // the kernel's, unique until the machine starts again, as are the files
  };
  u32 generation, count;
  Entry entry[kMostTables];
};

u32 id_of(int map) {
  bpf_map_info info{};
  u32 size = sizeof info;
  return bpf_obj_get_info_by_fd(map, &info, &size) ? 0 : info.id;
}

// None where there is no seal that can be read.
bool read_seal(const std::string& file, Seal& seal) {
  const Fd map(bpf_obj_get(file.c_str()));
  bpf_map_info info{};
  u32 size = sizeof info, key = 0;
  return map && bpf_obj_get_info_by_fd(map.get(), &info, &size) == 0 && info.value_size == sizeof seal &&
         bpf_map_lookup_elem(map.get(), &key, &seal) == 0 && seal.count <= kMostTables;
}

// Whether a program of the instance still takes packets from an interface.
bool serves(const std::string& directory) {
  const std::vector<std::string> links = list(directory + "/links");
  return std::any_of(links.begin(), links.end(), [&](const std::string& name) {
    const Fd link(bpf_obj_get((directory + "/links/" + name).c_str()));
    return link_facts(link.get()).interface != 0;
  });
}

bool has_program(const std::string& directory) { return access((directory + "/program").c_str(), F_OK) == 0; }

bool holds_jumps(const PinnedTable& pinned) { return pinned.table == kJumps || pinned.table == kJumpsNext; }

// All but what the program on the links jumps by.
void remove_tables(const std::string& directory) {
  unlink((directory + "/" + pinned_name("seal")).c_str());
  for (const std::string& name : list(directory))
    if (const auto pinned = pinned_table(name); pinned && !holds_jumps(*pinned))
      unlink((directory + "/" + name).c_str());
}

// The directories, as far as nothing is in them. An errno for the instance's, or 0.
int remove_empty(const std::string& directory) {
  rmdir((directory + "/links").c_str());
  const int error = rmdir(directory.c_str()) ? errno : 0;
  rmdir(directory.substr(0, directory.rfind('/')).c_str());  // stays while other instances are there
  return error;
}

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out;
}

}  // namespace

const std::vector<std::string>& PinnedSet::table_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
#define WM_NAME(NAME, RECORD, ENTRIES, CLASS) all.push_back(#NAME);
    WM_LASTING_TABLES(WM_NAME)
#undef WM_NAME
    return all;
  }();
  return names;
}

std::string PinnedSet::file(std::string_view table) const { return directory_ + "/" + pinned_name(std::string(table)); }

int PinnedSet::table(std::string_view name) const {
  const auto at = tables_.find(name);
  return at == tables_.end() ? -1 : at->second.get();
}

Result<PinnedSet> PinnedSet::find(const std::string& directory) {
  PinnedSet set;
  set.directory_ = directory;
  std::vector<std::string> missing;
  for (const std::string& name : table_names()) {
    Fd fd(bpf_obj_get(set.file(name).c_str()));
    if (!fd && errno != ENOENT) return Error{bpf_sentence("cannot open the pinned table " + set.file(name), errno)};
    fd ? void(set.tables_[name] = std::move(fd)) : missing.push_back(name);
  }
  const auto give_up = [&](const std::string& why) -> Result<PinnedSet> {
    if (serves(directory))
      remove_tables(directory);
    else
      WM_TRY(remove(directory));
    PinnedSet none;
    none.directory_ = directory;
    none.found_ = "the tables pinned in " + directory + " were given up, and with them every flow's target: " + why;
    return none;
  };

  Seal seal{};
  if (!read_seal(set.file("seal"), seal)) {
    if (set.tables_.empty() && !serves(directory)) {  // an empty folder at most
      WM_TRY(remove(directory));
      return set;
    }
    if (!missing.empty()) return give_up("they are not complete (" + joined(missing) + " missing) and not sealed");
    if (!serves(directory) && !has_program(directory))
      return give_up("whoever made them ended before they were in use");
    return set;
  }

  // Tables that the seal does not know are new in this build: they are made and sealed in.
  std::vector<std::string> mended, gone;
  bool may_look_up = true;
  for (u32 i = 0; i < seal.count; ++i) {
    const Seal::Entry& entry = seal.entry[i];
    const std::string name(entry.table, strnlen(entry.table, sizeof entry.table));
    if (!std::count(table_names().begin(), table_names().end(), name)) continue;  // of a newer build
    if (const auto at = set.tables_.find(name); at != set.tables_.end() && id_of(at->second.get()) == entry.id)
      continue;
    Fd lost(bpf_map_get_fd_by_id(entry.id));
    if (!lost) {
      may_look_up = may_look_up && errno != EPERM;
      gone.push_back(name + " (number " + std::to_string(entry.id) + ")");
      continue;
    }
    unlink(set.file(name).c_str());
    if (bpf_obj_pin(lost.get(), set.file(name).c_str()))
      return Error{bpf_sentence("cannot pin the table " + set.file(name) + " again", errno)};
    set.tables_.insert_or_assign(name, std::move(lost));
    mended.push_back(name);
  }
  if (!gone.empty() && !may_look_up && serves(directory))
    return Error{"tables were removed from " + directory + " while packets are served with them: " + joined(gone) +
                 "; start Waymark once with CAP_SYS_ADMIN, which finds them by number, or pin each again (bpftool map "
                 "pin id NUMBER " +
                 directory + "/NAME_v" + std::to_string(kLayoutVersion) +
                 "), or give up all flows' targets with `waymark down`"};
  if (!gone.empty()) return give_up("these are lost: " + joined(gone));
  if (!mended.empty())
    set.found_ = "tables had been removed from " + directory + ", and were pinned again: " + joined(mended);
  set.generation_ = seal.generation;
  set.sealed_ = std::all_of(table_names().begin(), table_names().end(), [&](const std::string& name) {
    return std::any_of(seal.entry, seal.entry + seal.count, [&](const Seal::Entry& e) { return name == e.table; });
  });
  return set;
}

Status PinnedSet::pin(const Object& object) {
  WM_TRY(make_directory(directory_ + "/links"));
  std::vector<std::string> pinned;
  for (const std::string& name : table_names()) {
    if (tables_.contains(name)) continue;
    const int map = object.map(name.c_str());
    if (bpf_obj_pin(map, file(name).c_str())) {
      const Error why{bpf_sentence("cannot pin the table " + file(name), errno)};
      for (const std::string& done : pinned) unlink(file(done).c_str());
      remove_empty(directory_);
      return why;
    }
    pinned.push_back(name);
  }
  for (const std::string& name : pinned) tables_[name] = Fd(fcntl(object.map(name.c_str()), F_DUPFD_CLOEXEC, 0));
  return Done{};
}

Status PinnedSet::seal(const Object& object) {
  if (sealed_) return Done{};
  Seal seal{generation_ + 1, 0, {}};
  for (const std::string& name : table_names()) {
    Seal::Entry& entry = seal.entry[seal.count++];
    name.copy(entry.table, sizeof entry.table - 1);
    entry.id = id_of(object.map(name.c_str()));
  }
  const Fd map(bpf_map_create(BPF_MAP_TYPE_ARRAY, "waymark_seal", sizeof(u32), sizeof seal, 1, nullptr));
  const u32 key = 0;
  if (!map || bpf_map_update_elem(map.get(), &key, &seal, BPF_ANY) || bpf_map_freeze(map.get()))
    return Error{bpf_sentence("cannot make the seal of the tables in " + directory_, errno)};
  unlink(file("seal").c_str());  // an older build's: it knows fewer tables
  if (bpf_obj_pin(map.get(), file("seal").c_str()))
    return Error{bpf_sentence("cannot pin the seal of the tables in " + directory_, errno)};
  generation_ = seal.generation;
  sealed_ = true;
  return Done{};
}

void PinnedSet::unpin() {
  remove_tables(directory_);
  remove_empty(directory_);
  tables_.clear();
  sealed_ = false;
}

Status PinnedSet::remove(const std::string& directory) {
  unlink((directory + "/" + pinned_name("seal")).c_str());
  for (const std::string& name : list(directory + "/links")) {
    const std::string file = directory + "/links/" + name;
    const Fd link(bpf_obj_get(file.c_str()));
    if (!link) return Error{bpf_sentence("cannot open the link " + file, errno)};
    bpf_link_detach(link.get());
    unlink(file.c_str());
  }
  for (const std::string& name : list(directory)) {
    const auto pinned = pinned_table(name);
    if (name == "program" || name == "program_next" || (pinned && holds_jumps(*pinned)))
      unlink((directory + "/" + name).c_str());
  }
  remove_tables(directory);
  if (const int error = remove_empty(directory); error && error != ENOENT)
    return Error{"Waymark is off all interfaces, but " + directory + " could not be removed: " + strerror(error)};
  return Done{};
}

}  // namespace waymark
