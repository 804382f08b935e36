#include "base/file.h"
#include "config/parse.h"
#include "config/tree.h"

namespace waymark {

Result<std::string> read_config_file(const std::string& path, bool may_be_a_pipe) {
  return read_file(path, {.most_bytes = config::kMaxBytes, .may_be_a_pipe = may_be_a_pipe});
}

}  // namespace waymark
