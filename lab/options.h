// "--name value" pairs of the lab's commands. What a command does not know is refused with a sentence.
#pragma once

#include <map>
#include <span>
#include <string>

#include "base/result.h"
#include "core/types.h"

namespace waymark::lab {

struct Option {
  const char* name;       // "--probes"
  u64 most = 0;           // a whole number from 0 to this; 0: any word
  const char* what = "";  // for help: "N a second (default 1000)"
};
using Options = std::map<std::string, std::string>;

// Of argv[1] and what follows. An Error names what is unknown, lacks its value, is no number, or is there twice.
Result<Options> options(int argc, char** argv, std::span<const Option> known);

// The exit status of a program that does `work` with its options: 2 where they are wrong, 1 where it failed; what is
// wrong stands on standard error.
int run_by(int argc, char** argv, std::span<const Option> known, Status (*work)(const Options&));

u64 number(const Options& options, const std::string& name, u64 otherwise);
std::string word(const Options& options, const std::string& name);  // "" where it was not given

}  // namespace waymark::lab
