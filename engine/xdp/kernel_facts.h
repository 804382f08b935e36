// What this kernel permits, in sentences.
#pragma once

#include <string>

#include "base/result.h"

namespace waymark {

// Whether this process may use BPF at all: the kernel has it, and the rights suffice.
Status bpf_usable();

// The sentence for a BPF call that failed with `error` (an errno): rights, kernel, memory.
std::string bpf_sentence(const std::string& what, int error);

}  // namespace waymark
