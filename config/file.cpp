#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "config/parse.h"
#include "config/tree.h"

namespace waymark {

Result<std::string> read_config_file(const std::string& path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "re"), std::fclose);
  if (!file) return Error{fmt::format("{} cannot be opened: {}", path, std::strerror(errno))};
  std::string text;
  char block[65536];
  // One byte more than is read tells parse_config that the file is too large, without reading all of it.
  while (text.size() <= config::kMaxBytes) {
    const std::size_t n = std::fread(block, 1, sizeof block, file.get());
    text.append(block, n);
    if (n < sizeof block) break;
  }
  if (std::ferror(file.get())) return Error{fmt::format("{} cannot be read: {}", path, std::strerror(errno))};
  return text;
}

}  // namespace waymark
