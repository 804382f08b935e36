// "--name value" pairs of the lab's inner commands.
#pragma once

#include <map>
#include <string>

namespace waymark::lab {

using Options = std::map<std::string, std::string>;

inline Options options(int argc, char** argv) {
  Options out;
  for (int i = 1; i + 1 < argc; i += 2) out[argv[i]] = argv[i + 1];
  return out;
}

inline long number(const Options& options, const std::string& name, long otherwise) {
  const auto found = options.find(name);
  return found == options.end() ? otherwise : std::strtol(found->second.c_str(), nullptr, 10);
}

inline std::string word(const Options& options, const std::string& name) {
  const auto found = options.find(name);
  return found == options.end() ? std::string() : found->second;
}

}  // namespace waymark::lab
