// Any bytes as a configuration: a Config or problems, never both missing, and problems that can be printed.
#include "config/parse.h"
#include "fuzz/seeds.h"

using namespace waymark;

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  std::vector<std::string> seeds = {""};
  for (const auto& file : std::filesystem::directory_iterator(WM_SOURCE_DIR "/packaging/examples")) {
    std::ifstream in(file.path(), std::ios::binary);
    seeds.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  fuzz::plant(*argc, *argv, seeds);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, size_t size) {
  const Parsed parsed = parse_config({reinterpret_cast<const char*>(data), size}, "fuzz.toml");
  if (!parsed.config && parsed.problems.empty()) fuzz::fail("a configuration was refused without a word");
  for (const Problem& problem : parsed.problems)
    if (render(problem).empty()) fuzz::fail("a problem has no text");
  return 0;
}
