// The BPF objects that executables carry (cmake/bpf.cmake). Link wm_program or wm_program_next; tests and benches may
// link wm_program_again and wm_program_other besides.
#pragma once

#include <span>

#include "core/types.h"

extern "C" {
extern const waymark::u8 wm_program_begin[], wm_program_end[];
extern const waymark::u8 wm_program_again_begin[], wm_program_again_end[];
extern const waymark::u8 wm_program_other_begin[], wm_program_other_end[];
}

namespace waymark {

inline std::span<const u8> program() { return {wm_program_begin, wm_program_end}; }

// The same program with other bytes, so with another tag.
inline std::span<const u8> program_again() { return {wm_program_again_begin, wm_program_again_end}; }

// The same source by the other clang, where two are installed; else by the same.
inline std::span<const u8> program_other() { return {wm_program_other_begin, wm_program_other_end}; }

}  // namespace waymark
