// The command line as a whole.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/types.h"

namespace waymark::cli {

// Runs one command. `program` is the BPF object that this executable carries. The exit status: 0, 1 after a sentence on
// standard error, 2 where the command line itself is wrong.
int main(int argc, char** argv, std::span<const u8> program);

// Every command ("run", "address encode") and every option of one ("run --config"), for the man page's test.
std::vector<std::string> vocabulary();

}  // namespace waymark::cli
