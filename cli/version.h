// What `--version` says.
#pragma once

#include <span>
#include <string>

#include "core/types.h"

namespace waymark::cli {

// `program`: the BPF object that this executable carries.
std::string version_text(std::span<const u8> program);

}  // namespace waymark::cli
