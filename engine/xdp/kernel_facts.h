// What this kernel permits, in sentences.
#pragma once

#include <string>

#include "base/result.h"

namespace waymark {

// Whether this kernel is older than Linux MAJOR.MINOR; false where it does not say.
bool kernel_before(int major, int minor);

// Whether this process may use BPF at all: the kernel has it, and the rights suffice.
Status bpf_usable();

// Whether the verifier trusts this process with pointers (CAP_PERFMON): without that it refuses any program that looks
// at packets as ours does.
bool may_compare_pointers();

// The sentence for a BPF call that failed with `error` (an errno): rights, kernel, memory.
std::string bpf_sentence(const std::string& what, int error);

}  // namespace waymark
