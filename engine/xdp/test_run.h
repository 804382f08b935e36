// One packet through a loaded program without any interface: the kernel's program test facility.
#pragma once

#include "engine/xdp/object.h"

namespace waymark {

struct KernelOutcome {
  u32 action = 0;  // XDP_*: 1 drop, 2 pass, 3 back out of the interface, 4 redirected (where to is not told)
  Action verdict = Action::pass;
  u16 reason = 0;  // the exit that was counted
  std::vector<u8> frame;
};

// Nothing else may send packets through the object meanwhile: the reason is found by the counter that moved.
class TestRun {
 public:
  // Runs the program of the image's first role; it jumps to the others'.
  explicit TestRun(const Object& object);

  // The kernel takes frames of 14 to about 3,500 bytes. `interface` must exist in this network namespace (1, the
  // loopback, always does). `expected` is tried first when the reason is looked up: a right guess saves most of the
  // time. Fails when the kernel refuses the run, or when not exactly one exit was counted.
  // `head_room` below 256 is made by bytes of metadata between it and the frame, four at a time and no less than
  // least_head_room(). The kernel keeps 40 bytes of the head room for itself.
  Result<KernelOutcome> run(std::span<const u8> frame, u32 interface = 1, u16 expected = 0, u32 head_room = 256);
  static u32 least_head_room();  // on this kernel: before Linux 6.3 metadata has 32 bytes at most, since then 252

 private:
  bool counted(u16 reason);

  const Object& object_;
  int program_, reasons_;
  Counters before_;
};

}  // namespace waymark
