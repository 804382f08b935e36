// How many files the daemon may open, and who may open how many of them. Whoever is given a share opens no more, so
// that guests never take the files that checks, members of the group and the kernel's sockets need.
#pragma once

#include <string>

#include "core/types.h"

namespace waymark {

struct FilePlan {
  u32 limit = 0;    // of the process
  u32 reserve = 0;  // tables, links, netlink, locks, the log, configuration, and twice the tables during a reload
  u32 group = 0;    // members' connections, and those that have not proven who they are
  u32 api = 0, metrics = 0, health = 0;  // guests at once
  u32 dns = 0;                           // TCP connections to the name server
  u32 checks = 0;                        // checks in flight: what remains
  bool small = false;                    // the shares are less than one wants
};

// Pure. Where `limit` is small, all shares shrink alike, down to a few each.
FilePlan plan_files(u32 limit);

// "only 256 files may be open: ..."
std::string in_words(const FilePlan& plan);

// Raises this process's limit, as far as it may and no further than is of use; returns what it is then.
u32 raise_file_limit();

}  // namespace waymark
