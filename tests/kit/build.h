// The two builds of the core behind one face, for tests that ask both the same.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/replay/userspace.h"
#include "tests/kit/packets.h"

namespace waymark {

struct Ended {
  Verdict verdict;
  u32 out_interface;  // when forwarded: kInterface, or kOtherInterface for any other
  packets::Bytes frame;
};

class Build {
 public:
  virtual ~Build() = default;
  virtual Live live() = 0;
  virtual u32 now() = 0;  // ticks of the packets to come
  // `expected` is a guess of the reason, which saves time where it is right.
  virtual Ended run(const packets::Bytes& frame, u32 head_room, u16 expected = 0) = 0;
  virtual Counters counters() = 0;
  virtual TargetCounters traffic(u32 slot) = 0;
  virtual bool makes(u32 /* head_room */) { return true; }
  virtual u32 verified_instructions() { return 0; }  // that the kernel's verifier looked at; 0 in user space
};

// The image's settings say the sizes of the pin tables.
std::unique_ptr<Build> userspace_build(const Image& image);
// Both need Cap::bpf. The first has a network namespace of its own where it may, so that no socket of the machine's
// is asked; the second the caller's.
std::unique_ptr<Build> xdp_build(std::span<const u8> elf, const Image& image);
std::unique_ptr<Build> xdp_build_here(std::span<const u8> elf, const Image& image);

}  // namespace waymark
