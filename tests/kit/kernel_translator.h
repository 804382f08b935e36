// A translator's site as the BPF program, beside the user-space engine that runs the same packets.
#pragma once

#include <optional>
#include <string>

#include "engine/xdp/test_run.h"
#include "tests/kit/build.h"

namespace waymark {

// A network namespace of this process's own, where the interfaces 1 and 2 exist, as in a Scene.
[[nodiscard]] bool enter_namespace_of_two();

class KernelTranslator {
 public:
  KernelTranslator(std::span<const u8> elf, const Image& image);

  // What the user-space engine knows of the ways: in a test run the kernel's routes lead nowhere.
  void learn(std::span<const CachedRoute> ways);
  void learn(const CachedRoute& way, u32 index);
  Ended run(const packets::Bytes& frame, u32 in, u32 head_room, u16 expected);
  Live live() { return object_->live(); }
  void flip(const Image& image) { waymark::flip(object_->prefixes(), image); }
  u32 now();
  Counters counters() { return object_->counters(); }
  const Object& object() const { return *object_; }
  static bool makes(u32 head_room);
  u32 verified_instructions() const { return program_facts(object_->program()).verified_instructions; }

 private:
  u32 pin_key_[12];
  std::optional<Object> object_;
  std::optional<TestRun> run_;
};

}  // namespace waymark
