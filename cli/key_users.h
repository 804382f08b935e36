// What a daemon's answer to /v1/keys (docs/api.md) says against using or retiring a key.
#pragma once

#include <string>

#include "base/result.h"
#include "roles/path/keys.h"

namespace waymark::cli {

// Whether this daemon and all connected members of its group know the key, as they must before addresses are made by
// it.
Status all_know(const std::string& answer, const path::KnownKey& key);

// Whether no packet had a tag by it lately, no client has an address by it, and the daemon has counted for long enough.
Status none_uses(const std::string& answer, const path::KnownKey& key);

}  // namespace waymark::cli
