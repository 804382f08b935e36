// What is measured, and simulated: a frame where it lies, untraced.
#include "engine/replay/userspace_env.h"

namespace waymark {

Verdict UserspaceEngine::run_in_place(std::span<u8> buffer, u32& offset, u32 interface, u32 ticks) {
  UserspaceEnv<false> env(*this, buffer.data(), buffer.data() + offset, buffer.data() + buffer.size(),
                          buffer.data() + buffer.size(), interface, ticks, nullptr);
  const Verdict verdict = process<kAllRoles>(env);
  ++counters_.reasons[verdict.reason];
  offset = u32(env.view().begin - buffer.data());
  return verdict;
}

}  // namespace waymark
