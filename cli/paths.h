// `waymark paths`: the path between two POPs, and why it is that one.
#pragma once

#include <string>
#include <vector>

#include "cli/remote.h"
#include "paths/seen.h"

namespace waymark::cli {

struct PathsOptions {
  std::string config = {}, from = {}, to = {}, policy = {};
  std::vector<std::string> down = {};  // POPs and links, beside those of the file
  bool json = false, dot = false;
  bool live = false;  // with what the daemon knows of links
  Daemon daemon = {};
};
int paths_command(const PathsOptions& options);

// What GET /v1/links says.
Result<paths::Links> read_links(const std::string& json);

}  // namespace waymark::cli
