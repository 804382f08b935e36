// Ids that are revoked, as files and people write them: "17", "client 17", "server 7".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "core/types.h"

namespace waymark::path {

// As the set has it (packet_revoked.h).
Result<u64> read_revoked_id(std::string_view text);
std::string revoked_id_text(u64 word);  // "client 17"

constexpr std::size_t kMostRevokedBytes = 64u << 20;  // of a file

// A file's: one id a line, behind "#" whatever one likes. Sorted, each once. Fails as a whole, with the line that is
// wrong.
Result<std::vector<u64>> read_revoked(std::string_view text);

}  // namespace waymark::path
