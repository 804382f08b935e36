#include "lab/options.h"

#include <fmt/format.h>

#include <algorithm>

#include "config/kinds.h"

namespace waymark::lab {
namespace {

std::string known_text(std::span<const Option> known) {
  if (known.empty()) return "there are none here";
  std::string out;
  for (const Option& option : known) out += fmt::format("{}{}", out.empty() ? "there are " : ", ", option.name);
  return out;
}

}  // namespace

Result<Options> options(int argc, char** argv, std::span<const Option> known) {
  Options out;
  for (int i = 1; i < argc; i += 2) {
    const std::string name = argv[i];
    const auto option = std::find_if(known.begin(), known.end(), [&](const Option& o) { return o.name == name; });
    if (option == known.end()) return Error{fmt::format("there is no option \"{}\"; {}", name, known_text(known))};
    if (i + 1 == argc) return Error{fmt::format("{} needs a value", name)};
    if (option->most && !config::decimal(argv[i + 1], 0, option->most))
      return Error{fmt::format("{} must be a whole number from 0 to {}, not \"{}\"", name, option->most, argv[i + 1])};
    if (!out.emplace(name, argv[i + 1]).second) return Error{fmt::format("{} is given twice", name)};
  }
  return out;
}

int run_by(int argc, char** argv, std::span<const Option> known, Status (*work)(const Options&)) {
  const auto read = options(argc, argv, known);
  const Status done = read ? work(*read) : Status(read.error());
  if (done) return 0;
  fmt::print(stderr, "{}\n", done.error().sentence);
  return read ? 1 : 2;
}

u64 number(const Options& options, const std::string& name, u64 otherwise) {
  const auto found = options.find(name);
  return found == options.end() ? otherwise : std::strtoull(found->second.c_str(), nullptr, 10);
}

std::string word(const Options& options, const std::string& name) {
  const auto found = options.find(name);
  return found == options.end() ? std::string() : found->second;
}

}  // namespace waymark::lab
