#include "daemon/secret.h"

#include <fmt/format.h>

#include "base/file.h"
#include "group/channel.h"

namespace waymark {

Result<std::vector<u8>> group_secret(const Config& config) {
  if (!config.group) return std::vector<u8>();
  const std::string& path = config.group->key;
  const Result<std::string> bytes = read_file(path, {.most_bytes = group::kMostSecret, .only_owners = true});
  if (!bytes) return Error{fmt::format("[group] key: {}", bytes.error().sentence)};
  Result<std::vector<u8>> secret = group::read_secret({reinterpret_cast<const u8*>(bytes->data()), bytes->size()});
  if (!secret) return Error{fmt::format("[group] key: {}: {}", path, secret.error().sentence)};
  return secret;
}

}  // namespace waymark
