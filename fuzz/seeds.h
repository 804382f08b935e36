// First inputs for a fuzz target, written into its corpus folder where that is empty.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace waymark::fuzz {

// libFuzzer's arguments: its first folder is the corpus.
inline void plant(int argc, char** argv, const std::vector<std::string>& seeds) {
  for (int i = 1; i < argc; ++i) {
    if (argv[i][0] == '-' || !std::filesystem::is_directory(argv[i])) continue;
    if (!std::filesystem::is_empty(argv[i])) return;
    for (size_t n = 0; n < seeds.size(); ++n)
      std::ofstream(std::filesystem::path(argv[i]) / ("seed-" + std::to_string(n)), std::ios::binary) << seeds[n];
    return;
  }
}

// What must hold does not: libFuzzer keeps the input.
[[noreturn]] inline void fail(const std::string& sentence) {
  std::fprintf(stderr, "%s\n", sentence.c_str());
  std::abort();
}

}  // namespace waymark::fuzz
