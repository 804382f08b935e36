#include "cli/version.h"

#include <fmt/format.h>

#include "core/records.h"

namespace waymark::cli {

namespace {

// Which bytes the kernel would be given: tells builds of one version apart.
std::string fingerprint(std::span<const u8> program) {
  u64 hash = 0xcbf29ce484222325ull;  // FNV-1a
  for (u8 byte : program) hash = (hash ^ byte) * 0x100000001b3ull;
  return fmt::format("{:016x}", hash);
}

}  // namespace

std::string version_text(std::span<const u8> program) {
  return fmt::format("waymark {}\nprogram {}, {} bytes, by {}\nlayout {} of the pinned tables", WM_VERSION,
                     fingerprint(program), program.size(), WM_BPF_COMPILER, kLayoutVersion);
}

}  // namespace waymark::cli
