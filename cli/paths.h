// `waymark paths`: the path between two POPs, and why it is that one.
#pragma once

#include <string>
#include <vector>

namespace waymark::cli {

struct PathsOptions {
  std::string config = {}, from = {}, to = {}, policy = {};
  std::vector<std::string> down = {};  // POPs and links, beside those of the file
  bool json = false, dot = false;
};
int paths_command(const PathsOptions& options);

}  // namespace waymark::cli
